/** Hosts whose cards are in one state, in rows by free vCPUs, in order of free RAM; see `hybrid-index.ts`. */
import type { CardState } from './card-state.ts';
import { ramMibOf } from './host-entry.ts';
import { RowTops } from './row-tops.ts';

/** Within it hosts differ only in free vCPUs and free RAM. */
export class Bucket {
  readonly state: CardState;
  /** By whole free vCPUs: entries of the hosts, ascending. */
  readonly rows: number[][] = [];
  readonly tops: RowTops;
  /** Hosts whose free vCPUs are not whole. */
  fractional = 0;
  /** Its place among the odd buckets of its level; -1 without hosts. */
  place = -1;

  constructor(state: CardState, rows: number) {
    this.state = state;
    this.tops = new RowTops(rows);
  }

  put(vcpus: number, entry: number): void {
    const number = Math.floor(vcpus);
    this.rows[number] ??= [];
    const row = this.rows[number];
    // From the end: that is where hosts that are free and low come and go, as most do in a cluster with room.
    row.push(entry);
    let place = row.length - 1;
    while (place > 0 && row[place - 1]! > entry) {
      row[place] = row[place - 1]!;
      place--;
    }
    row[place] = entry;
    if (place === row.length - 1) this.tops.set(number, ramMibOf(entry));
    if (number !== vcpus) this.fractional++;
  }

  remove(vcpus: number, entry: number): void {
    const number = Math.floor(vcpus);
    const row = this.rows[number]!;
    let last = row.pop()!;
    if (last === entry) this.tops.set(number, row.length === 0 ? -1 : ramMibOf(row[row.length - 1]!));
    for (let place = row.length - 1; last !== entry; place--) {
      const next = row[place]!;
      row[place] = last;
      last = next;
    }
    if (number !== vcpus) this.fractional--;
  }
}

/** Place of the first entry that is at least `least`; the length when there is none. */
export function placeIn(row: readonly number[], least: number): number {
  let low = 0;
  let high = row.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (row[middle]! < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
