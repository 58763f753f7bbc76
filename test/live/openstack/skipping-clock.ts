/** A clock for tests that talk to a loopback server: waiting takes no time, and time limits pass when the test says so. */
import type { Clock } from '../../../core/clock.ts';

/** Delays of this length or longer are time limits: they do not pass on their own. */
export const limitS = 1000;

export class SkippingClock implements Clock {
  nowS = 0;
  /** Each delay that was waited for, in order. */
  readonly waitedS: number[] = [];
  readonly #limits = new Set<() => void>();

  after(delayS: number, action: () => void): () => void {
    if (delayS >= limitS) {
      this.#limits.add(action);
      return () => this.#limits.delete(action);
    }
    this.waitedS.push(delayS);
    const soon = setImmediate(() => {
      this.nowS += delayS;
      action();
    });
    return () => clearImmediate(soon);
  }

  /** Lets every time limit pass that still runs. */
  passLimits(): void {
    for (const action of this.#limits) action();
  }

  get runningLimits(): number {
    return this.#limits.size;
  }
}
