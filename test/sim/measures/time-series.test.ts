import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TimeSeries } from '../../../sim/measures/time-series.ts';

test('a level is integrated over each interval and over all', () => {
  const series = new TimeSeries(1, 10);
  series.levels[0] = 2;
  series.advance(4);
  series.levels[0] = 5;
  series.advance(23);
  // 2 · 4 + 5 · 6 = 38; 5 · 10; 5 · 3
  expect(series.column(0)).toEqual([38, 50, 15]);
  expect(series.lengthsS()).toEqual([10, 10, 3]);
  expect(series.integrals[0]).toBe(103);
  expect(series.nowS).toBe(23);
});

test('at the end of an interval the next has not begun', () => {
  const series = new TimeSeries(1, 10);
  series.levels[0] = 1;
  series.advance(20);
  expect(series.column(0)).toEqual([10, 10]);
  expect(series.lengthsS()).toEqual([10, 10]);
  series.advance(20.5);
  expect(series.column(0)).toEqual([10, 10, 0.5]);
});

test('before time moves on there are no intervals', () => {
  const series = new TimeSeries(2, 10);
  expect(series.column(1)).toEqual([]);
  expect(series.lengthsS()).toEqual([]);
});

test('a count belongs to the interval in which it happens, the beginning included', () => {
  const series = new TimeSeries(1, 10);
  series.count(0);
  series.advance(9);
  series.count(0);
  series.advance(10);
  series.count(0, 3);
  series.advance(12);
  expect(series.column(0)).toEqual([2, 3]);
  expect(series.integrals[0]).toBe(5);
});

test('what is counted at the very end is not left out', () => {
  const series = new TimeSeries(1, 10);
  series.count(0);
  series.advance(10);
  series.count(0);
  expect(series.column(0).reduce((sum, count) => sum + count, 0)).toBe(2);
});

test('past 4096 intervals neighbours are added up and intervals are twice as long', () => {
  const series = new TimeSeries(1, 1);
  for (let timeS = 0; timeS < 4095; timeS++) {
    series.levels[0] = timeS;
    series.advance(timeS + 1);
  }
  expect([series.intervalS, series.column(0).length]).toEqual([1, 4095]);
  expect(series.column(0).slice(0, 3)).toEqual([0, 1, 2]);
  for (let timeS = 4095; timeS < 10_000; timeS++) {
    series.levels[0] = timeS;
    series.advance(timeS + 1);
  }
  // 10 000 s are 2500 intervals of 4 s: the first 0 + 1 + 2 + 3, the last 9996 + … + 9999.
  expect(series.intervalS).toBe(4);
  expect(series.column(0).length).toBe(2500);
  expect([series.column(0)[0], series.column(0).at(-1)]).toEqual([6, 39_990]);
  // 0 + 1 + … + 9999
  expect(series.integrals[0]).toBe(49_995_000);
});

test('one long step doubles as often as it takes', () => {
  const series = new TimeSeries(1, 1);
  series.levels[0] = 3;
  series.advance(1e6);
  // 10⁶ / 2⁸ = 3906.25 intervals
  expect(series.intervalS).toBe(256);
  expect(series.column(0)).toEqual([...new Array(3906).fill(768), 192]);
  expect(series.integrals[0]).toBe(3e6);
});

test('any steps: intervals as integrated one by one, and they add up to the whole', () => {
  const anySteps = fc.array(fc.record({ spanS: fc.nat(3000), level: fc.integer({ min: -5, max: 5 }) }), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(anySteps, fc.constantFrom(1, 3, 10, 100), (steps, intervalS) => {
      const series = new TimeSeries(1, intervalS);
      const everySecond: number[] = [];
      for (const { spanS, level } of steps) {
        series.levels[0] = level;
        series.advance(series.nowS + spanS);
        for (let second = 0; second < spanS; second++) everySecond.push(level);
      }
      const slow: number[] = [];
      for (let start = 0; start < everySecond.length; start += series.intervalS) {
        slow.push(everySecond.slice(start, start + series.intervalS).reduce((sum, level) => sum + level, 0));
      }
      expect(series.column(0).map((area) => area + 0)).toEqual(slow);
      expect(series.lengthsS().reduce((sum, lengthS) => sum + lengthS, 0)).toBe(series.nowS);
      expect(series.column(0).length).toBeLessThanOrEqual(4096);
      expect(series.intervalS / intervalS).toBe(2 ** Math.round(Math.log2(series.intervalS / intervalS)));
    }),
  );
});
