/** Our own workload format: one row per VM, in order of submission. What recorded and generated workloads are kept in. */
import { vmRequest } from '../core/request.ts';
import type { Arrival, ArrivalStream, ReadOptions } from './arrival.ts';
import { ArrivalRow, copyOf } from './arrival-row.ts';
import {
  type CsvColumns,
  type CsvRest,
  columnPositions,
  csvCell,
  decimalCell,
  inMilliseconds,
  optionalWholeCell,
  readCsv,
  type TextRow,
  takeRows,
  textCell,
  wholeCell,
  wholeRow,
  wrongCell,
} from './csv.ts';
import { readLineBlocks } from './file-bytes.ts';
import { PlainRows } from './heps-csv-rows.ts';
import { RowError } from './left-out.ts';
import { ArrivalOrder } from './row-order.ts';

/** Columns that a file must have. Times are in seconds with at most 3 decimals, as are vCPUs; the rest whole numbers. */
const required = ['id', 'submit_s', 'lifetime_s', 'vcpus', 'ram_mib'] as const;
/** Columns that may be missing or empty: nothing asked, nothing known. `card_models` are separated by `|`. */
const optional = [
  'disk_gib',
  'cards',
  'card_memory_mib',
  'card_cores',
  'card_models',
  'station',
  'flavor',
  'image',
  'user',
] as const;
type HepsColumn = (typeof required)[number] | (typeof optional)[number];

const lineFeed = 10;

/** Columns of the format. */
export const hepsCsvColumns: CsvColumns<HepsColumn> = { required, optional };

/** The header row with all columns, as `formatHepsCsv` writes them; without the line end. */
export const hepsCsvHeader = [...required, ...optional].join(',');

/**
 * Arrivals of a file in our format. Rows must be in order of `submit_s`; that ids are unique is not checked, since only one
 * batch of rows is in memory.
 *
 * Gives what `readHepsCsvReference` gives, several times as fast, by taking plain rows from their bytes. A row with a wrong cell
 * goes the slow way alone; from the first quote, carriage return or blank line on, the rest of the file does.
 *
 * @param blockBytes how much is read at a time. Defaults to 256 KiB
 */
export async function* readHepsCsv(
  path: string,
  { onInvalid, hasNames = true }: ReadOptions = {},
  blockBytes = 256 * 1024,
): ArrivalStream {
  const blocks = readLineBlocks(path, blockBytes);
  const order = new ArrivalOrder('submit_s', 'rows', onInvalid);
  const take = takeInOrder(order);
  const lines = new PlainLines(path, order, hasNames, (row) =>
    takeRows([row], (each) => take(wholeRow(each, each.positions.size)), onInvalid),
  );
  try {
    for (let read = await blocks.next(); !read.done; read = await blocks.next()) {
      lines.open(read.value);
      for (let taken = lines.take(); taken.length > 0; taken = lines.take()) yield order.give(taken);
      if (lines.isStuck) break;
    }
    for await (const taken of readCsv(path, hepsCsvColumns, take, onInvalid, lines.rest(blocks)))
      yield order.give(taken);
    yield order.end();
  } finally {
    await blocks.return(undefined);
  }
}

/** The same, wholly by csv-parse: the reference that `readHepsCsv` is tested against. */
export async function* readHepsCsvReference(path: string, { onInvalid }: ReadOptions = {}): ArrivalStream {
  const order = new ArrivalOrder('submit_s', 'rows', onInvalid);
  for await (const taken of readCsv(path, hepsCsvColumns, takeInOrder(order), onInvalid)) yield order.give(taken);
  yield order.end();
}

function takeInOrder(order: ArrivalOrder): (row: TextRow<HepsColumn>) => Arrival {
  return (row) => order.accept(arrivalOf(row), row);
}

/** Arrivals of a batch: so few that they stay near the processor while they are filled and played. */
const batchRows = 256;

/** Takes the lines of a file that are one row each, block by block, up to the first that only csv-parse can read. */
class PlainLines {
  /** Whether that line has come. */
  isStuck = false;
  readonly #path: string;
  readonly #order: ArrivalOrder;
  readonly #hasNames: boolean;
  readonly #takeSlowly: (row: TextRow<HepsColumn>) => Arrival[];
  #block: Buffer = Buffer.alloc(0);
  /** Start of the first line of the block that has not been taken yet, which is the one numbered `#line`. */
  #at = 0;
  #line = 1;
  #positions: ReadonlyMap<HepsColumn, number> | undefined;
  #rows: PlainRows | undefined;
  /** Refilled for every batch. */
  readonly #filled = Array.from({ length: batchRows }, () => new ArrivalRow());
  readonly #batch: Arrival[] = [...this.#filled];

  constructor(
    path: string,
    order: ArrivalOrder,
    hasNames: boolean,
    takeSlowly: (row: TextRow<HepsColumn>) => Arrival[],
  ) {
    this.#path = path;
    this.#order = order;
    this.#hasNames = hasNames;
    this.#takeSlowly = takeSlowly;
  }

  /** The next block, when nothing is left of the one before. It must stay as it is until `take` gives nothing more. */
  open(block: Buffer): void {
    this.#block = block;
    this.#at = 0;
  }

  /** The next arrivals of the block; none when it has no more, or the next line is one that only csv-parse can read. */
  take(): readonly Arrival[] {
    const block = this.#block;
    const end = block.at(-1) === lineFeed ? block.length : block.lastIndexOf(lineFeed) + 1;
    const batch = this.#batch;
    let taken = 0;
    while (taken < batchRows && this.#at < end && !this.isStuck) {
      const row = this.#filled[taken]!;
      if (this.#rows?.take(block, this.#at, row) === true) {
        if (this.#order.holds) this.#hold(row);
        batch[taken++] = row;
        this.#at = this.#rows.end;
        this.#line++;
      } else {
        for (const arrival of this.#takeOddLine()) batch[taken++] = arrival;
      }
    }
    if (this.#at >= end && end < block.length) this.isStuck = true;
    return taken === batchRows ? batch : batch.slice(0, taken);
  }

  #hold(row: ArrivalRow): void {
    this.#order.earliestS = 0;
    this.#order.accept(copyOf(row), { path: this.#path, line: this.#line });
  }

  /** What was not taken, and the blocks that follow. */
  rest(blocks: AsyncIterable<Buffer>): CsvRest<HepsColumn> {
    return { positions: this.#positions, line: this.#line, chunks: copiesOf(this.#block.subarray(this.#at), blocks) };
  }

  /** The line is the header, or has a wrong cell, or only csv-parse can read it. @returns one arrival at most */
  #takeOddLine(): readonly Arrival[] {
    const lineEnd = this.#block.indexOf(lineFeed, this.#at);
    const cells = plainCells(this.#block.subarray(this.#at, lineEnd));
    const startsWithMark = this.#line === 1 && this.#block[this.#at]! > 127; // of the byte order, which is not part of a name
    if (cells === undefined || startsWithMark) {
      this.isStuck = true;
      return [];
    }
    const row = { path: this.#path, line: this.#line, cells };
    this.#at = lineEnd + 1;
    this.#line++;
    if (this.#positions !== undefined) return this.#takeSlowly({ ...row, positions: this.#positions });
    this.#positions = columnPositions(cells, hepsCsvColumns, `${this.#path}:1`);
    this.#rows = new PlainRows([...this.#positions.keys()], this.#order, this.#hasNames);
    return [];
  }
}

/** Cells of a line; undefined when csv-parse would see something other than one row in it: a quote, a carriage return or nothing. */
function plainCells(line: Buffer): string[] | undefined {
  if (line.length === 0 || line.includes('"') || line.includes('\r')) return undefined;
  return line.toString().split(',');
}

/** Buffers that stay as they are, which csv-parse needs. */
async function* copiesOf(first: Buffer, blocks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield Buffer.from(first);
  for await (const block of blocks) yield Buffer.from(block);
}

function arrivalOf(row: TextRow<HepsColumn>): Arrival {
  const id = textCell(row, 'id');
  if (id === '') throw wrongCell(row, 'id', 'a text');
  const atS = decimalCell(row, 'submit_s');
  const lifetimeS = decimalCell(row, 'lifetime_s', 0.001);
  const request = vmRequest({
    id,
    vcpus: decimalCell(row, 'vcpus', 0.001),
    ramMib: wholeCell(row, 'ram_mib'),
    diskGib: optionalWholeCell(row, 'disk_gib'),
    cards: optionalWholeCell(row, 'cards'),
    cardMemoryMib: optionalWholeCell(row, 'card_memory_mib'),
    cardCores: optionalWholeCell(row, 'card_cores'),
    cardModels: cardModels(row),
  });
  const { cards, cardMemoryMib, cardCores } = request;
  if (cards === 0 && (cardMemoryMib > 0 || cardCores > 0 || request.cardModels.length > 0)) {
    const where = `${row.path}:${row.line}, column cards`;
    throw new RowError(where, 'at least 1, since cards are described', 0, 'wrong-value', 'cards');
  }
  return {
    atS,
    lifetimeS,
    request,
    station: textCell(row, 'station'),
    flavor: textCell(row, 'flavor'),
    image: textCell(row, 'image'),
    user: textCell(row, 'user'),
  };
}

function cardModels(row: TextRow<HepsColumn>): readonly string[] {
  const text = textCell(row, 'card_models');
  if (text === '') return [];
  const models = text.split('|');
  if (models.includes('')) throw wrongCell(row, 'card_models', 'names separated by |');
  return models;
}

/**
 * Rows in our format, each with its line end, in the order of `hepsCsvHeader`, which goes before the first. What is written
 * reads back the same, with two exceptions: times are rounded to the millisecond (a lifetime to at least one), and what a
 * request without cards says of cards is left out, since it means nothing.
 *
 * @throws RangeError when a model's name is empty or contains `|`, or an id is empty
 */
export function formatHepsCsv(arrivals: readonly Arrival[]): string {
  return arrivals.map(formatRow).join('');
}

function formatRow({ atS, lifetimeS, request, station, flavor, image, user }: Arrival): string {
  if (request.id === '') throw new RangeError('id must be a text of at least one character, got none');
  for (const model of request.cardModels) {
    if (model === '' || model.includes('|')) throw new RangeError(`card model must be a name without |, got ${model}`);
  }
  const isGpu = request.cards > 0;
  const cells = [
    request.id,
    inMilliseconds(atS),
    Math.max(inMilliseconds(lifetimeS), 0.001),
    request.vcpus,
    request.ramMib,
    request.diskGib,
    request.cards,
    isGpu ? request.cardMemoryMib : 0,
    isGpu ? request.cardCores : 0,
    isGpu ? request.cardModels.join('|') : '',
    station,
    flavor,
    image,
    user,
  ];
  return `${cells.map(csvCell).join(',')}\n`;
}
