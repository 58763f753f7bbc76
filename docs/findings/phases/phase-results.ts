/** What the runs of the phase diagram say: in each phase the policy that serves most, and how a policy that learns compares with it. */
import { measures } from '../../../core/runs/measures.ts';
import { readSweep } from '../../../sim/sweep/results.ts';
import { type Difference, differenceOf } from '../multiplicity.ts';
import { type Phase, phaseName, phases } from './workload.ts';

/** The five of which the best is sought. */
export const rivals = ['hybrid', 'least-card', 'fgd', 'first-fit', 'nova-aliases'] as const;
export const comparedInPhases = [...rivals, 'demand-aware'];

/** One phase. Points of VMs served as asked. */
export interface PhaseResult {
  readonly phase: Phase;
  /** Means, by policy. */
  readonly means: Readonly<Record<string, number>>;
  /** The rival with the highest mean. */
  readonly best: string;
  /** Rivals that are not shown to serve fewer than the best, itself among them (95 %, paired by seed, not adjusted). */
  readonly asGood: readonly string[];
  /** `demand-aware` minus the best. */
  readonly learner: Difference;
}

/** In the order of `phases`. @throws InputError when the sweep in that folder is not finished */
export function phaseResults(folder: string): PhaseResult[] {
  const served = measures.find(({ label }) => label === 'served as asked')!;
  const runs = readSweep(folder);
  return phases.map((phase) => {
    const valuesOf = (policy: string): number[] =>
      runs
        .filter((run) => run.experiment === phaseName(phase) && run.policy === policy)
        .map(({ summary }) => served.read(summary)!);
    const minus = (policy: string, other: string): Difference => {
      const others = valuesOf(other);
      return differenceOf(valuesOf(policy).map((value, index) => value - others[index]!));
    };
    const means = Object.fromEntries(comparedInPhases.map((policy) => [policy, differenceOf(valuesOf(policy)).mean]));
    const best = [...rivals].sort((a, b) => means[b]! - means[a]!)[0]!;
    const asGood = rivals.filter((policy) => {
      const { mean, halfWidth } = minus(policy, best);
      return policy === best || mean + (halfWidth ?? Infinity) >= 0;
    });
    return { phase, means, best, asGood, learner: minus('demand-aware', best) };
  });
}
