/** Which rows of a trace are out of order: as few as possible, so that one time far ahead does not make all later rows wrong. */
import type { Arrival } from './arrival.ts';
import { RowError } from './left-out.ts';

/** Rows that are seen after a row before it is taken or left out: this many wrong times in succession are told from a trace that goes on. */
const rowsAhead = 1000;

/**
 * Marks the longest part of `times` that is in order. Where several are as long, the one whose last time is earliest: of 0, 60, 30 that
 * leaves out 60, since what follows goes back behind it.
 *
 * @param least no time before it is in order
 * @param gap least difference between a time and the next one
 */
export function longestInOrder(times: readonly number[], least: number, gap = 0): boolean[] {
  /** Of each length, less one, the index of the earliest time that ends an ordered part of that length. */
  const ends: number[] = [];
  /** Index before each in the part that it ends; -1 = none. */
  const before: number[] = [];
  times.forEach((time, index) => {
    let low = 0;
    let high = time < least ? -1 : ends.length;
    // Mostly the next time is the latest so far.
    if (high > 0 && times[ends[high - 1]!]! + gap <= time) low = high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[ends[middle]!]! + gap <= time) low = middle + 1;
      else high = middle;
    }
    before.push(low === 0 ? -1 : ends[low - 1]!);
    if (high >= 0 && (low === ends.length || time < times[ends[low]!]!)) ends[low] = index;
  });
  const isKept = times.map(() => false);
  for (let index = ends.at(-1) ?? -1; index >= 0; index = before[index]!) isKept[index] = true;
  return isKept;
}

/** A time as far as its neighbours allow it, in words. */
export function boundInWords(time: number, earliest: number, next: number | undefined): string {
  return time < earliest || next === undefined ? `at least ${earliest}` : `at most ${next}`;
}

/** Where a row stands: file, and line from 1. */
interface RowPlace {
  readonly path: string;
  readonly line: number;
}

/**
 * Holds the arrivals of one file to the order of their times. Without `onInvalid` the first that comes before its predecessor is refused.
 * With it, rows are held until 1000 more have been seen, and those that do not fit between their neighbours are left out.
 */
export class ArrivalOrder {
  /** Time of the latest row, seconds; none may come before it. Stays 0 where rows are held. */
  earliestS = 0;
  readonly #column: string;
  readonly #rows: string;
  readonly #onInvalid: ((error: RowError) => void) | undefined;
  #held: (RowPlace & { readonly arrival: Arrival })[] = [];
  #taken: Arrival[] = [];
  #lastTakenS = 0;

  /**
   * @param column that has the times
   * @param rows what the format calls its rows
   */
  constructor(column: string, rows: 'rows' | 'jobs', onInvalid: ((error: RowError) => void) | undefined) {
    this.#column = column;
    this.#rows = rows;
    this.#onInvalid = onInvalid;
  }

  /** Whether rows are held; `give` then gives those that were accepted earlier. */
  get holds(): boolean {
    return this.#onInvalid !== undefined;
  }

  /** Takes the next arrival, which must stay as it is. @throws RowError where none may be left out */
  accept(arrival: Arrival, { path, line }: RowPlace): Arrival {
    const { atS } = arrival;
    if (this.#onInvalid === undefined) {
      if (atS < this.earliestS) throw this.#wrong(path, line, atS, `at least ${this.earliestS}`);
      this.earliestS = atS;
    } else {
      this.#held.push({ path, line, arrival });
      if (this.#held.length === 2 * rowsAhead) this.#settle(rowsAhead);
    }
    return arrival;
  }

  /** What may go out now that `batch` has been accepted. */
  give(batch: readonly Arrival[]): readonly Arrival[] {
    if (!this.holds) return batch;
    const taken = this.#taken;
    this.#taken = [];
    return taken;
  }

  /** What is still held, at the end of the file. */
  end(): readonly Arrival[] {
    this.#settle(this.#held.length);
    return this.give([]);
  }

  /** Takes or leaves out the first rows that are held. */
  #settle(count: number): void {
    const timesS = this.#held.map(({ arrival }) => arrival.atS);
    const isKept = longestInOrder(timesS, this.#lastTakenS);
    for (let index = 0; index < count; index++) {
      const { path, line, arrival } = this.#held[index]!;
      if (isKept[index]) {
        this.#taken.push(arrival);
        this.#lastTakenS = arrival.atS;
      } else {
        const next = isKept.indexOf(true, index);
        const expected = boundInWords(arrival.atS, this.#lastTakenS, next < 0 ? undefined : timesS[next]);
        this.#onInvalid!(this.#wrong(path, line, arrival.atS, expected));
      }
    }
    this.#held = this.#held.slice(count);
  }

  #wrong(path: string, line: number, atS: number, bound: string): RowError {
    const column = this.#column;
    const expected = `${bound}, since ${this.#rows} are in order of ${column}`;
    return new RowError(`${path}:${line}, column ${column}`, expected, String(atS), 'out-of-order');
  }
}
