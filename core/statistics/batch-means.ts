/** Confidence intervals from one long run, by batch means: the run is cut into stretches so long that each hardly depends on the one before. */
import { type Estimate, studentQuantile } from './estimate.ts';

/** As many batches at most; more of them, and shorter, are less independent (Schmeiser, Operations Research 30 (1982) 556–568: 10 to 30). */
const mostBatches = 30;
/** As many at least: Student's quantile is large below, and the correlation cannot be tested. */
const fewestBatches = 10;

/** Quantile of the normal distribution at 0.95, for the one-sided test of correlation. */
const normal95 = 1.645;

export interface BatchEstimate extends Estimate {
  readonly halfWidth: number;
  readonly batches: number;
  /** Periods in each. */
  readonly batchLength: number;
}

/**
 * Σ parts / Σ wholes with its 95 % interval, such as VMs served over VMs arrived, or level × time over time.
 *
 * The ratio of two sums that both vary (Cochran, Sampling Techniques, 1977, 6.4): with b batches, yᵢ and xᵢ their sums, and
 * R = Σ yᵢ / Σ xᵢ, the residuals dᵢ = yᵢ − R xᵢ give
 *
 *     half width = t(0.975, b − 1) · √(Σ dᵢ² / (b (b − 1))) / x̄ · √((1 + φ) / (1 − φ))
 *
 * It is biased by about 1/b of its own variance. Batches begin as short as 30 of them allow, and double in length until the
 * residuals of neighbours are not seen to be correlated (von Neumann 1941: lag-1 autocorrelation at most 1.645 √((b − 2) / (b² − 1))).
 * What is left of it, φ where that is above 0, widens the interval as for an autoregressive process of order one (Tafazzoli, Wilson,
 * Lada and Steiger, Skart, INFORMS Journal on Computing 23 (2011) 298–314). Periods that fill no batch are left out at the start.
 *
 * @param parts one sum per period of equal length, in order of time
 * @param wholes as many
 * @returns null when fewer than ten batches are left, or nothing is in some whole
 */
export function batchRatio(parts: readonly number[], wholes: readonly number[]): BatchEstimate | null {
  for (let length = Math.ceil(parts.length / mostBatches); length > 0; length *= 2) {
    const batches = Math.floor(parts.length / length);
    if (batches < fewestBatches) return null;
    const [y, x] = [sumsOf(parts, batches, length), sumsOf(wholes, batches, length)];
    if (x.some((each) => each <= 0)) continue;
    const wholeSum = sum(x);
    const mean = sum(y) / wholeSum;
    const residuals = y.map((each, index) => each - mean * x[index]!);
    const correlation = autocorrelation(residuals);
    if (correlation > normal95 * Math.sqrt((batches - 2) / (batches ** 2 - 1))) continue;
    const squares = sum(residuals.map((each) => each ** 2));
    const left = Math.max(0, correlation);
    const widening = Math.sqrt((1 + left) / (1 - left));
    const error = (Math.sqrt(squares / (batches * (batches - 1))) / (wholeSum / batches)) * widening;
    return { mean, halfWidth: studentQuantile(0.975, batches - 1) * error, batches, batchLength: length };
  }
  return null;
}

/** Mean of values at equal distances in time, by batches. */
export function batchMean(values: readonly number[]): BatchEstimate | null {
  return batchRatio(
    values,
    values.map(() => 1),
  );
}

/** Lag-1 autocorrelation of values whose mean is 0; 0 when all are 0. */
function autocorrelation(values: readonly number[]): number {
  const squares = sum(values.map((each) => each ** 2));
  return squares === 0 ? 0 : sum(values.slice(1).map((each, index) => each * values[index]!)) / squares;
}

/** Sums of the last `batches` stretches of `length` values. */
function sumsOf(values: readonly number[], batches: number, length: number): number[] {
  const first = values.length - batches * length;
  return Array.from({ length: batches }, (_, batch) => {
    const start = first + batch * length;
    return sum(values.slice(start, start + length));
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, each) => total + each, 0);
}
