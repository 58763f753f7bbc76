/** `heps simulate`: one policy, one seed. */
import { type Command, Option } from 'commander';
import { InputError } from '../../core/input-error.ts';
import { policies } from '../../core/policies/index.ts';
import type { LoadedPolicy } from '../../policy-modules/loaded-policy.ts';
import { runPathOf } from '../runs/run-path.ts';
import {
  carryOutSimulation,
  type SimulateOptions,
  type SimulateProgress,
  simulateDecisions,
} from '../runs/simulate.ts';
import { outputGroup, policyGroup, statisticsGroup } from '../terminal/help-groups.ts';
import {
  addRunOptions,
  decisionPlanOf,
  experimentOptionsOf,
  policyOption,
  type RunOptions,
  whole,
} from '../terminal/options.ts';
import { addPolicyOptions } from '../terminal/policy-options.ts';
import { startProgress } from '../terminal/progress.ts';
import { beginWords, reportDecisions, reportRun, warmUpWords } from '../terminal/report.ts';
import { watchRunOptions } from '../terminal/run-option-notes.ts';
import { wrapText } from '../terminal/table.ts';
import { listFiles, sayRepeatedIds, sayRows } from './outputs.ts';

interface CommandOptions extends RunOptions {
  policy: string;
  seed: number;
  out?: string;
  decisions?: string;
  decisionsOnly?: boolean;
  summaryOnly?: boolean;
  json?: boolean;
}

/** @param outside policies from files that the command line names */
export function addSimulate(program: Command, outside: readonly LoadedPolicy[]): void {
  const command = program
    .command('simulate')
    .description('run one policy on a cluster and a workload, and say how it did')
    .optionsGroup(policyGroup)
    .addOption(policyOption());
  addRunOptions(command)
    .optionsGroup(statisticsGroup)
    .option('--seed <n>', 'random seed of workload, failures and random policies', whole(0), 1)
    .optionsGroup(outputGroup)
    .option('--out <file>', 'run file (default: runs/CLUSTER_WORKLOAD_POLICY_seedN.run.json)')
    .option(
      '--decisions <file>',
      'write decisions as they are made, as CSV: id,host,cards,score,start_s,end_s,outcome,reason',
    )
    .addOption(
      new Option('--decisions-only', 'write nothing but those decisions: no figures, no run file').conflicts([
        'out',
        'summaryOnly',
        'warmUp',
      ]),
    )
    .option('--summary-only', 'leave decisions out of the run file, so that memory does not grow with the trace')
    .option('--json', 'print the summary as JSON')
    .addHelpText(
      'after',
      `\nPolicies:\n${policyHelp(outside)}\n\nExample:\n  heps simulate --cluster heps-250 --workload heps --days 30 --policy hybrid --seed 1`,
    )
    .action(async (options: CommandOptions) => {
      const { policy, seed, summaryOnly = false, json = false } = options;
      const run = { ...experimentOptionsOf(options, outside), policy, seed };
      if (options.decisionsOnly) {
        await decisionsOnly(run, options.decisions, json);
        return;
      }
      const out = options.out ?? runPathOf('runs', decisionPlanOf(options, policy, seed, outside), summaryOnly);
      const decisionsFile = options.decisions ?? null;
      const result = await withProgress((onProgress) =>
        carryOutSimulation({ ...run, out, decisionsFile, summaryOnly, onProgress }),
      );
      sayRows(result.inputs.workload.name, result.rows);
      sayRepeatedIds(result.repeatedIds);
      const { inputs, summary, intervals, warmUp, rows } = result;
      const { begin } = rows;
      if (json) {
        console.log(JSON.stringify({ inputs, begin, summary, intervals, warmUp, out }, null, 2));
        return;
      }
      console.log(`${inputs.policy.name} on ${inputs.cluster.name}, workload ${inputs.workload.name}, seed ${seed}\n`);
      for (const words of [beginWords(begin), warmUpWords(warmUp)]) {
        if (words !== undefined) console.log(`${wrapText(words)}\n`);
      }
      console.log(reportRun(summary, intervals));
      if (decisionsFile !== null) console.log(`\ndecisions\n  ${decisionsFile}`);
      console.log(`\n${listFiles([out], summaryOnly ? [] : [out])}`);
    });
  addPolicyOptions(command, outside);
  watchRunOptions<CommandOptions>(command, outside, ({ policy }) => [policy]);
}

/** Only the decisions: nothing measured, no run file. */
async function decisionsOnly(run: SimulateOptions, path: string | undefined, isJson: boolean): Promise<void> {
  if (path === undefined)
    throw new InputError('--decisions-only', 'a file to write, given with --decisions FILE', undefined);
  const { warmUp: _, ...options } = run;
  const result = await withProgress((onProgress) => simulateDecisions({ ...options, decisionsFile: path, onProgress }));
  const { policy, seed } = run;
  const { cluster, workload, counts, rows } = result;
  sayRows(workload, rows);
  if (isJson) {
    console.log(
      JSON.stringify({ cluster, workload, policy, seed, begin: rows.begin, counts, decisions: path }, null, 2),
    );
    return;
  }
  console.log(`${policy} on ${cluster}, workload ${workload}, seed ${seed}\n`);
  const begins = beginWords(rows.begin);
  if (begins !== undefined) console.log(`${wrapText(begins)}\n`);
  console.log(`${reportDecisions(counts)}\n\ndecisions\n  ${path}`);
}

async function withProgress<T>(work: (onProgress: (progress: SimulateProgress) => void) => Promise<T>): Promise<T> {
  const progress = startProgress(true);
  const onProgress = ({ share, arrived, nowS }: SimulateProgress): void =>
    progress.update(share, () => `${arrived.toLocaleString('en-US')} VMs, day ${(nowS / 86400).toFixed(1)}`);
  return work(onProgress).finally(() => progress.stop());
}

function policyHelp(outside: readonly LoadedPolicy[]): string {
  return [...policies, ...outside.map(({ factory }) => factory)]
    .map(({ name, summary }) => `  ${name.padEnd(15)} ${summary}`)
    .join('\n');
}
