import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Arrival } from '../../traces/arrival.ts';
import { ArrivalRow, copyOf } from '../../traces/arrival-row.ts';
import { ArrivalOrder, longestInOrder } from '../../traces/row-order.ts';

/** Length of the longest part in order, in ten slow lines. */
function longestLength(times: readonly number[], least: number, gap: number): number {
  const lengths: number[] = [];
  times.forEach((time, index) => {
    const before = lengths.filter((_, earlier) => earlier < index && times[earlier]! + gap <= time);
    lengths.push(time < least ? Number.NEGATIVE_INFINITY : Math.max(0, ...before) + 1);
  });
  return Math.max(0, ...lengths);
}

test('what is kept is in order, and nothing longer would be', () => {
  const times = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 25 });
  fc.assert(
    fc.property(times, fc.integer({ min: 0, max: 10 }), fc.integer({ min: 0, max: 3 }), (drawn, least, gap) => {
      const isKept = longestInOrder(drawn, least, gap);
      const kept = drawn.filter((_, index) => isKept[index]);
      expect(kept.every((time, index) => time >= least && (index === 0 || time >= kept[index - 1]! + gap))).toBe(true);
      expect(kept.length).toBe(longestLength(drawn, least, gap));
    }),
  );
});

/** Times that are taken, and those that are left out with what was expected. */
function ordered(times: readonly number[]): { taken: number[]; leftOut: string[] } {
  const leftOut: string[] = [];
  const order = new ArrivalOrder('t', 'rows', ({ message }) => leftOut.push(message.replace(/^.*expected /, '')));
  const taken: Arrival[] = [];
  times.forEach((atS, index) => {
    taken.push(...order.give([order.accept({ ...copyOf(new ArrivalRow()), atS }, { path: 'x', line: index + 1 })]));
  });
  taken.push(...order.end());
  return { taken: taken.map(({ atS }) => atS), leftOut };
}
const steps = (count: number) => Array.from({ length: count }, (_, index) => index);

test.each([
  ['one row far ahead', [0, 1, 9e9, 2, 3], [0, 1, 2, 3]],
  ['the first row far ahead', [9e9, 0, 1, 2], [0, 1, 2]],
  ['the last row but one far ahead', [0, 1, 9e9, 2], [0, 1, 2]],
  ['two rows far ahead, one after the other', [0, 9e9, 9e9, 1, 2, 3], [0, 1, 2, 3]],
  ['a row behind', [5, 6, 0, 7], [5, 6, 7]],
  ['the last row behind', [5, 6, 7, 0], [5, 6, 7]],
  ['two rows in the wrong order', [0, 60, 30, 90], [0, 30, 90]],
  ['a time that comes often', [1, 1, 1], [1, 1, 1]],
])('%s: what does not fit between its neighbours is left out', (_, times, expected) => {
  const { taken, leftOut } = ordered(times);
  expect(taken).toEqual(expected);
  expect(leftOut).toHaveLength(times.length - expected.length);
});

test('what was expected is the time of the nearest row that is kept', () => {
  expect(ordered([0, 9, 2, 3]).leftOut).toEqual(['at most 2, since rows are in order of t, got "9"']);
  expect(ordered([5, 6, 0, 7]).leftOut).toEqual(['at least 6, since rows are in order of t, got "0"']);
});

test('hundreds of rows far ahead anywhere in a long trace are the only ones left out', () => {
  const times = [...steps(5000), ...steps(900).map(() => 9e9), ...steps(5000).map((each) => 5000 + each)];
  const { taken, leftOut } = ordered(times);
  expect(taken).toEqual(steps(10_000));
  expect(leftOut).toHaveLength(900);
});

test('of two traces joined, the second is left out where it goes back, after 1000 rows as after ten', () => {
  for (const count of [10, 5000]) {
    const { taken, leftOut } = ordered([...steps(count), ...steps(count / 2)]);
    expect(taken.slice(0, count - 1)).toEqual(steps(count - 1));
    expect(taken.length + leftOut.length).toBe(1.5 * count);
    expect(taken).toEqual(taken.toSorted((a, b) => a - b));
  }
});

test('without a place to leave rows to, the first that goes back is refused', () => {
  const order = new ArrivalOrder('t', 'jobs', undefined);
  const at = (atS: number) => order.accept({ ...copyOf(new ArrivalRow()), atS }, { path: 'x', line: 7 });
  at(5);
  expect(() => at(4)).toThrow('x:7, column t: expected at least 5, since jobs are in order of t, got "4"');
});
