/** How much a line carries, and how long what is sent waits on it, from acknowledged fences. */

/** Milliseconds beyond the line's own delay that what was sent may wait. */
const mostQueueMs = 80;
/** Before anything was acknowledged. */
const firstDelayMs = 300;

export class Line {
  #next = 0;
  #bytes = 0;
  #waiting: { readonly id: number; readonly atMs: number; readonly bytes: number }[] = [];
  /** Shortest time to an acknowledgement so far, in milliseconds. */
  leastMs = firstDelayMs;
  /** Time to the last acknowledgement, in milliseconds. */
  lastMs = 0;
  /** Bytes that were acknowledged. */
  acknowledgedBytes = 0;

  /** @returns the number that the acknowledgement has to bring */
  sent(atMs: number, bytes: number): number {
    this.#waiting.push({ id: ++this.#next, atMs, bytes });
    this.#bytes += bytes;
    return this.#next;
  }

  acknowledged(id: number, atMs: number): void {
    while (this.#waiting.length > 0 && this.#waiting[0]!.id <= id) {
      const one = this.#waiting.shift()!;
      this.#bytes -= one.bytes;
      this.acknowledgedBytes += one.bytes;
      if (one.id !== id) continue;
      this.lastMs = atMs - one.atMs;
      this.leastMs = Math.min(this.leastMs, this.lastMs);
    }
  }

  get waitingBytes(): number {
    return this.#bytes;
  }

  /** Whether more would only wait longer. */
  isFull(nowMs: number): boolean {
    const oldest = this.#waiting[0];
    return oldest !== undefined && nowMs - oldest.atMs > this.leastMs + mostQueueMs;
  }
}
