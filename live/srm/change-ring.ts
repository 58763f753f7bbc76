/** The latest changes as they were sent, so that a watcher who was away goes on where it was. */

/** What was sent at once: the changes `first` to `last`. */
export interface Chunk {
  readonly first: number;
  readonly last: number;
  /** About how long it is. */
  readonly length: number;
  /** Server-sent events; one buffer for all watchers. */
  readonly bytes: () => Buffer;
}

export class ChangeRing {
  readonly #mostBytes: number;
  #chunks: Chunk[] = [];
  #bytes = 0;
  #last = 0;

  /** @param mostBytes kept; older changes are forgotten, but never the latest chunk */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** Sequence number of the latest change; 0 before the first. */
  get last(): number {
    return this.#last;
  }

  push(chunk: Chunk): void {
    this.#last = chunk.last;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    let forgotten = 0;
    while (this.#bytes > this.#mostBytes && forgotten < this.#chunks.length - 1) {
      this.#bytes -= this.#chunks[forgotten++]!.length;
    }
    if (forgotten > 0) this.#chunks = this.#chunks.slice(forgotten);
  }

  /**
   * What follows the change with that number: the chunk that holds the next one, which may begin with some that are known; undefined where
   * nothing follows.
   *
   * @returns `forgotten` where the next one is no longer kept, or the number never was
   */
  after(sequence: number): Chunk | undefined | 'forgotten' {
    if (sequence === this.#last) return undefined;
    const oldest = this.#chunks[0];
    if (sequence > this.#last || oldest === undefined || sequence + 1 < oldest.first) return 'forgotten';
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#chunks[middle]!.last > sequence) high = middle;
      else low = middle + 1;
    }
    return this.#chunks[low];
  }
}
