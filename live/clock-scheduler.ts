/** A Clock as the scheduler of RxJS, so that pipelines run on the wall clock in service and on virtual time in tests. */
import { type SchedulerAction, type SchedulerLike, Subscription } from 'rxjs';
import type { Clock } from '../core/clock.ts';

type Work<T> = (this: SchedulerAction<T>, state: T) => void;

/** What operators such as `timer` and `bufferTime` take as their last argument; their milliseconds are seconds of the clock. */
export function schedulerOf(clock: Clock): SchedulerLike {
  return {
    now: () => clock.nowS * 1000,
    schedule: <T>(work: Work<T>, delayMs = 0, state?: T) => new ClockAction(clock, work).schedule(state, delayMs),
  };
}

/** One piece of work: it may put itself on the clock again, and waits for one time only. */
class ClockAction<T> extends Subscription implements SchedulerAction<T> {
  readonly #clock: Clock;
  readonly #work: Work<T>;
  #cancel = (): void => {};

  constructor(clock: Clock, work: Work<T>) {
    super(() => this.#cancel());
    this.#clock = clock;
    this.#work = work;
  }

  schedule(state?: T, delayMs = 0): Subscription {
    if (this.closed) return this;
    this.#cancel();
    this.#cancel = this.#clock.after(delayMs / 1000, () => this.#work(state as T));
    return this;
  }
}
