/** Writes rows of CSV as bytes into a buffer, without a text for every cell. */
import { csvCell } from '../traces/csv.ts';
import type { OutputFile } from './output-file.ts';

const bufferBytes = 1 << 16;
/** No number takes more. */
const numberBytes = 32;

/** Floats that are not in thousandths have a place each, by their bits, where their text is kept until another takes the place. A power of two. */
const places = 1 << 13;
/** Bytes of a place: the length of the text, then the text. */
const placeBytes = 32;

const zero = 48;
const comma = 44;
const hyphen = 45;
const point = 46;
const lineFeed = 10;
const quote = 34;
const carriageReturn = 13;

export class CsvWriter {
  readonly #file: OutputFile;
  readonly #bytes = Buffer.allocUnsafeSlow(bufferBytes);
  #length = 0;
  readonly #known = new Float64Array(places).fill(Number.NaN);
  readonly #texts = new Uint8Array(places * placeBytes);
  readonly #float = new Float64Array(1);
  readonly #floatBits = new Int32Array(this.#float.buffer);

  constructor(file: OutputFile) {
    this.#file = file;
  }

  /** A cell is over. */
  comma(): void {
    this.#byte(comma);
  }

  endRow(): void {
    this.#byte(lineFeed);
  }

  /** Card numbers, joined by `-`. */
  list(numbers: readonly number[]): void {
    for (let index = 0; index < numbers.length; index++) {
      if (index > 0) this.#byte(hyphen);
      this.number(numbers[index]!);
    }
  }

  /** A text, in quotes where it must be. */
  text(text: string): void {
    this.#raw(csvCell(text));
  }

  /** A short ASCII text that needs no quotes. */
  plain(text: string): void {
    if (this.#length + text.length > bufferBytes) this.flush();
    const to = this.#bytes;
    let at = this.#length;
    for (let index = 0; index < text.length; index++) to[at++] = text.charCodeAt(index);
    this.#length = at;
  }

  /** A cell that is ready, of less than 64 KiB. */
  bytes(bytes: Uint8Array): void {
    if (this.#length + bytes.length > bufferBytes) this.flush();
    const to = this.#bytes;
    let at = this.#length;
    for (let index = 0; index < bytes.length; index++) to[at++] = bytes[index]!;
    this.#length = at;
  }

  /** A text of UTF-8 bytes, from `start` to before `end`. @returns false, having written nothing, where only `text` can write it */
  utf8(bytes: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    if (length > bufferBytes) return false;
    if (this.#length + length > bufferBytes) this.flush();
    const to = this.#bytes;
    let at = this.#length;
    for (let index = start; index < end; index++) {
      const byte = bytes[index]!;
      // Bytes above 127 may be no valid UTF-8, which only decoding tells.
      if (byte > 127 || byte === comma || byte === quote || byte === lineFeed || byte === carriageReturn) return false;
      to[at++] = byte;
    }
    this.#length = at;
    return true;
  }

  /** A number as JavaScript writes it: the shortest decimal that reads back the same. */
  number(value: number): void {
    if (this.#length + numberBytes > bufferBytes) this.flush();
    // Times, card numbers and many scores are whole numbers of thousandths. With up to 15 digits there is no shorter decimal.
    if (value >= 0 && value < 1e12) {
      const thousandths = Math.round(value * 1000);
      if (thousandths / 1000 === value) {
        this.#thousandths(thousandths);
        return;
      }
    }
    this.#float[0] = value;
    const hash = Math.imul(this.#floatBits[0]! ^ Math.imul(this.#floatBits[1]!, 0x9e3779b1), 0x85ebca6b);
    const place = hash >>> 19;
    const texts = this.#texts;
    let from = place * placeBytes;
    if (this.#known[place] !== value) {
      this.#known[place] = value;
      const text = String(value);
      texts[from] = text.length;
      for (let index = 0; index < text.length; index++) texts[from + 1 + index] = text.charCodeAt(index);
    }
    const to = this.#bytes;
    let at = this.#length;
    for (let left = texts[from]!; left > 0; left--) to[at++] = texts[++from]!;
    this.#length = at;
  }

  /** Gives what was written to the file. */
  flush(): void {
    this.#file.write(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
  }

  #byte(byte: number): void {
    if (this.#length === bufferBytes) this.flush();
    this.#bytes[this.#length++] = byte;
  }

  /** A whole number of thousandths as a decimal without trailing zeros. */
  #thousandths(thousandths: number): void {
    const whole = Math.floor(thousandths / 1000);
    let decimals = thousandths - whole * 1000;
    this.#whole(whole);
    if (decimals === 0) return;
    const to = this.#bytes;
    let at = this.#length;
    to[at++] = point;
    const tenths = Math.floor(decimals / 100);
    to[at++] = zero + tenths;
    decimals -= tenths * 100;
    if (decimals > 0) {
      const hundredths = Math.floor(decimals / 10);
      to[at++] = zero + hundredths;
      decimals -= hundredths * 10;
      if (decimals > 0) to[at++] = zero + decimals;
    }
    this.#length = at;
  }

  #whole(value: number): void {
    let digits = 1;
    for (let most = 10; value >= most; most *= 10) digits++;
    const to = this.#bytes;
    let rest = value;
    let at = this.#length + digits;
    this.#length = at;
    // Below 2³¹ with whole-number arithmetic, which is twice as fast.
    while (rest > 0x7fffffff) {
      const tenth = Math.floor(rest / 10);
      to[--at] = zero + (rest - tenth * 10);
      rest = tenth;
    }
    let small = rest | 0;
    do {
      const tenth = (small / 10) | 0;
      to[--at] = zero + (small - tenth * 10);
      small = tenth;
    } while (small > 0);
  }

  #raw(text: string): void {
    const mostBytes = 3 * text.length;
    if (this.#length + mostBytes > bufferBytes) this.flush();
    if (mostBytes > bufferBytes) this.#file.write(text);
    else this.#length += this.#bytes.write(text, this.#length);
  }
}
