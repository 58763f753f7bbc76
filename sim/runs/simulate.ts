/** One simulation: a policy on a cluster and a workload, and how it did. */
import { aBoolean, anInteger, aText } from '../../core/check.ts';
import type { DecisionColumns, SeriesColumns } from '../../core/runs/run-file.ts';
import type { FigureInterval } from '../measures/run-intervals.ts';
import type { WarmUp } from '../measures/warm-up.ts';
import { plainDecisions } from '../records/recorder.ts';
import { checkpointOf } from './checkpoint.ts';
import { type ChosenPolicy, choosePolicies, type PolicyInput, refuseUnknownOptions } from './chosen-policy.ts';
import { type ExperimentOptions, experimentOf, experimentOptions } from './experiment.ts';
import { inOptionNames } from './option-names.ts';
import { carryOutDecisions, carryOutHere, type DecisionResult, type ProgressListener, type RunHooks } from './run.ts';
import { type RunHandle, runHandle } from './run-handle.ts';
import { warnOfIdleOptions } from './warn-of-idle-options.ts';
import type { ReadRows } from './workload.ts';

/** A run, and what is kept of it. */
export interface SimulateOptions extends ExperimentOptions {
  /** A policy by name, or one of your own. Defaults to `hybrid`. */
  readonly policy?: PolicyInput | undefined;
  /** Of workload, failures and policies that draw lots: a whole number of at least 0. Defaults to 1. */
  readonly seed?: number | undefined;
  /** Run file to write; null: none. Defaults to null. */
  readonly out?: string | null | undefined;
  /** CSV to which decisions are streamed: id,host,cards,score,start_s,end_s,outcome,reason; null: none. Defaults to null. */
  readonly decisionsFile?: string | null | undefined;
  /** Keep no decisions, so that memory does not grow with the workload. Defaults to false. */
  readonly summaryOnly?: boolean | undefined;
  /** Told now and then how far the run is. */
  readonly onProgress?: ((progress: SimulateProgress) => void) | undefined;
}

/** How far a simulation is. */
export interface SimulateProgress {
  /** Done, in [0, 1]; null where only the end will tell. */
  readonly share: number | null;
  /** VMs that have arrived. */
  readonly arrived: number;
  /** Simulated time, s, from where it begins. */
  readonly nowS: number;
}

/** A run with its figures; decisions are in memory unless `summaryOnly`. */
export interface Simulation extends RunHandle {
  /** 95 % intervals of the figures by batch means, where the run is long enough. */
  readonly intervals: readonly FigureInterval[];
  /** What the figures leave out at the start. */
  readonly warmUp: WarmUp;
  /** Use over time, the warm-up included. */
  readonly series: SeriesColumns;
  /** Of the workload: VMs read, rows left out, where time begins. */
  readonly rows: ReadRows;
  /** Ids that several requests bear; 0 where decisions are not kept. */
  readonly repeatedIds: number;
}

const simulateOptions = [
  ...experimentOptions,
  ...['policy', 'seed', 'out', 'decisionsFile', 'summaryOnly', 'onProgress'],
];

/**
 * Runs one policy with one seed, on this thread, and measures.
 *
 * @throws InputError naming the option, or the file with its line, that is wrong; the reason of `signal` when it is aborted
 */
export function simulate(options: SimulateOptions = {}): Promise<Simulation> {
  return inOptionNames(carryOutSimulation(options));
}

/** The same, but messages name options as the command line does. */
export async function carryOutSimulation(options: SimulateOptions): Promise<Simulation> {
  const { plan, hooks } = await runOf(options);
  const { out = null, decisionsFile = null } = options;
  if (out !== null) aText(out, 'out');
  if (decisionsFile !== null) aText(decisionsFile, 'decisionsFile');
  const summaryOnly = aBoolean(options.summaryOnly ?? false, 'summaryOnly');
  const { result, measured } = await carryOutHere({ ...plan, out, decisions: decisionsFile, summaryOnly }, hooks);
  const { intervals, warmUp, rows, repeatedIds } = result;
  const handle = runHandle(result, out);
  let plain: DecisionColumns | undefined;
  const decisions = (): DecisionColumns => {
    if (measured.decisions === null) return handle.decisions();
    plain ??= plainDecisions(measured.decisions);
    return plain;
  };
  return { ...handle, decisions, intervals, warmUp, series: measured.series, rows, repeatedIds };
}

/** What `simulateDecisions` is given: as `simulate`, without what concerns figures and run files. */
export type DecisionOptions = Omit<SimulateOptions, 'out' | 'summaryOnly' | 'warmUp' | 'decisionsFile'> & {
  /** CSV to write: id,host,cards,score,start_s,end_s,outcome,reason. */
  readonly decisionsFile: string;
};

/**
 * Runs one policy for its decisions alone, which go to a CSV file: nothing is measured or kept, so that it is fast and memory does not
 * grow with the workload.
 *
 * @throws InputError as `simulate` does
 */
export async function simulateDecisions(options: DecisionOptions): Promise<DecisionResult> {
  const { plan, hooks } = await runOf(options);
  return inOptionNames(carryOutDecisions(plan, aText(options.decisionsFile, 'decisionsFile'), hooks));
}

/** The plan of a run, and what it is given besides. */
export async function runOf(options: SimulateOptions) {
  const experiment = experimentOf(options, simulateOptions);
  const { seed = 1, onProgress, signal, policyOptions = {} } = options;
  anInteger(seed, 'seed');
  const [policy] = (await choosePolicies([options.policy ?? 'hybrid'])) as [ChosenPolicy];
  refuseUnknownOptions(policyOptions, [policy]);
  await warnOfIdleOptions(options, experiment, [policy]);
  const listener: ProgressListener = (share, arrived, nowS) => onProgress?.({ share, arrived, nowS });
  const hooks: RunHooks = {
    given: await experiment.givenFor(policy, seed),
    onProgress: listener,
    checkpoint: checkpointOf(signal),
  };
  return { plan: experiment.planOf(policy, seed), hooks };
}
