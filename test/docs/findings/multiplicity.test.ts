import { expect, test } from 'vitest';
import { differenceOf, holm, isEquivalent } from '../../../docs/findings/multiplicity.ts';

test('the p of a mean difference is that of Student’s test', () => {
  // 1, 2, 3: mean 2, standard deviation 1, t = 2 · √3 = 3.4641 with 2 degrees of freedom: two-sided p = 0.07418
  const found = differenceOf([1, 2, 3]);
  expect(found).toMatchObject({ mean: 2, count: 3, p: expect.closeTo(0.07418, 5) });
  // At the edge of the 95 % interval p is 0.05.
  const { halfWidth } = found;
  expect(differenceOf([1, 2, 3].map((value) => value - 2 + halfWidth!)).p).toBeCloseTo(0.05, 10);
  expect(differenceOf([0, 0, 0]).p).toBe(1);
  expect(differenceOf([2, 2]).p).toBe(0);
  expect(differenceOf([5])).toEqual({ mean: 5, halfWidth: null, count: 1, p: 1 });
});

test('Holm multiplies the smallest p by their number, the next by one less, and never lets one fall below the one before', () => {
  // Sorted 0.01, 0.02, 0.03, 0.5: × 4, 3, 2, 1 = 0.04, 0.06, 0.06, 0.5
  expect(holm([0.03, 0.5, 0.01, 0.02])).toEqual([0.06, 0.5, 0.04, 0.06].map((p) => expect.closeTo(p, 12)));
  expect(holm([0.9, 0.8])).toEqual([1, 1]);
  expect(holm([])).toEqual([]);
});

test('two policies are equivalent when the 90 % interval lies within the margin, not when a difference is merely not shown', () => {
  // Mean 0, standard error 0.1 · √(2/3) … : values ±0.1 around 0, three of them: half width at 90 % 2.92 · 0.1 / √3 = 0.1686
  const near = differenceOf([-0.1, 0, 0.1]);
  expect(isEquivalent(near, 0.17)).toBe(true);
  expect(isEquivalent(near, 0.168)).toBe(false);
  const wide = differenceOf([-5, 0, 5]);
  expect(wide.p).toBe(1);
  expect(isEquivalent(wide, 0.25)).toBe(false);
  expect(isEquivalent(differenceOf([0.01]), 0.25)).toBe(false);
});
