/** `heps trace generate | convert | describe`. */
import { type Command, Option } from 'commander';
import { InputError } from '../../core/input-error.ts';
import { OutputFile } from '../../files/output-file.ts';
import type { ArrivalStream } from '../../traces/arrival.ts';
import { formatHepsCsv, hepsCsvHeader } from '../../traces/heps-csv.ts';
import {
  carryOutDescription,
  type DescribeOptions,
  plannedArrivals,
  type WorkloadDescription,
} from '../runs/describe-workload.ts';
import { openWorkload } from '../runs/workload.ts';
import { outputGroup, workloadGroup } from '../terminal/help-groups.ts';
import { addWorkloadOptions, fromOption, positive, whole, workloadPlanOf } from '../terminal/options.ts';
import { beginWords } from '../terminal/report.ts';
import { watchWorkloadOptions } from '../terminal/run-option-notes.ts';
import { formatTable, wrapText } from '../terminal/table.ts';
import { sayLeftOut, sayRows } from './outputs.ts';

interface DescribeCommand extends Omit<DescribeOptions, 'workload'> {
  json?: boolean;
}

export function addTraceCommands(program: Command): void {
  const trace = program.command('trace').description('generate, convert and describe workloads');

  const generate = trace.command('generate').description('write a generated workload as heps CSV');
  addWorkloadOptions(generate)
    .option('--seed <n>', 'random seed', whole(0), 1)
    .optionsGroup(outputGroup)
    .option('--out <file>', 'heps CSV (default: standard output)')
    .addHelpText(
      'after',
      '\nExample:\n  heps trace generate --workload heps --days 30 --load 1.2 --seed 7 --out heps.csv',
    )
    .action(async (options) => {
      const plan = workloadPlanOf(options);
      const workload = await openWorkload(plan, options.seed);
      await writeCsv(plannedArrivals(workload.arrivals, plan), options.out);
    });

  watchWorkloadOptions(generate);

  const convert = trace.command('convert').description('read a trace of any known format, write it as heps CSV');
  convert.argument('<file>', 'heps CSV, openb, azure2017 or SWF, recognised by its content');
  addReadingOptions(convert)
    .optionsGroup(outputGroup)
    .option('--out <file>', 'heps CSV (default: standard output)')
    .addHelpText('after', '\nExample:\n  heps trace convert openb_pod_list_default.csv --out openb.csv')
    .action(async (file: string, options) => {
      const plan = workloadPlanOf({ ...options, trace: file });
      const workload = await openWorkload(plan, options.seed);
      await writeCsv(plannedArrivals(workload.arrivals, plan), options.out);
      sayLeftOut(workload.name, workload.rows);
    });

  watchWorkloadOptions(convert);

  const describe = trace.command('describe').description('say what a trace or generated workload asks for');
  describe.argument('[file]', 'a trace (default: the generated workload heps)');
  addReadingOptions(describe)
    .option('--load <x>', 'generated workload only: factor on the arrival rate (default: 1)', positive)
    .optionsGroup(outputGroup)
    .option('--json', 'print as JSON')
    .addHelpText('after', '\nExample:\n  heps trace describe openb_pod_list_default.csv')
    .action(async (file: string | undefined, options: DescribeCommand) => {
      if (file !== undefined && options.load !== undefined)
        throw new InputError('--load', 'a generated workload', file);
      if (file === undefined && options.from !== undefined) throw InputError.saying('--from: expected a trace with it');
      const { from, days, load, times, skipInvalid, seed, json = false } = options;
      const workload = file === undefined ? 'heps' : { trace: file };
      const described = await carryOutDescription({
        workload,
        from,
        days,
        load,
        times,
        skipInvalid,
        seed,
        onWarning: () => {},
      });
      if (json) await printJson(described);
      else print(described);
      sayRows(described.name, described.rows);
    });
  watchWorkloadOptions(describe);
}

function addReadingOptions(command: Command): Command {
  return command
    .optionsGroup(workloadGroup)
    .addOption(fromOption())
    .option('--days <n>', 'only the first days from there', whole(1))
    .addOption(
      new Option('--times <how>', 'openb only: use the recorded times, or only their order').choices(['real', 'order']),
    )
    .option('--skip-invalid', 'skip invalid rows, and list them')
    .option('--seed <n>', 'random seed for what the trace leaves open', whole(0), 1);
}

async function writeCsv(arrivals: ArrivalStream, out: string | undefined): Promise<void> {
  if (out === undefined) {
    process.stdout.write(`${hepsCsvHeader}\n`);
    for await (const batch of arrivals) process.stdout.write(formatHepsCsv(batch));
    return;
  }
  const file = new OutputFile(out);
  let rows = 0;
  try {
    file.write(`${hepsCsvHeader}\n`);
    for await (const batch of arrivals) {
      file.write(formatHepsCsv(batch));
      rows += batch.length;
    }
    file.finish();
  } catch (error) {
    file.discard();
    throw error;
  }
  console.log(`${rows.toLocaleString('en-US')} VMs written to ${out}`);
}

async function printJson({ name, sha256, rows: { begin }, beginS: _, ...summary }: WorkloadDescription): Promise<void> {
  console.log(JSON.stringify({ name, sha256: await sha256(), begin, ...summary }, null, 2));
}

function print(described: WorkloadDescription): void {
  const { name, vms, gpuVms, spanDays, meanVms, meanVcpus, meanRamGib, meanCards, kinds, rows: read } = described;
  console.log(
    `${name}: ${vms.toLocaleString('en-US')} VMs in ${spanDays.toFixed(1)} days, ${gpuVms.toLocaleString('en-US')} with cards`,
  );
  const begins = beginWords(read.begin);
  if (begins !== undefined) console.log(wrapText(begins));
  const atOnce =
    `If every VM started at once, an average of ${meanVms.toFixed(1)} VMs would run, with ${meanVcpus.toFixed(0)} vCPUs, ` +
    `${meanRamGib.toFixed(0)} GiB RAM and ${meanCards.toFixed(1)} cards.`;
  console.log(`${wrapText(atOnce)}\n`);
  const header = ['kind', 'VMs', 'mean at once', 'vCPUs', 'RAM, GiB', 'cards', 'card MiB', 'life, h', 'median'];
  const rows = kinds.map((kind) => [
    kind.name,
    kind.vms.toLocaleString('en-US'),
    kind.meanVms.toFixed(1),
    kind.vcpus.toFixed(1),
    kind.ramGib.toFixed(1),
    kind.cards.toFixed(2),
    kind.cardMemoryMib.toFixed(0),
    kind.meanLifetimeH.toFixed(2),
    kind.medianLifetimeH.toFixed(2),
  ]);
  console.log(formatTable([header, ...rows]));
}
