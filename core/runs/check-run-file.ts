/** Makes sure that a parsed file is a run file, before anything relies on it. */
import { aNumber, anArray, anObject, aPositive, aText } from '../check.ts';
import { InputError } from '../input-error.ts';
import { type RunFile, runFormat, seriesNames } from './run-file.ts';

/** The columns of each table: of numbers, of numbers that may be missing, of texts, of texts that repeat. */
const tables = {
  decisions: {
    numbers: [
      ...['attempt', 'submitS', 'lifetimeS', 'vcpus', 'ramMib', 'diskGib', 'cards', 'cardMemoryMib', 'cardCores'],
      ...['decidedS', 'host', 'firstTriedAfter'],
    ],
    maybeNumbers: ['score', 'startS', 'endS'],
    texts: ['id'],
    textColumns: [
      ...['cardModels', 'station', 'flavor', 'image', 'user', 'cardIndexes', 'outcome', 'reason', 'waitReason'],
    ],
  },
  faults: { numbers: ['atS', 'host', 'card', 'up'] },
  conflicts: { numbers: ['decision', 'host', 'firstTry'] },
  series: { numbers: [...seriesNames, 'arrived', 'placed', 'turnedAway'] },
} as const;

/**
 * A parsed run file, after checking that it is one, and that its tables have their columns, all of one length.
 *
 * @param file its name, for messages
 * @throws InputError saying what was expected
 */
export function checkRunFile(value: unknown, file: string): RunFile {
  const run = anObject(value, file);
  checkFormat(run.format, file);
  anObject(run.cluster, `${file}, cluster`);
  const { policy, cloud, workload, cluster, warmUpS } = anObject(run.inputs, `${file}, inputs`);
  const { beginS } = anObject(workload, `${file}, inputs.workload`);
  if (beginS !== undefined) aNumber(beginS, `${file}, inputs.workload.beginS`);
  anObject(cluster, `${file}, inputs.cluster`);
  checkPolicy(policy, `${file}, inputs.policy`);
  anObject(cloud, `${file}, inputs.cloud`);
  if (warmUpS !== undefined) aNumber(warmUpS, `${file}, inputs.warmUpS`);
  const summary = anObject(run.summary, `${file}, summary`);
  for (const part of ['all', 'cpu', 'gpu', 'byFlavor', 'waitS']) anObject(summary[part], `${file}, summary.${part}`);
  aPositive(anObject(run.series, `${file}, series`).intervalS, `${file}, series.intervalS`);
  for (const [field, columns] of Object.entries(tables)) {
    if (run[field] !== null || field === 'series') checkTable(run[field], `${file}, ${field}`, columns);
  }
  return value as RunFile;
}

function checkPolicy(value: unknown, where: string): void {
  const { name, module } = anObject(value, where);
  aText(name, `${where}.name`);
  if (module === undefined) return;
  const { file, sha256 } = anObject(module, `${where}.module`);
  aText(file, `${where}.module.file`);
  aText(sha256, `${where}.module.sha256`);
}

/** @throws InputError that tells a file of a later version from what is no run file */
function checkFormat(format: unknown, file: string): void {
  if (format === runFormat) return;
  const isOtherVersion = typeof format === 'string' && format.startsWith('heps-run/');
  const expected = isOtherVersion
    ? `${runFormat}, which is what this version of heps reads (another version wrote the file: read it with that one)`
    : `${runFormat} (a run file, as heps simulate and heps compare write it)`;
  throw new InputError(`${file}, format`, expected, format);
}

interface TableColumns {
  readonly numbers?: readonly string[];
  readonly maybeNumbers?: readonly string[];
  readonly texts?: readonly string[];
  readonly textColumns?: readonly string[];
}

function checkTable(value: unknown, where: string, columns: TableColumns): void {
  const table = anObject(value, where);
  const { numbers = [], maybeNumbers = [], texts = [], textColumns = [] } = columns;
  const cells = [
    ...numbers.map((name) => cellsThat(isNumber, 'a number', table[name], `${where}.${name}`)),
    ...maybeNumbers.map((name) => cellsThat(isNumberOrNull, 'a number or null', table[name], `${where}.${name}`)),
    ...texts.map((name) => cellsThat(isText, 'a text', table[name], `${where}.${name}`)),
    ...textColumns.map((name) => cellsOfTexts(table[name], `${where}.${name}`)),
  ];
  const names = [...numbers, ...maybeNumbers, ...texts, ...textColumns];
  cells.forEach(({ length }, index) => {
    if (length !== cells[0]!.length) {
      throw new InputError(`${where}.${names[index]}`, `${cells[0]!.length} rows, as ${names[0]} has`, length);
    }
  });
}

const isNumber = (cell: unknown): boolean => typeof cell === 'number';
const isNumberOrNull = (cell: unknown): boolean => typeof cell === 'number' || cell === null;
const isText = (cell: unknown): boolean => typeof cell === 'string';

/** The cells of a column, after checking each. */
function cellsThat(
  isRight: (cell: unknown) => boolean,
  expected: string,
  column: unknown,
  where: string,
): readonly unknown[] {
  const cells = anArray(column, where);
  const wrong = cells.findIndex((cell) => !isRight(cell));
  if (wrong >= 0) throw new InputError(`${where}[${wrong}]`, expected, cells[wrong]);
  return cells;
}

/** The rows of a TextColumn, after checking that each has its text. */
function cellsOfTexts(column: unknown, where: string): readonly unknown[] {
  const { texts, rows } = anObject(column, where);
  const known = cellsThat(isText, 'a text', texts, `${where}.texts`);
  const isPlace = (row: unknown): boolean => typeof row === 'number' && known[row] !== undefined;
  return cellsThat(isPlace, `the place of one of ${known.length} texts`, rows, `${where}.rows`);
}
