/** A run as a plan that can be sent to a thread, and its execution: inputs opened, simulated, files written. */
import { formatCluster } from '../../core/cluster-file.ts';
import { InputError } from '../../core/input-error.ts';
import { createPolicy, type Policy, type PolicyFactory } from '../../core/policy.ts';
import type { PolicyOptions } from '../../core/policy-options.ts';
import { type CloudOptions, type RunInputs, type RunSummary, runFormat } from '../../core/runs/run-file.ts';
import type { Engine } from '../../core/scheduler.ts';
import { hepsVersion } from '../../package-files.ts';
import type { PolicyModule } from '../../policy-modules/loaded-policy.ts';
import type { FigureInterval } from '../measures/run-intervals.ts';
import { findWarmUp, givenWarmUp, type ObservedVms, observeVms, type WarmUp } from '../measures/warm-up.ts';
import { OutputFile } from '../records/output-file.ts';
import { type WritableRun, writeRunFile } from '../records/run-file-io.ts';
import { loadCluster, openWorkload, type Workload, type WorkloadPlan } from './inputs.ts';
import { factoryOf } from './policy-of-plan.ts';
import { type DecisionCounts, decide, type PlayOptions, simulate } from './simulate.ts';

const secondsPerDay = 86400;

/** Everything that decides what a run does; plain data. */
export interface DecisionPlan {
  /** Preset name or file. */
  readonly cluster: string;
  readonly workload: WorkloadPlan;
  readonly policy: string;
  /** Where the policy comes from, if not from heps. */
  readonly policyModule?: PolicyModule;
  /** The seed is set from `seed`. */
  readonly policyOptions: Omit<PolicyOptions, 'seed'>;
  readonly cloud: CloudOptions;
  /** How the best host is found; decisions and files are the same. */
  readonly engine: Engine;
  /** Of the workload, the failures and the policies that draw lots. */
  readonly seed: number;
  /** Seconds at the start that figures leave out; `auto`: found for this run, which then runs twice. Defaults to none. */
  readonly warmUpS?: number | 'auto' | undefined;
}

/** A run that is measured, and where its results go. */
export interface RunPlan extends DecisionPlan {
  /** Run file to write; null = none. */
  readonly out: string | null;
  /** CSV of decisions to stream; null = none. */
  readonly decisions: string | null;
  /** Leave the decisions out of the run file, so that memory does not grow with the trace. */
  readonly summaryOnly: boolean;
}

export interface RunResult {
  readonly inputs: RunInputs;
  readonly summary: RunSummary;
  /** 95 % intervals of the summary's figures, where the run is long enough. */
  readonly intervals: readonly FigureInterval[];
  readonly warmUp: WarmUp;
  /** From which a warm-up is found. */
  readonly observedVms: ObservedVms;
  /** Messages of the rows left out. */
  readonly skipped: readonly string[];
}

/** Done share of a run in [0, 1], null where only the end will tell; VMs arrived; simulated seconds. */
export type ProgressListener = (share: number | null, arrived: number, nowS: number) => void;

/** What the policy of a plan is made with. */
async function policyOptionsOf(
  plan: DecisionPlan,
  { needsTypicalRequests }: PolicyFactory,
  workload: Workload,
): Promise<PolicyOptions> {
  const options = { ...plan.policyOptions, seed: plan.seed };
  return needsTypicalRequests ? { ...options, typicalRequests: await workload.typicalRequests() } : options;
}

/** How the plan's workload is played. */
function playOptionsOf(plan: DecisionPlan, { count }: Workload, onProgress?: ProgressListener): PlayOptions {
  const { days } = plan.workload;
  const untilS = days === null ? null : days * secondsPerDay;
  return {
    cloud: plan.cloud,
    seed: plan.seed,
    engine: plan.engine,
    untilS,
    onProgress: (arrived, nowS) => {
      const share = count === null ? (untilS === null ? null : nowS / untilS) : arrived / count;
      onProgress?.(share, arrived, nowS);
    },
  };
}

/** The plan without files or warm-up: a run from which its warm-up is found. */
export function pilotOf(plan: RunPlan): RunPlan {
  return { ...plan, warmUpS: undefined, out: null, decisions: null, summaryOnly: true };
}

/** Carries a plan out. Files appear when they are complete, or not at all. @throws InputError */
export async function carryOut(plan: RunPlan, onProgress?: ProgressListener): Promise<RunResult> {
  if (plan.warmUpS !== 'auto') return carryOutAfter(givenWarmUp(plan.warmUpS), plan, onProgress);
  const halfOf = (start: number): ProgressListener => {
    return (share, ...now) => onProgress?.(share === null ? null : start + share / 2, ...now);
  };
  const { observedVms } = await carryOut(pilotOf(plan), halfOf(0));
  return carryOutAfter(findWarmUp([observedVms]), plan, halfOf(0.5));
}

async function carryOutAfter(warmUp: WarmUp, plan: RunPlan, onProgress?: ProgressListener): Promise<RunResult> {
  const factory = await factoryOf(plan.policy, plan.policyModule);
  const cluster = await loadCluster(plan.cluster);
  const workload = await openWorkload(plan.workload, plan.seed);
  const policyOptions = await policyOptionsOf(plan, factory, workload);
  const policy = createPolicy(factory, policyOptions);
  const typicalRequests = policyOptions.typicalRequests ?? (await workload.typicalRequests());
  const { days } = plan.workload;
  if (days !== null && warmUp.untilS >= days * secondsPerDay) throw tooLong(warmUp);
  let decisionsFile: OutputFile | undefined;
  let runFile: OutputFile | undefined;
  try {
    if (plan.decisions !== null) decisionsFile = new OutputFile(plan.decisions);
    if (plan.out !== null) runFile = new OutputFile(plan.out);
    const result = await simulate(cluster.hosts, workload.arrivals, policy, {
      ...playOptionsOf(plan, workload, onProgress),
      record: runFile !== undefined && !plan.summaryOnly,
      typicalRequests,
      decisionsFile,
      warmUpS: warmUp.untilS,
    });
    const { intervals, ...recorded } = result;
    if (warmUp.untilS > 0 && result.summary.durationS === 0) throw tooLong(warmUp);
    const inputs: RunInputs = {
      cluster: { name: cluster.name, sha256: cluster.sha256 },
      workload: {
        name: workload.name,
        sha256: await workload.sha256(),
        days,
        load: plan.workload.trace === null ? plan.workload.load : null,
        skipped: workload.skipped.length,
      },
      policy: { name: plan.policy, options: policyOptions, ...moduleRecord(plan.policyModule, policy) },
      cloud: plan.cloud,
      seed: plan.seed,
      ...(warmUp.how === 'none' ? {} : { warmUpS: warmUp.untilS }),
    };
    if (runFile !== undefined) {
      const file: WritableRun = {
        format: runFormat,
        heps: hepsVersion(),
        inputs,
        cluster: formatCluster(cluster),
        ...recorded,
      };
      writeRunFile(runFile, file);
      runFile.finish();
    }
    decisionsFile?.finish();
    const { summary, series } = recorded;
    const observedVms = observeVms(series, summary.durationS + warmUp.untilS);
    return { inputs, summary, intervals, warmUp, observedVms, skipped: workload.skipped };
  } catch (error) {
    runFile?.discard();
    decisionsFile?.discard();
    throw error;
  }
}

/** What the run file keeps of a policy's file: as it was given, so that the bytes are the same wherever it lies. */
function moduleRecord(module: PolicyModule | undefined, { wholeCards }: Policy): Pick<RunInputs['policy'], 'module'> {
  if (module === undefined) return {};
  const { given: file, sha256 } = module;
  return { module: { file, sha256, ...(wholeCards ? { wholeCards } : {}) } };
}

/** Nothing is left of the run. */
function tooLong({ untilS }: WarmUp): InputError {
  return new InputError('--warm-up', 'less than the time until the last arrival, or than --days', `${untilS} s`);
}

/** What came of a plan of which only the decisions were wanted. */
export interface DecisionResult {
  readonly cluster: string;
  readonly workload: string;
  readonly counts: DecisionCounts;
  /** Messages of the rows left out. */
  readonly skipped: readonly string[];
}

/** Streams the decisions of a plan to `path` as CSV, which appears when it is complete, and does nothing else. @throws InputError */
export async function carryOutDecisions(
  plan: DecisionPlan,
  path: string,
  onProgress?: ProgressListener,
): Promise<DecisionResult> {
  const factory = await factoryOf(plan.policy, plan.policyModule);
  const cluster = await loadCluster(plan.cluster);
  const workload = await openWorkload(plan.workload, plan.seed, false);
  const policy = createPolicy(factory, await policyOptionsOf(plan, factory, workload));
  const file = new OutputFile(path);
  try {
    const options = playOptionsOf(plan, workload, onProgress);
    const counts = await decide(cluster.hosts, workload.arrivals, policy, options, file);
    file.finish();
    return { cluster: cluster.name, workload: workload.name, counts, skipped: workload.skipped };
  } catch (error) {
    file.discard();
    throw error;
  }
}
