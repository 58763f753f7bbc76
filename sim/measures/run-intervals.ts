/** 95 % intervals of the figures of one long run, by batch means over whole days or weeks. */
import { type DayCount, type Measure, measures } from '../../core/runs/measures.ts';
import type { SeriesColumns } from '../../core/runs/run-file.ts';
import { type BatchEstimate, batchMean, batchRatio } from '../../core/statistics/batch-means.ts';
import { commonMultipleS, dayS, meansOfGroups, weekS } from '../../core/statistics/periods.ts';
import type { DailyCounts } from './daily-counts.ts';

/** Of one measure, in its unit. */
export interface FigureInterval {
  /** The measure's label. */
  readonly label: string;
  /** The measure's unit. */
  readonly unit: Measure['unit'];
  /** Half the width of the interval, in `unit`. */
  readonly halfWidth: number;
  /** Number of batches. */
  readonly batches: number;
  /** Length of a batch, days. */
  readonly batchDays: number;
}

const fewestPeriods = 10;
const scales: Readonly<Record<Measure['unit'], number>> = { '%': 100, h: 1 / 3600, '': 1 };

/**
 * Intervals of those measures that have one: where the time holds at least ten weeks, from batches of whole weeks; else where it
 * holds ten days, of whole days; else none. A measure whose batches depend on each other however long has none.
 *
 * @param fromS end of the warm-up
 * @param untilS end of the time over which use is averaged
 */
export function intervalsOf(
  series: SeriesColumns,
  daily: DailyCounts,
  fromS: number,
  untilS: number,
): FigureInterval[] {
  const periodS = [weekS, dayS]
    .map((rhythmS) => commonMultipleS(rhythmS, series.intervalS))
    .find((each) => periodsIn(each, fromS, untilS).count >= fewestPeriods);
  if (periodS === undefined) return [];
  const { first, count } = periodsIn(periodS, fromS, untilS);
  const estimateOf = ({ batches }: Measure): BatchEstimate | null => {
    if (batches === undefined) return null;
    if (typeof batches === 'string') {
      return batchMean(meansOfGroups(series[batches], periodS / series.intervalS).slice(first, first + count));
    }
    const sumsOf = (counted: DayCount): number[] => daily.sums(counted, periodS / dayS, first, count);
    return batchRatio(sumsOf(batches.part), sumsOf(batches.whole));
  };
  return measures.flatMap((measure) => {
    const estimate = estimateOf(measure);
    if (estimate === null) return [];
    const { label, unit } = measure;
    const { halfWidth, batches, batchLength } = estimate;
    return { label, unit, halfWidth: halfWidth * scales[unit], batches, batchDays: batchLength * (periodS / dayS) };
  });
}

/** The whole periods, counted from time 0, that lie within a time. */
function periodsIn(periodS: number, fromS: number, untilS: number): { first: number; count: number } {
  const first = Math.ceil(fromS / periodS);
  return { first, count: Math.floor(untilS / periodS) - first };
}
