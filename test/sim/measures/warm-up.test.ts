import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultCloud } from '../../../sim/cloud/cloud-options.ts';
import { findWarmUp, longestWarmUp, type ObservedVms, observeVms } from '../../../sim/measures/warm-up.ts';
import { readRunFile } from '../../../sim/records/run-file-io.ts';
import { carryOut, type RunPlan } from '../../../sim/runs/run.ts';
import { anyRun, hostsOf, runOf, simulated, temporaryDirectory, vm } from '../build.ts';

const dayS = 86_400;

describe('what a warm-up leaves out', () => {
  const arrivals = [vm('a', 0, 100), vm('b', 50, 100), vm('c', 60, 10), vm('d', 100, 10)];

  test('VMs that arrived before are not counted, but are there', async () => {
    // Two vCPUs: a runs from 0, b from 50, c and d are refused at 60 and (a has just ended) d is placed at 100, where use ends.
    // From 40 to 100 a runs for 60 s, b for 50 s.
    const { summary, series } = await simulated(runOf(hostsOf(2), arrivals, { warmUpS: 40, intervalS: 50 }));
    expect(summary.all).toMatchObject({ arrived: 3, placed: 2, served: 2, refused: 1 });
    expect(summary.acceptanceShare).toBe(2 / 3);
    expect(summary.durationS).toBe(60);
    expect(summary.meanVms).toBeCloseTo(110 / 60, 12);
    expect(summary.vcpuShare).toBeCloseTo(110 / 120, 12);
    // The series begin at 0: a for 50 s, then a and b for 50 s.
    expect(series.vms).toEqual([1, 2]);
    expect(series.arrived).toEqual([1, 3]);
  });

  test('a VM that arrives as the warm-up ends is counted', async () => {
    const { summary } = await simulated(runOf(hostsOf(2), arrivals, { warmUpS: 50 }));
    expect(summary.all.arrived).toBe(3);
  });

  test('in any run, rows submitted after the warm-up are counted, and use is the rest of the rectangles', async () => {
    await fc.assert(
      fc.asyncProperty(anyRun, fc.integer({ min: 1, max: 200 }), async (run, warmUpS) => {
        const plain = await simulated(run);
        const warm = await simulated({ ...run, warmUpS });
        expect(warm.decisions).toEqual(plain.decisions);
        expect(warm.series).toEqual(plain.series);
        const { decisions, summary, faults } = warm;
        const endS = plain.summary.durationS;
        fc.pre(endS > warmUpS);
        const { submitS, attempt, host, decidedS, endS: endsS } = decisions;
        const counted = submitS.flatMap((atS, row) => (attempt[row] === 1 && atS >= warmUpS ? [row] : []));
        const untilS = run.untilS ?? Infinity;
        expect(summary.all.arrived).toBe(run.arrivals.filter(({ atS }) => atS >= warmUpS && atS < untilS).length);
        expect(summary.all.placed).toBe(counted.filter((row) => host[row]! >= 0).length);
        const areaS = submitS.reduce((sum, _, row) => {
          if (host[row] === -1) return sum;
          const [fromS, toS] = [Math.max(warmUpS, decidedS[row]!), Math.min(endS, endsS[row]!)];
          return sum + Math.max(0, toS - fromS);
        }, 0);
        expect(summary.durationS).toBe(endS - warmUpS);
        expect(summary.meanVms).toBeCloseTo(areaS / (endS - warmUpS), 9);
        const failed = faults!.atS.filter(
          (atS, row) => atS >= warmUpS && faults!.up[row] === 0 && faults!.card[row] === -1,
        );
        expect(summary.hostFailures).toBe(failed.length);
      }),
      { numRuns: 60 },
    );
  });
});

describe('findWarmUp', () => {
  const observed = (...means: readonly number[]): ObservedVms => ({ batchS: dayS, means });
  const steady = [20, 21, 20, 21, 20, 21, 20, 21, 20, 21];

  test('findWarmUp leaves out the days in which an empty cloud fills', () => {
    expect(findWarmUp([observed(5, 12, ...steady)])).toEqual({ untilS: 2 * dayS, how: 'found' });
  });

  test('findWarmUp looks at the mean of the seeds, over the days that all have', () => {
    expect(findWarmUp([observed(4, 11, ...steady), observed(6, 13, ...steady, 500)])).toEqual({
      untilS: 2 * dayS,
      how: 'found',
    });
  });

  test('findWarmUp finds nothing in a queue that only grows, nor in fewer than ten days', () => {
    expect(findWarmUp([observed(...steady.map((_, day) => day))]).how).toBe('not-found');
    expect(findWarmUp([observed(...steady.slice(1))])).toEqual({ untilS: 0, how: 'not-found' });
  });

  test('findWarmUp joins the days of runs whose batches are shorter', () => {
    const ofTwoDays: ObservedVms = { batchS: 2 * dayS, means: [5, ...steady] };
    const ofOneDay = observed(...[5, ...steady].flatMap((mean) => [mean - 1, mean + 1]));
    expect(findWarmUp([ofTwoDays, ofOneDay])).toEqual({ untilS: 2 * dayS, how: 'found' });
  });

  test('the longest warm-up of several policies is taken, and none where one has none', () => {
    const found = (days: number) => ({ untilS: days * dayS, how: 'found' }) as const;
    expect(longestWarmUp([found(2), found(5), found(3)])).toEqual(found(5));
    expect(longestWarmUp([found(2), { untilS: 0, how: 'not-found' }])).toEqual({ untilS: 0, how: 'not-found' });
  });
});

test('observed are whole days of those who run and those who wait', () => {
  const column = (value: number) => Array.from({ length: 48 }, () => value);
  const series = { intervalS: 3600, vms: column(3), waiting: column(2) } as unknown as Parameters<typeof observeVms>[0];
  expect(observeVms(series, 2 * dayS)).toEqual({ batchS: dayS, means: [5, 5] });
  // The last interval is short, and so would be the second day.
  expect(observeVms(series, 2 * dayS - 1)).toEqual({ batchS: dayS, means: [5] });
  // Intervals of 16 h and days meet every two days, of three intervals each.
  expect(observeVms({ ...series, intervalS: 57_600 }, 48 * 57_600)).toEqual({
    batchS: 2 * dayS,
    means: Array(16).fill(5),
  });
});

describe('a run with a warm-up', () => {
  const plan = (out: string | null): RunPlan => ({
    cluster: 'heps-test-3',
    workload: { preset: 'heps', trace: null, days: 14, load: 0.02, times: null, skipInvalid: false },
    policy: 'hybrid',
    engine: 'auto',
    policyOptions: { similarity: 'normalised' },
    cloud: defaultCloud,
    // One whose MSER-5 truncation is not 0.
    seed: 5,
    out,
    decisions: null,
    summaryOnly: false,
  });

  test('warm-up auto gives the run with the same warm-up given, byte for byte, and the file says how long it is', async () => {
    const folder = temporaryDirectory();
    const [auto, given] = [join(folder, 'auto.run.json'), join(folder, 'given.run.json')];
    const { warmUp, summary } = await carryOut({ ...plan(auto), warmUpS: 'auto' });
    expect(warmUp).toEqual({ untilS: 4 * dayS, how: 'found' });
    await carryOut({ ...plan(given), warmUpS: warmUp.untilS });
    expect(readFileSync(auto, 'utf8')).toBe(readFileSync(given, 'utf8'));
    expect(readRunFile(auto).inputs.warmUpS).toBe(warmUp.untilS);
    expect(summary.durationS).toBe(14 * dayS - warmUp.untilS);
  });

  test('a run without a warm-up says nothing of it in its file', async () => {
    const out = join(temporaryDirectory(), 'plain.run.json');
    const { warmUp } = await carryOut(plan(out));
    expect(warmUp).toEqual({ untilS: 0, how: 'none' });
    expect(readRunFile(out).inputs).not.toHaveProperty('warmUpS');
  });

  test('a warm-up that leaves nothing is refused, and no file is left', async () => {
    const folder = temporaryDirectory();
    const out = join(folder, 'none.run.json');
    const message = '--warm-up: expected less than the time until the last arrival, or than --days, got "1209600 s"';
    await expect(carryOut({ ...plan(out), warmUpS: 14 * dayS })).rejects.toThrow(message);
    const trace = join(import.meta.dirname, '../golden/workload.csv');
    const ofTrace = { ...plan(out), workload: { ...plan(out).workload, preset: null, trace, days: null, load: 1 } };
    await expect(carryOut({ ...ofTrace, warmUpS: 14 * dayS })).rejects.toThrow(message);
    expect(existsSync(out)).toBe(false);
  });
});
