/** The ids of all decisions, kept as the JSON that the run file has of them: 16 bytes an id of 13 letters, a text took 43. */

import type { Vm } from '../cloud/vm.ts';
import type { ByteWriter } from './byte-writer.ts';

const chunkBytes = 1 << 16;
const quote = 34;
const comma = 44;
const backslash = 92;

export class IdTexts {
  readonly #full: Uint8Array[] = [];
  #chunk = new Uint8Array(chunkBytes);
  #used = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(vm: Vm): void {
    if (!this.#pushBytes(vm)) this.#append(Buffer.from(`${this.#length > 0 ? ',' : ''}${JSON.stringify(vm.id)}`));
    this.#length++;
  }

  toPlain(): string[] {
    // Each chunk begins with a whole id, and all but the first with the comma before it.
    const chunks = [...this.#full, this.#chunk.subarray(0, this.#used)];
    return chunks.flatMap((chunk) => JSON.parse(`[${Buffer.from(chunk).toString().replace(/^,/, '')}]`) as string[]);
  }

  /** Each id as the bytes of its JSON, without quotes: where they lie, from `start` to before `end`. */
  forEachBytes(take: (bytes: Uint8Array, start: number, end: number) => void): void {
    for (const chunk of [...this.#full, this.#chunk.subarray(0, this.#used)]) {
      let start = 0;
      for (let at = 0; at < chunk.length; at++) {
        if (chunk[at] !== quote) continue;
        start = at + 1;
        for (at = start; chunk[at] !== quote; at++) if (chunk[at] === backslash) at++;
        take(chunk, start, at);
      }
    }
  }

  /** As JSON. */
  writeTo(writer: ByteWriter): void {
    writer.plain('[');
    for (const chunk of [...this.#full, this.#chunk.subarray(0, this.#used)]) writer.bytes(chunk);
    writer.plain(']');
  }

  /** @returns false, having put down nothing, where the id is no plain ASCII */
  #pushBytes({ ids, slot }: Vm): boolean {
    const end = ids.endOf(slot);
    let from = ids.startOf(slot);
    if (from === end) return false;
    if (this.#used + end - from + 3 > chunkBytes) this.#startChunk();
    const chunk = this.#chunk;
    const { bytes } = ids;
    let at = this.#used;
    if (this.#length > 0) chunk[at++] = comma;
    chunk[at++] = quote;
    while (from < end) {
      const byte = bytes[from++]!;
      if (byte < 32 || byte > 126 || byte === quote || byte === backslash) return false;
      chunk[at++] = byte;
    }
    chunk[at++] = quote;
    this.#used = at;
    return true;
  }

  #append(bytes: Uint8Array): void {
    if (this.#used + bytes.length > chunkBytes) this.#startChunk();
    if (bytes.length > chunkBytes) {
      this.#full.push(bytes);
      return;
    }
    this.#chunk.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  #startChunk(): void {
    this.#full.push(this.#chunk.subarray(0, this.#used));
    this.#chunk = new Uint8Array(chunkBytes);
    this.#used = 0;
  }
}
