/** Some hosts, the one with the most RAM free first, of equal ones the lowest index: a binary heap from which any host can be taken. */
import { entryOf, hostOf, leastEntry, ramMibOf } from './host-entry.ts';

export class HostHeap {
  readonly #entries: number[] = [];
  /** Place of each host in its heap. */
  readonly #placeOf: Int32Array;

  /** @param placeOf one row per host of the cluster; heaps that never hold one host at the same time may share it */
  constructor(placeOf: Int32Array) {
    this.#placeOf = placeOf;
  }

  /** The first host; there must be one. */
  get first(): number {
    return hostOf(this.#entries[0]!);
  }

  /** Its free RAM, MiB; -1 when there is none. */
  get firstMib(): number {
    return this.#entries.length === 0 ? -1 : ramMibOf(this.#entries[0]!);
  }

  get length(): number {
    return this.#entries.length;
  }

  /** Adds a host, which must not be in. */
  put(host: number, ramMib: number): void {
    const entry = entryOf(host, ramMib);
    this.#entries.push(entry);
    this.#rise(this.#entries.length - 1, entry);
  }

  /** Takes out a host, which must be in. */
  remove(host: number): void {
    const entries = this.#entries;
    const place = this.#placeOf[host]!;
    const last = entries.pop()!;
    if (place === entries.length) return;
    if (place > 0 && last > entries[(place - 1) >> 1]!) this.#rise(place, last);
    else this.#sink(place, last);
  }

  /**
   * Entry of the first host that `isGood` takes, of those with at least that much RAM free; -1 when it takes none. Looks no further than
   * it must: below a host that it takes there is none that comes before it.
   */
  find(ramMib: number, isGood: (host: number) => boolean, place = 0): number {
    const entry = this.#entries[place];
    if (entry === undefined || entry < leastEntry(ramMib)) return -1;
    if (isGood(hostOf(entry))) return entry;
    return Math.max(this.find(ramMib, isGood, 2 * place + 1), this.find(ramMib, isGood, 2 * place + 2));
  }

  #rise(from: number, entry: number): void {
    const entries = this.#entries;
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = entries[parent]!;
      if (entry < above) break;
      entries[place] = above;
      this.#placeOf[hostOf(above)] = place;
      place = parent;
    }
    entries[place] = entry;
    this.#placeOf[hostOf(entry)] = place;
  }

  #sink(from: number, entry: number): void {
    const entries = this.#entries;
    const { length } = entries;
    let place = from;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= length) break;
      if (child + 1 < length && entries[child + 1]! > entries[child]!) child++;
      const below = entries[child]!;
      if (entry > below) break;
      entries[place] = below;
      this.#placeOf[hostOf(below)] = place;
      place = child;
    }
    entries[place] = entry;
    this.#placeOf[hostOf(entry)] = place;
  }
}
