import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { InputError } from '../../../core/input-error.ts';
import { firstFit } from '../../../core/policies/first-fit.ts';
import type { PolicyFactory } from '../../../core/policy.ts';
import { nameOf } from '../../../core/runs/measures.ts';
import { type CompareOptions, type CompareProgress, compare } from '../../../sim/runs/compare.ts';
import { readTrace } from '../../../traces/formats.ts';
import { readHepsParameters } from '../../../traces/heps-parameters-reader.ts';
import { generateHeps } from '../../../traces/heps-workload.ts';
import { hostSpec } from '../../core/build.ts';
import { temporaryDirectory, vm } from '../build.ts';

/** Small enough for tests, on this thread: workers run the built code. */
const small = { cluster: 'heps-test-3', days: 1, load: 0.02, threads: 1 } as const;

/** Two vCPUs; VMs of one vCPU that overlap: a and b fill the host, c finds it full. */
const twoVcpus = [hostSpec({ vcpus: 2, ramMib: 4096 }, 0)];
const threeVms = [vm('a', 0, 100), vm('b', 1, 100), vm('c', 2, 10)];

test('a comparison has a mean, a difference and a median for each measure, and a run for each policy and seed', async () => {
  const comparison = await compare({ ...small, policies: ['hybrid', 'first-fit'], seeds: [1, 2, 7] });
  expect(comparison.policies).toEqual(['hybrid', 'first-fit']);
  expect(comparison.runs.map(({ policy, seed, file }) => [policy, seed, file])).toEqual(
    ['hybrid', 'first-fit'].flatMap((policy) => [1, 2, 7].map((seed) => [policy, seed, null])),
  );
  const served = comparison.measures.find(({ measure }) => nameOf(measure) === 'served-as-asked')!;
  const shares = comparison.runs.slice(0, 3).map(({ summary }) => 100 * summary.servedShare!);
  expect(served.estimates[0]!.mean).toBeCloseTo((shares[0]! + shares[1]! + shares[2]!) / 3, 12);
  expect(served.medians[0]!.value).toBe([...shares].sort((a, b) => a - b)[1]);
  expect(served.differences[0]).toBeNull();
  expect(comparison.verdicts).toHaveLength(1);
  expect(comparison.verdicts[0]).toContain('hybrid');
});

test('a cluster, arrivals and a policy of your own are compared without a file', async () => {
  const lastFit: PolicyFactory = {
    name: 'last-fit',
    summary: 'the host with the highest index',
    create: (options) => ({ ...firstFit.create(options), name: 'last-fit', score: (host) => host.index }),
  };
  const hosts = [0, 1].map((index) => hostSpec({ vcpus: 2, ramMib: 4096 }, index));
  const folder = temporaryDirectory();
  const comparison = await compare({
    cluster: { name: 'pair', hosts },
    workload: threeVms,
    policies: [lastFit, 'first-fit'],
    threads: 1,
    out: folder,
  });
  expect(comparison.seeds).toEqual([1]);
  const [own, known] = comparison.runs;
  expect(own!.inputs).toMatchObject({ cluster: { name: 'pair' }, policy: { name: 'last-fit' } });
  expect(own!.inputs.workload).toMatchObject({ name: 'arrivals', days: null, load: null });
  expect([own!.decisions().host, known!.decisions().host]).toEqual([
    [1, 1, 0],
    [0, 0, 1],
  ]);
});

test('a trace gives the same figures by its path, by a reader and as a file of that kind', async () => {
  const trace = 'test/sim/golden/workload.csv';
  const ways = [trace, await readTrace(trace), { trace }];
  const figures = [];
  for (const workload of ways) {
    const { runs } = await compare({ cluster: 'heps-test-3', workload, policies: ['hybrid'], threads: 1 });
    figures.push([runs[0]!.summary.all.arrived, runs[0]!.summary.servedShare]);
  }
  expect(figures[1]).toEqual(figures[0]);
  expect(figures[2]).toEqual(figures[0]);
});

test('a workload that is a function is asked for the arrivals of each seed', async () => {
  const asked: number[] = [];
  const { runs, seeds } = await compare({
    cluster: 'heps-test-3',
    workload: (seed) => {
      asked.push(seed);
      return Array.from({ length: seed }, (_, index) => vm(`vm-${index}`, index, 10));
    },
    policies: ['hybrid', 'nova'],
    threads: 1,
  });
  expect(seeds).toEqual([1, 2, 3, 4, 5]);
  expect(asked).toEqual([1, 2, 3, 4, 5]);
  expect(runs.map(({ summary }) => summary.all.arrived)).toEqual([1, 2, 3, 4, 5, 1, 2, 3, 4, 5]);
});

test('progress tells the stage and ends at 1; run files are there when the result is', async () => {
  const told: CompareProgress[] = [];
  const folder = temporaryDirectory();
  const { runs, bound, warmUp } = await compare({
    ...small,
    seeds: [1, 2],
    bound: true,
    warmUp: 'auto',
    out: folder,
    onProgress: (progress) => told.push(progress),
  });
  expect([...new Set(told.map(({ stage }) => stage))]).toEqual(['bounds', 'warm-up', 'runs']);
  expect(told.at(-1)).toEqual({ stage: 'runs', share: 1, finished: 4, total: 4 });
  expect(runs.every(({ file }) => existsSync(file!))).toBe(true);
  expect(bound!.seeds).toHaveLength(2);
  expect(warmUp.how).toBe('not-found'); // one day is too short
});

test('an aborted comparison throws the reason, and begins no other run', async () => {
  const abort = new AbortController();
  const folder = temporaryDirectory();
  let finished = 0;
  const work = compare({
    ...small,
    out: folder,
    signal: abort.signal,
    onProgress: (progress) => {
      finished = progress.finished;
      if (finished === 2) abort.abort(new Error('enough'));
    },
  });
  await expect(work).rejects.toThrow('enough');
  expect(finished).toBe(2);
});

test('more seeds are run until the interval is narrow enough, at most as many as allowed', async () => {
  const { seeds, untilCi } = await compare({
    ...small,
    policies: ['hybrid'],
    untilCi: { halfWidth: 1e-9, of: 'vcpus-in-use', mostSeeds: 7 },
  });
  expect(seeds).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(untilCi).toMatchObject({ isReached: false, policy: 'hybrid' });
});

const noSize = { ...threeVms[0]!, request: { ...threeVms[0]!.request, vcpus: 0 } };
const wrong: [string, object, string][] = [
  ['an unknown option', { polices: ['hybrid'] }, 'polices: expected one of the fields cluster, workload'],
  ['an unknown policy', { policies: ['hybird'] }, 'policy: expected one of hybrid, nova'],
  ['no policies', { policies: [] }, 'policies: expected at least one, with distinct names, got []'],
  ['a seed twice', { seeds: [1, 1] }, 'seeds: expected at least one, all distinct, got [1,1]'],
  ['a seed that is no number', { seeds: ['1'] }, 'seeds[0]: expected a whole number of at least 0, got "1"'],
  ['half a day', { days: 0.5 }, 'days: expected a whole number of at least 1, got 0.5'],
  ['no load', { load: 0 }, 'load: expected a number above 0, got 0'],
  [
    'a load of given arrivals',
    { workload: [], load: 2 },
    'load: expected 1, since only generated workloads have a load',
  ],
  ['a cloud option', { cloud: { onFull: 'wait' } }, 'cloud.onFull: expected one of queue, reject, got "wait"'],
  ['an unknown cloud option', { cloud: { patience: 4 } }, 'cloud.patience: expected one of the fields onFull'],
  ['a long warm-up', { warmUp: 86_400 }, 'warmUp: expected less than the time until the last arrival, or than days'],
  ['threads', { threads: 0 }, 'threads: expected a whole number of at least 1, got 0'],
  ['a measure', { untilCi: { halfWidth: 1, of: 'waits' } }, 'untilCi.of: expected one of served-as-asked'],
  ['a cluster', { cluster: 'heps-3' }, 'heps-3: expected a readable file or one of the presets'],
  ['a host twice', { cluster: [twoVcpus[0], twoVcpus[0]] }, 'cluster, hosts[1].name: expected a name that no other'],
  ['arrivals out of order', { workload: [vm('a', 5, 1), vm('b', 4, 1)] }, 'workload[1].atS: expected at least 5'],
  ['a VM of no size', { workload: [noSize] }, 'workload[0].request, vcpus must be above 0'],
];

test.each(wrong)('%s is refused, naming the option', async (_, options, message) => {
  const work = compare({
    ...small,
    ...('workload' in options ? { load: 1 } : {}),
    seeds: [1],
    ...options,
  } as CompareOptions);
  await expect(work).rejects.toThrow(InputError);
  await expect(work).rejects.toThrow(message);
});

test('generated arrivals and the preset they come from give the same figures', async () => {
  const preset = await compare({ ...small, policies: ['hybrid'], seeds: [3] });
  const parameters = readHepsParameters(JSON.parse(readFileSync('traces/workloads/heps.json', 'utf8')));
  const workload = (seed: number) => generateHeps({ days: 1, load: 0.02, seed, parameters });
  const own = await compare({
    cluster: 'heps-test-3',
    workload,
    days: 1,
    policies: ['hybrid'],
    seeds: [3],
    threads: 1,
  });
  expect(own.runs[0]!.summary).toEqual(preset.runs[0]!.summary);
});
