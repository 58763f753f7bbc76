/** `heps reproduce all`: the tables of the documentation made again and held against the committed ones. */
import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import type { DocTable } from '../reproduce/tables/doc-table.ts';
import { docTables } from '../reproduce/tables/index.ts';
import type { Cost } from '../reproduce/tables/measured-command.ts';
import { reproduceTable, type TableOutcome } from '../reproduce/tables/reproduce-tables.ts';
import { executionGroup, outputGroup, workloadGroup } from '../terminal/help-groups.ts';
import { whole } from '../terminal/options.ts';
import { startProgress } from '../terminal/progress.ts';
import { formatTable } from '../terminal/table.ts';

interface CommandOptions {
  tables?: readonly DocTable[];
  data?: string;
  threads?: number;
  out: string;
  list?: boolean;
}

/** Adds it to `heps reproduce`. */
export function addReproduceTables(reproduce: Command): void {
  reproduce
    .command('all')
    .description('the tables of the documentation, made again and held against the committed ones')
    .option('--tables <names>', 'only these tables: names from --list', tableList)
    .option('--list', 'say which tables there are and what each takes, and make none')
    .optionsGroup(workloadGroup)
    .option(
      '--data <folder>',
      'folder with public data, found by name and SHA-256; without a file its tables are skipped',
    )
    .optionsGroup(executionGroup)
    .option('--threads <n>', 'runs at a time (default: one per core)', whole(1))
    .optionsGroup(outputGroup)
    .option('--out <folder>', 'folder for run files; sweeps in it go on where they were stopped', 'sweeps/reproduced')
    .addHelpText(
      'after',
      '\nExits with 1 when a table differs.\n\nExample:\n  heps reproduce all --data traces --tables fgd-default,bound',
    )
    .action(async ({ tables = docTables, data, threads = availableParallelism(), out, list }: CommandOptions) => {
      if (list === true) {
        console.log(listOf(tables));
        return;
      }
      const outcomes: TableOutcome[] = [];
      for (const table of tables) {
        const progress = startProgress(true);
        progress.update(outcomes.length / tables.length, () => `${table.name}: ${minutes(table)} of processor time`);
        const outcome = await reproduceTable(table, { data, out, threads }).finally(() => progress.stop());
        outcomes.push(outcome);
        console.log(sentences(table, outcome).join('\n'));
      }
      const count = (kind: TableOutcome['kind']): number => outcomes.filter((each) => each.kind === kind).length;
      console.log(`\n${count('same')} as committed, ${count('different')} different, ${count('skipped')} skipped`);
      if (count('different') > 0) process.exitCode = 1;
    });
}

function tableList(text: string): DocTable[] {
  const names = text.split(',');
  return names.map((name) => {
    const found = docTables.find((table) => table.name === name);
    if (found === undefined || new Set(names).size !== names.length) {
      throw new InvalidArgumentError(`Expected distinct names from ${docTables.map((each) => each.name).join(', ')}.`);
    }
    return found;
  });
}

function listOf(tables: readonly DocTable[]): string {
  const rows = tables.map((table) => [
    table.name,
    table.page,
    minutes(table),
    `${table.measured.memoryMib} MiB`,
    table.data.length === 0 ? 'none' : `${table.data.length} ${table.data.length === 1 ? 'file' : 'files'}`,
  ]);
  return formatTable([['table', 'page', 'processor time', 'memory', 'public data'], ...rows]);
}

function minutes({ measured: { cpuMinutes } }: DocTable): string {
  return `about ${cpuMinutes < 1 ? `${Math.round(cpuMinutes * 60)} s` : `${cpuMinutes} min`}`;
}

function sentences(table: DocTable, outcome: TableOutcome): string[] {
  const where = `${table.name}, ${table.page}`;
  if (outcome.kind === 'skipped') return [`skipped    ${where}`, ...outcome.why.map((why) => `  ${why}`)];
  if (outcome.kind === 'same') return [`same       ${where}: ${costWords(outcome.cost)}`];
  const lines = outcome.lines.map((line) => `  ${line}`);
  return [`different  ${where}: ${costWords(outcome.cost)}; line of the table, - committed, + made now`, ...lines];
}

function costWords({ cpuS, wallS, memoryMib }: Cost): string {
  return `${cpuS.toFixed(0)} s of processor time, ${wallS.toFixed(0)} s by the clock, ${memoryMib.toFixed(0)} MiB`;
}
