/** Our own workload format: one row per VM, in order of submission. What recorded and generated workloads are kept in. */
import { InputError } from '../core/input-error.ts';
import { vmRequest } from '../core/request.ts';
import type { Arrival, ArrivalStream, ReadOptions } from './arrival.ts';
import {
  type CsvColumns,
  decimalCell,
  optionalWholeCell,
  readCsv,
  type TextRow,
  textCell,
  wholeCell,
  wrongCell,
} from './csv.ts';

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

/** Columns of the format. */
export const hepsCsvColumns: CsvColumns<HepsColumn> = { required, optional };

/** The header row with all columns, as `formatHepsCsv` writes them; without the line end. */
export const hepsCsvHeader = [...required, ...optional].join(',');

/**
 * Arrivals of a file in our format. Rows must be in order of `submit_s`; that ids are unique is not checked, since only one
 * batch of rows is in memory.
 */
export async function* readHepsCsv(path: string, { onInvalid }: ReadOptions = {}): ArrivalStream {
  let earliestS = 0;
  const take = (row: TextRow<HepsColumn>): Arrival => {
    const arrival = arrivalOf(row);
    if (arrival.atS < earliestS) {
      throw wrongCell(row, 'submit_s', `at least ${earliestS}, since rows are in order of submit_s`);
    }
    earliestS = arrival.atS;
    return arrival;
  };
  yield* readCsv(path, hepsCsvColumns, take, onInvalid);
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
    throw new InputError(`${row.path}:${row.line}, column cards`, 'at least 1, since cards are described', 0);
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
    milliseconds(atS),
    Math.max(milliseconds(lifetimeS), 0.001),
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
  return `${cells.map(quoted).join(',')}\n`;
}

function milliseconds(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

function quoted(cell: string | number): string {
  const text = String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
