/** The workloads of the phase diagram: as picky as they say, and the same from the same seed. */
import { expect, test } from 'vitest';
import { clusterOfPhase, phases, traceOfPhase } from '../../../docs/findings/phases/workload.ts';

test('hosts have small cards in the part that the phase says, spread over all', () => {
  for (const phase of phases) {
    const { hosts } = clusterOfPhase(phase);
    const isSmall = hosts.map(({ cards }) => cards.every(({ model }) => model === 'T4'));
    expect(isSmall.filter(Boolean)).toHaveLength(Math.round(40 * phase.smallHosts));
    // The first half has its part too.
    expect(isSmall.slice(0, 20).filter(Boolean).length).toBeCloseTo(20 * phase.smallHosts, -0.5);
  }
});

test('three of ten VMs are picky, as many of them name the small model as the phase says, and 90 % of the cards are asked for', () => {
  const phase = { namesSmall: 0.25, smallHosts: 0.5 };
  let [all, naming, large, cardS] = [0, 0, 0, 0];
  for (let seed = 1; seed <= 10; seed++) {
    for (const row of traceOfPhase(phase, seed).trim().split('\n').slice(1)) {
      const cells = row.split(',');
      all++;
      if (cells[8] === 'T4') naming++;
      if (cells[7] === '40000') large++;
      cardS += Number(cells[2]);
    }
  }
  expect((naming + large) / all).toBeCloseTo(0.3, 1.5);
  expect(naming / (naming + large)).toBeCloseTo(0.25, 1.3);
  expect(cardS / 10 / (14 * 86_400) / 80).toBeCloseTo(0.9, 1.2);
});

test('one seed gives one workload, and who is picky changes neither when VMs come nor how long they live', () => {
  const [one, other] = [0, 1].map((namesSmall) => traceOfPhase({ namesSmall, smallHosts: 0.5 }, 3));
  expect(traceOfPhase({ namesSmall: 0, smallHosts: 0.2 }, 3)).toBe(one);
  const timesOf = (trace: string) => trace.split('\n').map((row) => row.split(',').slice(0, 3).join());
  expect(timesOf(other!)).toEqual(timesOf(one!));
  expect(other).not.toBe(one);
});
