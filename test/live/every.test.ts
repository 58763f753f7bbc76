import { expect, test } from 'vitest';
import { every } from '../../live/every.ts';
import { Simulator } from '../../sim/engine/engine.ts';

/** Lets promises that are settled go on. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

test('work never runs twice at once: turns that come while it runs are left out', async () => {
  const clock = new Simulator();
  const atS: number[] = [];
  let end = (): void => {};
  const work = every(
    clock,
    1,
    () => {
      atS.push(clock.nowS);
      return new Promise<void>((resolve) => {
        end = resolve;
      });
    },
    () => {},
  );
  clock.advance(3.5, 0);
  expect(atS).toEqual([1]);
  end();
  await settle();
  clock.advance(4.5, 0);
  expect(atS).toEqual([1, 4]);
  end();
  await settle();
  work.unsubscribe();
  clock.advance(9, 0);
  expect(atS).toEqual([1, 4]);
});

test('work that throws or rejects is told, and done again at the next turn', async () => {
  const clock = new Simulator();
  const told: string[] = [];
  const failures: (() => unknown)[] = [
    () => {
      throw new Error('thrown');
    },
    () => Promise.reject(new Error('rejected')),
  ];
  every(
    clock,
    1,
    () => failures.shift()?.(),
    (error) => told.push((error as Error).message),
  );
  for (let turn = 1; turn <= 3; turn++) {
    clock.advance(turn + 0.5, 0);
    await settle();
  }
  expect(told).toEqual(['thrown', 'rejected']);
  expect(failures).toEqual([]);
});

test('work may begin at once, and then at every interval', async () => {
  const clock = new Simulator();
  const atS: number[] = [];
  every(
    clock,
    10,
    () => atS.push(clock.nowS),
    () => {},
    0,
  );
  for (let second = 0; second <= 20; second++) {
    clock.advance(second, 1);
    await settle();
  }
  expect(atS).toEqual([0, 10, 20]);
});
