/** A quantile of independent values with an interval that supposes nothing of their distribution. */

/** A quantile by nearest rank, and two values that hold the true one with at least 95 % confidence; null where there are too few for that. */
export interface QuantileEstimate {
  /** In the unit of the values. */
  readonly value: number;
  /** Ends of the interval. */
  readonly interval: readonly [low: number, high: number] | null;
}

/**
 * Between the order statistics x(l) and x(u): the true p-quantile lies there when B, the number of values below it, is at least l and
 * less than u, and B is binomial (n, p) for any continuous distribution. l is the largest with P(B < l) ≤ 2.5 %, u the least
 * with P(B ≥ u) ≤ 2.5 % (David and Nagaraja, Order Statistics, 2003, 7.1). Ties only make it hold more often.
 *
 * @param values independent, in any order
 * @param share in (0, 1)
 * @throws RangeError without values
 */
export function quantileInterval(values: readonly number[], share: number): QuantileEstimate {
  const count = values.length;
  if (count === 0) throw new RangeError('values must not be empty');
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * count) - 1)]!;
  const [low, high] = [lowerRank(count, share), count + 1 - lowerRank(count, 1 - share)];
  return { value, interval: low < 1 || high > count ? null : [sorted[low - 1]!, sorted[high - 1]!] };
}

/** The largest l with P(B < l) ≤ 2.5 % for B binomial (count, share); 0 when there is none above. */
function lowerRank(count: number, share: number): number {
  let logProbability = count * Math.log1p(-share);
  let below = 0;
  for (let rank = 0; rank <= count; rank++) {
    below += Math.exp(logProbability);
    if (below > 0.025) return rank;
    logProbability += Math.log(((count - rank) * share) / ((rank + 1) * (1 - share)));
  }
  return count;
}
