/** Work that a server does again and again, each at its own interval. */

export interface Tick {
  /** Milliseconds between two beginnings. */
  readonly everyMs: number;
  /** Its promise, if it gives one, is watched for failure. */
  readonly work: () => unknown;
  /** What is logged when `work` rejects. Left out for work that cannot. */
  readonly failure?: string;
}

/** Begins one interval after the call. @param onFailure told of what was rejected @returns what ends it */
export function startTicking(ticks: readonly Tick[], onFailure: (error: unknown, failure: string) => void): () => void {
  const timers = ticks.map(({ everyMs, work, failure = '' }) =>
    setInterval(() => {
      const outcome = work();
      if (outcome instanceof Promise) outcome.catch((error: unknown) => onFailure(error, failure));
    }, everyMs),
  );
  return () => {
    for (const timer of timers) clearInterval(timer);
  };
}
