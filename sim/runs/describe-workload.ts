/** What a workload asks for, before anything is simulated; and the part of one that a run would simulate. */
import { anInteger } from '../../core/check.ts';
import { instantS } from '../../core/instant.ts';
import type { ArrivalStream } from '../../traces/arrival.ts';
import { QuietTimes } from '../measures/quiet-time.ts';
import { TraceDigest, type TraceSummary } from '../measures/trace-digest.ts';
import { beginAt, beginningOf } from './beginning.ts';
import { type ExperimentOptions, experimentOf } from './experiment.ts';
import { inOptionNames } from './option-names.ts';
import { anyPolicy, warnOfIdleOptions } from './warn-of-idle-options.ts';
import { openWorkload, type ReadRows, type WorkloadPlan, workloadInMemory } from './workload.ts';

/** Which workload. */
export interface DescribeOptions
  extends Pick<ExperimentOptions, 'workload' | 'from' | 'days' | 'load' | 'times' | 'skipInvalid' | 'onWarning'> {
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
  const names = ['workload', 'from', 'days', 'load', 'times', 'skipInvalid', 'seed', 'onWarning'];
  const { seed = 1, ...workloadOptions } = options;
  const experiment = experimentOf(workloadOptions, names);
  const plan = experiment.planOf(anyPolicy, anInteger(seed, 'seed')).workload;
  await warnOfIdleOptions(options, experiment, []);
  const { arrivals } = await experiment.givenFor(anyPolicy, seed);
  const workload = arrivals === undefined ? await openWorkload(plan, seed) : workloadInMemory(arrivals, plan.from);
  const { beginS, vmsBefore, arrivals: counted } = await beginAt(workload.arrivals, plan.from ?? 0);
  const digest = new TraceDigest(beginS);
  const quiet = new QuietTimes();
  for await (const batch of firstDays(counted, beginS, plan.days)) {
    for (const arrival of batch) {
      digest.add(arrival);
      quiet.add(instantS(arrival.atS - beginS));
    }
  }
  const { vms, leftOut } = workload.rows;
  const quietTime = quiet.within(plan.days === null ? null : plan.days * 86_400);
  const rows: ReadRows = { vms, leftOut, begin: beginningOf(plan, beginS, vmsBefore), quietTime };
  return { name: workload.name, sha256: () => workload.sha256(), rows, ...digest.summary(plan.days) };
}

/** The arrivals of the first days from `beginS` on; null = all. */
async function* firstDays(arrivals: ArrivalStream, beginS: number, days: number | null): ArrivalStream {
  const lengthS = days === null ? Infinity : days * 86_400;
  for await (const batch of arrivals) {
    const early = batch.filter(({ atS }) => instantS(atS - beginS) < lengthS);
    yield early;
    if (early.length < batch.length) return;
  }
}

/** The arrivals that a run of the plan would see, with the instants of the workload. */
export async function* plannedArrivals(arrivals: ArrivalStream, { from = 0, days }: WorkloadPlan): ArrivalStream {
  const begun = await beginAt(arrivals, from);
  yield* firstDays(begun.arrivals, begun.beginS, days);
}
