import { expect, test } from 'vitest';
import { Simulator } from '../../../sim/engine/engine.ts';

/** A simulator with one kind of event per given priority, each noting `time:priority/subject`. */
function noting(...priorities: readonly number[]) {
  const simulator = new Simulator();
  const notes: string[] = [];
  const kinds = priorities.map((priority) =>
    simulator.kind(priority, (subject) => notes.push(`${simulator.nowS}:${priority}/${subject}`)),
  );
  return { simulator, notes, kinds };
}

test('events run in order of time, at one instant by priority, then as scheduled', () => {
  const { simulator, notes, kinds } = noting(2, 0);
  const [low, high] = kinds as [number, number];
  simulator.at(10, low, 1);
  simulator.at(10, high, 2);
  simulator.at(5, low, 3);
  simulator.at(10, low, 4);
  simulator.at(10, high, 5);
  expect(simulator.nextS).toBe(5);
  simulator.run();
  expect(notes).toEqual(['5:2/3', '10:0/2', '10:0/5', '10:2/1', '10:2/4']);
  expect(simulator.processed).toBe(5);
  expect(simulator.nextS).toBe(Infinity);
});

test('two kinds of one priority share one order', () => {
  const simulator = new Simulator();
  const notes: string[] = [];
  const [a, b] = ['a', 'b'].map((name) => simulator.kind(1, (subject) => notes.push(`${name}${subject}`)));
  simulator.at(1, b!, 1);
  simulator.at(1, a!, 2);
  simulator.at(1, b!, 3);
  simulator.run();
  expect(notes).toEqual(['b1', 'a2', 'b3']);
});

test('what a handler schedules for its own instant still runs then, in its place by priority', () => {
  const { simulator, notes, kinds } = noting(1, 3);
  const first = simulator.kind(2, () => {
    simulator.at(simulator.nowS, kinds[1]!, 1);
    simulator.at(simulator.nowS, kinds[0]!, 2);
  });
  simulator.at(4, first, 0);
  simulator.at(4, kinds[1]!, 3);
  simulator.run();
  // Priority 1 comes next although priority 2 has run already; of the two with priority 3 the one scheduled before.
  expect(notes).toEqual(['4:1/2', '4:3/3', '4:3/1']);
});

test('after runs its action once, at the delay from now', () => {
  const simulator = new Simulator();
  const notes: string[] = [];
  simulator.after(5, () => {
    notes.push(`first at ${simulator.nowS}`);
    simulator.after(2.5, () => notes.push(`second at ${simulator.nowS}`));
  });
  simulator.run();
  expect(notes).toEqual(['first at 5', 'second at 7.5']);
});

test('a cancelled action never runs, and cancelling one that has run touches no other', () => {
  const simulator = new Simulator();
  const notes: string[] = [];
  const cancelFirst = simulator.after(1, () => notes.push('first'));
  const cancelSecond = simulator.after(2, () => notes.push('second'));
  cancelSecond();
  simulator.run();
  // The third takes the place that the first has left.
  simulator.after(1, () => notes.push('third'));
  cancelFirst();
  cancelFirst();
  simulator.run();
  expect(notes).toEqual(['first', 'third']);
});

test('many actions due and cancelled in turns keep to their own', () => {
  const simulator = new Simulator();
  const ran: number[] = [];
  for (let round = 0; round < 5; round++) {
    for (let index = 0; index < 20; index++) {
      const cancel = simulator.after(index % 7, () => ran.push(100 * round + index));
      if (index % 3 === 0) cancel();
    }
    simulator.run();
  }
  const expected = [0, 1, 2, 3, 4].flatMap((round) =>
    Array.from({ length: 20 }, (_, index) => index)
      .filter((index) => index % 3 !== 0)
      .sort((a, b) => (a % 7) - (b % 7) || a - b)
      .map((index) => 100 * round + index),
  );
  expect(ran).toEqual(expected);
});

test('advance runs what comes before that time and priority, leaves the rest, and sets the clock', () => {
  const { simulator, notes, kinds } = noting(0, 1, 2);
  for (const kind of kinds) for (const timeS of [9, 10, 11]) simulator.at(timeS, kind, 0);
  simulator.advance(10, 1);
  expect(notes).toEqual(['9:0/0', '9:1/0', '9:2/0', '10:0/0']);
  expect(simulator.nowS).toBe(10);
  simulator.advance(10, 2);
  expect(notes.slice(4)).toEqual(['10:1/0']);
  simulator.run();
  expect(notes.slice(5)).toEqual(['10:2/0', '11:0/0', '11:1/0', '11:2/0']);
});

test('advance moves the clock where nothing is due', () => {
  const simulator = new Simulator();
  simulator.advance(3.25, 0);
  expect(simulator.nowS).toBe(3.25);
  expect(simulator.processed).toBe(0);
});

test('the past is refused', () => {
  const { simulator, kinds } = noting(0);
  simulator.advance(10, 0);
  expect(() => simulator.at(9.5, kinds[0]!, 0)).toThrow(new RangeError('timeS must be at least 10, got 9.5'));
  expect(() => simulator.advance(9, 0)).toThrow(new RangeError('timeS must be at least 10, got 9'));
  expect(() => simulator.after(-1, () => {})).toThrow(new RangeError('timeS must be at least 10, got 9'));
  simulator.at(10, kinds[0]!, 0);
  simulator.run();
  expect(simulator.nowS).toBe(10);
});

test('instants are whole milliseconds: times that add up to the same one are the same', () => {
  const { simulator, notes, kinds } = noting(1, 0);
  const [low, high] = kinds as [number, number];
  simulator.at(0.3, low, 1);
  simulator.at(0.1 + 0.2, high, 2);
  simulator.advance(0.1, 0);
  simulator.after(0.2, () => notes.push(`after ${simulator.nowS}`));
  simulator.run();
  expect(notes).toEqual(['0.3:0/2', 'after 0.3', '0.3:1/1']);
});
