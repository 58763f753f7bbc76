/** How near each policy came to the upper bound, over the seeds. */
import type { PolicyRuns } from '../../core/runs/comparison.ts';
import { type Estimate, estimate } from '../../core/statistics/estimate.ts';
import type { Bound } from './bound.ts';

/** One policy against the bounds of the same seeds. */
export interface BoundShare {
  /** Name. */
  readonly policy: string;
  /** What it served, card-hours. */
  readonly servedCardHours: Estimate;
  /** Served / bound, seed by seed; null where nothing could be served under some seed. */
  readonly share: Estimate | null;
  /** Bound − served, card-hours: at least this much is open, at most this much is lost. */
  readonly regretCardHours: Estimate;
}

/** @param bounds one per seed, in the order of the summaries */
export function boundShares(runs: readonly PolicyRuns[], bounds: readonly Bound[]): BoundShare[] {
  return runs.map(({ policy, summaries }) => {
    const served = summaries.map((summary) => summary.servedCardHours!);
    const hasBounds = bounds.every(({ cardHours }) => cardHours > 0);
    return {
      policy,
      servedCardHours: estimate(served),
      share: hasBounds ? estimate(served.map((hours, seed) => hours / bounds[seed]!.cardHours)) : null,
      regretCardHours: estimate(bounds.map(({ cardHours }, seed) => cardHours - served[seed]!)),
    };
  });
}
