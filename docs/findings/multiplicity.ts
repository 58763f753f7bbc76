/** Tests of many differences at once: p-values of paired differences, Holm's adjustment, and equivalence within a margin. */
import { type Estimate, estimate, studentCdf, studentQuantile } from '../../core/statistics/estimate.ts';

/** What the replications say of a difference. */
export interface Difference extends Estimate {
  /** Replications. */
  readonly count: number;
  /** Two-sided p of Student's test that the mean is 0; 1 where all replications agree that it is. */
  readonly p: number;
}

/** Of paired values, one a replication. @throws RangeError without values */
export function differenceOf(values: readonly number[]): Difference {
  const { mean, halfWidth } = estimate(values);
  const count = values.length;
  if (halfWidth === null) return { mean, halfWidth, count, p: 1 };
  const standardError = halfWidth / studentQuantile(0.975, count - 1);
  if (standardError === 0) return { mean, halfWidth, count, p: mean === 0 ? 1 : 0 };
  return { mean, halfWidth, count, p: 2 * (1 - studentCdf(Math.abs(mean) / standardError, count - 1)) };
}

/** Holm's step-down p-values, in the order given: rejecting those below 0.05 errs once with at most 5 % in the whole family. */
export function holm(ps: readonly number[]): number[] {
  const order = ps.map((_, index) => index).sort((a, b) => ps[a]! - ps[b]!);
  const adjusted = ps.map(() => 1);
  let least = 0;
  for (const [rank, index] of order.entries()) {
    least = Math.max(least, Math.min(1, (ps.length - rank) * ps[index]!));
    adjusted[index] = least;
  }
  return adjusted;
}

/** Whether the difference is shown to lie within ± `margin` (two one-sided tests at 5 %: its 90 % interval does). */
export function isEquivalent({ mean, halfWidth, count }: Difference, margin: number): boolean {
  if (halfWidth === null) return false;
  const half = (halfWidth * studentQuantile(0.95, count - 1)) / studentQuantile(0.975, count - 1);
  return Math.abs(mean) + half < margin;
}
