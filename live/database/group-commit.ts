/** Group commit: what comes in within some milliseconds is written together, since the disk is waited for once each time. */

export interface GroupCommitOptions<T> {
  /** Writes all or none; durable when it resolves. */
  readonly write: (items: readonly T[]) => Promise<void>;
  /** Milliseconds to gather before a write. Defaults to 15. */
  readonly lingerMs?: number;
  /** Items of one write. Defaults to 500. */
  readonly mostItems?: number;
  /** Items that may wait; further ones are refused. Defaults to 20 000. */
  readonly mostWaiting?: number;
  /** Starts the gathering; tests call `action` themselves. Defaults to setTimeout. */
  readonly after?: (delayMs: number, action: () => void) => void;
  /** Told of each write that was made: how many items, milliseconds. */
  readonly onWrite?: (items: number, tookMs: number) => void;
}

/** More waits for the disk than can be kept. */
export class TooManyWaiting extends Error {
  override readonly name = 'TooManyWaiting';
}

interface Waiting<T> {
  readonly item: T;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class GroupCommit<T> {
  readonly #options: Required<Omit<GroupCommitOptions<T>, 'onWrite'>> & Pick<GroupCommitOptions<T>, 'onWrite'>;
  #waiting: Waiting<T>[] = [];
  #isGathering = false;

  constructor(options: GroupCommitOptions<T>) {
    const after = (delayMs: number, action: () => void): void => void setTimeout(action, delayMs);
    this.#options = { lingerMs: 15, mostItems: 500, mostWaiting: 20_000, after, ...options };
  }

  /** Resolves when the item is on disk; rejects with what the write of its group threw. */
  add(item: T): Promise<void> {
    if (this.#waiting.length >= this.#options.mostWaiting) {
      return Promise.reject(new TooManyWaiting(`${this.#waiting.length} writes wait for the database`));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      this.#gather();
    });
  }

  /** One write at a time: what comes in during one is gathered for the next. */
  #gather(): void {
    if (this.#isGathering) return;
    this.#isGathering = true;
    this.#options.after(this.#options.lingerMs, () => void this.#writeGroup());
  }

  async #writeGroup(): Promise<void> {
    const group = this.#waiting.splice(0, this.#options.mostItems);
    const startMs = performance.now();
    try {
      await this.#options.write(group.map(({ item }) => item));
      this.#options.onWrite?.(group.length, performance.now() - startMs);
      for (const { resolve } of group) resolve();
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
    this.#isGathering = false;
    if (this.#waiting.length > 0) this.#gather();
  }
}
