/** Writes CSV and JSON as bytes into a buffer, without a text for every cell. */

import type { OutputFile } from '../../files/output-file.ts';
import { csvCell } from '../../traces/csv.ts';

const bufferBytes = 1 << 16;
/** No number takes more. */
const numberBytes = 32;

/** The three digits of 0, 1, … 999. */
const threeDigits = Buffer.from(Array.from({ length: 1000 }, (_, value) => String(value).padStart(3, '0')).join(''));
/** 1, 2, 4, … */
const powers = Float64Array.from({ length: 54 }, (_, exponent) => 2 ** exponent);
/** From here on ten times a fraction is exact in a double, in units of half a step between doubles. */
const leastExact = 16;

const zero = 48;
const comma = 44;
const hyphen = 45;
const point = 46;
const lineFeed = 10;
const quote = 34;
const carriageReturn = 13;

export class ByteWriter {
  readonly #file: OutputFile;
  readonly #bytes = Buffer.allocUnsafeSlow(bufferBytes);
  #length = 0;
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

  /** What is ready to be written, from `start` to before `end`. */
  bytes(bytes: Uint8Array, start = 0, end = bytes.length): void {
    if (this.#length + end - start > bufferBytes) this.flush();
    if (end - start > bufferBytes) {
      this.#file.write(bytes.subarray(start, end));
      return;
    }
    const to = this.#bytes;
    let at = this.#length;
    for (let index = start; index < end; index++) to[at++] = bytes[index]!;
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
        this.#thousandths(Math.floor(value), thousandths);
        return;
      }
    }
    if (value >= 1e-6 && value < 1000) {
      const picos = Math.round(value * 1e12);
      if (picos / 1e12 === value) {
        this.#picos(picos);
        return;
      }
    }
    if (value >= leastExact && value < 2 ** 53 && value !== Math.floor(value)) this.#shortest(value);
    else this.plain(String(value));
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

  /**
   * The shortest decimal that reads back as `value`, which is no whole number: digits until one is left that rounds to it. For a time
   * of 17 digits that takes two thirds of what String() does, for a score about as long. Steele and White, "How to Print Floating-Point Numbers Accurately", algorithm (FPP)², 1990,
   * https://doi.org/10.1145/93542.93559.
   */
  #shortest(value: number): void {
    this.#float[0] = value;
    const exponent = (this.#floatBits[1]! >>> 20) - 1023;
    // Halfway to the next double counts as the double whose last bit is 0.
    const isEven = (this.#floatBits[0]! & 1) === 0;
    const one = powers[53 - exponent]!;
    const perOne = 1 / one;
    const whole = Math.floor(value);
    this.#whole(whole);
    const to = this.#bytes;
    let at = this.#length;
    to[at++] = point;
    let rest = (value - whole) * one;
    let half = 1;
    for (;;) {
      rest *= 10;
      half *= 10;
      const digit = (rest * perOne) | 0;
      rest -= digit * one;
      const isLow = rest < half || (isEven && rest === half);
      const isHigh = rest > one - half || (isEven && rest === one - half);
      if (isLow || isHigh) {
        to[at++] =
          zero + digit + (isHigh && (!isLow || 2 * rest > one || (2 * rest === one && digit % 2 === 1)) ? 1 : 0);
        break;
      }
      to[at++] = zero + digit;
    }
    this.#length = at;
  }

  /** A whole number of thousandths whose integer part is `whole`, as a decimal without trailing zeros. */
  #thousandths(whole: number, thousandths: number): void {
    const decimals = thousandths - whole * 1000;
    this.#whole(whole);
    if (decimals === 0) return;
    this.#bytes[this.#length++] = point;
    this.#threeDigits(decimals);
    this.#trimZeros();
  }

  /** The same of 10⁻¹², below 1000. */
  #picos(picos: number): void {
    const whole = Math.floor(picos / 1e12);
    const part = picos - whole * 1e12;
    const high = Math.floor(part / 1e6);
    const low = part - high * 1e6;
    this.#whole(whole);
    this.#bytes[this.#length++] = point;
    this.#threeDigits((high / 1000) | 0);
    this.#threeDigits(high % 1000);
    this.#threeDigits((low / 1000) | 0);
    this.#threeDigits(low % 1000);
    this.#trimZeros();
  }

  #threeDigits(value: number): void {
    const to = this.#bytes;
    const at = this.#length;
    const from = 3 * value;
    to[at] = threeDigits[from]!;
    to[at + 1] = threeDigits[from + 1]!;
    to[at + 2] = threeDigits[from + 2]!;
    this.#length = at + 3;
  }

  /** Takes back zeros after the last decimal that is none. */
  #trimZeros(): void {
    while (this.#bytes[this.#length - 1] === zero) this.#length--;
  }

  /** A whole number below 10¹⁵, three digits at a time. */
  #whole(value: number): void {
    if (value < 1000) {
      const to = this.#bytes;
      let at = this.#length;
      const from = 3 * value;
      if (value >= 100) to[at++] = threeDigits[from]!;
      if (value >= 10) to[at++] = threeDigits[from + 1]!;
      to[at++] = threeDigits[from + 2]!;
      this.#length = at;
      return;
    }
    // Below 2³¹ without a division of floats.
    const thousands = value < 2 ** 31 ? ((value | 0) / 1000) | 0 : Math.floor(value / 1000);
    this.#whole(thousands);
    this.#threeDigits(value - thousands * 1000);
  }

  #raw(text: string): void {
    const mostBytes = 3 * text.length;
    if (this.#length + mostBytes > bufferBytes) this.flush();
    if (mostBytes > bufferBytes) this.#file.write(text);
    else this.#length += this.#bytes.write(text, this.#length);
  }
}
