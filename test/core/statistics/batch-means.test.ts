import { expect, test } from 'vitest';
import { batchMean, batchRatio } from '../../../core/statistics/batch-means.ts';
import { studentQuantile } from '../../../core/statistics/estimate.ts';

const alternating = (count: number): number[] => Array.from({ length: count }, (_, index) => index % 2);

test('ten alternating values: the mean of independent ones', () => {
  // Mean ½, squares 10 · ¼ = 2.5, error √(2.5 / (10 · 9)) = 1/6; t(0.975, 9) = 2.26216.
  const estimate = batchMean(alternating(10))!;
  expect(estimate).toMatchObject({ mean: 0.5, batches: 10, batchLength: 1 });
  expect(estimate.halfWidth).toBeCloseTo(2.26216 / 6, 5);
});

test('a ratio: residuals of the parts against the wholes', () => {
  // Parts 1, 3, wholes 2, 4, five times: R = 20/30 = 2/3; residuals −1/3, 1/3: squares 10/9; error √(10/9 / 90) / 3 = 1/27.
  const [parts, wholes] = [[1, 3, 1, 3, 1, 3, 1, 3, 1, 3], alternating(10).map((each) => 2 + 2 * each)];
  const { mean, halfWidth } = batchRatio(parts, wholes)!;
  expect(mean).toBeCloseTo(2 / 3, 12);
  expect(halfWidth).toBeCloseTo(studentQuantile(0.975, 9) / 27, 12);
});

test('periods are joined to at most 30 batches, and those that fill none are left out at the start', () => {
  // 65 periods: batches of ⌈65 / 30⌉ = 3, 21 of them; the first two periods are left out.
  const values = [1000, 1000, ...Array(63).fill(4)];
  expect(batchMean(values)).toEqual({ mean: 4, halfWidth: 0, batches: 21, batchLength: 3 });
});

test('batches double in length until neighbours are uncorrelated', () => {
  // Residuals ½ four times, −½ four times, …, 28 of them: 21 pairs of neighbours are alike and 6 are not, (21 − 6) · ¼ / 7 = 0.54, above
  // 1.645 √(26 / 783) = 0.30. Joined in pairs, 7 are alike and 6 are not: 1 / 14, below 1.645 √(12 / 195) = 0.41.
  const fours = Array.from({ length: 28 }, (_, index) => (index % 8 < 4 ? 1 : 0));
  expect(batchMean(fours)).toMatchObject({ batches: 14, batchLength: 2 });
});

test('correlation that is left widens the interval', () => {
  // Ones and zeros in fours, joined in pairs to 16 batches: residuals ±1 of wholes of 2, so error √(16 / (16 · 15)) / 2; 8 pairs of
  // neighbours are alike and 7 are not, φ = 1/16, and √((1 + φ) / (1 − φ)) = √(17 / 15).
  const fours = Array.from({ length: 32 }, (_, index) => (index % 8 < 4 ? 1 : 0));
  expect(batchMean(fours)!.halfWidth).toBeCloseTo(
    (studentQuantile(0.975, 15) / 2 / Math.sqrt(15)) * Math.sqrt(17 / 15),
    12,
  );
});

test('a run that only rises has no interval: its batches hang together however long', () => {
  expect(batchMean(Array.from({ length: 240 }, (_, index) => index))).toBeNull();
});

test('fewer than ten periods have no interval', () => {
  expect(batchMean(alternating(9))).toBeNull();
  expect(batchMean([])).toBeNull();
});

test('batches in which nothing was counted are joined with their neighbours', () => {
  const wholes = Array.from({ length: 20 }, (_, index) => index % 2);
  expect(batchRatio(wholes, wholes)).toMatchObject({ mean: 1, halfWidth: 0, batches: 10, batchLength: 2 });
  expect(batchRatio(Array(20).fill(0), Array(20).fill(0))).toBeNull();
});
