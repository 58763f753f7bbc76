import { expect, test } from 'vitest';
import { QuietTimes } from '../../../sim/measures/quiet-time.ts';

const day = 86_400;

function quietOf(arrivalsS: readonly number[], untilS: number | null = null) {
  const times = new QuietTimes();
  for (const atS of arrivalsS) times.add(atS);
  return times.within(untilS);
}

const everyMinute = (fromS: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => fromS + 60 * index);

test('a start with one VM in a hundred, longer than half of the time, is quiet until the next VM', () => {
  const busy = everyMinute(100 * day, 297);
  const ofS = busy.at(-1)!;
  expect(quietOf([0, 5 * day, 70 * day, ...busy])).toEqual({ where: 'start', vms: 3, ofVms: 300, atS: 100 * day, ofS });
  // Four in 301 are more than hardly any: the quiet time ends before the last of them, at day 70 of 100.
  expect(quietOf([0, 5 * day, 10 * day, 70 * day, ...busy])).toMatchObject({ vms: 3, atS: 70 * day });
  expect(quietOf([0, 5 * day, 10 * day, 20 * day, ...busy])).toBeNull();
});

test('one VM long after all others makes the end quiet', () => {
  expect(quietOf([...everyMinute(0, 50), 1_700_000_000])).toEqual({
    ...{ where: 'end', vms: 1, ofVms: 51 },
    ...{ atS: 49 * 60, ofS: 1_700_000_000 },
  });
});

test('an even trace, a short one and none at all have no quiet time', () => {
  expect(quietOf(everyMinute(0, 1000))).toBeNull();
  expect(quietOf([0, 100 * day])).toBeNull();
  expect(quietOf([])).toBeNull();
  // Days that somebody asked for beyond the last arrival.
  expect(quietOf(everyMinute(0, 100), 30 * day)).toBeNull();
});

test('time before the first VM is quiet too', () => {
  const busy = everyMinute(20_000 * day, 100);
  expect(quietOf(busy)).toMatchObject({ where: 'start', vms: 0, atS: 20_000 * day });
});
