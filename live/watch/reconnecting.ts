/** A stream that comes back: lost connections are made again after a wait that doubles up to a ceiling. */
import { concatWith, defer, type Observable, retry, type SchedulerLike, throwError, timeout, timer } from 'rxjs';
import { InputError } from '../../core/input-error.ts';
import { StreamRefused } from './server-sent-events.ts';

/** When a connection is tried again, and when it counts as lost. */
export interface ReconnectOptions {
  /** Seconds before the first try after a loss; each further one waits twice as long. Defaults to 1. */
  readonly firstWaitS?: number | undefined;
  /** Seconds that a wait is never longer than. Defaults to 30. */
  readonly mostWaitS?: number | undefined;
  /** Seconds without a word from the server after which the connection counts as lost. Defaults to 60. */
  readonly silenceS?: number | undefined;
  /** Told of each loss: what happened, and the seconds until the next try. Defaults to nobody. */
  readonly onLost?: ((error: Error, waitS: number) => void) | undefined;
  /** On which time passes. Defaults to RxJS's own, the real clock. */
  readonly scheduler?: SchedulerLike | undefined;
}

/**
 * Connects, and connects again whenever the stream ends, fails or falls silent. What was heard since makes the waits start from the
 * first again. A refusal (`StreamRefused`) and what cannot be read (InputError) are passed on at once.
 *
 * @param connect makes one connection; called for every try
 */
export function reconnecting<T>(connect: () => Observable<T>, options: ReconnectOptions = {}): Observable<T> {
  const { firstWaitS = 1, mostWaitS = 30, silenceS = 60, onLost, scheduler } = options;
  const ended$ = throwError(() => new Error('the server ended the stream'));
  return defer(connect).pipe(
    concatWith(ended$),
    timeout({
      each: silenceS * 1000,
      with: () => throwError(() => new Error(`nothing was heard for ${silenceS} s`)),
      ...(scheduler && { scheduler }),
    }),
    retry({
      resetOnSuccess: true,
      delay(error: Error, failures) {
        if (error instanceof StreamRefused || error instanceof InputError) return throwError(() => error);
        const waitS = Math.min(mostWaitS, firstWaitS * 2 ** (failures - 1));
        onLost?.(error, waitS);
        return timer(waitS * 1000, scheduler);
      },
    }),
  );
}
