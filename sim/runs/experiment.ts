/** The options that simulations and comparisons share, and the plans that they make. */
import { aBoolean, anInteger, aPositive, noOtherFields, oneOf } from '../../core/check.ts';
import { InputError } from '../../core/input-error.ts';
import { instantS } from '../../core/instant.ts';
import type { PolicyOptions } from '../../core/policy-options.ts';
import type { CloudOptions } from '../../core/runs/run-file.ts';
import { type Engine, engines } from '../../core/scheduler.ts';
import { cloudWith } from '../cloud/cloud-options.ts';
import { type ArrivalSource, collectArrivals } from './arrivals.ts';
import type { From } from './beginning.ts';
import { type ChosenPolicy, planOptionsOf } from './chosen-policy.ts';
import type { ClusterInput } from './inputs.ts';
import { presetNames } from './presets.ts';
import type { DecisionPlan, GivenInputs } from './run.ts';
import type { WorkloadPlan } from './workload.ts';

/** A file whose kind its name does not say: parameters of a generated workload, or a trace. */
export type WorkloadFile = { readonly parameters: string } | { readonly trace: string };

/**
 * What arrives: a preset such as `heps`, a file (parameters of a generated workload where it ends in `.json`, else a trace), arrivals in
 * memory, or a function that gives those of a seed.
 */
export type WorkloadInput =
  | string
  | WorkloadFile
  | ArrivalSource
  | ((seed: number) => ArrivalSource | Promise<ArrivalSource>);

/** What decides a run besides its policy and its seed. */
export interface ExperimentOptions {
  /** Preset, cluster file, openb node list, or a cluster in memory. Defaults to `heps-250`. */
  readonly cluster?: ClusterInput | undefined;
  /** What arrives. Defaults to the preset `heps`. */
  readonly workload?: WorkloadInput | undefined;
  /**
   * Where time begins, s, as an instant of a trace or of the arrivals given: VMs that arrive before are left out, everything else counts from
   * there. `first`: the first arrival. Defaults to `first`; a generated workload always begins at 0.
   */
  readonly from?: From | undefined;
  /** Length from there, whole days; null: all of a trace or of the arrivals given. Defaults to 30 for a generated workload, else to null. */
  readonly days?: number | null | undefined;
  /** Arrivals relative to the workload's plan, above 0; generated workloads only. Defaults to 1. */
  readonly load?: number | undefined;
  /** How the times of an openb trace are read. Defaults to `real` where they were recorded. */
  readonly times?: 'real' | 'order' | undefined;
  /** Leave wrong rows of a trace out instead of throwing at the first. Defaults to false. */
  readonly skipInvalid?: boolean | undefined;
  /** How the cloud behaves; what is left out is as in `defaultCloud`. */
  readonly cloud?: Partial<CloudOptions> | undefined;
  /** Options of the policies; what is left out has the policy's default. */
  readonly policyOptions?: Partial<Omit<PolicyOptions, 'seed' | 'typicalRequests'>> | undefined;
  /** Seconds from where time begins that figures leave out; `auto`: found by MSER-5. Defaults to none. */
  readonly warmUp?: number | 'auto' | undefined;
  /** How the best host is found; the decisions are the same. Defaults to `auto`. */
  readonly engine?: Engine | undefined;
  /** Stops the work at the next batch of arrivals, which then throws the signal's reason; files that are not complete are removed. */
  readonly signal?: AbortSignal | undefined;
  /** Told, in one sentence each, of options that do nothing with the others. Defaults to a warning of the process (`process.emitWarning`). */
  readonly onWarning?: ((text: string) => void) | undefined;
}

/** Names of the options, for `noOtherFields`. */
export const experimentOptions = [
  ...[
    'cluster',
    'workload',
    'from',
    'days',
    'load',
    'times',
    'skipInvalid',
    'cloud',
    'policyOptions',
    'warmUp',
    'engine',
  ],
  ...['signal', 'onWarning'],
];

/** The runs that an experiment consists of. */
export interface Experiment {
  /** @throws InputError when an option has no value that the policy takes */
  readonly planOf: (policy: ChosenPolicy, seed: number) => DecisionPlan;
  /** What the run is given in memory. @throws InputError about one of the arrivals */
  readonly givenFor: (policy: ChosenPolicy, seed: number) => Promise<GivenInputs>;
  /** Whether another seed means other arrivals. */
  readonly isGenerated: boolean;
}

/**
 * Checks the options.
 *
 * @param names of all options that the caller takes
 * @throws InputError naming the option
 */
export function experimentOf(options: ExperimentOptions, names: readonly string[]): Experiment {
  noOtherFields({ ...options }, '', names);
  const { cluster = 'heps-250', workload = 'heps', warmUp, engine = 'auto' } = options;
  const arrivals = typeof workload === 'function' ? workload : isSource(workload) ? () => workload : undefined;
  const shared = {
    cluster: typeof cluster === 'string' ? cluster : 'hosts' in cluster ? cluster.name : 'hosts',
    workload: workloadPlanOf(options, workload),
  };
  const cloud = cloudWith(options.cloud ?? {});
  oneOf(engine, 'engine', engines);
  if (warmUp !== undefined && warmUp !== 'auto') checkWarmUp(warmUp);
  const collected = new Map<unknown, Promise<GivenInputs['arrivals']>>();
  const arrivalsOf = (seed: number): Promise<GivenInputs['arrivals']> => {
    const key = typeof workload === 'function' ? seed : workload;
    const known =
      collected.get(key) ?? Promise.resolve(arrivals?.(seed)).then((source) => source && collectArrivals(source));
    collected.set(key, known);
    return known;
  };
  return {
    planOf: (policy, seed) => ({
      ...shared,
      policy: policy.factory.name,
      ...(policy.module === undefined ? {} : { policyModule: policy.module }),
      policyOptions: planOptionsOf(policy, options.policyOptions ?? {}),
      cloud,
      engine,
      seed,
      warmUpS: warmUp,
    }),
    givenFor: async (policy, seed) => ({
      cluster:
        typeof cluster === 'string' ? undefined : 'hosts' in cluster ? cluster : { name: 'hosts', hosts: cluster },
      arrivals: await arrivalsOf(seed),
      policy: policy.given,
    }),
    isGenerated: typeof workload === 'function' || shared.workload.preset !== null,
  };
}

function isSource(workload: WorkloadInput): workload is ArrivalSource {
  return (
    typeof workload === 'object' &&
    workload !== null &&
    (Symbol.iterator in workload || Symbol.asyncIterator in workload)
  );
}

function workloadPlanOf(options: ExperimentOptions, workload: WorkloadInput): WorkloadPlan {
  const { days, load = 1, times, skipInvalid = false } = options;
  const { preset, trace } = filesOf(workload);
  const from = fromOf(options.from, preset);
  if (typeof days === 'number') anInteger(days, 'days', 1);
  aPositive(load, 'load');
  if (load !== 1 && preset === null)
    throw new InputError('load', '1, since only generated workloads have a load', load);
  if (times !== undefined) oneOf(times, 'times', ['real', 'order']);
  aBoolean(skipInvalid, 'skipInvalid');
  const length = days ?? (preset === null ? null : 30);
  return { preset, trace, from, days: length, load, times: times ?? null, skipInvalid };
}

function filesOf(workload: WorkloadInput): Pick<WorkloadPlan, 'preset' | 'trace'> {
  if (typeof workload === 'string') {
    const isPreset = workload.endsWith('.json') || presetNames('workloads').includes(workload);
    return isPreset ? { preset: workload, trace: null } : { preset: null, trace: workload };
  }
  if (typeof workload === 'function' || isSource(workload)) return { preset: null, trace: null };
  if ('trace' in workload) return { preset: null, trace: workload.trace };
  if ('parameters' in workload) return { preset: workload.parameters, trace: null };
  throw new InputError('workload', 'a name, a file, arrivals or a function that gives some', workload);
}

function fromOf(from: From | undefined, preset: string | null): From | undefined {
  if (from !== undefined && preset !== null) {
    throw new InputError('from', 'nothing, since a generated workload begins at 0 (warmUp leaves out its start)', from);
  }
  if (preset !== null || from === undefined || from === 'first') return preset === null ? 'first' : undefined;
  if (typeof from !== 'number' || !(from >= 0 && from < Infinity)) {
    throw new InputError('from', 'seconds of at least 0, or first', from);
  }
  return instantS(from);
}

function checkWarmUp(warmUp: unknown): void {
  if (typeof warmUp !== 'number' || !(warmUp >= 0 && warmUp < Infinity)) {
    throw new InputError('warmUp', 'seconds of at least 0, or auto', warmUp);
  }
}
