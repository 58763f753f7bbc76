/**
 * Whether a stream that is silent has nothing to say or has broken: after a short silence the desktop is asked for one pixel, which it sends
 * at once. Pure: told the time, in milliseconds.
 */

/** `stalled`: asked, and no answer for a while; `dead`: it is given up. */
export type Silence = 'none' | 'stalled' | 'dead';

/** Milliseconds between two looks, and since the last byte. */
export const lookEveryMs = 250;
const askAfterMs = 750;
const stalledAfterMs = 3_000;
const deadAfterMs = 10_000;
/** A look that comes so late shows that this computer slept, or that the browser held the tab back. */
const lateMs = 1_500;

export class SilenceWatch {
  #heardMs: number;
  #lookedMs: number;
  #askedMs: number | null = null;
  #roundTripMs: number | null = null;

  constructor(nowMs: number) {
    this.#heardMs = this.#lookedMs = nowMs;
  }

  /** Shortest time from a question to the next byte; null before there was one. */
  get roundTripMs(): number | null {
    return this.#roundTripMs;
  }

  /** Some bytes have come. */
  heard(nowMs: number): void {
    if (this.#askedMs !== null) this.tookRoundTrip(nowMs - this.#askedMs);
    this.#heardMs = nowMs;
    this.#askedMs = null;
  }

  /** A question of another kind was answered within that time. */
  tookRoundTrip(ms: number): void {
    this.#roundTripMs = Math.min(this.#roundTripMs ?? ms, ms);
  }

  /** @returns whether to ask now, and how it stands */
  look(nowMs: number): { readonly asks: boolean; readonly silence: Silence } {
    if (nowMs - this.#lookedMs > lateMs) {
      this.#heardMs = nowMs;
      this.#askedMs = null;
    }
    this.#lookedMs = nowMs;
    const silentMs = nowMs - this.#heardMs;
    const asks = silentMs >= askAfterMs && this.#askedMs === null;
    if (asks) this.#askedMs = nowMs;
    const silence = silentMs >= deadAfterMs ? 'dead' : silentMs >= stalledAfterMs ? 'stalled' : 'none';
    return { asks, silence };
  }
}
