import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventQueue } from '../../../sim/engine/event-queue.ts';

/** A push, with what is to come out again; a pop takes one where there is one. */
type Step = { readonly timeS: number; readonly priority: number } | 'pop';

/** Few different times and priorities, so that most events share both with others. */
const anySteps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ timeS: fc.constantFrom(-1, 0, 0.1, 0.5, 7), priority: fc.nat(3) }) },
    { weight: 2, arbitrary: fc.constant('pop' as const) },
  ),
  { maxLength: 400, size: 'max' },
);

/** Events in the order in which they are due; whichever was pushed first of equals, since sorting is stable. */
function pushSorted<T extends { timeS: number; priority: number }>(pending: T[], event: T): void {
  pending.push(event);
  pending.sort((a, b) => a.timeS - b.timeS || a.priority - b.priority);
}

function popped(queue: EventQueue) {
  expect(queue.pop()).toBe(true);
  const { timeS, kind, subject } = queue;
  return { timeS, kind, subject };
}

test('any interleaving of pushes and pops gives events in order of (time, priority, insertion)', () => {
  fc.assert(
    fc.property(anySteps, (steps) => {
      const queue = new EventQueue();
      const pending: { timeS: number; priority: number; kind: number; subject: number }[] = [];
      const got: unknown[] = [];
      const expected: unknown[] = [];
      const rest: Step[] = steps.map(() => 'pop');
      for (const [index, step] of [...steps, ...rest].entries()) {
        if (step === 'pop') {
          const first = pending.shift();
          expected.push(first === undefined ? false : [first.timeS, first.kind, first.subject]);
          got.push(queue.pop() && [queue.timeS, queue.kind, queue.subject]);
        } else {
          const event = { ...step, kind: index % 256, subject: index - 200 };
          queue.push(event.timeS, event.priority, event.kind, event.subject);
          pushSorted(pending, event);
        }
        expected.push(pending.length, pending[0]?.timeS ?? Infinity);
        got.push(queue.length, queue.firstTimeS);
      }
      expect(got).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});

test('thousands of events, however their times are spread, come in order, also those pushed for before the next one', () => {
  const anyTimeS = fc.oneof(
    fc.double({ min: 0, max: 1, noNaN: true }).map((share) => -Math.log(1 - 0.999 * share) * 20_000),
    fc.nat(5),
    fc.constantFrom(1e9, 1e9, 1e15),
    fc.double({ min: 0, max: 1e-9, noNaN: true }),
  );
  // A phase pushes and pops this many times, at times of its own after the last event; what is pending may fall far and rise far.
  const anyPhase = fc.record({
    pushes: fc.constantFrom(1, 30, 500, 2000),
    pops: fc.constantFrom(0, 1, 30, 1000, 3000),
    timesS: fc.array(anyTimeS, { minLength: 1, maxLength: 50 }),
    backS: fc.constantFrom(0, 0, 100),
  });
  fc.assert(
    fc.property(fc.array(anyPhase, { minLength: 1, maxLength: 8 }), (phases) => {
      const queue = new EventQueue();
      const pending: { timeS: number; priority: number; subject: number }[] = [];
      let subject = 0;
      for (const { pushes, pops, timesS, backS } of phases) {
        const nowS = queue.timeS - backS;
        for (let push = 0; push < pushes; push++) {
          const event = { timeS: nowS + timesS[push % timesS.length]! * (1 + (push % 7)), priority: push % 3, subject };
          queue.push(event.timeS, event.priority, 1, event.subject);
          pending.push(event);
          subject++;
        }
        pending.sort((a, b) => a.timeS - b.timeS || a.priority - b.priority || a.subject - b.subject);
        const expected = pending.splice(0, pops).map((event) => `${event.timeS} ${event.subject}`);
        const got = expected.map(() => (queue.pop() ? `${queue.timeS} ${queue.subject}` : 'none'));
        expect(got).toEqual(expected);
        expect(queue.length).toBe(pending.length);
        expect(queue.firstTimeS).toBe(pending[0]?.timeS ?? Infinity);
      }
    }),
    { numRuns: 150 },
  );
});

test('a thousand pending events keep their order, though there is room for 64 to begin with', () => {
  const queue = new EventQueue();
  // 617 has no common divisor with 1000, so 617·i mod 1000 takes every value once.
  for (let index = 0; index < 1000; index++) queue.push((617 * index) % 1000, 0, 200, (617 * index) % 1000);
  expect(queue.length).toBe(1000);
  for (let index = 0; index < 1000; index++) {
    expect(popped(queue)).toEqual({ timeS: index, kind: 200, subject: index });
  }
  expect(queue.pop()).toBe(false);
});

test('events of one time and priority leave in the order in which they came, also between pops', () => {
  const queue = new EventQueue();
  for (const subject of [1, 2, 3]) queue.push(5, 1, 0, subject);
  expect(popped(queue).subject).toBe(1);
  queue.push(5, 1, 0, 4);
  queue.push(5, 0, 0, 5);
  expect([0, 0, 0, 0].map(() => popped(queue).subject)).toEqual([5, 2, 3, 4]);
});

test('the largest priority and the largest subject come out as they went in', () => {
  const queue = new EventQueue();
  queue.push(1, 31, 255, 2 ** 31 - 1);
  queue.push(1, 31, 0, 0);
  expect(popped(queue)).toEqual({ timeS: 1, kind: 255, subject: 2 ** 31 - 1 });
  expect(popped(queue)).toEqual({ timeS: 1, kind: 0, subject: 0 });
});

test('isBefore compares with the first event: an earlier time, or the same with a lower priority', () => {
  const queue = new EventQueue();
  expect(queue.isBefore(Infinity, 31)).toBe(false);
  queue.push(10, 2, 0, 0);
  queue.push(10, 2, 0, 1);
  expect(queue.isBefore(9, 31)).toBe(false);
  expect(queue.isBefore(10, 2)).toBe(false);
  expect(queue.isBefore(10, 3)).toBe(true);
  expect(queue.isBefore(11, 0)).toBe(true);
});

test.each([Number.NaN, Infinity, -Infinity])('time %s is refused, and the queue stays as it was', (timeS) => {
  const queue = new EventQueue();
  queue.push(3, 0, 0, 7);
  expect(() => queue.push(timeS, 0, 0, 8)).toThrow(new RangeError(`timeS must be finite, got ${timeS}`));
  expect(queue.length).toBe(1);
  expect(popped(queue)).toEqual({ timeS: 3, kind: 0, subject: 7 });
});

test('an empty queue gives nothing, and keeps the last event for a second look', () => {
  const queue = new EventQueue();
  expect(queue.pop()).toBe(false);
  expect(queue.firstTimeS).toBe(Infinity);
  queue.push(4, 0, 1, 2);
  popped(queue);
  expect(queue.pop()).toBe(false);
  expect([queue.timeS, queue.kind, queue.subject]).toEqual([4, 1, 2]);
});
