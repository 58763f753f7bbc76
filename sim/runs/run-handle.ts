/** A run that has been carried out: its figures, and what its run file holds, read when asked for. */
import { InputError } from '../../core/input-error.ts';
import { decisionsOf } from '../../core/runs/replay.ts';
import type { DecisionColumns, RunFile, RunInputs, RunSummary } from '../../core/runs/run-file.ts';
import { readRunFile } from '../records/run-file-io.ts';
import type { RunResult } from './run.ts';

/** One run of a comparison. */
export interface RunHandle {
  /** Name. */
  readonly policy: string;
  /** Its seed. */
  readonly seed: number;
  /** What ran, with digests of cluster and workload. */
  readonly inputs: RunInputs;
  /** Its figures. */
  readonly summary: RunSummary;
  /** Run file; null where none was asked for. */
  readonly file: string | null;
  /** Reads the run file. @throws InputError when there is none, or it cannot be read */
  readonly read: () => RunFile;
  /** Reads every decision, one row a submission. @throws InputError when there is no run file, or it was written with `summaryOnly` */
  readonly decisions: () => DecisionColumns;
}

/** @param file its run file, if it was written */
export function runHandle({ inputs, summary }: RunResult, file: string | null): RunHandle {
  const read = (): RunFile => {
    if (file === null) throw new InputError('out', 'a place for run files, to read one', undefined);
    return readRunFile(file);
  };
  const decisions = (): DecisionColumns => decisionsOf(read(), file!);
  return { policy: inputs.policy.name, seed: inputs.seed, inputs, summary, file, read, decisions };
}
