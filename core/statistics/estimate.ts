/** Means with confidence intervals over independent replications. */

/** A mean and half the width of its 95 % confidence interval; null where fewer than two values leave it open. */
export interface Estimate {
  /** In the unit of the values. */
  readonly mean: number;
  /** In the same unit. */
  readonly halfWidth: number | null;
}

/** Mean of independent values with Student's 95 % interval. @throws RangeError without values */
export function estimate(values: readonly number[]): Estimate {
  const count = values.length;
  if (count === 0) throw new RangeError('values must not be empty');
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  if (count === 1) return { mean, halfWidth: null };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  return { mean, halfWidth: studentQuantile(0.975, count - 1) * Math.sqrt(variance / count) };
}

/** Mean difference `values − baseline` of runs that saw the same requests: the pairing removes what the seeds have in common. */
export function pairedDifference(values: readonly number[], baseline: readonly number[]): Estimate {
  if (values.length !== baseline.length) {
    throw new RangeError(`values must be as many as baseline (${baseline.length}), got ${values.length}`);
  }
  return estimate(values.map((value, index) => value - baseline[index]!));
}

/**
 * Quantile of Student's t distribution.
 *
 * @param share in (0.5, 1)
 * @param degrees whole number of degrees of freedom, at least 1
 */
export function studentQuantile(share: number, degrees: number): number {
  let low = 0;
  let high = 1;
  while (studentCdf(high, degrees) < share) high *= 2;
  for (let step = 0; step < 100; step++) {
    const middle = (low + high) / 2;
    if (studentCdf(middle, degrees) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(T ≤ t) for t ≥ 0 and a whole number of degrees of freedom, by the finite series in Abramowitz and Stegun, 26.7.3 and 26.7.4. */
export function studentCdf(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees));
  const cosine = Math.cos(angle);
  const isOdd = degrees % 2 === 1;
  let term = isOdd ? cosine : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let factor = isOdd ? 3 : 2; factor < degrees; factor += 2) {
    term *= ((factor - 1) / factor) * cosine * cosine;
    sum += term;
  }
  const within = isOdd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum;
  return (1 + within) / 2;
}
