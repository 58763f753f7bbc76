/** An experiment: policies × seeds on the same requests, and what that says. */
import { availableParallelism } from 'node:os';
import { aBoolean, anArray, anInteger, anObject, aPositive, aText, noOtherFields } from '../../core/check.ts';
import { InputError } from '../../core/input-error.ts';
import { compareRuns, type MeasureComparison, mediansOf, type PolicyRuns } from '../../core/runs/comparison.ts';
import { measures, nameOf, servedMeasure } from '../../core/runs/measures.ts';
import { verdictOf } from '../../core/runs/verdict.ts';
import type { QuantileEstimate } from '../../core/statistics/quantile-interval.ts';
import type { Bound } from '../bound/bound.ts';
import { type BoundShare, boundShares } from '../bound/shares.ts';
import { findWarmUp, givenWarmUp, longestWarmUp, type WarmUp } from '../measures/warm-up.ts';
import { type ChosenPolicy, choosePolicies, type PolicyInput, refuseUnknownOptions } from './chosen-policy.ts';
import { type ExperimentOptions, experimentOf, experimentOptions } from './experiment.ts';
import { inOptionNames } from './option-names.ts';
import { boundOfPlan } from './plan-bound.ts';
import { pilotOf, type RunResult } from './run.ts';
import { type RunHandle, runHandle } from './run-handle.ts';
import { carryOutAll, type RunTask } from './run-many.ts';
import { runPathOf } from './run-path.ts';
import { runsOf, runUntilCi, seedsPerStep, startingSeeds, type WidthGoal, type WidthReached } from './until-ci.ts';
import { warnOfIdleOptions } from './warn-of-idle-options.ts';
import type { ReadRows } from './workload.ts';

/** More seeds, five at a time, until every policy's 95 % interval is narrow enough. */
export interface UntilCi {
  /** Half width at most: for measures in % a share (0.01 is one percentage point), for waits hours, else a plain number. */
  readonly halfWidth: number;
  /** Whose interval, by `nameOf` the measure. Defaults to `served-as-asked`. */
  readonly of?: string | undefined;
  /** No more seeds are run. Defaults to 200. */
  readonly mostSeeds?: number | undefined;
}

/** What is compared, on what, and what is kept of it. */
export interface CompareOptions extends ExperimentOptions {
  /** At least one; the first is the one that others are held against. Your own run on this thread. Defaults to `hybrid` and `nova`. */
  readonly policies?: readonly PolicyInput[] | undefined;
  /** Different whole numbers. Defaults to 1 to 5; to 1 where each seed would have the same arrivals. */
  readonly seeds?: readonly number[] | undefined;
  /** Adds seeds until intervals are this narrow; a number is a half width of `served-as-asked`. Defaults to the given seeds only. */
  readonly untilCi?: number | UntilCi | undefined;
  /** Find how much GPU work no policy could exceed. Defaults to false. */
  readonly bound?: boolean | undefined;
  /** Runs at a time. Defaults to one per core. */
  readonly threads?: number | undefined;
  /** Folder for a run file of each run; null: none is written. Defaults to null. */
  readonly out?: string | null | undefined;
  /** Leave decisions out of the run files, so that memory does not grow with the trace. Defaults to false. */
  readonly summaryOnly?: boolean | undefined;
  /** Told how far the work is. */
  readonly onProgress?: ((progress: CompareProgress) => void) | undefined;
}

/** How far a comparison is. */
export interface CompareProgress {
  /** Bounds are found first, then the warm-up, then the runs; with `untilCi` runs come several times. */
  readonly stage: 'bounds' | 'warm-up' | 'runs';
  /** Done of this stage, in [0, 1]. */
  readonly share: number;
  /** Runs, or bounds, of this stage that are complete. */
  readonly finished: number;
  /** Runs, or bounds, of this stage. */
  readonly total: number;
}

/** One measure over all policies, in its unit. */
export interface ComparedMeasure extends MeasureComparison {
  /** Median over the seeds, one per policy; null when some run had nothing to measure. */
  readonly medians: readonly (QuantileEstimate | null)[];
}

/** What a comparison comes to. */
export interface Comparison {
  /** Names, in the order given. */
  readonly policies: readonly string[];
  /** Those that ran. */
  readonly seeds: readonly number[];
  /** What the figures leave out at the start, the same for all policies. */
  readonly warmUp: WarmUp;
  /** How narrow the intervals became; null without `untilCi`. */
  readonly untilCi: WidthReached | null;
  /** Means with 95 % intervals, paired differences to the first policy, medians: one entry per measure, in the order of `measures`. */
  readonly measures: readonly ComparedMeasure[];
  /** One sentence for each policy after the first: which of the two serves more VMs as asked, and how sure that is. */
  readonly verdicts: readonly string[];
  /** Every run: by policy, then by seed. */
  readonly runs: readonly RunHandle[];
  /** How much GPU work no policy could exceed, one per seed, and each policy's share; null without `bound`. */
  readonly bound: { readonly seeds: readonly Bound[]; readonly policies: readonly BoundShare[] } | null;
  /** Of the workload under the first seed: VMs read, rows left out, where time begins. */
  readonly rows: ReadRows;
}

/** Seeds at most, unless `untilCi` says how many. */
export const mostSeedsByDefault = 200;

const compareOptions = [
  ...experimentOptions,
  ...['policies', 'seeds', 'untilCi', 'bound', 'threads', 'out', 'summaryOnly', 'onProgress'],
];

/**
 * Runs every policy with every seed on the same requests, on all cores, and compares them.
 *
 * @throws InputError naming the option, or the file with its line, that is wrong; the reason of `signal` when it is aborted
 */
export function compare(options: CompareOptions = {}): Promise<Comparison> {
  return inOptionNames(carryOutComparison(options));
}

/** The same, but messages name options as the command line does. */
export async function carryOutComparison(options: CompareOptions): Promise<Comparison> {
  const experiment = experimentOf(options, compareOptions);
  const { out = null, signal, onProgress } = options;
  const policies = await checkedPolicies(options.policies ?? ['hybrid', 'nova']);
  refuseUnknownOptions(options.policyOptions ?? {}, policies);
  const names = policies.map(({ factory }) => factory.name);
  const firstSeeds = checkedSeeds(options.seeds ?? (experiment.isGenerated ? [1, 2, 3, 4, 5] : [1]));
  const goal = options.untilCi === undefined ? null : goalOf(options.untilCi, firstSeeds);
  const threads = anInteger(options.threads ?? availableParallelism(), 'threads', 1);
  if (out !== null) aText(out, 'out');
  const summaryOnly = aBoolean(options.summaryOnly ?? false, 'summaryOnly') || out === null;
  const isBounded = aBoolean(options.bound ?? false, 'bound');
  await warnOfIdleOptions(options, experiment, policies);

  const taskOf = async (policy: ChosenPolicy, seed: number): Promise<RunTask> => {
    const plan = experiment.planOf(policy, seed);
    const file = out === null ? null : runPathOf(out, plan, summaryOnly);
    return {
      plan: { ...plan, out: file, decisions: null, summaryOnly },
      given: await experiment.givenFor(policy, seed),
    };
  };
  /** Results of each policy, in order of the seeds. */
  const runAll = async (
    seeds: readonly number[],
    stage: CompareProgress['stage'],
    change: (task: RunTask) => RunTask,
  ): Promise<RunResult[][]> => {
    const tasks: RunTask[] = [];
    for (const policy of policies) for (const seed of seeds) tasks.push(change(await taskOf(policy, seed)));
    const total = tasks.length;
    const results = await carryOutAll(tasks, {
      threads: Math.min(threads, total),
      onProgress: (share, finished) => onProgress?.({ stage, share, finished, total }),
      signal,
    });
    return policies.map((_, index) => results.slice(index * seeds.length, (index + 1) * seeds.length));
  };
  const boundsUnder = async (seeds: readonly number[]): Promise<Bound[]> => {
    const bounds: Bound[] = [];
    const total = seeds.length;
    for (const [finished, seed] of seeds.entries()) {
      signal?.throwIfAborted();
      onProgress?.({ stage: 'bounds', share: finished / total, finished, total });
      const { plan, given } = await taskOf(policies[0]!, seed);
      bounds.push(await boundOfPlan(plan, given));
    }
    return bounds;
  };
  const startSeeds = goal === null ? firstSeeds : startingSeeds(firstSeeds);
  const bounds = isBounded ? await boundsUnder(startSeeds) : null;
  const findOne = async (): Promise<WarmUp> => {
    const pilots = await runAll(startSeeds, 'warm-up', ({ plan, given }) => ({ plan: pilotOf(plan), given }));
    return longestWarmUp(pilots.map((each) => findWarmUp(each.map(({ observedVms }) => observedVms))));
  };
  const warmUp = options.warmUp === 'auto' ? await findOne() : givenWarmUp(options.warmUp);
  const warmUpS = warmUp.how === 'none' ? undefined : warmUp.untilS;
  const { seeds, results, reached } = await runUntilCi(names, firstSeeds, goal, (some) =>
    runAll(some, 'runs', ({ plan, given }) => ({ plan: { ...plan, warmUpS }, given })),
  );
  bounds?.push(...(await boundsUnder(seeds.slice(startSeeds.length))));

  const runs = runsOf(names, results);
  const handles = results.flatMap((ofPolicy, index) =>
    ofPolicy.map((result, place) =>
      runHandle(
        result,
        out === null ? null : runPathOf(out, experiment.planOf(policies[index]!, seeds[place]!), summaryOnly),
      ),
    ),
  );
  const compared = compareRuns(runs);
  return {
    policies: names,
    seeds,
    warmUp,
    untilCi: reached,
    measures: compared.map((each) => ({ ...each, medians: mediansOf(runs, each.measure) })),
    verdicts: verdictsOf(runs, compared),
    runs: handles,
    bound: bounds === null ? null : { seeds: bounds, policies: boundShares(runs, bounds) },
    rows: results[0]![0]!.rows,
  };
}

function verdictsOf(runs: readonly PolicyRuns[], compared: readonly MeasureComparison[]): string[] {
  const served = compared.find(({ measure }) => measure === servedMeasure)!;
  return runs.slice(1).map((_, index) => verdictOf(runs, served, index + 1));
}

async function checkedPolicies(policies: readonly PolicyInput[]): Promise<readonly ChosenPolicy[]> {
  anArray(policies, 'policies');
  const chosen = await choosePolicies(policies);
  const names = chosen.map(({ factory }) => factory.name);
  if (names.length === 0 || new Set(names).size !== names.length) {
    throw new InputError('policies', 'at least one, with distinct names', names);
  }
  return chosen;
}

function checkedSeeds(seeds: readonly number[]): readonly number[] {
  anArray(seeds, 'seeds').forEach((seed, index) => {
    anInteger(seed, `seeds[${index}]`);
  });
  if (seeds.length === 0 || new Set(seeds).size !== seeds.length) {
    throw new InputError('seeds', 'at least one, all distinct', seeds);
  }
  return seeds;
}

function goalOf(untilCi: number | UntilCi, firstSeeds: readonly number[]): WidthGoal {
  const goal = typeof untilCi === 'number' ? { halfWidth: untilCi } : untilCi;
  noOtherFields(anObject(goal, 'untilCi'), 'untilCi', ['halfWidth', 'of', 'mostSeeds']);
  const { halfWidth, of = nameOf(servedMeasure), mostSeeds = mostSeedsByDefault } = goal as UntilCi;
  aPositive(halfWidth, 'untilCi.halfWidth');
  const measure = measures.find((each) => nameOf(each) === of);
  if (measure === undefined) throw new InputError('untilCi.of', `one of ${measures.map(nameOf).join(', ')}`, of);
  anInteger(mostSeeds, 'untilCi.mostSeeds', seedsPerStep);
  if (firstSeeds.length > mostSeeds) {
    throw new InputError('untilCi.mostSeeds', `at least the ${firstSeeds.length} of seeds`, mostSeeds);
  }
  return { measure, halfWidth: measure.unit === '%' ? halfWidth * 100 : halfWidth, mostSeeds };
}
