import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quantileInterval } from '../../../core/statistics/quantile-interval.ts';

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

test('the median of ten lies between the second and the ninth', () => {
  // P(B < 2) = 11/1024 = 1.07 %, P(B < 3) = 56/1024 = 5.5 %.
  expect(quantileInterval(upTo(10).reverse(), 0.5)).toEqual({ value: 5, interval: [2, 9] });
});

test('a median needs six values: 2 · (½)⁶ = 3.1 %, with five 6.3 %', () => {
  expect(quantileInterval(upTo(6), 0.5)).toEqual({ value: 3, interval: [1, 6] });
  expect(quantileInterval(upTo(5), 0.5)).toEqual({ value: 3, interval: null });
});

test('a 95 % quantile needs 72 values: 0.95⁷² = 2.49 %', () => {
  expect(quantileInterval(upTo(71), 0.95).interval).toBeNull();
  // P(B ≥ 72) = 2.49 %. P(B < 64): Poisson-like in the 3.6 expected above: P(above ≥ 9) = 1.1 %, P(above ≥ 8) = 3.1 %.
  expect(quantileInterval(upTo(72), 0.95)).toEqual({ value: 69, interval: [64, 72] });
});

test('of nothing there is no quantile', () => {
  expect(() => quantileInterval([], 0.5)).toThrow(new RangeError('values must not be empty'));
});

test('its ranks hold 95 % of the binomial distribution, and neither could be nearer', () => {
  const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n, k - 1) * (n - k + 1)) / k);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 19 }), (count, twentieths) => {
      const share = twentieths / 20;
      const below = (rank: number): number =>
        upTo(rank).reduce(
          (sum, k) => sum + choose(count, k - 1) * share ** (k - 1) * (1 - share) ** (count - k + 1),
          0,
        );
      const { interval } = quantileInterval(upTo(count), share);
      if (interval === null) {
        expect(Math.max((1 - share) ** count, share ** count)).toBeGreaterThan(0.025);
        return;
      }
      const [low, high] = interval;
      expect(below(low)).toBeLessThanOrEqual(0.025);
      expect(below(low + 1)).toBeGreaterThan(0.025);
      expect(1 - below(high)).toBeLessThanOrEqual(0.025);
      expect(1 - below(high - 1)).toBeGreaterThan(0.025);
    }),
  );
});
