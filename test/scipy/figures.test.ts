/** Figures, intervals, quantile intervals, warm-up and batch means of the built command against SciPy, which has nothing but the run files. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { measures } from '../../core/runs/measures.ts';
import type { RunSummary } from '../../core/runs/run-file.ts';
import type { Estimate } from '../../core/statistics/estimate.ts';
import type { QuantileEstimate } from '../../core/statistics/quantile-interval.ts';
import type { FigureInterval } from '../../sim/measures/run-intervals.ts';
import type { WarmUp } from '../../sim/measures/warm-up.ts';
import { cloudOptions, comparedPolicies, comparisonCommand, hepsOutput, writeCluster } from '../comparison.ts';

/** What `heps compare --json` prints. */
interface Said {
  readonly policies: readonly string[];
  readonly warmUp: WarmUp;
  readonly comparison: readonly {
    readonly label: string;
    readonly estimates: readonly (Estimate | null)[];
    readonly differences: readonly (Estimate | null)[];
    readonly medians: readonly (QuantileEstimate | null)[];
  }[];
  readonly runs: readonly { readonly policy: string; readonly out: string; readonly summary: RunSummary }[];
}

/** What `figures.py comparison` prints: by label and policy. */
interface Computed {
  readonly measures: Readonly<
    Record<string, Readonly<Record<string, { estimate: Estimate; median: QuantileEstimate; difference: Estimate }>>>
  >;
  readonly warmUps: Readonly<Record<string, number | null>>;
}

/** What `heps simulate --json` prints, and `figures.py run`. */
interface SaidOfRun {
  readonly summary: RunSummary;
  readonly intervals: readonly FigureInterval[];
  readonly warmUp: WarmUp;
}
interface ComputedOfRun {
  readonly figures: Readonly<Record<string, number | null>>;
  readonly intervals: Readonly<Record<string, Omit<FigureInterval, 'label' | 'unit'>>>;
  readonly warmUp: number | null;
}

let folder: string;
let said: Said;
let computed: Computed;

/** Debian's own Python, without settings of the user. */
function figuresPy<T>(...args: readonly string[]): T {
  const env = { PATH: '/usr/bin:/bin', HOME: folder };
  const script = resolve('test/scipy/figures.py');
  return JSON.parse(execFileSync('/usr/bin/python3', [script, ...args], { cwd: folder, env, encoding: 'utf8' })) as T;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heps-scipy-'));
  writeCluster(folder);
  said = JSON.parse(hepsOutput(folder, ...comparisonCommand, '--json')) as Said;
  const filesOf = (policy: string): string =>
    said.runs.flatMap((run) => (run.policy === policy ? [run.out] : [])).join(',');
  computed = figuresPy<Computed>('comparison', ...comparedPolicies.map((policy) => `${policy}=${filesOf(policy)}`));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Within 1e-9 of the expected value, relative to it; absolute below 1. */
function expectNear(value: number, expected: number, what: string): void {
  expect(Math.abs(value - expected) / Math.max(1, Math.abs(expected)), `${what}: ${value}, ${expected}`).toBeLessThan(
    1e-9,
  );
}

function expectEstimate(value: Estimate | null | undefined, expected: Estimate, what: string): void {
  expectNear(value!.mean, expected.mean, `${what}, mean`);
  expectNear(value!.halfWidth!, expected.halfWidth!, `${what}, half width`);
}

describe('a comparison', () => {
  test('has figures that tell policies apart, and every kind of interval', () => {
    const of = (label: string) => said.comparison.find((each) => each.label === label)!;
    expect(of('GPU VMs on a card too small').estimates[0]!.mean).toBeGreaterThan(1);
    expect(of('VMs lost to failures').estimates[0]!.mean).toBe(0);
    expect(of('served as asked').medians[0]!.interval).not.toBeNull();
  });

  test('has the means, Student and paired intervals, medians and their intervals that SciPy finds in its run files', () => {
    const labels = Object.keys(computed.measures);
    expect(labels.length).toBeGreaterThan(12);
    for (const label of labels) {
      const ours = said.comparison.find((each) => each.label === label)!;
      comparedPolicies.forEach((policy, index) => {
        const theirs = computed.measures[label]![policy];
        const what = `${label}, ${policy}`;
        expect(ours.estimates[index] === null, what).toBe(theirs === undefined);
        if (theirs === undefined) return;
        expectEstimate(ours.estimates[index], theirs.estimate, what);
        if (index > 0) expectEstimate(ours.differences[index], theirs.difference, `${what}, difference`);
        const { value, interval } = ours.medians[index]!;
        expectNear(value, theirs.median.value, `${what}, median`);
        interval!.forEach((end, side) => {
          expectNear(end, theirs.median.interval![side]!, `${what}, end of the median's interval`);
        });
      });
    }
  });
});

test('the warm-up of a cloud that fills is the one that MSER-5 finds, the longest of the policies', () => {
  // A VM every half hour for four days and more: the cloud fills for as long. The trace counts from 1970.
  const rows = Array.from({ length: 1440 }, (_, index) => {
    const lifetimeS = 345_600 + ((index * 7919) % 97) * 1800;
    return `v${index},${1_700_000_000 + index * 1800},${lifetimeS},1,512`;
  });
  writeFileSync(join(folder, 'filling.csv'), ['id,submit_s,lifetime_s,vcpus,ram_mib', ...rows, ''].join('\n'));
  const policies = ['first-fit', 'worst-fit'];
  const args = [
    '--cluster',
    'six.json',
    '--trace',
    'filling.csv',
    '--policies',
    policies.join(','),
    '--warm-up',
    'auto',
  ];
  const filled = JSON.parse(
    hepsOutput(folder, 'compare', ...args, '--days', '30', '--out', 'filling', '--json'),
  ) as Said;
  const files = filled.runs.map(({ policy, out }) => `${policy}=${out}`);
  const { warmUps, measures: theirs } = figuresPy<Computed>('comparison', ...files);
  expect(filled.warmUp.how).toBe('found');
  expect(filled.warmUp.untilS).toBeGreaterThan(2 * 86_400);
  expect(filled.warmUp.untilS).toBe(Math.max(...policies.map((policy) => warmUps[policy]!)));
  for (const label of ['vCPUs in use', 'RAM in use', 'served as asked']) {
    const ours = filled.comparison.find((each) => each.label === label)!;
    expectNear(ours.estimates[0]!.mean, theirs[label]!['first-fit']!.estimate.mean, label);
  }
});

describe.each([
  ['whole weeks', ['--days', '84', '--warm-up', '7d'], 7],
  ['whole days', ['--days', '25', '--warm-up', 'auto'], 1],
] as const)('batch means over %s', (_, options, leastDays) => {
  test('are those of one long run', () => {
    const args = ['simulate', ...cloudOptions, '--policy', 'nova', ...options, '--out', 'long.run.json', '--json'];
    const { summary, intervals, warmUp } = JSON.parse(hepsOutput(folder, ...args)) as SaidOfRun;
    const theirs = figuresPy<ComputedOfRun>('run', 'long.run.json');
    for (const [label, figure] of Object.entries(theirs.figures)) {
      expectNear(measures.find((each) => each.label === label)!.read(summary)!, figure!, label);
    }
    expect(intervals.map(({ label }) => label).sort()).toEqual(Object.keys(theirs.intervals).sort());
    expect(intervals.length).toBeGreaterThan(3);
    for (const { label, halfWidth, batches, batchDays } of intervals) {
      const expected = theirs.intervals[label]!;
      expectNear(halfWidth, expected.halfWidth, `${label}, half width`);
      expect({ label, batches, batchDays }).toEqual({
        label,
        batches: expected.batches,
        batchDays: expected.batchDays,
      });
      expect(batchDays % leastDays).toBe(0);
    }
    if (warmUp.how === 'found' || warmUp.how === 'not-found') {
      expect(warmUp.how === 'found' ? warmUp.untilS : null).toBe(theirs.warmUp);
    }
  });
});
