/** A progress bar on standard error; nothing where that is not a terminal. */
import { Presets, SingleBar } from 'cli-progress';

/** Shows how far a job is. */
export interface Progress {
  /** @param share done, in [0, 1]; null where it is not known; `note` is asked for only where it is shown */
  update(share: number | null, note: () => string): void;
  stop(): void;
}

export function startProgress(isWanted: boolean): Progress {
  if (!isWanted || process.stderr.isTTY !== true) return { update: () => {}, stop: () => {} };
  const total = 1000;
  const bar = new SingleBar(
    { format: ' {bar} {percentage}% │ {note}', hideCursor: true, clearOnComplete: true, fps: 10, etaBuffer: 50 },
    Presets.shades_classic,
  );
  bar.start(total, 0, { note: '' });
  return {
    update: (share, note) => bar.update(Math.floor((share ?? 0) * total), { note: note() }),
    stop: () => bar.stop(),
  };
}
