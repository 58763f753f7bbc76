/** `heps compare`: policies × seeds on the same requests. */
import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { policies } from '../../core/policies/index.ts';
import { compareRuns, type PolicyRuns } from '../../core/runs/comparison.ts';
import { type Bound, boundOfPlan } from '../bound/bound.ts';
import { boundShares, reportBound } from '../bound/shares.ts';
import { addRunOptions, decisionPlanOf, policyList, seedList, whole } from '../options.ts';
import { type Progress, startProgress } from '../progress.ts';
import { reportComparison } from '../report.ts';
import type { RunPlan } from '../run.ts';
import { carryOutAll } from '../run-many.ts';
import { defaultRunPath, listFiles, listSkipped } from './outputs.ts';

export function addCompare(program: Command): void {
  const command = program
    .command('compare')
    .description('run several policies on the same requests, and say which is better and by how much')
    .option('--policies <list>', `some of ${policies.map((policy) => policy.name).join(',')}`, policyList, [
      'hybrid',
      'nova',
    ])
    .option(
      '--seeds <list>',
      'such as 1..5 or 1,2,7 (default: 1..5; 1 for a trace, which is the same each time)',
      seedList,
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
      const names: string[] = options.policies;
      const seeds: number[] = options.seeds ?? (options.trace === undefined ? [1, 2, 3, 4, 5] : [1]);
      const plans: RunPlan[] = names.flatMap((policy) =>
        seeds.map((seed) => {
          const plan = decisionPlanOf(options, policy, seed);
          const out = defaultRunPath(options.out, plan);
          return { ...plan, out, decisions: null, summaryOnly: options.summaryOnly ?? false };
        }),
      );
      const threads = Math.min(options.threads ?? availableParallelism(), plans.length);
      const progress = startProgress(true);
      const bounds = options.bound
        ? await boundsOf(plans.slice(0, seeds.length), progress).catch((error) => {
            progress.stop();
            throw error;
          })
        : null;
      const results = await carryOutAll(plans, threads, (share, finished) =>
        progress.update(share, () => `${finished} of ${plans.length} runs`),
      ).finally(() => progress.stop());
      listSkipped(results[0]!.skipped);
      const runs: PolicyRuns[] = names.map((policy, index) => ({
        policy,
        summaries: results.slice(index * seeds.length, (index + 1) * seeds.length).map(({ summary }) => summary),
      }));
      const comparisons = compareRuns(runs);
      const shares = bounds === null ? null : boundShares(runs, bounds);
      if (options.json) {
        const table = comparisons.map(({ measure: { label, unit, better }, estimates, differences }) => ({
          label,
          unit,
          better: better ?? null,
          estimates,
          differences,
        }));
        const files = plans.map(({ policy, seed, out }, index) => ({
          policy,
          seed,
          out,
          summary: results[index]!.summary,
        }));
        const bound = bounds === null ? {} : { bound: { seeds: bounds, policies: shares } };
        console.log(JSON.stringify({ policies: names, seeds, comparison: table, ...bound, runs: files }, null, 2));
        return;
      }
      const { cluster, workload: ran } = results[0]!.inputs;
      const length = ran.days === null ? '' : `, ${ran.days} days`;
      const load = ran.load === null ? '' : `, load ${ran.load}`;
      console.log(`${cluster.name}, workload ${ran.name}${length}${load}, seeds ${seeds.join(' ')}\n`);
      console.log(reportComparison(runs, comparisons));
      if (bounds !== null) console.log(`\n${reportBound(shares!, bounds)}`);
      const files = plans.map(({ out }) => out!);
      const firstOfEach = names.map((_, index) => files[index * seeds.length]!);
      console.log(`\n${listFiles(files, options.summaryOnly ? [] : firstOfEach)}`);
    });
}

/** The bound of each plan; they differ by seed. */
async function boundsOf(plans: readonly RunPlan[], progress: Progress): Promise<Bound[]> {
  const bounds: Bound[] = [];
  for (const [index, plan] of plans.entries()) {
    progress.update(index / plans.length, () => `bound of seed ${plan.seed}`);
    bounds.push(await boundOfPlan(plan));
  }
  return bounds;
}
