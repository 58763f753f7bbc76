/** `heps simulate`: one policy, one seed. */
import { type Command, Option } from 'commander';
import { InputError } from '../../core/input-error.ts';
import { policies } from '../../core/policies/index.ts';
import type { LoadedPolicy } from '../../policy-modules/loaded-policy.ts';
import { carryOut, carryOutDecisions, type DecisionPlan, type ProgressListener, type RunPlan } from '../runs/run.ts';
import { addRunOptions, decisionPlanOf, policyOption, whole } from '../terminal/options.ts';
import { addPolicyOptions } from '../terminal/policy-options.ts';
import { startProgress } from '../terminal/progress.ts';
import { reportDecisions, reportRun, warmUpWords } from '../terminal/report.ts';
import { wrapText } from '../terminal/table.ts';
import { defaultRunPath, listFiles, listSkipped } from './outputs.ts';

/** @param outside policies from files that the command line names */
export function addSimulate(program: Command, outside: readonly LoadedPolicy[]): void {
  const command = program
    .command('simulate')
    .description('run one policy on a cluster and a workload, and say how it did')
    .addOption(policyOption())
    .option('--seed <n>', 'of workload, failures and lots', whole(0), 1);
  addRunOptions(command)
    .option('--out <file>', 'run file (default: runs/CLUSTER_WORKLOAD_POLICY_seedN.run.json)')
    .option('--decisions <file>', 'stream decisions as CSV: id,host,cards,score,start_s,end_s,outcome,reason')
    .addOption(
      new Option('--decisions-only', 'nothing but those decisions: no figures, no run file').conflicts([
        'out',
        'summaryOnly',
        'warmUp',
      ]),
    )
    .option('--summary-only', 'leave decisions out of the run file; memory does not grow with the trace')
    .option('--json', 'print the summary as JSON')
    .addHelpText(
      'after',
      `\nPolicies:\n${policyHelp(outside)}\n\nExample:\n  heps simulate --cluster heps-250 --workload heps --days 30 --policy hybrid --seed 1`,
    )
    .action(async (options) => {
      const decisionPlan = decisionPlanOf(options, options.policy, options.seed, outside);
      if (options.decisionsOnly) {
        await simulateDecisions(decisionPlan, options.decisions, options.json ?? false);
        return;
      }
      const plan: RunPlan = {
        ...decisionPlan,
        out: options.out ?? defaultRunPath('runs', decisionPlan),
        decisions: options.decisions ?? null,
        summaryOnly: options.summaryOnly ?? false,
      };
      const result = await withProgress((listener) => carryOut(plan, listener));
      listSkipped(result.skipped);
      if (options.json) {
        const { inputs, summary, intervals, warmUp } = result;
        console.log(JSON.stringify({ inputs, summary, intervals, warmUp, out: plan.out }, null, 2));
        return;
      }
      const { cluster, workload: ran, policy } = result.inputs;
      console.log(`${policy.name} on ${cluster.name}, workload ${ran.name}, seed ${plan.seed}\n`);
      const warmUp = warmUpWords(result.warmUp);
      if (warmUp !== undefined) console.log(`${wrapText(warmUp)}\n`);
      console.log(reportRun(result.summary, result.intervals));
      if (plan.decisions !== null) console.log(`\ndecisions\n  ${plan.decisions}`);
      console.log(`\n${listFiles([plan.out!], plan.summaryOnly ? [] : [plan.out!])}`);
    });
  addPolicyOptions(command, outside);
}

/** Only the decisions: nothing measured, no run file. */
async function simulateDecisions(plan: DecisionPlan, path: string | undefined, isJson: boolean): Promise<void> {
  if (path === undefined) throw new InputError('--decisions-only', 'a file to write, by --decisions FILE', undefined);
  const result = await withProgress((listener) => carryOutDecisions(plan, path, listener));
  const { cluster, workload, counts, skipped } = result;
  listSkipped(skipped);
  if (isJson) {
    console.log(
      JSON.stringify({ cluster, workload, policy: plan.policy, seed: plan.seed, counts, decisions: path }, null, 2),
    );
    return;
  }
  console.log(`${plan.policy} on ${cluster}, workload ${workload}, seed ${plan.seed}\n`);
  console.log(`${reportDecisions(counts)}\n\ndecisions\n  ${path}`);
}

async function withProgress<T>(work: (listener: ProgressListener) => Promise<T>): Promise<T> {
  const progress = startProgress(true);
  const listener: ProgressListener = (share, arrived, nowS) =>
    progress.update(share, () => `${arrived.toLocaleString('en-US')} VMs, day ${(nowS / 86400).toFixed(1)}`);
  return work(listener).finally(() => progress.stop());
}

function policyHelp(outside: readonly LoadedPolicy[]): string {
  return [...policies, ...outside.map(({ factory }) => factory)]
    .map(({ name, summary }) => `  ${name.padEnd(15)} ${summary}`)
    .join('\n');
}
