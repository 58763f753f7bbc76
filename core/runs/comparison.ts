/** Policies × seeds on the same requests: the runs, and what they say with their uncertainty. */

import { type Estimate, estimate, pairedDifference } from '../statistics/estimate.ts';
import { type QuantileEstimate, quantileInterval } from '../statistics/quantile-interval.ts';
import { type Measure, measures } from './measures.ts';
import type { RunSummary } from './run-file.ts';

/** Runs of one policy, in order of the seeds. */
export interface PolicyRuns {
  /** Name. */
  readonly policy: string;
  /** One per seed. */
  readonly summaries: readonly RunSummary[];
}

/** One line of a comparison; estimates in the measure's unit, null when some run had nothing to measure. */
export interface MeasureComparison {
  /** What is compared. */
  readonly measure: Measure;
  /** One per policy, in the order given. */
  readonly estimates: readonly (Estimate | null)[];
  /** Paired differences to the first policy, over equal seeds; null for the first itself. */
  readonly differences: readonly (Estimate | null)[];
}

/** Compares policies that ran with the same seeds; the first is the one that others are measured against. */
export function compareRuns(runs: readonly PolicyRuns[]): MeasureComparison[] {
  return measures.map((measure) => {
    const values = runs.map(({ summaries }) => valuesOf(summaries, measure));
    return {
      measure,
      estimates: runs.map(({ summaries }) => estimateOf(summaries, measure)),
      differences: values.map((each, index) =>
        index === 0 || each === null || values[0] === null ? null : pairedDifference(each, values[0]!),
      ),
    };
  });
}

/** Mean of one policy over the seeds, with its interval; null when some run had nothing to measure. */
export function estimateOf(summaries: readonly RunSummary[], measure: Measure): Estimate | null {
  const values = valuesOf(summaries, measure);
  return values === null ? null : estimate(values);
}

/** The median over the seeds, one per policy: for measures so skewed that a mean of few seeds says little. Null as an estimate is. */
export function mediansOf(runs: readonly PolicyRuns[], measure: Measure): (QuantileEstimate | null)[] {
  return runs.map(({ summaries }) => {
    const values = valuesOf(summaries, measure);
    return values === null ? null : quantileInterval(values, 0.5);
  });
}

function valuesOf(summaries: readonly RunSummary[], measure: Measure): number[] | null {
  const values = summaries.map((summary) => measure.read(summary));
  return values.every((value) => value !== null) ? (values as number[]) : null;
}
