import { expect, test } from 'vitest';
import { DatabaseClock } from '../../../live/database/database-clock.ts';

/** A computer whose clock is two hours ahead of a database that takes those seconds to ask and to answer. */
function build(delaysS: readonly [number, number][]) {
  const time = { steadyS: 100, failure: null as Error | null };
  const trueS = (): number => 1_764_000_000 + time.steadyS;
  const delays = [...delaysS];
  const clock = new DatabaseClock({
    own: {
      get nowS() {
        return trueS() + 7_200;
      },
      after: () => () => {},
    },
    steadyS: () => time.steadyS,
    readS: async () => {
      if (time.failure !== null) throw time.failure;
      const [thereS, backS] = delays.shift()!;
      time.steadyS += thereS;
      const readS = trueS();
      time.steadyS += backS;
      return readS;
    },
  });
  return { clock, time, trueS };
}

test('its time is the database’s, whatever this computer’s clock says, and the quickest of three answers tells it', async () => {
  const { clock, time, trueS } = build([
    [0.8, 0.1],
    [0.001, 0.001],
    [0, 0.5],
  ]);
  expect(clock.nowS).toBe(trueS() + 7_200);
  await clock.measure();
  expect(clock.nowS).toBeCloseTo(trueS(), 6);
  expect(clock.ownAheadS).toBeCloseTo(7_200, 6);
  time.steadyS += 60;
  expect(clock.nowS).toBeCloseTo(trueS(), 6);
});

test('while the database is away it goes on as last measured', async () => {
  const { clock, time, trueS } = build(Array(3).fill([0, 0]));
  await clock.measure();
  time.failure = new Error('away');
  time.steadyS += 30;
  await expect(clock.measure()).rejects.toThrow('away');
  expect(clock.nowS).toBeCloseTo(trueS(), 6);
});

test('on SQLite it is the clock of this computer', async () => {
  const clock = new DatabaseClock({ readS: async () => null, own: { nowS: 5, after: () => () => {} } });
  await clock.measure();
  expect([clock.nowS, clock.ownAheadS]).toEqual([5, 0]);
});
