/** An upper bound of the GPU work that any policy could have served: the offline optimum where that can be solved, or a relaxation of it. */
import type { HostSpec } from '../../core/host.ts';
import type { CloudOptions } from '../../core/runs/run-file.ts';
import { acceptableVms, type GpuWork, startsAreFixed } from './gpu-work.ts';
import { hostPools } from './host-pools.ts';
import type { LinearModel } from './linear-model.ts';
import { relaxationByKind } from './lp-by-kind.ts';
import { relaxationByVm } from './lp-by-vm.ts';
import { offlineOptimum } from './milp.ts';
import { type Solved, solveInteger, solveLinear } from './solver.ts';

/** `offline-optimum`: exact; `by-vm`, `by-kind`: linear relaxations over buckets of time; `all`: without an end of time, all that fits on some host. */
export type BoundMethod = 'offline-optimum' | 'by-vm' | 'by-kind' | 'all';

/** How much GPU work a workload holds, and how much of it no policy could exceed, under one seed. */
export interface Bound {
  /** No policy serves more, card-hours. */
  readonly cardHours: number;
  /** What was asked for by VMs that fit on some empty host, card-hours before the horizon if each started at once. */
  readonly askedCardHours: number;
  /** How it was found. */
  readonly method: BoundMethod;
  /** Length of the buckets, s; null where there are none. */
  readonly bucketS: number | null;
  /** Whether the model was solved to its end; if not, the bound is what was proved when the time was up. */
  readonly isOptimal: boolean;
  /** Size of the model. */
  readonly variables: number;
  /** Constraints of the model. */
  readonly rows: number;
}

/** How large models may be, and how long they are worked on. */
export interface BoundLimits {
  /** Variables of the offline optimum at most; more are relaxed. */
  readonly integerVariables: number;
  /** Seconds for the search for it. */
  readonly integerTimeS: number;
  /** Entries of the matrix of each relaxation, about; decides the length of the buckets. */
  readonly entriesByVm: number;
  readonly entriesByKind: number;
  /** Seconds for a relaxation: far more than it takes, since one that is stopped says little. */
  readonly linearTimeS: number;
}

export const defaultBoundLimits: BoundLimits = {
  integerVariables: 600,
  integerTimeS: 60,
  entriesByVm: 300_000,
  entriesByKind: 100_000,
  linearTimeS: 600,
};

/**
 * The bound by the best method that the size allows. Where the search for the optimum is stopped, the lower of what it proved and the
 * relaxation.
 *
 * @returns undefined where even the coarsest relaxation would be too large
 */
export async function boundOf(
  hosts: readonly HostSpec[],
  work: GpuWork,
  cloud: CloudOptions,
  limits: BoundLimits = defaultBoundLimits,
): Promise<Bound | undefined> {
  const pools = hostPools(hosts, work.kinds);
  const isServable = work.kinds.map((_, kind) => pools.some(({ parts }) => parts[kind] !== undefined));
  const askedCardHours = acceptableVms(work, cloud.bootS).reduce(
    (sum, vm) => sum + (isServable[vm.kind] ? vm.cardHours : 0),
    0,
  );
  const isFixed = startsAreFixed(work, cloud);
  if (askedCardHours === 0 || (!isFixed && work.horizonS === Infinity)) {
    const none = { bucketS: null, isOptimal: true, variables: 0, rows: 0 };
    return { cardHours: askedCardHours, askedCardHours, method: 'all', ...none };
  }
  const { integerVariables, integerTimeS, entriesByVm, entriesByKind, linearTimeS } = limits;
  const described = (method: BoundMethod, bucketS: number | null, model: LinearModel, solved: Solved): Bound => ({
    cardHours: Math.min(solved.bound, askedCardHours),
    askedCardHours,
    method,
    bucketS,
    isOptimal: solved.isOptimal,
    variables: model.cost.length,
    rows: model.limit.length,
  });

  const exact = isFixed ? offlineOptimum(hosts, work, cloud.bootS, integerVariables) : undefined;
  const optimum =
    exact === undefined
      ? undefined
      : described('offline-optimum', null, exact, await solveInteger(exact, integerTimeS));
  if (optimum?.isOptimal) return optimum;

  const byVm = isFixed ? relaxationByVm(pools, work, cloud.bootS, entriesByVm) : undefined;
  const relaxation = byVm ?? relaxationByKind(pools, work, cloud, entriesByKind);
  if (relaxation === undefined) return optimum;
  const { model, bucketS } = relaxation;
  const method = byVm === undefined ? 'by-kind' : 'by-vm';
  const relaxed = described(method, bucketS, model, await solveLinear(model, linearTimeS));
  return optimum !== undefined && optimum.cardHours < relaxed.cardHours ? optimum : relaxed;
}
