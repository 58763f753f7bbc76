/** Where the warm-up of runs ends: by MSER-5 on the number of VMs that run or wait. */
import type { SeriesColumns } from '../../core/runs/run-file.ts';
import { mser5 } from '../../core/statistics/mser-5.ts';
import { commonMultipleS, dayS, meansOfGroups } from '../../core/statistics/periods.ts';

/** What is left out at the start of a run. */
export interface WarmUp {
  /** VMs that arrive before are not counted, and use is averaged from then on; 0 = nothing is left out. */
  readonly untilS: number;
  /** Nobody asked, somebody said so, MSER-5 found it, or MSER-5 found no steady state (then nothing is left out). */
  readonly how: 'none' | 'given' | 'found' | 'not-found';
}

/** A warm-up in seconds; undefined: none. */
export function givenWarmUp(warmUpS: number | undefined): WarmUp {
  return warmUpS === undefined ? { untilS: 0, how: 'none' } : { untilS: warmUpS, how: 'given' };
}

/** Mean number of VMs that run or wait, one value per whole batch from time 0 on. */
export interface ObservedVms {
  /** Length of a batch: one day, or the least number of days that the intervals of a long run's series divide. */
  readonly batchS: number;
  readonly means: readonly number[];
}

/**
 * What MSER-5 looks at in a run. Observations are 4.8 h long, so that each batch of five is one day and holds the rhythm of a day.
 *
 * @param endS when the series ends; its last interval is left out where it is short
 */
export function observeVms({ vms, waiting, intervalS }: SeriesColumns, endS: number): ObservedVms {
  const batchS = commonMultipleS(intervalS, dayS);
  const present = vms.slice(0, Math.floor(endS / intervalS)).map((running, index) => running + waiting[index]!);
  return { batchS, means: meansOfGroups(present, batchS / intervalS) };
}

/**
 * The warm-up of one policy, by MSER-5 on the mean of its runs. Those who wait are observed too, so that no steady state is found
 * where a queue grows without end.
 *
 * @param runs without warm-up, one per seed
 */
export function findWarmUp(runs: readonly ObservedVms[]): WarmUp {
  const batchS = Math.max(...runs.map((run) => run.batchS));
  const alike = runs.map((run) => meansOfGroups(run.means, batchS / run.batchS));
  const count = Math.min(...alike.map(({ length }) => length));
  const means = Array.from(
    { length: count },
    (_, batch) => alike.reduce((sum, ofRun) => sum + ofRun[batch]!, 0) / alike.length,
  );
  const deleted = mser5(means);
  return deleted === null ? { untilS: 0, how: 'not-found' } : { untilS: deleted * batchS, how: 'found' };
}

/** One warm-up for policies that are compared: the longest; none when that of some policy is not found. */
export function longestWarmUp(ofPolicies: readonly WarmUp[]): WarmUp {
  const missing = ofPolicies.find(({ how }) => how === 'not-found');
  return missing ?? ofPolicies.reduce((longest, each) => (each.untilS > longest.untilS ? each : longest));
}
