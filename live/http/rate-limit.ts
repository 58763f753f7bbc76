/** Token buckets by key: a burst, and a rate per second. */
import type { Clock } from '../../core/clock.ts';

export interface RateLimitOptions {
  /** As many may come at once. */
  readonly burst: number;
  /** Refilled each second. */
  readonly perS: number;
  /** Keys that are remembered; beyond them the one that was used longest ago is forgotten. Defaults to 10 000. */
  readonly mostKeys?: number;
}

export class RateLimit {
  readonly #options: Required<RateLimitOptions>;
  readonly #clock: Pick<Clock, 'nowS'>;
  /** Least recently used first. */
  readonly #buckets = new Map<string, { left: number; atS: number }>();

  constructor(options: RateLimitOptions, clock: Pick<Clock, 'nowS'>) {
    this.#options = { mostKeys: 10_000, ...options };
    this.#clock = clock;
  }

  /** Takes one for the key; false when there is none left. */
  take(key: string): boolean {
    const { burst, perS, mostKeys } = this.#options;
    const { nowS } = this.#clock;
    const bucket = this.#buckets.get(key) ?? { left: burst, atS: nowS };
    this.#buckets.delete(key);
    bucket.left = Math.min(burst, bucket.left + Math.max(0, nowS - bucket.atS) * perS);
    bucket.atS = nowS;
    const isFree = bucket.left >= 1;
    if (isFree) bucket.left -= 1;
    if (this.#buckets.size >= mostKeys) this.#buckets.delete(this.#buckets.keys().next().value!);
    this.#buckets.set(key, bucket);
    return isFree;
  }

  /** Gives one back that was taken for what turned out not to count. */
  giveBack(key: string): void {
    const bucket = this.#buckets.get(key);
    if (bucket !== undefined) bucket.left = Math.min(this.#options.burst, bucket.left + 1);
  }
}
