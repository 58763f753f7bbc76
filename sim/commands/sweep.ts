/** `heps sweep`: a plan of many runs, carried out here or by a batch system, and the one table that they give. */
import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { closest } from 'fastest-levenshtein';
import { InputError } from '../../core/input-error.ts';
import { estimateOf } from '../../core/runs/comparison.ts';
import { writeOutput } from '../../files/output-file.ts';
import { shellWord } from '../../files/shell-words.ts';
import { hepsVersion, simulatorSha256 } from '../../package-files.ts';
import { isPolicyFile, policiesFrom } from '../../policy-modules/policy-reference.ts';
import { submitDescription } from '../sweep/htcondor.ts';
import { runLocally } from '../sweep/local-runner.ts';
import { parsePlan, policiesNamedIn, readPlanText } from '../sweep/plan-file.ts';
import { PlanVocabulary } from '../sweep/plan-options.ts';
import { settleSweep } from '../sweep/points.ts';
import { distinctPoints, groupResults, missingPoints, resultsOf } from '../sweep/results.ts';
import { refusePipedInputs } from '../sweep/shared-files.ts';
import { mostSlices, parseSlice, pointsOfSlice, type Slice, slicesWith } from '../sweep/slices.ts';
import { jobUnderWay, runOnSlurm } from '../sweep/slurm-runner.ts';
import { formatSweep, readSweepFile, type Sweep, type SweepPoint, sweepPath, writeSweep } from '../sweep/sweep-file.ts';
import { measuresByColumn, reportSweep, shownColumns } from '../sweep/sweep-report.ts';
import { formatCsv, formatParquet, sweepTable } from '../sweep/sweep-table.ts';
import { executionGroup, outputGroup } from '../terminal/help-groups.ts';
import { whole } from '../terminal/options.ts';
import { sayRows } from './outputs.ts';

interface SweepOptions {
  out?: string;
  runner: 'local' | 'slurm' | 'htcondor';
  threads?: number;
  tasks: number;
  slurmArgs: string;
  retries: number;
  wait: boolean;
  measure: readonly string[];
  json?: boolean;
  slice?: Slice;
}

export function addSweep(program: Command): void {
  program
    .command('sweep')
    .description(
      'run every combination of options in a plan, here or on a batch system, into one table; can be resumed',
    )
    .argument('<plan>', 'YAML: options of heps simulate with a value or a list; or the sweep.json of a folder')
    .optionsGroup(executionGroup)
    .addOption(
      new Option('--runner <where>', 'where the runs are carried out')
        .choices(['local', 'slurm', 'htcondor'])
        .default('local'),
    )
    .option('--threads <n>', 'runs at a time (default: one per core)', whole(1))
    .option('--tasks <n>', 'slurm, htcondor: number of tasks to divide the runs into', taskCount, 100)
    .addOption(
      new Option('--slurm-args <args>', 'options for sbatch, such as "--partition=long --time=2:00:00"')
        .argParser(oneLine)
        .default('', 'none'),
    )
    .option('--retries <n>', 'slurm, htcondor: times that a task without results is run again', whole(0), 3)
    .option('--no-wait', 'slurm: submit and exit; a later call collects the results')
    .optionsGroup(outputGroup)
    .option('--out <folder>', 'folder for run files and tables (default: sweeps/PLAN); results already there are kept')
    .addOption(
      new Option('--measure <list>', 'figures to print, by their columns in the table')
        .argParser(measureList)
        .default(shownColumns, 'served as asked, cards too small, wait'),
    )
    .option('--json', 'print groups with their estimates as JSON')
    .addOption(new Option('--slice <k/n>', 'run one slice of a sweep.json').argParser(parseSlice).hideHelp())
    .addHelpText('after', '\nExample:\n  heps sweep docs/examples/small-sweep.yaml --out sweeps/small')
    .action(sweep);
}

async function sweep(planFile: string, options: SweepOptions): Promise<void> {
  const isSettled = planFile.endsWith('.json');
  const settled = isSettled ? readSettled(planFile) : await settlePlan(planFile);
  const name = basename(planFile).replace(/\.ya?ml$/, '');
  const folder = options.out ?? (isSettled ? dirname(planFile) : join('sweeps', name));
  if (options.slice !== undefined) {
    await runMissing(pointsOfSlice(distinctPoints(settled), options.slice), settled, folder, options);
    return;
  }
  if (options.runner !== 'local') refusePipedInputs(settled, planFile, options.runner);
  if (options.runner === 'slurm') await refuseOtherSweep(settled, folder);
  for (const table of tablePaths(folder)) rmSync(table, { force: true }); // may be those of an earlier plan
  writeSweep(folder, settled);
  const isComplete = await runners[options.runner](settled, folder, planFile, options);
  if (isComplete) await writeTables(settled, folder, options);
}

/** Settles a plan; policies from files are found from its folder. @throws InputError */
async function settlePlan(planFile: string): Promise<Sweep> {
  const text = readPlanText(planFile);
  const files = policiesNamedIn(text).filter(isPolicyFile);
  const vocabulary = new PlanVocabulary(await policiesFrom(files, dirname(planFile)));
  const say = (sentence: string): void => console.error(`heps: ${sentence}`);
  return settleSweep(parsePlan(text, planFile, vocabulary), planFile, vocabulary, undefined, say);
}

/** @throws InputError when another version settled it */
function readSettled(path: string): Sweep {
  const settled = readSweepFile(path);
  if (settled.heps !== hepsVersion()) throw new InputError(`${path}, heps`, hepsVersion(), settled.heps);
  if (settled.codeSha256 !== simulatorSha256()) {
    throw InputError.saying(`${path}: heps has been changed since it was written; call heps sweep with the plan`);
  }
  return settled;
}

/** Tasks of a job read the folder's sweep when they start, so it stays as it is until the job has ended. */
async function refuseOtherSweep(settled: Sweep, folder: string): Promise<void> {
  const job = await jobUnderWay(folder);
  if (job === undefined || formatSweep(readSweepFile(sweepPath(folder))) === formatSweep(settled)) return;
  throw InputError.saying(`${folder}: expected the plan of job ${job}, which is under way; wait for it or scancel it`);
}

/** Carries a sweep out, or has it carried out. @returns whether all results are there */
type Runner = (settled: Sweep, folder: string, plan: string, options: SweepOptions) => Promise<boolean>;

const runners: Readonly<Record<SweepOptions['runner'], Runner>> = {
  local: async (settled, folder, _, options) => {
    await runMissing(distinctPoints(settled), settled, folder, options);
    return true;
  },
  slurm: sweepOnSlurm,
  htcondor: writeForHtcondor,
};

/** Those of the points that have no result yet. */
async function runMissing(
  points: readonly SweepPoint[],
  settled: Sweep,
  folder: string,
  { threads = availableParallelism() }: SweepOptions,
): Promise<void> {
  const missing = missingPoints(points, settled, folder);
  for (const [name, rows] of await runLocally(missing, settled, folder, threads)) sayRows(name, rows);
}

async function sweepOnSlurm(settled: Sweep, folder: string, plan: string, options: SweepOptions): Promise<boolean> {
  const outcome = await runOnSlurm(settled, folder, { ...options, args: options.slurmArgs });
  if (outcome.kind === 'under-way') {
    console.log(`Job ${outcome.job} runs the slices. Wait for it and get the table, any time later:`);
    console.log(`  npx heps sweep ${shellWord(plan)} --out ${shellWord(folder)} --runner slurm`);
  }
  if (outcome.kind === 'failed') {
    console.error(`heps: ${outcome.message}`);
    process.exitCode = 1;
  }
  return outcome.kind === 'complete';
}

async function writeForHtcondor(
  settled: Sweep,
  folder: string,
  plan: string,
  { tasks, retries }: SweepOptions,
): Promise<boolean> {
  const points = distinctPoints(settled);
  const missing = missingPoints(points, settled, folder);
  if (missing.length === 0) return true;
  const count = Math.min(tasks, points.length);
  const slices = slicesWith(missing, points, count);
  writeOutput(join(folder, 'htcondor/sweep.sub'), submitDescription(slices, count, retries));
  console.log(`Jobs to submit: ${slices.length}, for ${missing.length} missing runs. Where the folder is shared:`);
  console.log(`  cd ${shellWord(folder)} && condor_submit htcondor/sweep.sub`);
  console.log('When they have ended, get the table, or the submit file of what is still missing:');
  console.log(`  npx heps sweep ${shellWord(plan)} --out ${shellWord(folder)} --runner htcondor`);
  return false;
}

/** CSV and Parquet. */
function tablePaths(folder: string): [string, string] {
  return [join(folder, 'table.csv'), join(folder, 'table.parquet')];
}

async function writeTables(settled: Sweep, folder: string, { measure: columns, json }: SweepOptions): Promise<void> {
  const results = resultsOf(settled, folder);
  const table = sweepTable(results, settled.varied);
  const [csv, parquet] = tablePaths(folder);
  writeOutput(csv, formatCsv(table));
  writeOutput(parquet, await formatParquet(table));
  const groups = groupResults(results);
  if (json) {
    const estimated = groups.map(({ summaries, ...group }) => ({
      ...group,
      estimates: Object.fromEntries(
        [...measuresByColumn].map(([column, measure]) => [column, estimateOf(summaries, measure)]),
      ),
    }));
    console.log(JSON.stringify({ folder, runs: results.length, table: { csv, parquet }, groups: estimated }, null, 2));
    return;
  }
  console.log(reportSweep(groups, settled.varied, columns));
  console.log(`\n${results.length} runs in ${join(folder, 'runs')}, one row each in\n  ${csv}\n  ${parquet}`);
}

function taskCount(text: string): number {
  const count = whole(1)(text);
  if (count > mostSlices) throw new InvalidArgumentError(`Expected at most ${mostSlices} tasks.`);
  return count;
}

function oneLine(text: string): string {
  if (/[\r\n]/.test(text)) throw new InvalidArgumentError('Expected one line.');
  return text;
}

/** `served_as_asked_percent,conflicts`. */
function measureList(text: string): string[] {
  const names = text.split(',');
  for (const name of names) {
    if (measuresByColumn.has(name)) continue;
    const nearest = closest(name, [...measuresByColumn.keys()]);
    throw new InvalidArgumentError(`${name} is no column of the table; did you mean ${nearest}?`);
  }
  return names;
}
