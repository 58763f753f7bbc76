/** A column of numbers that grows without being copied, and takes the memory of the numbers alone. */
import type { ByteWriter } from './byte-writer.ts';

const chunkBits = 14;
const chunkRows = 1 << chunkBits;

export class NumberColumn {
  readonly #chunks: Float64Array[] = [];
  #last = new Float64Array(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** @param value NaN where there is none: null in JSON */
  push(value: number): void {
    const place = this.#length++ & (chunkRows - 1);
    if (place === 0) {
      this.#last = new Float64Array(chunkRows);
      this.#chunks.push(this.#last);
    }
    this.#last[place] = value;
  }

  set(row: number, value: number): void {
    this.#chunks[row >> chunkBits]![row & (chunkRows - 1)] = value;
  }

  at(row: number): number {
    return this.#chunks[row >> chunkBits]![row & (chunkRows - 1)]!;
  }

  toPlain(): (number | null)[] {
    return Array.from({ length: this.#length }, (_, row) => (Number.isNaN(this.at(row)) ? null : this.at(row)));
  }

  /** As JSON. */
  writeTo(writer: ByteWriter): void {
    writer.plain('[');
    for (let row = 0; row < this.#length; row++) {
      if (row > 0) writer.comma();
      const value = this.at(row);
      if (value >= 0 || value < 0) writer.number(value);
      else writer.plain('null');
    }
    writer.plain(']');
  }
}
