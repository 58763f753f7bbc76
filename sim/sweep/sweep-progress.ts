/** How far a sweep is and how long it still takes: a bar on a terminal, elsewhere a line on standard error now and then. */
import { startProgress } from '../terminal/progress.ts';

const msBetweenLines = 30_000;

export interface SweepProgress {
  /** @param share of all work that is done, in [0, 1]; `finished` runs are complete */
  readonly update: (share: number, finished: number) => void;
  readonly stop: () => void;
}

/** @param total runs of this call */
export function startSweepProgress(total: number): SweepProgress {
  const startedMs = performance.now();
  let saidMs = startedMs;
  const bar = startProgress(true);
  return {
    update: (share, finished) => {
      const nowMs = performance.now();
      const note = (): string => `${finished} of ${total} runs${timeLeft((nowMs - startedMs) / 1000, share)}`;
      bar.update(share, note);
      if (process.stderr.isTTY === true || nowMs - saidMs < msBetweenLines) return;
      saidMs = nowMs;
      console.error(`heps: ${note()}`);
    },
    stop: () => bar.stop(),
  };
}

/**
 * `, 12 min left`, if the rest goes as fast as what is done; empty while nothing is.
 *
 * @param share done, in [0, 1]
 */
export function timeLeft(elapsedS: number, share: number): string {
  if (share <= 0) return '';
  const leftS = (elapsedS * (1 - share)) / share;
  if (leftS < 90) return `, ${Math.ceil(leftS)} s left`;
  if (leftS < 5400) return `, ${Math.round(leftS / 60)} min left`;
  return `, ${(leftS / 3600).toFixed(1)} h left`;
}
