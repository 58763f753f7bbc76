/** How many replications an interval of a given width takes. */
import { type Estimate, studentQuantile } from './estimate.ts';

/** Beyond it Student's quantile is the normal one to four digits. */
const manyDegrees = 10_000;

/** No more than this many are counted. */
const mostSeeds = 1e9;

/**
 * The least n whose Student interval is at most ± `target` if the standard deviation stays what `count` values showed:
 *
 *     t(0.975, n − 1) s / √n ≤ target        s = halfWidth √count / t(0.975, count − 1)
 *
 * (Law, Simulation Modeling and Analysis, 2015, 9.4.1.) At most 10⁹.
 *
 * @param estimate of `count` values
 * @param target half width, above 0
 * @returns null where `estimate` has no interval
 */
export function seedsNeeded({ halfWidth }: Estimate, count: number, target: number): number | null {
  if (!(target > 0)) throw new RangeError(`target must be positive, got ${target}`);
  if (halfWidth === null) return null;
  const deviation = (halfWidth * Math.sqrt(count)) / studentQuantile(0.975, count - 1);
  const isEnough = (seeds: number): boolean =>
    (studentQuantile(0.975, Math.min(seeds - 1, manyDegrees)) * deviation) / Math.sqrt(seeds) <= target;
  let [tooFew, enough] = [1, 2];
  while (enough < mostSeeds && !isEnough(enough)) [tooFew, enough] = [enough, enough * 2];
  while (enough - tooFew > 1) {
    const middle = Math.floor((tooFew + enough) / 2);
    if (isEnough(middle)) enough = middle;
    else tooFew = middle;
  }
  return Math.min(enough, mostSeeds);
}
