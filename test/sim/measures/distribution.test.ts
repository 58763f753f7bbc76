import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Distribution } from '../../../sim/measures/distribution.ts';

function summaryOf(values: readonly number[]) {
  const distribution = new Distribution();
  for (const value of values) distribution.add(value);
  return distribution.summary();
}

test('without values there is nothing to say', () => {
  expect(summaryOf([])).toEqual({ mean: null, p50: null, p95: null, p99: null, max: null });
});

test('one value is every quantile', () => {
  expect(summaryOf([4])).toEqual({ mean: 4, p50: 4, p95: 4, p99: 4, max: 4 });
});

test('quantiles are values, by nearest rank', () => {
  // Ranks ⌈0.5 · 5⌉ = 3, ⌈0.95 · 5⌉ = 5, ⌈0.99 · 5⌉ = 5.
  expect(summaryOf([50, 15, 40, 20, 35])).toEqual({ mean: 32, p50: 35, p95: 50, p99: 50, max: 50 });
  // 1 to 100: ranks 50, 95 and 99; to 200: 100, 190 and 198.
  expect(summaryOf(Array.from({ length: 100 }, (_, index) => 100 - index))).toMatchObject({
    p50: 50,
    p95: 95,
    p99: 99,
  });
  expect(summaryOf(Array.from({ length: 200 }, (_, index) => index + 1))).toMatchObject({
    p50: 100,
    p95: 190,
    p99: 198,
  });
  expect(summaryOf([1, 2])).toMatchObject({ p50: 1, p95: 2 });
});

test('any values: as sorted and looked up', () => {
  const anyValue = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ min: -1e6, max: 1e6, noNaN: true }));
  fc.assert(
    fc.property(fc.array(anyValue, { minLength: 1, maxLength: 300, size: 'max' }), (values) => {
      const sorted = [...values].sort((a, b) => a - b);
      const { mean, ...quantiles } = summaryOf(values);
      const at = (percent: number) => sorted[Math.max(0, Math.ceil((percent * values.length) / 100) - 1)]!;
      // 0 and -0 are one value to a Map.
      const plain = Object.fromEntries(Object.entries(quantiles).map(([name, value]) => [name, value! + 0]));
      expect(plain).toEqual({ p50: at(50) + 0, p95: at(95) + 0, p99: at(99) + 0, max: sorted.at(-1)! + 0 });
      expect(mean).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / values.length, 6);
    }),
  );
});
