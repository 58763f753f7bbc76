import { expect, test } from 'vitest';
import { ChangeRing } from '../../../live/srm/change-ring.ts';

function chunk(first: number, last: number, length = 10) {
  return { first, last, length, bytes: () => Buffer.alloc(length) };
}

test('a reader that has a change gets the chunk with the next one', () => {
  const ring = new ChangeRing(1_000);
  const chunks = [chunk(1, 3), chunk(4, 4), chunk(5, 9)];
  for (const each of chunks) ring.push(each);
  expect([0, 2, 3, 4, 8].map((sequence) => chunks.indexOf(ring.after(sequence) as (typeof chunks)[0]))).toEqual([
    0, 0, 1, 2, 2,
  ]);
  expect(ring.after(9)).toBeUndefined();
});

test('what is older than the ring keeps, or was never sent, is forgotten', () => {
  const ring = new ChangeRing(25);
  expect(ring.after(0)).toBeUndefined();
  expect(ring.after(1)).toBe('forgotten');
  for (const each of [chunk(1, 2), chunk(3, 4), chunk(5, 6)]) ring.push(each);
  expect(ring.after(1)).toBe('forgotten');
  expect(ring.after(2)).toMatchObject({ first: 3 });
  expect(ring.after(7)).toBe('forgotten');
});

test('the latest chunk is kept, however large', () => {
  const ring = new ChangeRing(25);
  ring.push(chunk(1, 1));
  ring.push(chunk(2, 9, 100));
  expect(ring.after(1)).toMatchObject({ first: 2 });
  expect(ring.after(0)).toBe('forgotten');
});
