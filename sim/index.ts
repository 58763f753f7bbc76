/** The simulator: runs, comparisons and sweeps, and the files they leave behind. */
export { readRunFile } from './records/run-file-io.ts';
export { loadCluster as readCluster } from './runs/inputs.ts';
export { readSweep, type SweepResult } from './sweep/results.ts';
