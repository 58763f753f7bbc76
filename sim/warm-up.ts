/** Where the warm-up of runs ends: by MSER-5 on the number of VMs that run or wait. */
import type { SeriesColumns } from '../core/runs/run-file.ts';
import { mserOfBatches } from '../core/statistics/mser-5.ts';
import { commonMultipleS, dayS, meansOfGroups } from '../core/statistics/periods.ts';

/** What is left out at the start of a run. */
export interface WarmUp {
  /** VMs that arrive before are not counted, and use is averaged from then on; 0 = nothing is left out. */
  readonly untilS: number;
  /** Nobody asked, somebody said so, MSER-5 found it, or MSER-5 found no steady state (then nothing is left out). */
  readonly how: 'none' | 'given' | 'found' | 'not-found';
}

/** What to simulate: a warm-up of so many seconds. Defaults to none. */
export function givenWarmUp(warmUpS: number | undefined): WarmUp {
  return warmUpS === undefined ? { untilS: 0, how: 'none' } : { untilS: warmUpS, how: 'given' };
}

/**
 * The warm-up of one policy, from runs of it without any: MSER-5 on observations of 4.8 h, so that each batch of five is one whole
 * day and the daily rhythm is in each alike. The observed is the mean number of VMs that run or wait, averaged over the runs:
 * where a queue grows without end, no steady state is found. Where a series' intervals do not divide a day, since they grew in a long
 * run, batches are the least number of days that they divide.
 *
 * @param series of the runs, one per seed
 */
export function findWarmUp(series: readonly SeriesColumns[]): WarmUp {
  const batchS = Math.max(...series.map(({ intervalS }) => commonMultipleS(intervalS, dayS)));
  const daily = series.map(({ vms, waiting, intervalS }) =>
    // The last interval may be short, and with it what would be the last batch.
    meansOfGroups(
      vms.slice(0, -1).map((running, index) => running + waiting[index]!),
      batchS / intervalS,
    ),
  );
  const batches = Math.min(...daily.map(({ length }) => length));
  const means = Array.from(
    { length: batches },
    (_, batch) => daily.reduce((sum, ofRun) => sum + ofRun[batch]!, 0) / daily.length,
  );
  const deleted = mserOfBatches(means);
  return deleted === null ? { untilS: 0, how: 'not-found' } : { untilS: deleted * batchS, how: 'found' };
}

/** One warm-up for policies that are compared: the longest; none when that of some policy is not found. */
export function longestWarmUp(ofPolicies: readonly WarmUp[]): WarmUp {
  const missing = ofPolicies.find(({ how }) => how === 'not-found');
  return missing ?? ofPolicies.reduce((longest, each) => (each.untilS > longest.untilS ? each : longest));
}
