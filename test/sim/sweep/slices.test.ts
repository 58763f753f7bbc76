import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseSlice, pointsOfSlice, slicesWith } from '../../../sim/sweep/slices.ts';
import { arrayScript } from '../../../sim/sweep/slurm-runner.ts';
import type { SweepPoint } from '../../../sim/sweep/sweep-file.ts';
import { timeLeft } from '../../../sim/sweep/sweep-progress.ts';

const pointsNamed = (names: readonly number[]): SweepPoint[] =>
  names.map((name) => ({ file: `runs/${name}.run.json` }) as SweepPoint);

test('every point is in one slice, and slices differ by at most one point', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 20 }), (length, count) => {
      const points = pointsNamed(Array.from({ length }, (_, index) => index));
      const slices = Array.from({ length: count }, (_, index) => pointsOfSlice(points, { number: index + 1, count }));
      expect(new Set(slices.flat())).toEqual(new Set(points));
      expect(slices.flat()).toHaveLength(length);
      const sizes = slices.map((slice) => slice.length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }),
  );
});

test('the slices to run are those that hold a missing point', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(30)), fc.integer({ min: 1, max: 8 }), (missing, count) => {
      const points = pointsNamed(Array.from({ length: 31 }, (_, index) => index));
      const isMissing = new Set(pointsNamed(missing).map(({ file }) => file));
      const expected = Array.from({ length: count }, (_, index) => index + 1).filter((number) =>
        pointsOfSlice(points, { number, count }).some(({ file }) => isMissing.has(file)),
      );
      expect(slicesWith(pointsNamed(missing), points, count)).toEqual(expected);
    }),
  );
});

test('a slice is read as k/n with k from 1 to n', () => {
  expect(parseSlice('3/16')).toEqual({ number: 3, count: 16 });
  for (const wrong of ['0/4', '5/4', '1', '1/0', 'a/b', '-1/4']) expect(() => parseSlice(wrong), wrong).toThrow();
});

test('an array script has its options first, and the slice from the task', () => {
  const lines = arrayScript([2, 5], 8, '--partition=long --time=2:00:00').split('\n');
  const directives = lines.filter((line) => line.startsWith('#SBATCH'));
  expect(directives).toEqual([
    '#SBATCH --job-name=heps-sweep',
    '#SBATCH --array=2,5',
    '#SBATCH --output=slurm/%A_%a.log',
    '#SBATCH --partition=long --time=2:00:00',
  ]);
  // sbatch stops looking for options at the first line that is neither empty nor a comment.
  expect(lines.findIndex((line) => line !== '' && !line.startsWith('#'))).toBe(lines.length - 2);
  expect(lines.at(-2)).toMatch(/^exec '.*' '.*cli\.js' sweep sweep\.json --slice "\$SLURM_ARRAY_TASK_ID\/8"/);
});

test('the time left is what the rest takes at the pace so far', () => {
  expect(timeLeft(10, 0)).toBe('');
  expect(timeLeft(10, 0.25)).toBe(', 30 s left'); // 10 s for a quarter: 30 s for the rest
  expect(timeLeft(600, 0.25)).toBe(', 30 min left');
  expect(timeLeft(3600, 0.25)).toBe(', 3.0 h left');
});
