/** A set of small whole numbers that knows its neighbours: one bit a number. */
export class BitSet {
  readonly #words: Int32Array;

  /** For numbers from 0 to below `limit`. */
  constructor(limit: number) {
    this.#words = new Int32Array(Math.max(1, Math.ceil(limit / 32)));
  }

  add(member: number): void {
    this.#words[member >> 5]! |= 1 << (member & 31);
  }

  remove(member: number): void {
    this.#words[member >> 5]! &= ~(1 << (member & 31));
  }

  /** The largest member up to `limit`, which is below the set's own; -1 when there is none. */
  atMost(limit: number): number {
    if (limit < 0) return -1;
    let word = limit >> 5;
    let bits = this.#words[word]! & (-1 >>> (31 - (limit & 31)));
    while (bits === 0) {
      if (word === 0) return -1;
      bits = this.#words[--word]!;
    }
    return word * 32 + 31 - Math.clz32(bits);
  }

  /** The smallest member from `least`, at least 0, on; -1 when there is none. */
  atLeast(least: number): number {
    let word = least >> 5;
    if (word >= this.#words.length) return -1;
    let bits = this.#words[word]! & (-1 << (least & 31));
    while (bits === 0) {
      if (++word === this.#words.length) return -1;
      bits = this.#words[word]!;
    }
    return word * 32 + 31 - Math.clz32(bits & -bits);
  }
}
