/** A run's time begins where its trace begins: another epoch changes instants and nothing else. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { knownUntilS, momentOf, viewAt } from '../../../core/runs/replay.ts';
import type { DecisionColumns } from '../../../core/runs/run-file.ts';
import { beginOf } from '../../../core/runs/run-file.ts';
import { carryOutComparison } from '../../../sim/runs/compare.ts';
import { describeWorkload } from '../../../sim/runs/describe-workload.ts';
import { simulate } from '../../../sim/runs/simulate.ts';
import { events$ } from '../../../sim/streams/events.ts';
import type { Arrival } from '../../../traces/arrival.ts';
import { formatHepsCsv, hepsCsvHeader } from '../../../traces/heps-csv.ts';
import { cases } from '../../cases.ts';
import { card, hostSpec, large } from '../../core/build.ts';
import { anyArrivals, anyRun, type Run, temporaryDirectory, vm } from '../build.ts';

/** Whole milliseconds, in seconds; Unix time among them. */
const anyOffsetS = fc
  .oneof(fc.integer({ min: 0, max: 10_000_000 }), fc.integer({ min: 1_700_000_000_000, max: 1_800_000_000_000 }))
  .map((milliseconds) => milliseconds / 1000);

const later = (arrivals: readonly Arrival[], offsetS: number): Arrival[] =>
  arrivals.map((arrival) => ({ ...arrival, atS: Math.round((arrival.atS + offsetS) * 1000) / 1000 }));

/** The arrivals with the first at 0. */
const fromZero = (arrivals: readonly Arrival[]): Arrival[] => later(arrivals, -(arrivals[0]?.atS ?? 0));

const instants = ['submitS', 'decidedS', 'startS', 'endS'] as const;

function shifted(decisions: DecisionColumns, offsetS: number): DecisionColumns {
  const columns = instants.map((name) => [
    name,
    decisions[name].map((atS) => (atS === null ? null : Math.round((atS + offsetS) * 1000) / 1000)),
  ]);
  return { ...decisions, ...Object.fromEntries(columns) };
}

const optionsOf = ({ hosts, policy, cloud, seed }: Run) => ({ cluster: hosts.map(hostSpec), policy, cloud, seed });

describe('a trace with other instants', () => {
  test('gives the same figures, series, intervals and decisions but for their instants', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyRun.filter(({ arrivals }) => arrivals.length > 0),
        anyOffsetS,
        async (run, offsetS) => {
          const workload = fromZero(run.arrivals);
          const [plain, other] = [
            await simulate({ ...optionsOf(run), workload }),
            await simulate({ ...optionsOf(run), workload: later(workload, offsetS) }),
          ];
          expect(other.rows.begin).toEqual({ atS: offsetS, how: 'first', vmsBefore: 0 });
          expect(beginOf(other.inputs)).toBe(offsetS);
          for (const part of ['summary', 'series', 'intervals', 'warmUp'] as const)
            expect(other[part]).toEqual(plain[part]);
          expect(other.decisions()).toEqual(shifted(plain.decisions(), offsetS));
        },
      ),
      { numRuns: cases(300) },
    );
  });

  test('is replayed alike: at each decision the scheduler had seen the same reports', async () => {
    const file = join(temporaryDirectory(), 'run.json');
    await fc.assert(
      fc.asyncProperty(
        anyRun.filter(({ arrivals, policy }) => arrivals.length > 0 && policy !== 'random'),
        anyOffsetS,
        async (run, offsetS) => {
          const workload = fromZero(run.arrivals);
          const plain = (await simulate({ ...optionsOf(run), workload, out: file })).read();
          const other = (await simulate({ ...optionsOf(run), workload: later(workload, offsetS), out: file })).read();
          for (let row = 0; row < plain.decisions!.id.length; row++) {
            const [a, b] = [momentOf(plain, plain.decisions!, row), momentOf(other, other.decisions!, row)];
            expect(knownUntilS(other, b) - offsetS).toBeCloseTo(knownUntilS(plain, a), 3);
            const [x, y] = [viewAt(plain, plain.decisions!, a), viewAt(other, other.decisions!, b)];
            expect([...y.vcpusFree]).toEqual([...x.vcpusFree]);
            expect([...y.up]).toEqual([...x.up]);
          }
        },
      ),
      { numRuns: cases(100) },
    );
  });

  test('has the same warm-up, batch means and bound over days, also where only some days are asked for', async () => {
    const folder = temporaryDirectory();
    const arrivals = Array.from({ length: 800 }, (_, index) =>
      vm(`vm-${index}`, index * 2000.5, 9000 + ((index * 37) % 100) * 20, { cards: 1 }),
    );
    const compareAt = async (offsetS: number, days: number | null) => {
      const trace = join(folder, 'trace.csv');
      writeFileSync(trace, `${hepsCsvHeader}\n${formatHepsCsv(later(arrivals, offsetS))}`);
      const { measures, warmUp, verdicts, bound, runs } = await carryOutComparison({
        cluster: [2, 2].map((vcpus) => ({ vcpus, ramMib: 4096, cards: [card(large)] })).map(hostSpec),
        workload: { trace },
        policies: ['first-fit', 'worst-fit'],
        cloud: { onFull: 'reject', srmIntervalS: 7 },
        ...{ days, warmUp: 'auto', bound: true, threads: 1 },
      });
      return { measures, warmUp, verdicts, bound, summaries: runs.map(({ summary }) => summary) };
    };
    for (const days of [null, 12]) {
      const plain = await compareAt(0, days);
      expect(plain.warmUp.how).toBe('found');
      expect(plain.summaries[0]!.all.arrived).toBeGreaterThan(400);
      expect(await compareAt(1_700_000_000.123, days)).toEqual(plain);
    }
  });

  test('asks for the same', async () => {
    await fc.assert(
      fc.asyncProperty(anyArrivals, anyOffsetS, async (arrivals, offsetS) => {
        const { beginS: _, sha256: __, rows: ___, ...plain } = await describeWorkload({ workload: fromZero(arrivals) });
        const other = await describeWorkload({ workload: later(fromZero(arrivals), offsetS) });
        expect(other).toMatchObject(plain);
        expect(other.beginS).toBe(arrivals.length === 0 ? 0 : offsetS);
      }),
      { numRuns: cases(200) },
    );
  });

  test('has its own instants in events', async () => {
    const workload = [vm('a', 1000.5, 10), vm('b', 1003, 10)];
    const told: [string, number, number?][] = [];
    await events$({ cluster: [hostSpec({ vcpus: 4, ramMib: 4096 }, 0)], workload, cloud: { srmIntervalS: 4 } }).forEach(
      (event) => {
        if (event.kind === 'srm') told.push([event.kind, event.atS, event.record.observedAtS]);
        else told.push([event.kind, event.atS]);
      },
    );
    expect(told).toEqual([
      ['arrived', 1000.5],
      ['bound', 1000.5],
      ['arrived', 1003],
      ['bound', 1003],
      ['ended', 1010.5],
      ['srm', 1012.5, 1012.5],
      ['ended', 1013],
      ['srm', 1016.5, 1016.5],
    ]);
  });
});

describe('with from', () => {
  const cluster = [hostSpec({ vcpus: 2, ramMib: 4096 }, 0)];
  const workload = [vm('a', 10, 1000), vm('b', 90, 20), vm('c', 100, 20), vm('d', 140, 20)];

  test('a run is that of a trace without the VMs that arrive before', async () => {
    const run = await simulate({ cluster, workload, from: 90 });
    const without = await simulate({ cluster, workload: workload.slice(1), from: 90 });
    expect(run.rows.begin).toEqual({ atS: 90, how: 'given', vmsBefore: 1 });
    expect(run.rows.vms).toBe(4);
    expect(run.summary).toEqual(without.summary);
    expect(run.decisions()).toEqual(without.decisions());
    expect(run.summary.durationS).toBe(50);
  });

  test('means begin there, also before the first VM', async () => {
    // b, c and d run 20 s each of the 100 s from 40 to 140, d none of them: (20 + 20) / 100 of 2 vCPUs.
    const run = await simulate({ cluster, workload: workload.slice(1), from: 40 });
    expect(run.summary.meanVms).toBeCloseTo(0.4, 12);
    const first = await simulate({ cluster, workload: workload.slice(1) });
    // From 90 to 140.
    expect(first.summary.meanVms).toBeCloseTo(0.8, 12);
  });

  test('days count from there', async () => {
    const days = [vm('a', 0, 10), vm('b', 86_400, 10), vm('c', 2 * 86_400 - 0.001, 10), vm('d', 2 * 86_400, 10)];
    const run = await simulate({ cluster, workload: days, from: 86_400, days: 1 });
    expect(run.decisions().id).toEqual(['b', 'c']);
    expect(run.summary.durationS).toBe(86_400);
  });

  test('what cannot be is refused in one line', async () => {
    await expect(simulate({ from: 5 })).rejects.toThrow(
      'from: expected nothing, since a generated workload begins at 0 (warmUp leaves out its start), got 5',
    );
    await expect(simulate({ cluster, workload, from: 141 })).rejects.toThrow(
      'from: expected a time up to the last arrival, 140 s, got "141 s"',
    );
    await expect(simulate({ cluster, workload, from: -1 })).rejects.toThrow('from: expected seconds of at least 0');
  });
});
