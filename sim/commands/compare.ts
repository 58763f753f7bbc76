/** `heps compare`: policies × seeds on the same requests. */
import { type Command, Option } from 'commander';
import { InputError } from '../../core/input-error.ts';
import { policies } from '../../core/policies/index.ts';
import { measures, nameOf, servedMeasure } from '../../core/runs/measures.ts';
import type { LoadedPolicy } from '../../policy-modules/loaded-policy.ts';
import {
  type CompareProgress,
  type Comparison,
  carryOutComparison,
  mostSeedsByDefault,
  type UntilCi,
} from '../runs/compare.ts';
import { seedsPerStep } from '../runs/until-ci.ts';
import { reportBound } from '../terminal/bound-report.ts';
import { executionGroup, outputGroup, policyGroup, statisticsGroup } from '../terminal/help-groups.ts';
import {
  addRunOptions,
  experimentOptionsOf,
  policyList,
  positive,
  type RunOptions,
  seedList,
  whole,
} from '../terminal/options.ts';
import { addPolicyOptions } from '../terminal/policy-options.ts';
import { type Progress, startProgress } from '../terminal/progress.ts';
import { beginWords, reportComparison, warmUpWords, widthWords } from '../terminal/report.ts';
import { watchRunOptions } from '../terminal/run-option-notes.ts';
import { wrapText } from '../terminal/table.ts';
import { listFiles, sayRows } from './outputs.ts';

interface CommandOptions extends RunOptions, WidthOptions {
  policies: readonly string[];
  seeds?: readonly number[];
  out: string;
  summaryOnly?: boolean;
  threads?: number;
  bound?: boolean;
  json?: boolean;
}

/** @param outside policies from files that the command line names */
export function addCompare(program: Command, outside: readonly LoadedPolicy[]): void {
  const command = program
    .command('compare')
    .description('run several policies on the same requests, and say which is better and by how much')
    .optionsGroup(policyGroup)
    .option(
      '--policies <list>',
      `some of ${policies.map((policy) => policy.name).join(',')}, or files of your own`,
      policyList,
      ['hybrid', 'nova'],
    );
  addRunOptions(command)
    .optionsGroup(statisticsGroup)
    .option(
      '--seeds <list>',
      'random seeds, such as 1..5 or 1,2,7 (default: 1..5; 1 for a trace, which is the same each time)',
      seedList,
    )
    .option(
      '--until-ci <width>',
      `add seeds, ${seedsPerStep} at a time, until each policy's 95 % interval is at most ± this; 0.01 is one percentage point`,
      positive,
    )
    .addOption(
      new Option(
        '--ci-of <measure>',
        `measure whose interval --until-ci narrows (default: ${nameOf(servedMeasure)})`,
      ).choices(measures.map(nameOf)),
    )
    .option(
      '--most-seeds <n>',
      `most seeds that --until-ci may use (default: ${mostSeedsByDefault})`,
      whole(seedsPerStep),
    )
    .option('--bound', 'compute how much GPU work no policy could exceed, and what share of it each served')
    .optionsGroup(executionGroup)
    .option('--threads <n>', 'runs at a time (default: one per core)', whole(1))
    .optionsGroup(outputGroup)
    .option('--out <folder>', 'folder for the run files', 'runs')
    .option('--summary-only', 'leave decisions out of the run files, so that memory does not grow with the trace')
    .option('--json', 'print runs and comparison as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  heps compare --policies hybrid,nova,best-fit --seeds 1..10 --load 1.1 --on-full queue --backfill',
    )
    .action(async (options: CommandOptions) => {
      const { policies: names, seeds, out, summaryOnly = false, threads, bound, json } = options;
      const untilCi = untilCiOf(options);
      const progress = stageProgress();
      const comparison = await carryOutComparison({
        ...experimentOptionsOf(options, outside),
        ...{ policies: names, seeds, untilCi, bound, threads, out, summaryOnly },
        onProgress: progress.update,
      }).finally(() => progress.stop());
      sayRows(comparison.runs[0]!.inputs.workload.name, comparison.rows);
      if (json) printJson(comparison);
      else print(comparison, summaryOnly);
    });
  addPolicyOptions(command, outside);
  watchRunOptions<CommandOptions>(command, outside, ({ policies: names }) => names);
}

/** A bar for each stage. */
function stageProgress(): { update(progress: CompareProgress): void; stop(): void } {
  const words = { bounds: 'bounds', 'warm-up': 'runs for the warm-up', runs: 'runs' };
  let bar: Progress | undefined;
  let shown: CompareProgress['stage'] | undefined;
  return {
    update({ stage, share, finished, total }) {
      if (stage !== shown) {
        bar?.stop();
        bar = startProgress(true);
        shown = stage;
      }
      bar?.update(share, () => `${finished} of ${total} ${words[stage]}`);
    },
    stop: () => bar?.stop(),
  };
}

function printJson(compared: Comparison): void {
  const { policies: names, seeds, rows, warmUp, untilCi, measures: shown, verdicts, runs, bound } = compared;
  const comparison = shown.map(({ measure, estimates, differences, medians }) => ({
    label: measure.label,
    unit: measure.unit,
    better: measure.better ?? null,
    estimates,
    differences,
    medians,
  }));
  const reached = untilCi && { ...untilCi, goal: { ...untilCi.goal, measure: untilCi.goal.measure.label } };
  const files = runs.map(({ policy, seed, file, summary }) => ({ policy, seed, out: file, summary }));
  const bounded = bound === null ? {} : { bound };
  const { begin } = rows;
  const said = {
    policies: names,
    seeds,
    begin,
    warmUp,
    untilCi: reached,
    comparison,
    verdicts,
    ...bounded,
    runs: files,
  };
  console.log(JSON.stringify(said, null, 2));
}

function print(comparison: Comparison, summaryOnly: boolean): void {
  const { policies: names, seeds, warmUp, untilCi, measures: compared, verdicts, runs: handles, bound } = comparison;
  const { cluster, workload } = handles[0]!.inputs;
  const runs = names.map((policy, index) => ({
    policy,
    summaries: handles.slice(index * seeds.length, (index + 1) * seeds.length).map(({ summary }) => summary),
  }));
  const length = workload.days === null ? '' : `, ${workload.days} days`;
  const load = workload.load === null ? '' : `, load ${workload.load}`;
  const shownSeeds = seeds.length > 20 ? `${seeds[0]} to ${seeds.at(-1)} (${seeds.length})` : seeds.join(' ');
  console.log(`${cluster.name}, workload ${workload.name}${length}${load}, seeds ${shownSeeds}\n`);
  for (const words of [beginWords(comparison.rows.begin), warmUpWords(warmUp)]) {
    if (words !== undefined) console.log(`${wrapText(words)}\n`);
  }
  console.log(reportComparison(runs, compared, verdicts));
  if (bound !== null) console.log(`\n${reportBound(bound.policies, bound.seeds)}`);
  if (seeds.length > 1) console.log(`\n${wrapText(widthWords(untilCi, runs, compared))}`);
  const files = handles.map(({ file }) => file!);
  const firstOfEach = names.map((_, index) => files[index * seeds.length]!);
  console.log(`\n${listFiles(files, summaryOnly ? [] : firstOfEach)}`);
}

interface WidthOptions {
  untilCi?: number;
  ciOf?: string;
  mostSeeds?: number;
}

/** The precision that `--until-ci` asks for; undefined without it. @throws InputError for an option that needs it */
function untilCiOf({
  untilCi,
  ciOf,
  mostSeeds,
  seeds = [],
}: WidthOptions & { seeds?: readonly number[] }): UntilCi | undefined {
  if (untilCi === undefined) {
    const lonely = [ciOf !== undefined ? '--ci-of' : '', mostSeeds !== undefined ? '--most-seeds' : ''].find(Boolean);
    if (lonely !== undefined) throw new InputError(lonely, '--until-ci WIDTH with it', undefined);
    return undefined;
  }
  const most = mostSeeds ?? mostSeedsByDefault;
  if (seeds.length > most) throw new InputError('--most-seeds', `at least the ${seeds.length} of --seeds`, most);
  return { halfWidth: untilCi, of: ciOf, mostSeeds: most };
}
