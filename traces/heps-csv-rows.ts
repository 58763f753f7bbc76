/**
 * Fills arrivals with plain rows of our format straight from their bytes: numbers without a text between, texts that repeat from a
 * cache. A row is plain when all its cells are as we write them and none is quoted. Of any other row it says only that it is not
 * plain: `readHepsCsv` then reads it the slow way, which alone knows what is wrong.
 */
import type { ArrivalRow } from './arrival-row.ts';
import { TextCache } from './text-cache.ts';

/** What the cells of a column hold, as numbers that fit a byte. */
const id = 0;
const decimal = 1;
const whole = 2;
const text = 3;
const models = 4;
/** A text that nobody wants. */
const skipped = 5;

/** Kind of each column, and its place among the cells of that kind. */
const columns = {
  id: [id, 0],
  submit_s: [decimal, 0],
  lifetime_s: [decimal, 1],
  vcpus: [decimal, 2],
  ram_mib: [whole, 0],
  disk_gib: [whole, 1],
  cards: [whole, 2],
  card_memory_mib: [whole, 3],
  card_cores: [whole, 4],
  card_models: [models, 0],
  station: [text, 0],
  flavor: [text, 1],
  image: [text, 2],
  user: [text, 3],
} as const;

/** The only whole number that must be there. */
const ramMib = columns.ram_mib[1];

const lineFeed = 10;
const carriageReturn = 13;
const quote = 34;
const comma = 44;
const point = 46;
const zero = 48;

const noModels: readonly string[] = [];

/** What the rows taken so far ask of the next one. */
export interface RowOrder {
  /** Time of the latest row, seconds; none may come before it. */
  earliestS: number;
}

/** Takes the plain rows of one file. */
export class PlainRows {
  /** Where the row after the last one taken starts. */
  end = 0;
  readonly #order: RowOrder;
  readonly #kinds: Uint8Array;
  readonly #places: Uint8Array;
  /** Cells of the last row; those of a column that the file lacks stay as they are here. */
  #idStart = 0;
  #idEnd = 0;
  readonly #decimals = new Float64Array(3);
  readonly #wholes = new Int32Array(5);
  readonly #texts = ['', '', '', ''];
  #models = noModels;
  readonly #cache = new TextCache((each) => each);
  readonly #modelsCache = new TextCache(modelsOf);

  /**
   * @param header names of the columns in the order of the file, each of them one of the format
   * @param order read and moved on; shared with what takes the rows that are not plain
   * @param hasNames whether station, flavor, image and user are wanted; else they are empty
   */
  constructor(header: readonly (keyof typeof columns)[], order: RowOrder, hasNames: boolean) {
    this.#order = order;
    this.#kinds = Uint8Array.from(header, (name) => {
      const kind = columns[name][0];
      return kind === text && !hasNames ? skipped : kind;
    });
    this.#places = Uint8Array.from(header, (name) => columns[name][1]);
  }

  /**
   * Fills `into` with the row at `start`, whose id then lies in `bytes`. @returns false, with `into`, `end` and the order as they
   * were, when the row is not plain
   *
   * @param bytes with a line end at or after `start`: every cell stops there, so that no loop below asks where the bytes end
   */
  take(bytes: Uint8Array, start: number, into: ArrivalRow): boolean {
    const end = this.#readCells(bytes, start);
    if (end < 0) return false;
    const decimals = this.#decimals;
    const wholes = this.#wholes;
    const texts = this.#texts;
    const cardModels = this.#models;
    const atS = decimals[0]!;
    const lifetimeS = decimals[1]!;
    const vcpus = decimals[2]!;
    const cards = wholes[2]!;
    const cardMemoryMib = wholes[3]!;
    const cardCores = wholes[4]!;
    if (atS < this.#order.earliestS || lifetimeS === 0 || vcpus === 0) return false;
    if (cards === 0 && (cardMemoryMib > 0 || cardCores > 0 || cardModels.length > 0)) return false;
    this.end = end;
    this.#order.earliestS = atS;
    into.atS = atS;
    into.lifetimeS = lifetimeS;
    into.station = texts[0]!;
    into.flavor = texts[1]!;
    into.image = texts[2]!;
    into.user = texts[3]!;
    const { request } = into;
    request.pointId(bytes, this.#idStart, this.#idEnd);
    request.vcpus = vcpus;
    request.ramMib = wholes[0]!;
    request.diskGib = wholes[1]!;
    request.cards = cards;
    request.cardMemoryMib = cardMemoryMib;
    request.cardCores = cardCores;
    request.cardModels = cardModels;
    return true;
  }

  /** Reads the cells of a row. @returns where the next row starts; -1 when a cell is not plain, missing or one too many */
  #readCells(bytes: Uint8Array, start: number): number {
    const kinds = this.#kinds;
    const places = this.#places;
    const last = kinds.length - 1;
    let at = start;
    for (let column = 0; column <= last; column++) {
      const kind = kinds[column]!;
      const place = places[column]!;
      const cellStart = at;
      let byte = bytes[at]!;
      if (kind === whole || kind === decimal) {
        let integer = 0;
        // In 32 bits: with doubles here, reading took 0.70 µs a row instead of 0.57.
        while (byte >= zero && byte < zero + 10) {
          integer = (Math.imul(integer, 10) + byte - zero) | 0;
          byte = bytes[++at]!;
        }
        const digits = at - cellStart;
        if (digits > 9) return -1;
        if (kind === whole) {
          if (digits === 0 && place === ramMib) return -1;
          this.#wholes[place] = integer;
        } else {
          if (digits === 0) return -1;
          let decimals = 0;
          let scale = 1;
          if (byte === point) {
            byte = bytes[++at]!;
            while (byte >= zero && byte < zero + 10 && scale < 1000) {
              decimals = decimals * 10 + byte - zero;
              scale *= 10;
              byte = bytes[++at]!;
            }
            if (scale === 1) return -1;
          }
          // Both are whole and below 2^53, so that the quotient is the number nearest to the text, as Number() gives.
          this.#decimals[place] = (integer * scale + decimals) / scale;
        }
      } else if (kind === skipped) {
        while (byte > comma || (byte !== comma && byte !== lineFeed && byte !== quote && byte !== carriageReturn)) {
          byte = bytes[++at]!;
        }
      } else {
        let hash = 0;
        // Most bytes of a text are above the comma: one comparison each.
        while (byte > comma || (byte !== comma && byte !== lineFeed && byte !== quote && byte !== carriageReturn)) {
          hash = (Math.imul(hash, 31) + byte) | 0;
          byte = bytes[++at]!;
        }
        if (kind === id) {
          if (at === cellStart) return -1;
          this.#idStart = cellStart;
          this.#idEnd = at;
        } else if (kind === text) {
          this.#texts[place] = at === cellStart ? '' : this.#cache.valueOf(bytes, cellStart, at, hash);
        } else if (at === cellStart) {
          this.#models = noModels;
        } else {
          this.#models = this.#modelsCache.valueOf(bytes, cellStart, at, hash);
          if (this.#models.length === 0) return -1;
        }
      }
      if (byte !== (column === last ? lineFeed : comma)) return -1;
      at++;
    }
    return at;
  }
}

/** Names between `|`; none when one of them is empty. */
function modelsOf(cell: string): readonly string[] {
  const names = cell.split('|');
  return names.includes('') ? noModels : names;
}
