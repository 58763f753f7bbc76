import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cardsAt, type DecisionColumns } from '../../core/runs/run-file.ts';
import {
  classesOf,
  compareWaits,
  countKinds,
  differenceClasses,
  pairRuns,
  type ServedMeaning,
} from '../../viz/model/difference.ts';
import { type Run, runOf } from '../../viz/model/run.ts';
import { card, type HostSize, large, small } from '../core/build.ts';
import { anyRun, hostsOf, runFileOf, runOf as runToSimulate, temporaryDirectory, vm } from '../sim/build.ts';

type SimulatedRun = Parameters<typeof runFileOf>[0];

async function opened(plan: SimulatedRun): Promise<Run> {
  return runOf(await runFileOf(plan, `${temporaryDirectory()}/run.json`), plan.policy);
}

/** The class of each VM by its id. */
function classesById(first: Run, second: Run, meaning: ServedMeaning): Record<string, string> {
  const pairing = pairRuns(first.placements!, second.placements!);
  const classes = classesOf(pairing, first, second, meaning);
  const ids = first.placements!.decisions.id;
  return Object.fromEntries(
    [...classes].map((each, index) => [ids[pairing.firstRow[index]!]!, differenceClasses[each]!]),
  );
}

/** A large and a small card, each on a host of its own. */
const gpuHosts: HostSize[] = [
  { vcpus: 8, ramMib: 65536, cards: [card(small)] },
  { vcpus: 8, ramMib: 65536, cards: [card(large)] },
];

describe('two policies on the same requests', () => {
  test('a card too small counts as accepted, not as served as asked', async () => {
    // Nova's counting knows no memory: its first choice among equal hosts is host 0, with the small card.
    const arrivals = [vm('picky', 0, 100, { cards: 1, cardMemoryMib: 40000 })];
    const hybrid = await opened(runToSimulate(gpuHosts, arrivals, { policy: 'hybrid' }));
    const nova = await opened(runToSimulate(gpuHosts, arrivals, { policy: 'nova' }));
    expect([hybrid.placements!.host[0], nova.placements!.host[0]]).toEqual([1, 0]);
    expect(classesById(hybrid, nova, 'accepted')).toEqual({ picky: 'both' });
    expect(classesById(hybrid, nova, 'as-asked')).toEqual({ picky: 'first' });
    expect(classesById(nova, hybrid, 'as-asked')).toEqual({ picky: 'second' });
  });

  test('waits are compared over VMs that both served', async () => {
    // 4 vCPUs and then 8: `b` waits 50 s for `a` to end, and not at all on the larger host.
    const arrivals = [vm('a', 0, 100, { vcpus: 4 }), vm('b', 50, 10, { vcpus: 4 }), vm('c', 60, 10, { vcpus: 16 })];
    const cloud = { onFull: 'queue' } as const;
    const narrow = await opened(runToSimulate(hostsOf(4), arrivals, { cloud }));
    const wide = await opened(runToSimulate(hostsOf(8), arrivals, { cloud }));
    const pairing = pairRuns(wide.placements!, narrow.placements!);
    const classes = classesOf(pairing, wide, narrow, 'accepted');
    expect(compareWaits(pairing, classes, wide, narrow)).toEqual({
      vms: 2,
      longer: 1,
      shorter: 0,
      meanS: 25,
      medianS: 0,
    });
  });

  test('VMs that asked for something else are not joined', async () => {
    const first = await opened(runToSimulate(hostsOf(4), [vm('a', 0, 100), vm('b', 0, 100)]));
    const second = await opened(runToSimulate(hostsOf(4), [vm('a', 0, 100), vm('b', 0, 100, { vcpus: 2 })]));
    const pairing = pairRuns(first.placements!, second.placements!);
    expect([pairing.firstRow.length, pairing.unmatched]).toEqual([1, 2]);
  });
});

/** Whether the last attempt of a VM was served, found by looking at every row. */
function isServedSlowly({ cluster, file }: Run, id: string, meaning: ServedMeaning): boolean {
  const columns: DecisionColumns = file.decisions!;
  const row = columns.id.lastIndexOf(id);
  const host = columns.host[row]!;
  if (host < 0) return false;
  if (meaning === 'accepted' || columns.cards[row] === 0) return true;
  const { cards } = cluster.specs[host]!;
  return cardsAt(columns, row).every(
    (index) => cards[index]!.memoryMib >= columns.cardMemoryMib[row]! && cards[index]!.cores >= columns.cardCores[row]!,
  );
}

test('classes of any two runs are those of a search through all rows, and every VM has one', async () => {
  await fc.assert(
    fc.asyncProperty(anyRun, fc.constantFrom('nova', 'hybrid', 'random', 'worst-fit'), async (plan, policy) => {
      const first = await opened(plan);
      const second = await opened({ ...plan, policy });
      const pairing = pairRuns(first.placements!, second.placements!);
      const ids = [...new Set(first.file.decisions!.id)];
      expect([pairing.firstRow.length, pairing.unmatched]).toEqual([ids.length, 0]);
      for (const meaning of ['accepted', 'as-asked'] as const) {
        const expected = ids.map((id) => {
          const [a, b] = [isServedSlowly(first, id, meaning), isServedSlowly(second, id, meaning)];
          return [id, a && b ? 'both' : a ? 'first' : b ? 'second' : 'neither'];
        });
        expect(classesById(first, second, meaning)).toEqual(Object.fromEntries(expected));
        const { all, flavors } = countKinds(pairing, classesOf(pairing, first, second, meaning), first);
        const [total, cpu, gpu] = all.map(({ counts }) => counts);
        for (const name of differenceClasses) {
          expect(total![name]).toBe(expected.filter(([, each]) => each === name).length);
          expect(cpu![name] + gpu![name]).toBe(total![name]);
          expect(flavors.reduce((sum, { counts }) => sum + counts[name], 0)).toBe(total![name]);
        }
      }
    }),
    { numRuns: 60 },
  );
});
