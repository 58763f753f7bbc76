/** `heps compare`: policies × seeds on the same requests. */
import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
import { InputError } from '../../core/input-error.ts';
import { policies } from '../../core/policies/index.ts';
import { compareRuns, mediansOf } from '../../core/runs/comparison.ts';
import { measures, nameOf, servedMeasure } from '../../core/runs/measures.ts';
import type { LoadedPolicy } from '../../policy-modules/loaded-policy.ts';
import { type Bound, boundOfPlan } from '../bound/bound.ts';
import { boundShares, reportBound } from '../bound/shares.ts';
import { findWarmUp, givenWarmUp, longestWarmUp, type WarmUp } from '../measures/warm-up.ts';
import { pilotOf, type RunPlan, type RunResult } from '../runs/run.ts';
import { carryOutAll } from '../runs/run-many.ts';
import { runsOf, runUntilCi, seedsPerStep, startingSeeds, type WidthGoal } from '../runs/until-ci.ts';
import {
  addRunOptions,
  decisionPlanOf,
  policyList,
  policyNamesOf,
  positive,
  seedList,
  whole,
} from '../terminal/options.ts';
import { addPolicyOptions } from '../terminal/policy-options.ts';
import { startProgress } from '../terminal/progress.ts';
import { reportComparison, warmUpWords, widthWords } from '../terminal/report.ts';
import { wrapText } from '../terminal/table.ts';
import { defaultRunPath, listFiles, listSkipped } from './outputs.ts';

const mostSeedsByDefault = 200;

/** @param outside policies from files that the command line names */
export function addCompare(program: Command, outside: readonly LoadedPolicy[]): void {
  const command = program
    .command('compare')
    .description('run several policies on the same requests, and say which is better and by how much')
    .option(
      '--policies <list>',
      `some of ${policies.map((policy) => policy.name).join(',')}, or files of your own`,
      policyList,
      ['hybrid', 'nova'],
    )
    .option(
      '--seeds <list>',
      'such as 1..5 or 1,2,7 (default: 1..5; 1 for a trace, which is the same each time)',
      seedList,
    )
    .option(
      '--until-ci <width>',
      `more seeds, ${seedsPerStep} at a time, until each policy's 95 % interval is at most ± this; 0.01 is one percentage point`,
      positive,
    )
    .addOption(
      new Option('--ci-of <measure>', `whose interval (default: ${nameOf(servedMeasure)})`).choices(
        measures.map(nameOf),
      ),
    )
    .option(
      '--most-seeds <n>',
      `no more seeds than this for --until-ci (default: ${mostSeedsByDefault})`,
      whole(seedsPerStep),
    );
  addRunOptions(command)
    .option('--out <folder>', 'where the run files go', 'runs')
    .option('--summary-only', 'leave decisions out of the run files; memory does not grow with the trace')
    .option('--threads <n>', 'runs at a time (default: one per core)', whole(1))
    .option('--bound', 'say how much GPU work no policy could exceed, and what share of it each served')
    .option('--json', 'print runs and comparison as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  heps compare --policies hybrid,nova,best-fit --seeds 1..10 --load 1.1 --on-full queue --backfill',
    )
    .action(async (options) => {
      const names = policyNamesOf(options.policies, outside);
      const firstSeeds: number[] = options.seeds ?? (options.trace === undefined ? [1, 2, 3, 4, 5] : [1]);
      const goal = goalOf(options, firstSeeds);
      const planOf = (policy: string, seed: number): RunPlan => {
        const plan = decisionPlanOf(options, policy, seed, outside);
        const out = defaultRunPath(options.out, plan);
        return { ...plan, out, decisions: null, summaryOnly: options.summaryOnly ?? false };
      };
      const threads: number = options.threads ?? availableParallelism();
      /** Results of each policy, in order of the seeds. */
      const runAll = async (
        seeds: readonly number[],
        what: string,
        change: (plan: RunPlan) => RunPlan,
      ): Promise<RunResult[][]> => {
        const plans = names.flatMap((policy) => seeds.map((seed) => change(planOf(policy, seed))));
        const progress = startProgress(true);
        const results = await carryOutAll(plans, Math.min(threads, plans.length), (share, finished) =>
          progress.update(share, () => `${finished} of ${plans.length} ${what}`),
        ).finally(() => progress.stop());
        return names.map((_, index) => results.slice(index * seeds.length, (index + 1) * seeds.length));
      };
      const startSeeds = goal === null ? firstSeeds : startingSeeds(firstSeeds);
      const boundsUnder = (some: readonly number[]) => boundsOf(some.map((seed) => planOf(names[0]!, seed)));
      const bounds = options.bound ? await boundsUnder(startSeeds) : null;
      const findOne = async (): Promise<WarmUp> => {
        const pilots = await runAll(startSeeds, 'runs for the warm-up', pilotOf);
        return longestWarmUp(pilots.map((each) => findWarmUp(each.map(({ observedVms }) => observedVms))));
      };
      const asked = planOf(names[0]!, firstSeeds[0]!).warmUpS;
      const warmUp = asked === 'auto' ? await findOne() : givenWarmUp(asked);
      const warmUpS = warmUp.how === 'none' ? undefined : warmUp.untilS;
      const { seeds, results, reached } = await runUntilCi(names, firstSeeds, goal, (some) =>
        runAll(some, 'runs', (plan) => ({ ...plan, warmUpS })),
      );
      const ran = results.flatMap((ofPolicy, index) =>
        ofPolicy.map((result, place) => ({ ...planOf(names[index]!, seeds[place]!), result })),
      );
      listSkipped(ran[0]!.result.skipped);
      const runs = runsOf(names, results);
      const comparisons = compareRuns(runs);
      bounds?.push(...(await boundsUnder(seeds.slice(startSeeds.length))));
      const shares = bounds === null ? null : boundShares(runs, bounds);
      if (options.json) {
        const table = comparisons.map(({ measure, estimates, differences }) => ({
          label: measure.label,
          unit: measure.unit,
          better: measure.better ?? null,
          estimates,
          differences,
          medians: mediansOf(runs, measure),
        }));
        const files = ran.map(({ policy, seed, out, result }) => ({ policy, seed, out, summary: result.summary }));
        const untilCi = reached && { ...reached, goal: { ...reached.goal, measure: reached.goal.measure.label } };
        const bound = bounds === null ? {} : { bound: { seeds: bounds, policies: shares } };
        const said = { policies: names, seeds, warmUp, untilCi, comparison: table, ...bound, runs: files };
        console.log(JSON.stringify(said, null, 2));
        return;
      }
      const { cluster, workload } = ran[0]!.result.inputs;
      const length = workload.days === null ? '' : `, ${workload.days} days`;
      const load = workload.load === null ? '' : `, load ${workload.load}`;
      const shownSeeds = seeds.length > 20 ? `${seeds[0]} to ${seeds.at(-1)} (${seeds.length})` : seeds.join(' ');
      console.log(`${cluster.name}, workload ${workload.name}${length}${load}, seeds ${shownSeeds}\n`);
      const words = warmUpWords(warmUp);
      if (words !== undefined) console.log(`${wrapText(words)}\n`);
      console.log(reportComparison(runs, comparisons));
      if (bounds !== null) console.log(`\n${reportBound(shares!, bounds)}`);
      if (seeds.length > 1) console.log(`\n${wrapText(widthWords(reached, runs, comparisons))}`);
      const files = ran.map(({ out }) => out!);
      const firstOfEach = names.map((_, index) => files[index * seeds.length]!);
      console.log(`\n${listFiles(files, options.summaryOnly ? [] : firstOfEach)}`);
    });
  addPolicyOptions(command, outside);
}

/** The bound of each plan; they differ by seed. */
async function boundsOf(plans: readonly RunPlan[]): Promise<Bound[]> {
  const bounds: Bound[] = [];
  const progress = startProgress(true);
  try {
    for (const [index, plan] of plans.entries()) {
      progress.update(index / plans.length, () => `bound of seed ${plan.seed}`);
      bounds.push(await boundOfPlan(plan));
    }
    return bounds;
  } finally {
    progress.stop();
  }
}

interface WidthOptions {
  untilCi?: number;
  ciOf?: string;
  mostSeeds?: number;
}

/** What `--until-ci` wishes; null without it. @throws InputError when only what goes with it is there */
function goalOf({ untilCi, ciOf, mostSeeds }: WidthOptions, firstSeeds: readonly number[]): WidthGoal | null {
  if (untilCi === undefined) {
    const lonely = [ciOf !== undefined ? '--ci-of' : '', mostSeeds !== undefined ? '--most-seeds' : ''].find(Boolean);
    if (lonely !== undefined) throw new InputError(lonely, '--until-ci WIDTH beside it', undefined);
    return null;
  }
  const most = mostSeeds ?? mostSeedsByDefault;
  if (firstSeeds.length > most) {
    throw new InputError('--most-seeds', `at least the ${firstSeeds.length} of --seeds`, most);
  }
  const measure = ciOf === undefined ? servedMeasure : measures.find((each) => nameOf(each) === ciOf)!;
  return { measure, halfWidth: measure.unit === '%' ? untilCi * 100 : untilCi, mostSeeds: most };
}
