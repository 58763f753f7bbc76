/** Simulations and comparisons as Observables: progress, then the result. */
import { Observable } from 'rxjs';
import { type CompareOptions, type CompareProgress, type Comparison, compare } from '../runs/compare.ts';
import { type SimulateOptions, type SimulateProgress, type Simulation, simulate } from '../runs/simulate.ts';

/** How far the work is, or what came of it: the last value before completion. */
export type Update<Progress, Result> =
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'result'; readonly result: Result };

/** Runs `simulate` for each subscriber. Unsubscribing stops the run; its files are then not left behind. */
export function simulate$(
  options: Omit<SimulateOptions, 'signal' | 'onProgress'> = {},
): Observable<Update<SimulateProgress, Simulation>> {
  return updates$((hooks) => simulate({ ...options, ...hooks }));
}

/** Runs `compare` for each subscriber. Unsubscribing stops the runs and their threads; files of complete runs stay. */
export function compare$(
  options: Omit<CompareOptions, 'signal' | 'onProgress'> = {},
): Observable<Update<CompareProgress, Comparison>> {
  return updates$((hooks) => compare({ ...options, ...hooks }));
}

interface Hooks<Progress> {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

/** Does the work for each subscriber, until there is none. */
function updates$<Progress, Result>(
  work: (hooks: Hooks<Progress>) => Promise<Result>,
): Observable<Update<Progress, Result>> {
  return new Observable((subscriber) => {
    const abort = new AbortController();
    const onProgress = (progress: Progress): void => subscriber.next({ kind: 'progress', progress });
    work({ signal: abort.signal, onProgress }).then(
      (result) => {
        subscriber.next({ kind: 'result', result });
        subscriber.complete();
      },
      (error: unknown) => subscriber.error(error),
    );
    return () => abort.abort();
  });
}
