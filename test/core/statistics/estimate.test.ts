import { describe, expect, test } from 'vitest';
import { estimate, pairedDifference, studentQuantile } from '../../../core/statistics/estimate.ts';
import { randomStream } from '../../../traces/random.ts';

describe('studentQuantile', () => {
  // Abramowitz and Stegun, Handbook of Mathematical Functions, table 26.10 (columns 2·(1 − share)), to three digits.
  test.each([
    [0.975, 1, 12.706],
    [0.975, 2, 4.303],
    [0.975, 3, 3.182],
    [0.975, 4, 2.776],
    [0.975, 5, 2.571],
    [0.975, 10, 2.228],
    [0.975, 30, 2.042],
    [0.975, 120, 1.98],
    [0.95, 1, 6.314],
    [0.95, 7, 1.895],
    [0.995, 9, 3.25],
    [0.9995, 9, 4.781],
  ])('%d with %d degrees of freedom is the %d of the table', (share, degrees, printed) => {
    expect(studentQuantile(share, degrees)).toBeCloseTo(printed, 3);
  });

  test('studentQuantile has its closed form with one and two degrees of freedom', () => {
    // t = tan(π (p − ½)), and t = a √(2 / (1 − a²)) with a = 2p − 1.
    for (const share of [0.6, 0.75, 0.9, 0.975, 0.999]) {
      const cauchy = Math.tan(Math.PI * (share - 0.5));
      expect(studentQuantile(share, 1) / cauchy).toBeCloseTo(1, 9);
      const a = 2 * share - 1;
      expect(studentQuantile(share, 2) / (a * Math.sqrt(2 / (1 - a * a)))).toBeCloseTo(1, 9);
    }
  });

  test('studentQuantile comes down to the normal quantile as degrees grow', () => {
    const quantiles = [1, 2, 3, 4, 5, 6, 10, 31, 100, 1001, 10_000].map((degrees) => studentQuantile(0.975, degrees));
    expect(quantiles).toEqual([...quantiles].sort((a, b) => b - a));
    // 1.95996 + (1.95996³ + 1.95996) / (4 · 10 000) = 1.96020
    expect(quantiles.at(-1)).toBeCloseTo(1.9602, 4);
  });
});

describe('estimate', () => {
  test("estimate gives the mean and half of Student's 95 % interval", () => {
    // Mean 5; deviations −3, −1, 1, 3, so s² = 20/3; t(3) = 3.18245; 3.18245 · √(20/3/4) = 3.18245 · 1.290994 = 4.10852.
    const { mean, halfWidth } = estimate([2, 4, 6, 8]);
    expect(mean).toBe(5);
    expect(halfWidth).toBeCloseTo(4.10852, 4);
  });

  test('of equal values is exact', () => {
    expect(estimate([3, 3, 3])).toEqual({ mean: 3, halfWidth: 0 });
  });

  test('of one value says nothing of its precision', () => {
    expect(estimate([7])).toEqual({ mean: 7, halfWidth: null });
  });

  test('estimate refuses to average nothing', () => {
    expect(() => estimate([])).toThrow(new RangeError('values must not be empty'));
  });

  test('its interval holds the mean in 93 to 97 of a hundred samples of five', () => {
    // 2000 intervals that hold the mean with probability 0.95 each: 95 % ± 0.5 % (one standard deviation), so ± 2 % is four.
    const stream = randomStream(1, 'normal');
    // Box and Muller
    const normal = () => Math.sqrt(-2 * Math.log(1 - stream())) * Math.cos(2 * Math.PI * stream());
    let held = 0;
    for (let sample = 0; sample < 2000; sample++) {
      const { mean, halfWidth } = estimate(Array.from({ length: 5 }, () => 10 + 3 * normal()));
      if (Math.abs(mean - 10) <= halfWidth!) held++;
    }
    expect(held / 2000).toBeGreaterThanOrEqual(0.93);
    expect(held / 2000).toBeLessThanOrEqual(0.97);
  });
});

describe('pairedDifference', () => {
  test('pairedDifference takes out what both have in common', () => {
    // Differences 1, 2, 3: mean 2, s = 1, t(2) = 4.30265, 4.30265 / √3 = 2.48414. Apart they vary by hundreds.
    const { mean, halfWidth } = pairedDifference([101, 502, 903], [100, 500, 900]);
    expect(mean).toBe(2);
    expect(halfWidth).toBeCloseTo(2.48414, 4);
  });

  test('pairedDifference refuses values that have no partner', () => {
    expect(() => pairedDifference([1, 2], [1])).toThrow(
      new RangeError('values must be as many as baseline (1), got 2'),
    );
  });
});
