/** A link shows what its sender saw, and nonsense in it harms nobody. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  colourings,
  formatState,
  initialState,
  type PageState,
  parseState,
  views,
} from '../../../viz/page/page-state.ts';

const anyText = fc.constantFrom('', 'a', 'heps-000123', 'gpu & more = 1', '#é…');
const anyNumber = fc.oneof(fc.nat(), fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 }));
const anyState: fc.Arbitrary<PageState> = fc.record({
  view: fc.constantFrom(...views),
  run: fc.nat(9),
  other: fc.nat(9),
  shown: fc.constantFrom('', '0', '0-3-5'),
  line: fc.nat(4),
  atS: anyNumber,
  colour: fc.constantFrom(...colourings),
  only: anyText,
  host: anyText,
  vm: anyText,
  attempt: fc.nat(3),
  waiting: fc.constantFrom(0, 1),
  fromS: anyNumber,
  toS: anyNumber,
  speed: anyNumber,
});

test('what is written into the address is read from it again', () => {
  fc.assert(
    fc.property(anyState, (state) => {
      expect(parseState(formatState(state))).toEqual(state);
    }),
  );
});

test('the first state needs no address', () => {
  expect(formatState(initialState)).toBe('');
  expect(parseState('')).toEqual(initialState);
});

test('what makes no sense is as at first', () => {
  expect(parseState('#view=moon&run=-1&other=x&atS=&colour=red&waiting=7&attempt=1.5&line=-2&unknown=1')).toEqual(
    initialState,
  );
});
