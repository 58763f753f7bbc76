/** Cuts a stream of bytes into items (messages, rectangles), and lets each pass, drops or replaces it. */

/** Knows the items of one direction. */
export interface Items {
  /**
   * Looks at the item that begins at `at`, and sets `passes` and `replacement` for it.
   *
   * @returns its length, which may go beyond the bytes that are there; 0 when more of them are needed to tell
   * @throws ProtocolError
   */
  measure(bytes: Buffer, at: number): number;
  /** Whether the item that was measured last passes. */
  readonly passes: boolean;
  /** What takes its place where it does not pass; null: nothing. */
  readonly replacement: Buffer | null;
}

export class ItemStream {
  readonly #items: Items;
  /** Bytes of the item under way that are still to come. */
  #left = 0;
  /** Beginning of an item whose length could not be told yet. */
  #held: Buffer | null = null;

  constructor(items: Items) {
    this.#items = items;
  }

  /** Whether all that came ended with an item's end. */
  get isBetweenItems(): boolean {
    return this.#left === 0 && this.#held === null;
  }

  /**
   * Takes the next bytes, in whatever pieces they come. @returns what passes on, in order: parts of `chunk` where nothing was held back,
   * none of it copied. The chunk may be overwritten once these have been used. @throws ProtocolError
   */
  push(chunk: Buffer): readonly Buffer[] {
    const bytes = this.#held === null ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = null;
    const passed: Buffer[] = [];
    /** What lies from here up to `at` passes and is not in `passed` yet. */
    let from = 0;
    let at = 0;
    while (at < bytes.length) {
      const isBegin = this.#left === 0;
      if (isBegin) this.#left = this.#items.measure(bytes, at);
      if (this.#left === 0) {
        this.#held = Buffer.from(bytes.subarray(at));
        break;
      }
      const step = Math.min(this.#left, bytes.length - at);
      if (!this.#items.passes) {
        if (at > from) passed.push(bytes.subarray(from, at));
        if (isBegin && this.#items.replacement !== null) passed.push(this.#items.replacement);
        from = at + step;
      }
      this.#left -= step;
      at += step;
    }
    if (at > from) passed.push(bytes.subarray(from, at));
    return passed;
  }
}
