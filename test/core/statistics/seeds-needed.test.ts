import fc from 'fast-check';
import { expect, test } from 'vitest';
import { estimate, studentQuantile } from '../../../core/statistics/estimate.ts';
import { seedsNeeded } from '../../../core/statistics/seeds-needed.ts';

test('half the width of five seeds takes thirteen', () => {
  // s = h √5 / 2.77645 = 0.80537 h. n = 12: 2.20099 · 0.80537 / √12 = 0.5117; n = 13: 2.17881 · 0.80537 / √13 = 0.4867 ≤ ½.
  expect(seedsNeeded({ mean: 0, halfWidth: 1 }, 5, 0.5)).toBe(13);
});

test('the width that there is takes as many seeds as there are', () => {
  expect(seedsNeeded(estimate([1, 2, 4, 8, 9, 3]), 6, estimate([1, 2, 4, 8, 9, 3]).halfWidth! * (1 + 1e-9))).toBe(6);
});

test('equal values need two seeds, and one value says nothing', () => {
  expect(seedsNeeded({ mean: 3, halfWidth: 0 }, 4, 0.1)).toBe(2);
  expect(seedsNeeded({ mean: 3, halfWidth: null }, 1, 0.1)).toBeNull();
});

test('a width out of reach stops at a thousand million', () => {
  expect(seedsNeeded({ mean: 0, halfWidth: 1 }, 5, 1e-9)).toBe(1e9);
});

test('a width of nothing is no width', () => {
  expect(() => seedsNeeded({ mean: 0, halfWidth: 1 }, 5, 0)).toThrow(new RangeError('target must be positive, got 0'));
});

test('it is the least number that will do', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 30 }), fc.double({ min: 0.05, max: 3, noNaN: true }), (count, wished) => {
      const needed = seedsNeeded({ mean: 0, halfWidth: 1 }, count, wished)!;
      const deviation = Math.sqrt(count) / studentQuantile(0.975, count - 1);
      const widthOf = (seeds: number) => (studentQuantile(0.975, seeds - 1) * deviation) / Math.sqrt(seeds);
      expect(widthOf(needed)).toBeLessThanOrEqual(wished);
      if (needed > 2) expect(widthOf(needed - 1)).toBeGreaterThan(wished);
    }),
  );
});
