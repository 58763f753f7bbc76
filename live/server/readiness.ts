/** Whether requests should come here: not while database or cloud are away, so that a balancer sends them to another server. */
import type { Clock } from '../../core/clock.ts';

/** Seconds within which database and cloud must answer. */
const answerLimitS = 3;
/** Seconds for which an answer counts. */
const freshForS = 1;

/** One thing that must answer: asked once at a time however often somebody wants to know. */
export class Probe {
  readonly #what: string;
  readonly #work: () => Promise<unknown>;
  readonly #clock: Clock;
  #answeredAtS = Number.NEGATIVE_INFINITY;
  #asking: { readonly sinceS: number; readonly reason: Promise<string | null> } | null = null;

  /** @param what for the message: `the database` */
  constructor(what: string, work: () => Promise<unknown>, clock: Clock) {
    this.#what = what;
    this.#work = work;
    this.#clock = clock;
  }

  /** Why it does not serve; null when it does. Never takes longer than the limit. */
  async reason(): Promise<string | null> {
    const { nowS } = this.#clock;
    if (nowS - this.#answeredAtS < freshForS) return null;
    this.#asking ??= { sinceS: nowS, reason: this.#ask() };
    const { sinceS, reason } = this.#asking;
    const leftS = sinceS + answerLimitS - nowS;
    const silence = `${this.#what} has not answered for ${answerLimitS} s`;
    if (leftS <= 0) return silence;
    let cancel = (): void => {};
    const late = new Promise<string>((resolve) => {
      cancel = this.#clock.after(leftS, () => resolve(silence));
    });
    return await Promise.race([reason, late]).finally(() => cancel());
  }

  async #ask(): Promise<string | null> {
    try {
      await null; // so that nothing ends before it is known to be asked
      await this.#work();
      this.#answeredAtS = this.#clock.nowS;
      return null;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return `${this.#what} does not serve: ${message === '' ? code : message}`;
    } finally {
      this.#asking = null;
    }
  }
}

/** Looks at the cloud as a whole. */
export interface CloudLooks {
  /** Why requests cannot be taken yet; null when they can. */
  readonly unreadyBecause: string | null;
  /** Seconds since the last one that succeeded. */
  readonly reconcileAgeS: number;
  /** Why the last one failed; null when it did not. */
  readonly failure: string | null;
  readonly settings: { readonly reconcileIntervalS: number };
}

/** Intervals without a successful look at the cloud after which requests should go elsewhere. */
export const missedLooks = 3;

/** Why too long ago the cloud was seen; null when it was lately. */
export function blindBecause({ unreadyBecause, reconcileAgeS, failure, settings }: CloudLooks): string | null {
  if (unreadyBecause !== null) return unreadyBecause;
  if (reconcileAgeS <= missedLooks * settings.reconcileIntervalS) return null;
  const age = `the cloud was last seen ${Math.round(reconcileAgeS)} s ago`;
  return failure === null ? age : `${age}: ${failure}`;
}
