/** Texts of a file by their bytes, so that a text that comes back often is decoded once. */

/** A power of two. Enough for thousands of users, while the table is small enough to stay near the processor. */
const places = 8192;
/** Bytes a place has: the length of its text, then the text. All in one array: reading it is one step, with no object between. */
const placeBytes = 64;

/**
 * What a function makes of texts that repeat. Each text has one place, found by its hash; a text that finds another there takes
 * the place over. So a cache never grows, and texts that never repeat only cost their decoding.
 */
export class TextCache<Value> {
  readonly #make: (text: string) => Value;
  readonly #known = new Uint8Array(places * placeBytes);
  readonly #values: Value[] = new Array(places);

  constructor(make: (text: string) => Value) {
    this.#make = make;
  }

  /**
   * Value of a text of at least one byte: the UTF-8 in `bytes` from `start` to before `end`.
   *
   * @param hash a whole number that depends on these bytes alone
   */
  valueOf(bytes: Uint8Array, start: number, end: number, hash: number): Value {
    const length = end - start;
    if (length >= placeBytes) return this.#make(textOf(bytes, start, end));
    const known = this.#known;
    const place = (hash ^ (hash >>> 13)) & (places - 1);
    const shift = place * placeBytes + 1 - start;
    if (known[start + shift - 1] === length) {
      let index = start;
      while (index < end && known[index + shift] === bytes[index]) index++;
      if (index === end) return this.#values[place]!;
    }
    known[start + shift - 1] = length;
    for (let index = start; index < end; index++) known[index + shift] = bytes[index]!;
    const value = this.#make(textOf(bytes, start, end));
    this.#values[place] = value;
    return value;
  }
}

/** The text whose UTF-8 is in `bytes` from `start` to before `end`. */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString();
}
