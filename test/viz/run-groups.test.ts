import { describe, expect, test } from 'vitest';
import type { RunInputs } from '../../core/runs/run-file.ts';
import type { Run } from '../../viz/model/run.ts';
import { runOf } from '../../viz/model/run.ts';
import { compareGroups, firstChoice, groupRuns, remarksOn, sawSameRequests } from '../../viz/model/run-groups.ts';
import { verdictsOn } from '../../viz/model/verdicts.ts';
import { hostsOf, runFileOf, runOf as runToSimulate, temporaryDirectory, vm } from '../sim/build.ts';

/** A run of one VM on one host, with other inputs written over those it had. */
async function opened(policy: string, seed: number, workload: Partial<RunInputs['workload']> = {}): Promise<Run> {
  const plan = runToSimulate(hostsOf(4), [vm('a', 0, 100), vm('b', 50, 100, { vcpus: 8 })], { policy, seed });
  const file = await runFileOf(plan, `${temporaryDirectory()}/run.json`);
  const inputs = { ...file.inputs, workload: { ...file.inputs.workload, sha256: 'w', load: 1, days: 1, ...workload } };
  return runOf({ ...file, inputs }, `${policy}-${seed}.run.json`);
}

/** Titles with the places of the runs, and where the base is another than the first, its place. */
const titled = (runs: readonly Run[]) =>
  groupRuns(runs).map(
    ({ title, runs: places, base }) => `${title}: ${places.join(' ')}${base === 0 ? '' : ` to ${base}`}`,
  );

describe('groupRuns', () => {
  test('puts seeds of one policy together, in order of the seeds', async () => {
    const runs = [
      await opened('nova', 2),
      await opened('hybrid', 1),
      await opened('nova', 1),
      await opened('hybrid', 2),
    ];
    expect(titled(runs)).toEqual(['nova: 2 0', 'hybrid: 1 3']);
    expect(remarksOn(groupRuns(runs), runs)).toEqual([]);
    expect(firstChoice(groupRuns(runs))).toEqual([2, 1]);
  });

  test('shows runs one by one where seeds do not match', async () => {
    const runs = [await opened('hybrid', 1), await opened('hybrid', 2), await opened('nova', 1)];
    expect(titled(runs)).toEqual(['hybrid · seed 1: 0', 'hybrid · seed 2: 1 to 1', 'nova · seed 1: 2']);
    expect(remarksOn(groupRuns(runs), runs)).toEqual([
      'These runs did not see the same requests: they differ in the seed. Differences are shown only between runs that did.',
    ]);
  });

  test('keeps groups that match when a further run does not', async () => {
    const seeds = await Promise.all([1, 2].flatMap((seed) => [opened('hybrid', seed), opened('nova', seed)]));
    const runs = [...seeds, await opened('best-fit', 3)];
    expect(titled(runs)).toEqual(['hybrid · seed 1: 0 2', 'nova · seed 1: 1 3', 'best-fit · seed 3: 4 to 2']);
  });

  test('does not take a run that is open twice for two replications', async () => {
    const runs = [await opened('hybrid', 1), await opened('hybrid', 1)];
    expect(groupRuns(runs).map((group) => group.runs)).toEqual([[0], [1]]);
  });

  test('holds no loads against each other, but shows both', async () => {
    const runs = [
      await opened('hybrid', 1),
      await opened('hybrid', 2),
      await opened('hybrid', 1, { load: 1.5 }),
      await opened('hybrid', 2, { load: 1.5 }),
    ];
    expect(titled(runs)).toEqual(['hybrid · load 1: 0 1', 'hybrid · load 1.5: 2 3 to 1']);
    const served = compareGroups(groupRuns(runs), runs)[0]!;
    // One of the two VMs fits on no host.
    expect(served.estimates.map((each) => each?.mean)).toEqual([50, 50]);
    expect(served.differences).toEqual([null, null]);
  });

  test('takes differences to the first group with the same requests', async () => {
    const runs = [
      await opened('hybrid', 1),
      await opened('hybrid', 1, { load: 2 }),
      await opened('nova', 1, { load: 2 }),
    ];
    expect(titled(runs)).toEqual(['hybrid · load 1: 0', 'hybrid · load 2: 1 to 1', 'nova · load 2: 2 to 1']);
    const served = compareGroups(groupRuns(runs), runs)[0]!;
    expect(served.differences).toEqual([null, null, { mean: 0, halfWidth: null }]);
    expect(verdictsOn(groupRuns(runs), runs, compareGroups(groupRuns(runs), runs))).toEqual([
      'hybrid · load 2 and nova · load 2: no clear difference in VMs served as asked: 50.00 % against 50.00 %, 0.00 points (one run each).',
    ]);
  });

  test('says in what the clouds differ', async () => {
    const [first, second] = [await opened('hybrid', 1), await opened('nova', 1)];
    const inputs = { ...second.file.inputs, cloud: { ...second.file.inputs.cloud, bootS: 30, backfill: true } };
    const runs = [first, { ...second, file: { ...second.file, inputs } }];
    expect(remarksOn(groupRuns(runs), runs)).toEqual([
      'The clouds around the scheduler differ in backfilling and boot times.',
    ]);
  });

  test('one policy is one group, and two of its seeds are shown first', async () => {
    const runs = [await opened('hybrid', 1), await opened('hybrid', 2), await opened('hybrid', 3)];
    expect(titled(runs)).toEqual(['hybrid: 0 1 2']);
    expect(firstChoice(groupRuns(runs))).toEqual([0, 1]);
  });
});

test('runs that leave out different warm-ups stand beside each other, without differences', async () => {
  const withWarmUp = (run: Run, warmUpS: number): Run => ({
    ...run,
    file: { ...run.file, inputs: { ...run.file.inputs, warmUpS } },
  });
  const runs = [await opened('hybrid', 1), withWarmUp(await opened('hybrid', 1), 2 * 86_400), await opened('nova', 1)];
  expect(titled(runs)).toEqual([
    'hybrid · warm-up 0 days: 0',
    'hybrid · warm-up 2 days: 1 to 1',
    'nova · warm-up 0 days: 2',
  ]);
  expect(remarksOn(groupRuns(runs), runs)).toEqual([
    'These runs leave out different warm-ups, so their figures cover different times. Differences are shown only between runs with the same warm-up.',
  ]);
  const same = runs.map((run) => withWarmUp(run, 1.5 * 86_400));
  expect(remarksOn(groupRuns(same), same)).toEqual(['The figures leave out the first 1.5 days, the warm-up.']);
});

test('the same parameters under another seed, load or number of days are other requests', async () => {
  const { inputs } = (await opened('hybrid', 1)).file;
  const withWorkload = (change: Partial<RunInputs['workload']>) => ({
    ...inputs,
    workload: { ...inputs.workload, ...change },
  });
  expect(sawSameRequests(inputs, { ...inputs, policy: { ...inputs.policy, name: 'nova' } })).toBe(true);
  expect(sawSameRequests(inputs, { ...inputs, seed: 2 })).toBe(false);
  for (const change of [{ sha256: 'x' }, { load: 2 }, { days: 2 }, { skipped: 1 }]) {
    expect(sawSameRequests(inputs, withWorkload(change)), JSON.stringify(change)).toBe(false);
  }
});

test('the difference of groups is that of their seeds, pair by pair', async () => {
  const runs = await Promise.all([1, 2].flatMap((seed) => [opened('hybrid', seed), opened('nova', seed)]));
  const served = compareGroups(groupRuns(runs), runs)[0]!;
  expect(served.differences).toEqual([null, { mean: 0, halfWidth: 0 }]);
});
