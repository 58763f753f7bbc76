/** Ids of the VMs that are there, by slot, as UTF-8 bytes where they came so: making a text takes 50 ns, a quarter of reading a row. */
import type { VmRequest } from '../../core/request.ts';
import { RequestRow } from '../../traces/arrival-row.ts';
import { textOf } from '../../traces/text-cache.ts';
import { grown } from '../engine/grown.ts';

/** A longer id is kept as a text. */
const mostBytes = 64;

export class IdColumn {
  /** Slot `s` has `width` bytes from `s * width` on. */
  bytes = new Uint8Array(0);
  /** Bytes of each id; 0 where only its text is known. */
  #lengths = new Uint8Array(0);
  readonly #texts: (string | undefined)[] = [];
  #width = 16;

  /** Makes room for `slots` slots. */
  grow(slots: number): void {
    this.#lengths = grown(this.#lengths, new Uint8Array(slots));
    this.bytes = grown(this.bytes, new Uint8Array(slots * this.#width));
  }

  set(slot: number, request: VmRequest): void {
    if (!(request instanceof RequestRow) || request.idEnd - request.idStart > mostBytes) {
      this.#lengths[slot] = 0;
      this.#texts[slot] = request.id;
      return;
    }
    const { idBytes, idStart, idEnd } = request;
    const length = idEnd - idStart;
    while (length > this.#width) this.#widen();
    const to = this.bytes;
    let at = slot * this.#width;
    for (let from = idStart; from < idEnd; from++) to[at++] = idBytes[from]!;
    this.#lengths[slot] = length;
  }

  copy(from: number, to: number): void {
    const start = this.startOf(from);
    this.bytes.copyWithin(this.startOf(to), start, start + this.#width);
    this.#lengths[to] = this.#lengths[from]!;
    this.#texts[to] = this.#texts[from];
  }

  /** Where the bytes of an id start, and where they end: there where only its text is known. */
  startOf(slot: number): number {
    return slot * this.#width;
  }
  endOf(slot: number): number {
    return slot * this.#width + this.#lengths[slot]!;
  }

  textOf(slot: number): string {
    const length = this.#lengths[slot]!;
    if (length === 0) return this.#texts[slot]!;
    const start = this.startOf(slot);
    return textOf(this.bytes, start, start + length);
  }

  #widen(): void {
    const wide = new Uint8Array(2 * this.bytes.length);
    for (let slot = 0; slot < this.#lengths.length; slot++) {
      wide.set(this.bytes.subarray(slot * this.#width, (slot + 1) * this.#width), 2 * slot * this.#width);
    }
    this.bytes = wide;
    this.#width *= 2;
  }
}
