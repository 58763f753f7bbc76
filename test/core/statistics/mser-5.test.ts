import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mser5 } from '../../../core/statistics/mser-5.ts';

/** z(d) as it is defined, for every d that leaves five batches; the smallest best one. */
function slowMser(means: readonly number[]): number | null {
  const errors = means.slice(0, means.length - 4).map((_, deleted) => {
    const kept = means.slice(deleted);
    const mean = kept.reduce((sum, each) => sum + each, 0) / kept.length;
    return kept.reduce((sum, each) => sum + (each - mean) ** 2, 0) / kept.length ** 2;
  });
  const best = errors.indexOf(Math.min(...errors));
  return best < means.length / 2 ? best : null;
}

describe('mser5', () => {
  test('mser5 deletes what stands apart at the start', () => {
    // d = 0 and d = 1 keep a 10 and are above 1. d = 2: eight values 0, 1, … with squares 8 · ¼ = 2, and 2 / 8² = 0.03125;
    // d = 3: seven with mean 4/7, 12/7 / 49 = 0.03499; d = 4: six, 1.5 / 36 = 0.04167; d = 5: five, 1.2 / 25 = 0.048.
    expect(mser5([10, 10, 0, 1, 0, 1, 0, 1, 0, 1])).toBe(2);
  });

  test('mser5 deletes nothing where nothing stands apart', () => {
    // z(d) = (n − d)/4 / (n − d)² = 1 / (4 (n − d)) for even d rises with d.
    expect(mser5([0, 1, 0, 1, 0, 1, 0, 1, 0, 1])).toBe(0);
    expect(mser5(Array(12).fill(0.1))).toBe(0);
  });

  test('mser5 finds no steady state in a run that rises to its end', () => {
    // z(d) of n − d equal steps is about (n − d)/12: least at the end, past the middle.
    expect(mser5(Array.from({ length: 20 }, (_, index) => index))).toBeNull();
  });

  test('mser5 accepts a truncation before the middle, and none at it', () => {
    expect(mser5([5, 5, 5, 5, 0, 0, 0, 0, 0, 0])).toBe(4);
    expect(mser5([5, 5, 5, 5, 5, 0, 0, 0, 0, 0])).toBeNull();
  });

  test('mser5 says nothing of fewer than ten batches', () => {
    expect(mser5(Array(9).fill(1))).toBeNull();
  });

  test('mser5 is the least standard error as defined', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 10, maxLength: 60 }), (means) => {
        // Sums of whole numbers, so that both are exact enough to agree unless two errors are equal to the last digits.
        expect(mser5(means.map((each, index) => each + index * 1e-3))).toBe(
          slowMser(means.map((each, index) => each + index * 1e-3)),
        );
      }),
    );
  });
});
