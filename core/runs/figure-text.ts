/** How figures of runs are written, and what a difference is called: the same in the terminal and on the page. */
import type { Estimate } from '../statistics/estimate.ts';
import type { MeasureComparison } from './comparison.ts';
import type { Measure } from './measures.ts';

/** A figure in the measure's digits; a dash where there was nothing to measure. */
export function formatFigure({ digits }: Measure, value: number | null): string {
  return value === null ? '–' : value.toFixed(digits);
}

/** `12.30 ± 0.45` in the measure's digits. */
export function formatEstimate(measure: Measure, value: Estimate | null): string {
  if (value === null) return '–';
  const { mean, halfWidth } = value;
  return halfWidth === null
    ? formatFigure(measure, mean)
    : `${formatFigure(measure, mean)} ± ${formatFigure(measure, halfWidth)}`;
}

/** Whether a comparison has anything to show: some policy has a figure other than 0. */
export function hasFigures({ estimates }: Pick<MeasureComparison, 'estimates'>): boolean {
  return estimates.some((each) => each !== null && each.mean !== 0);
}

/** What a difference is: nothing in the measure's digits, within its interval, or to the better or the worse with 95 % confidence. */
export type Judgement = 'same' | 'open' | 'better' | 'worse';

/** Null where neither more nor less is better, and there is a difference. */
export function judgementOf({ better, digits }: Measure, { mean, halfWidth }: Estimate): Judgement | null {
  const isZero = (value: number): boolean => Number(value.toFixed(digits)) === 0;
  if (isZero(mean) && isZero(halfWidth ?? 0)) return 'same';
  if (better === undefined) return null;
  if (Math.abs(mean) <= (halfWidth ?? 0)) return 'open';
  return mean > 0 === (better === 'more') ? 'better' : 'worse';
}
