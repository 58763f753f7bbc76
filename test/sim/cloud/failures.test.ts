import { expect, test } from 'vitest';
import { card, large } from '../../core/build.ts';
import { hostsOf, runOf, simulated, vm } from '../build.ts';

const hour = 3600;

test('hosts fail and are repaired after exponential times of the means asked for', async () => {
  // 20 hosts for 10 000 h, up 90 h and down 10 h on average: 100 failures each, 2000 in all.
  const cloud = { mtbfH: 90, mttrH: 10 };
  const { faults, summary } = await simulated(
    runOf(hostsOf(...new Array(20).fill(1)), [], { cloud, untilS: 10_000 * hour }),
  );
  const downS: number[] = [];
  const upS: number[] = [];
  const lastS = new Array<number>(20).fill(0);
  faults!.atS.forEach((atS, index) => {
    const host = faults!.host[index]!;
    (faults!.up[index] === 1 ? downS : upS).push(atS - lastS[host]!);
    lastS[host] = atS;
  });
  // Mean and standard deviation of an exponential are equal; those of n draws are known to 1 / √n: ± 4 of these.
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = (values: readonly number[]) => Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));
  const tolerance = 4 / Math.sqrt(1900);
  expect(upS.length).toBeGreaterThan(1800);
  expect(Math.abs(mean(upS) / (90 * hour) - 1)).toBeLessThan(tolerance);
  expect(Math.abs(mean(downS) / (10 * hour) - 1)).toBeLessThan(tolerance);
  expect(Math.abs(deviation(upS) / mean(upS) - 1)).toBeLessThan(2 * tolerance);
  expect(Math.abs(deviation(downS) / mean(downS) - 1)).toBeLessThan(2 * tolerance);
  expect(summary).toMatchObject({ hostFailures: upS.length, cardFailures: 0 });
});

test('each host and card fails and comes back in turns, at whole seconds, in order of time', async () => {
  const hosts = [...hostsOf(4), { vcpus: 4, ramMib: 8192, cards: [card(large), card(large)] }];
  const cloud = { mtbfH: 0.1, cardMtbfH: 0.05, mttrH: 0.02 };
  const { faults } = await simulated(runOf(hosts, [], { cloud, untilS: hour }));
  const { atS, host, card: cards, up } = faults!;
  const states = new Map<string, number[]>();
  for (const [index, each] of host.entries()) {
    const name = `${each}/${cards[index]}`;
    states.set(name, [...(states.get(name) ?? []), up[index]!]);
  }
  expect([...states.keys()].sort()).toEqual(['0/-1', '1/-1', '1/0', '1/1']);
  for (const each of states.values()) expect(each).toEqual(each.map((_, index) => index % 2));
  expect(atS).toEqual([...atS].sort((a, b) => a - b));
  expect(atS.every(Number.isInteger)).toBe(true);
});

test('failures depend on the seed and not on what runs', async () => {
  const until = { cloud: { mtbfH: 1, mttrH: 0.5 }, untilS: 100 * hour };
  const faultsOf = async (arrivals: ReturnType<typeof vm>[], seed: number) =>
    (await simulated(runOf(hostsOf(2, 2), arrivals, { ...until, seed }))).faults!;
  const idle = await faultsOf([], 1);
  const busy = await faultsOf([vm('a', 5, 300 * hour), vm('b', 7, hour)], 1);
  const within = busy.atS.filter((atS) => atS < until.untilS).length;
  expect(within).toBe(idle.atS.length);
  expect(busy.atS.slice(0, within)).toEqual(idle.atS);
  expect(busy.host.slice(0, within)).toEqual(idle.host);
  expect((await faultsOf([], 2)).atS).not.toEqual(idle.atS);
});

test('failures stop with the last VM, so that a run comes to its end', async () => {
  const { faults, decisions } = await simulated(runOf(hostsOf(1), [vm('a', 10, 50)], { cloud: { mtbfH: 1000 } }));
  expect(decisions.endS).toEqual([60]);
  expect(faults!.atS).toEqual([]);
});
