/** Reads text files row by row in batches, and their cells with errors that name file, line and column. */
import { CsvError, parse } from 'csv-parse';
import { InputError } from '../core/input-error.ts';
import { largestRowBytes, readChunks } from './file-bytes.ts';
import { RowError } from './left-out.ts';

/** One row of a file with named columns. */
export interface TextRow<Column extends string> {
  /** As the user gave it. */
  readonly path: string;
  /** Line on which the row starts, from 1. */
  readonly line: number;
  /** Place of each column in `cells`; a column that the file lacks is not in it. */
  readonly positions: ReadonlyMap<Column, number>;
  readonly cells: readonly string[];
}

/** The columns of a format; a file may have them in any order. */
export interface CsvColumns<Column extends string> {
  readonly required: readonly Column[];
  /** May be missing; its cells then read as empty. */
  readonly optional: readonly Column[];
}

/** The part of a CSV file that is left when its first rows were read in another way. */
export interface CsvRest<Column extends string> {
  /** Of the columns; undefined when the header is among the rows that are left. */
  readonly positions: ReadonlyMap<Column, number> | undefined;
  /** Line of the first row that is left, from 1; the row before it ended one line earlier. */
  readonly line: number;
  /** Bytes from the start of that row on. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/**
 * What `take` makes of the rows of a CSV file (RFC 4180; a byte order mark, either line end and blank lines are taken), one
 * batch per 64 KiB read. The first row names the columns.
 *
 * @param onInvalid gets the error of each row that `take` refuses or that has too many or too few cells; the row is then left
 * out. Without it the first such error is thrown
 * @param rest to read only these rows, one batch a chunk
 * @throws InputError when the file is unreadable, its header wrong, or a quote stands where none may or is not closed
 */
export async function* readCsv<Column extends string, Taken>(
  path: string,
  columns: CsvColumns<Column>,
  take: (row: TextRow<Column>) => Taken,
  onInvalid?: (error: RowError) => void,
  rest?: CsvRest<Column>,
): AsyncGenerator<readonly Taken[]> {
  let positions = rest?.positions;
  for await (const parsed of parsedRows(path, rest)) {
    if (positions === undefined) {
      const header = parsed.shift()!;
      positions = columnPositions(header.cells, columns, `${path}:${header.line}`);
    }
    const rows = parsed.map(({ cells, line }) => ({ path, line, positions: positions!, cells }));
    yield takeRows(rows, (row) => take(wholeRow(row, positions!.size)), onInvalid);
  }
  if (positions === undefined)
    throw new InputError(`${path}:1`, `the columns ${columns.required.join(',')}`, undefined);
}

/** Names in the first row of a CSV file; undefined when it has none. */
export async function csvHeader(path: string): Promise<readonly string[] | undefined> {
  for await (const [header] of parsedRows(path)) return header!.cells;
  return undefined;
}

/** Cells and first line of each row, in batches of at least one. */
async function* parsedRows(path: string, rest?: CsvRest<string>): AsyncGenerator<{ cells: string[]; line: number }[]> {
  let parsed: { cells: string[]; line: number }[] = [];
  const linesBefore = (rest?.line ?? 1) - 1;
  let lastLine = linesBefore;
  // csv-parse counts a CRLF inside quotes as two lines.
  let doubled = 0;
  const parser = parse({
    bom: rest?.positions === undefined,
    record_delimiter: ['\r\n', '\n'],
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: largestRowBytes,
    // Collecting here instead of reading the stream saves a promise a row.
    on_record: (cells: string[], { lines }) => {
      const lineEnds = countIn(cells, '\n');
      doubled += countIn(cells, '\r\n');
      lastLine = linesBefore + lines - doubled;
      parsed.push({ cells, line: lastLine - lineEnds });
      return null;
    },
  });
  // Each error also comes through the callback of `feed`.
  parser.on('error', () => {});
  const feed = (chunk: Uint8Array | undefined): Promise<Error | undefined> =>
    new Promise((resolve) => {
      const done = (error?: Error | null): void => resolve(error ?? undefined);
      if (chunk === undefined) parser.end(done);
      else parser.write(chunk, done);
    });
  try {
    for await (const chunk of withEnd(rest?.chunks ?? readChunks(path))) {
      const failure = await feed(chunk);
      // Rows before the failure go out first, so that the first error of the file is the one that shows.
      if (parsed.length > 0) yield parsed;
      parsed = [];
      if (failure !== undefined) throw csvError(failure, path, lastLine, linesBefore + parser.info.lines - doubled);
    }
  } finally {
    parser.destroy();
  }
}

function countIn(cells: readonly string[], wanted: string): number {
  let count = 0;
  for (const text of cells) if (text.includes(wanted)) count += text.split(wanted).length - 1;
  return count;
}

/** The chunks, then undefined. */
async function* withEnd(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array | undefined> {
  yield* chunks;
  yield undefined;
}

/** What csv-parse refuses, in our words. `lastLine` is where the last whole row ended, `line` where the parser stands. */
function csvError(error: Error, path: string, lastLine: number, line: number): Error {
  if (!(error instanceof CsvError)) return error;
  if (error.code === 'CSV_QUOTE_NOT_CLOSED' || error.code === 'CSV_MAX_RECORD_SIZE') {
    return new InputError(`${path}:${lastLine + 1}`, 'a row whose quotes are closed', undefined);
  }
  return new InputError(`${path}:${line}`, 'quotes around a whole cell, doubled inside it', 'a stray quote');
}

/** Place of each column in the file by its header; refuses names that are unknown, twice there or missing. */
export function columnPositions<Column extends string>(
  header: readonly string[],
  { required, optional }: CsvColumns<Column>,
  where: string,
): ReadonlyMap<Column, number> {
  const known = [...required, ...optional];
  const positions = new Map<Column, number>();
  header.forEach((name, index) => {
    const column = known.find((each) => each === name);
    const place = `${where}, column ${index + 1}`;
    if (column === undefined) throw new InputError(place, `one of the columns ${known.join(', ')}`, name);
    if (positions.has(column)) throw new InputError(place, 'each column once', name);
    positions.set(column, index);
  });
  for (const column of required) {
    if (!positions.has(column)) throw new InputError(where, `a column ${column}`, header.join(','));
  }
  return positions;
}

/** The row, if it has as many cells as there are columns. */
export function wholeRow<Column extends string>(row: TextRow<Column>, columns: number): TextRow<Column> {
  const { path, line, cells } = row;
  if (cells.length !== columns) {
    throw new RowError(`${path}:${line}`, `${columns} columns`, cells.length, 'wrong-columns');
  }
  return row;
}

/** What `take` makes of each row. A row whose RowError `onInvalid` gets is left out; without `onInvalid` it is thrown. */
export function takeRows<Row, Taken>(
  rows: readonly Row[],
  take: (row: Row) => Taken,
  onInvalid: ((error: RowError) => void) | undefined,
): Taken[] {
  const taken: Taken[] = [];
  for (const row of rows) {
    try {
      taken.push(take(row));
    } catch (error) {
      if (onInvalid === undefined || !(error instanceof RowError)) throw error;
      onInvalid(error);
    }
  }
  return taken;
}

/** The text in a column; empty when the file lacks the column. */
export function textCell<Column extends string>(row: TextRow<Column>, column: Column): string {
  const position = row.positions.get(column);
  return position === undefined ? '' : (row.cells[position] ?? '');
}

/** Refuses a cell, naming file, line and column. */
export function wrongCell<Column extends string>(row: TextRow<Column>, column: Column, expected: string): RowError {
  const where = `${row.path}:${row.line}, column ${column}`;
  return new RowError(where, expected, textCell(row, column), 'wrong-value', column);
}

/** As people and programs write numbers: pandas writes a whole column with one empty cell as 4096.0, and a round number may be 1e3. */
const number = /^-?\d{1,15}(\.\d{1,20})?(e[+-]?\d{1,2})?$/i;

/** The number in a column, NaN where there is none. */
export function numberCell<Column extends string>(row: TextRow<Column>, column: Column): number {
  const text = textCell(row, column);
  // Plus 0: there is no -0.
  return number.test(text) ? Number(text) + 0 : Number.NaN;
}

/** A whole number of at least `least`, below 10¹⁵. */
export function wholeCell<Column extends string>(row: TextRow<Column>, column: Column, least = 0): number {
  const value = numberCell(row, column);
  if (!(value >= least && value < 1e15 && Number.isInteger(value))) {
    throw wrongCell(row, column, `a whole number of at least ${least}`);
  }
  return value;
}

/** A whole number of at least 0; 0 when the cell is empty. */
export function optionalWholeCell<Column extends string>(row: TextRow<Column>, column: Column): number {
  return textCell(row, column) === '' ? 0 : wholeCell(row, column);
}

/**
 * A number of at least `least`, below 10¹², in steps of 0.001. Digits of less than a thousandth of a step are what arithmetic leaves, as in
 * 0.30000000000000004, and rounded away.
 */
export function decimalCell<Column extends string>(row: TextRow<Column>, column: Column, least = 0): number {
  const written = numberCell(row, column);
  const value = inMilliseconds(written);
  if (!(value >= least && value < 1e12 && Math.abs(value - written) <= 1e-6)) {
    throw wrongCell(row, column, `a number of at least ${least} with at most 3 decimals`);
  }
  return value;
}

/** Seconds rounded to the millisecond, the step of our times. */
export function inMilliseconds(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

/** Lines of a text file without their ends, one batch per 64 KiB read; UTF-8, byte order mark taken off. */
export async function* readLines(path: string): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of readChunks(path)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop()!;
    yield lines.map(withoutReturn);
  }
  rest += decoder.decode();
  if (rest !== '') yield [withoutReturn(rest)];
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

/** A cell as it is written: in quotes where it must be. */
export function csvCell(cell: string | number): string {
  const text = String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
