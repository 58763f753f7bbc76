/**
 * Where the warm-up of a series ends: MSER, the marginal standard error rule, on means of batches of five (MSER-5).
 *
 * K. P. White, "An effective truncation heuristic for bias reduction in simulation output", Simulation 69 (1997) 323–334;
 * W. W. Franklin and K. P. White, "Stationarity tests and MSER-5", Winter Simulation Conference 2008, 541–546.
 */

/** Fewer batches say nothing. */
const leastBatches = 10;

/** As many batches at the end are never all that is left: few of them are alike by chance (Hoad, Robinson and Davies 2010). */
const leastKept = 5;

/**
 * Batches to delete at the start: the d that makes the squared standard error of what is left least,
 *
 *     z(d) = Σⱼ₌d₊₁ⁿ (yⱼ − ȳ)² / (n − d)²        ȳ over the same j
 *
 * the smallest such d of several. As is usual, a d that is not in the first half means that no steady state was reached.
 *
 * @param means of batches of five observations each, in order of time
 * @returns null when the best d is at the middle or past it, or there are fewer than ten batches
 */
export function mser5(means: readonly number[]): number | null {
  const count = means.length;
  if (count < leastBatches) return null;
  let [mean, squares, kept] = [0, 0, 0];
  let [best, least] = [0, Infinity];
  // From the end, so that what is left grows by one value at a time (Welford 1962).
  for (let deleted = count - 1; deleted >= 0; deleted--) {
    const value = means[deleted]!;
    kept++;
    const offset = value - mean;
    mean += offset / kept;
    squares += offset * (value - mean);
    const error = squares / kept ** 2;
    if (kept >= leastKept && error <= least) [best, least] = [deleted, error];
  }
  return best < count / 2 ? best : null;
}
