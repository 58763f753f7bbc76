import { expect, test } from 'vitest';
import { lookEveryMs, SilenceWatch } from '../../../viz/portal/desktop/silence-watch.ts';

/** Looks every quarter of a second up to that time. @returns the times of questions, and of each change */
function watchUntil(endMs: number, heardAtMs: (askedMs: number) => number | null) {
  const watch = new SilenceWatch(0);
  const asked: number[] = [];
  const changes: string[] = [];
  let due: number | null = null;
  let last = 'none';
  for (let nowMs = lookEveryMs; nowMs <= endMs; nowMs += lookEveryMs) {
    if (due !== null && due <= nowMs) {
      watch.heard(due);
      due = null;
    }
    const { asks, silence } = watch.look(nowMs);
    if (asks) {
      asked.push(nowMs);
      due = heardAtMs(nowMs);
    }
    if (silence !== last) changes.push(`${silence} at ${nowMs}`);
    last = silence;
  }
  return { asked, changes, roundTripMs: watch.roundTripMs };
}

test('a desktop that answers is asked once a second, and never said to be stalled', () => {
  const { asked, changes, roundTripMs } = watchUntil(10_000, (askedMs) => askedMs + 40);
  expect(changes).toEqual([]);
  expect(asked.length).toBe(10);
  expect(roundTripMs).toBe(40);
});

test('a line that takes two seconds is not stalled', () => {
  expect(watchUntil(20_000, (askedMs) => askedMs + 2_000).changes).toEqual([]);
});

test('a black hole is told after three seconds, and given up after ten', () => {
  expect(watchUntil(12_000, () => null).changes).toEqual(['stalled at 3000', 'dead at 10000']);
});

test('a computer that slept begins again', () => {
  const watch = new SilenceWatch(0);
  watch.look(250);
  expect(watch.look(600_000)).toEqual({ asks: false, silence: 'none' });
  watch.look(600_750);
  expect(watch.look(603_000).silence).toBe('none'); // late again
});
