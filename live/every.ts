/** Work that is done again and again. */
import { catchError, defer, EMPTY, exhaustMap, type Subscription, timer } from 'rxjs';
import type { Clock } from '../core/clock.ts';
import { schedulerOf } from './clock-scheduler.ts';

/**
 * Does `work` every `intervalS` seconds until unsubscribed, first after `firstS`: one interval unless it is given. It never runs twice at once: a turn that comes while
 * it runs is left out. What fails is told to `onError`, and the next turn comes as if nothing had been.
 */
export function every(
  clock: Clock,
  intervalS: number,
  work: () => unknown,
  onError: (error: unknown) => void,
  firstS: number = intervalS,
): Subscription {
  const turn = defer(async () => work()).pipe(
    catchError((error: unknown) => {
      onError(error);
      return EMPTY;
    }),
  );
  return timer(firstS * 1000, intervalS * 1000, schedulerOf(clock))
    .pipe(exhaustMap(() => turn))
    .subscribe();
}
