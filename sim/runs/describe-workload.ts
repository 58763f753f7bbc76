/** What a workload asks for, before anything is simulated. */
import { anInteger } from '../../core/check.ts';
import type { ArrivalStream } from '../../traces/arrival.ts';
import { TraceDigest, type TraceSummary } from '../measures/trace-digest.ts';
import { type ExperimentOptions, experimentOf } from './experiment.ts';
import { inOptionNames } from './option-names.ts';
import { anyPolicy, warnOfIdleOptions } from './warn-of-idle-options.ts';
import { openWorkload, type ReadRows, workloadInMemory } from './workload.ts';

/** Which workload. */
export interface DescribeOptions
  extends Pick<ExperimentOptions, 'workload' | 'days' | 'load' | 'times' | 'skipInvalid' | 'onWarning'> {
  /** For what the workload leaves open: a whole number of at least 0. Defaults to 1. */
  readonly seed?: number | undefined;
}

/** A workload in figures. */
export interface WorkloadDescription extends TraceSummary {
  /** File name, preset, or `arrivals`. */
  readonly name: string;
  /** Hex digest of the trace file, or of the workload's parameters. Reads the file once more. */
  readonly sha256: () => Promise<string>;
  /** VMs read, rows left out. */
  readonly rows: ReadRows;
}

/** Reads or generates a workload to its end. @throws InputError naming the option, or the file with its line, that is wrong */
export function describeWorkload(options: DescribeOptions = {}): Promise<WorkloadDescription> {
  return inOptionNames(carryOutDescription(options));
}

/** The same, but messages name options as the command line does. */
export async function carryOutDescription(options: DescribeOptions): Promise<WorkloadDescription> {
  const names = ['workload', 'days', 'load', 'times', 'skipInvalid', 'seed', 'onWarning'];
  const { seed = 1, ...workloadOptions } = options;
  const experiment = experimentOf(workloadOptions, names);
  const plan = experiment.planOf(anyPolicy, anInteger(seed, 'seed')).workload;
  await warnOfIdleOptions(options, experiment, []);
  const { arrivals } = await experiment.givenFor(anyPolicy, seed);
  const workload = arrivals === undefined ? await openWorkload(plan, seed) : workloadInMemory(arrivals);
  const digest = new TraceDigest();
  for await (const batch of firstDays(workload.arrivals, plan.days)) for (const arrival of batch) digest.add(arrival);
  const { name, rows } = workload;
  return { name, sha256: () => workload.sha256(), rows, ...digest.summary(plan.days) };
}

/** The arrivals of the first days; null = all. */
export async function* firstDays(arrivals: ArrivalStream, days: number | null): ArrivalStream {
  const untilS = days === null ? Infinity : days * 86400;
  for await (const batch of arrivals) {
    const early = batch.filter(({ atS }) => atS < untilS);
    yield early;
    if (early.length < batch.length) return;
  }
}
