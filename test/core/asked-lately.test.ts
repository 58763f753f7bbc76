import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AskedLately, recountedS, rememberedS } from '../../core/asked-lately.ts';
import { anyRequest, ask } from './build.ts';

const gpu = { cards: 1, cardMemoryMib: 8192 };

test('kinds are counted at multiples of six hours, of what came before them, and forgotten after two weeks', () => {
  const asked = new AskedLately();
  asked.note(ask({ ...gpu, vcpus: 3, ramMib: 1000 }), 1);
  asked.note(ask({ ...gpu, vcpus: 4, ramMib: 2000 }), 2);
  asked.note(ask({ vcpus: 8 }), recountedS - 1);
  expect(asked.kinds).toEqual([]);
  // This one comes too late to be counted at the multiple at which it comes.
  asked.note(ask({ cards: 2 }), recountedS);
  const one = { cards: 1, cardMemoryMib: 8192, cardCores: 0, cardModels: [] };
  expect(asked.kinds).toEqual([
    { ...one, count: 2, vcpus: 3.5, ramMib: 1500 },
    { count: 1, cards: 0, cardMemoryMib: 0, cardCores: 0, cardModels: [], vcpus: 8, ramMib: 1024 },
  ]);
  const before = asked.kinds;
  asked.note(ask(), recountedS + 1);
  expect(asked.kinds).toBe(before);
  asked.note(ask(), rememberedS + recountedS);
  expect(asked.kinds.map(({ count, cards }) => [count, cards])).toEqual([
    [1, 0],
    [1, 2],
  ]);
});

test('models in another order are one kind, and sizes within a power of two; other models, cards or sizes are others', () => {
  const kindsOf = (...requests: Parameters<typeof ask>[0][]): number => {
    const asked = new AskedLately();
    for (const request of requests) asked.note(ask(request), 0);
    asked.note(ask(), recountedS);
    return asked.kinds.length;
  };
  expect(kindsOf({ ...gpu, cardModels: ['a', 'b'] }, { ...gpu, cardModels: ['b', 'a'] })).toBe(1);
  expect(kindsOf({ ...gpu, cardModels: ['a'] }, { ...gpu, cardModels: ['b'] })).toBe(2);
  expect(kindsOf({ ...gpu, cardMemoryMib: 4097 }, gpu)).toBe(1);
  expect(kindsOf({ ...gpu, cardMemoryMib: 4096 }, gpu)).toBe(2);
  expect(kindsOf({ vcpus: 5 }, { vcpus: 8 })).toBe(1);
  expect(kindsOf({ vcpus: 4 }, { vcpus: 8 })).toBe(2);
  expect(kindsOf({ cards: 1 }, { cards: 2 })).toBe(2);
});

test('the order of requests within an instant does not matter', () => {
  fc.assert(
    fc.property(fc.array(anyRequest, { minLength: 1, maxLength: 12 }), (requests) => {
      const kindsOf = (order: typeof requests) => {
        const asked = new AskedLately();
        for (const request of order) asked.note(request, 5);
        asked.note(ask(), recountedS);
        return asked.kinds.map((kind) => ({ ...kind, cardModels: [...kind.cardModels].sort() }));
      };
      expect(kindsOf([...requests].reverse())).toEqual(kindsOf(requests));
    }),
  );
});
