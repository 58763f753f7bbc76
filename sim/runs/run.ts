/** A run as a plan that can be sent to a thread, and its execution: inputs opened, played, files written. */
import { formatCluster, type NamedCluster } from '../../core/cluster-file.ts';
import { InputError } from '../../core/input-error.ts';
import { createPolicy, type Policy, type PolicyFactory } from '../../core/policy.ts';
import type { PolicyOptions } from '../../core/policy-options.ts';
import { type CloudOptions, type RunInputs, type RunSummary, runFormat } from '../../core/runs/run-file.ts';
import type { Engine } from '../../core/scheduler.ts';
import { OutputFile } from '../../files/output-file.ts';
import { hepsVersion } from '../../package-files.ts';
import type { PolicyModule } from '../../policy-modules/loaded-policy.ts';
import type { Arrival } from '../../traces/arrival.ts';
import { countOf } from '../../traces/left-out.ts';
import type { QuietTime } from '../measures/quiet-time.ts';
import type { FigureInterval } from '../measures/run-intervals.ts';
import { findWarmUp, givenWarmUp, type ObservedVms, observeVms, type WarmUp } from '../measures/warm-up.ts';
import { countRepeatedIds } from '../records/repeated-ids.ts';
import { type WritableRun, writeRunFile } from '../records/run-file-io.ts';
import { beginningOf } from './beginning.ts';
import { type LoadedCluster, readCluster } from './inputs.ts';
import {
  type Checkpoint,
  type DecisionCounts,
  decide,
  type Measured,
  measure,
  type Played,
  type PlayOptions,
} from './play.ts';
import { factoryOf } from './policy-of-plan.ts';
import { openWorkload, type ReadRows, type Workload, type WorkloadPlan, workloadInMemory } from './workload.ts';

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

/** Inputs that are handed over in memory; those absent are found by the plan's names. */
export interface GivenInputs {
  readonly cluster?: NamedCluster | undefined;
  readonly arrivals?: readonly Arrival[] | undefined;
  /** A function cannot go to another thread: with this, a run stays on the one it was asked for. */
  readonly policy?: PolicyFactory | undefined;
}

/** What came of a run; plain data, so that it can come from a thread. */
export interface RunResult {
  /** What ran, as the run file has it. */
  readonly inputs: RunInputs;
  /** Its figures. */
  readonly summary: RunSummary;
  /** 95 % intervals of the summary's figures, where the run is long enough. */
  readonly intervals: readonly FigureInterval[];
  /** What the figures leave out at the start. */
  readonly warmUp: WarmUp;
  /** From which a warm-up is found. */
  readonly observedVms: ObservedVms;
  /** Of the workload: VMs read, rows left out, where time begins. */
  readonly rows: ReadRows;
  /** Ids that several requests bear; 0 where decisions are not kept. */
  readonly repeatedIds: number;
}

/** Done share of a run in [0, 1], null where only the end will tell; VMs arrived; simulated seconds, from where time begins. */
export type ProgressListener = (share: number | null, arrived: number, nowS: number) => void;

/** What a run is given besides its plan. */
export interface RunHooks {
  readonly given?: GivenInputs | undefined;
  readonly onProgress?: ProgressListener | undefined;
  readonly checkpoint?: Checkpoint | undefined;
}

/** Where VMs go and which arrive, opened. */
export interface OpenInputs {
  readonly cluster: LoadedCluster;
  readonly workload: Workload;
}

/** Opens what a plan is about. @param hasNames whether station, flavor, image and user of the VMs are wanted @throws InputError */
export async function openInputs(plan: DecisionPlan, given: GivenInputs = {}, hasNames = true): Promise<OpenInputs> {
  return {
    cluster: await readCluster(given.cluster ?? plan.cluster),
    workload:
      given.arrivals === undefined
        ? await openWorkload(plan.workload, plan.seed, hasNames)
        : workloadInMemory(given.arrivals, plan.workload.from),
  };
}

/** A policy that is ready to be made, once a run. */
export interface OpenPolicy {
  readonly factory: PolicyFactory;
  readonly policyOptions: PolicyOptions;
}

/** Opens the policy of a plan, and reads the workload for it where it must be known beforehand. @throws InputError */
export async function openPolicy(plan: DecisionPlan, given: GivenInputs, workload: Workload): Promise<OpenPolicy> {
  const factory = given.policy ?? (await factoryOf(plan.policy, plan.policyModule));
  const options = { ...plan.policyOptions, seed: plan.seed };
  const policyOptions = factory.needsTypicalRequests
    ? { ...options, typicalRequests: await workload.typicalRequests() }
    : options;
  return { factory, policyOptions };
}

/** How the plan's workload is played. */
export function playOptionsOf(
  plan: DecisionPlan,
  { count }: Workload,
  { onProgress, checkpoint }: RunHooks,
): PlayOptions {
  const { from, days } = plan.workload;
  const untilS = days === null ? null : days * secondsPerDay;
  return {
    cloud: plan.cloud,
    seed: plan.seed,
    engine: plan.engine,
    from,
    untilS,
    onProgress: (arrived, nowS) => {
      const share = count === null ? (untilS === null ? null : nowS / untilS) : arrived / count;
      onProgress?.(share, arrived, nowS);
    },
    checkpoint,
  };
}

/** The plan without files or warm-up: a run from which its warm-up is found. */
export function pilotOf(plan: RunPlan): RunPlan {
  return { ...plan, warmUpS: undefined, out: null, decisions: null, summaryOnly: true };
}

/** Carries a plan out. Files appear when they are complete, or not at all. @throws InputError, or what a checkpoint throws */
export async function carryOut(plan: RunPlan, hooks: RunHooks = {}): Promise<RunResult> {
  const { result } = await carryOutHere(plan, hooks);
  return result;
}

/** The same with what was measured, and the decisions where they are recorded: too much to send between threads. */
export async function carryOutHere(plan: RunPlan, hooks: RunHooks = {}): Promise<MeasuredRun> {
  if (plan.warmUpS !== 'auto') return carryOutAfter(givenWarmUp(plan.warmUpS), plan, hooks);
  const halfOf = (start: number): RunHooks => ({
    ...hooks,
    onProgress: (share, ...now) => hooks.onProgress?.(share === null ? null : start + share / 2, ...now),
  });
  const { observedVms } = await carryOut(pilotOf(plan), halfOf(0));
  return carryOutAfter(findWarmUp([observedVms]), plan, halfOf(0.5));
}

/** A run with all that was measured in it. */
export interface MeasuredRun {
  readonly result: RunResult;
  readonly measured: Measured;
}

async function carryOutAfter(warmUp: WarmUp, plan: RunPlan, hooks: RunHooks): Promise<MeasuredRun> {
  const { given = {} } = hooks;
  const { cluster, workload } = await openInputs(plan, given);
  const { factory, policyOptions } = await openPolicy(plan, given, workload);
  const policy = createPolicy(factory, policyOptions);
  const typicalRequests = policyOptions.typicalRequests ?? (await workload.typicalRequests());
  const { days } = plan.workload;
  if (days !== null && warmUp.untilS >= days * secondsPerDay) throw tooLong(warmUp);
  let decisionsFile: OutputFile | undefined;
  let runFile: OutputFile | undefined;
  try {
    if (plan.decisions !== null) decisionsFile = new OutputFile(plan.decisions);
    if (plan.out !== null) runFile = new OutputFile(plan.out);
    const measured = await measure(cluster.hosts, workload.arrivals, policy, {
      ...playOptionsOf(plan, workload, hooks),
      record: !plan.summaryOnly,
      typicalRequests,
      decisionsFile,
      warmUpS: warmUp.untilS,
    });
    const { intervals, played, quietTime, ...recorded } = measured;
    if (warmUp.untilS > 0 && measured.summary.durationS === 0) throw tooLong(warmUp);
    const isGenerated = plan.workload.trace === null && given.arrivals === undefined;
    const inputs: RunInputs = {
      cluster: { name: cluster.name, sha256: cluster.sha256 },
      workload: {
        name: workload.name,
        sha256: await workload.sha256(),
        ...(played.beginS === 0 ? {} : { beginS: played.beginS }),
        days,
        load: isGenerated ? plan.workload.load : null,
        skipped: countOf(workload.rows.leftOut),
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
    const repeatedIds = recorded.decisions === null ? 0 : countRepeatedIds(recorded.decisions);
    const rows = rowsOf(workload, plan, played, quietTime);
    return { result: { inputs, summary, intervals, warmUp, observedVms, rows, repeatedIds }, measured };
  } catch (error) {
    runFile?.discard();
    decisionsFile?.discard();
    throw error;
  }
}

/** As plain data, which can be sent between threads. */
function rowsOf(
  { rows: { vms, leftOut } }: Workload,
  plan: DecisionPlan,
  { beginS, vmsBefore }: Played,
  quietTime: QuietTime | null = null,
): ReadRows {
  return { vms, leftOut, begin: beginningOf(plan.workload, beginS, vmsBefore), quietTime };
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

/** The outcome of a plan whose decisions alone were wanted. */
export interface DecisionResult {
  /** Its name. */
  readonly cluster: string;
  /** Its name. */
  readonly workload: string;
  /** What became of the VMs. */
  readonly counts: DecisionCounts;
  /** Of the workload: VMs read, rows left out. */
  readonly rows: ReadRows;
}

/** Streams the decisions of a plan to `path` as CSV, which appears when it is complete, and does nothing else. @throws InputError */
export async function carryOutDecisions(
  plan: DecisionPlan,
  path: string,
  hooks: RunHooks = {},
): Promise<DecisionResult> {
  const { given = {} } = hooks;
  const { cluster, workload } = await openInputs(plan, given, false);
  const { factory, policyOptions } = await openPolicy(plan, given, workload);
  const policy = createPolicy(factory, policyOptions);
  const file = new OutputFile(path);
  try {
    const options = playOptionsOf(plan, workload, hooks);
    const { counts, played } = await decide(cluster.hosts, workload.arrivals, policy, options, file);
    file.finish();
    return { cluster: cluster.name, workload: workload.name, counts, rows: rowsOf(workload, plan, played) };
  } catch (error) {
    file.discard();
    throw error;
  }
}
