import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sharedCardShare } from '../../core/card-share.ts';
import { ask, bindTo, card, clusterOf, small } from './build.ts';

/** Of a card of 16384 MiB and 5000 cores. */
const shareOf = (cardMemoryMib: number, cardCores: number) =>
  sharedCardShare(ask({ cards: 1, cardMemoryMib, cardCores }), 16384, 5000);

describe('sharedCardShare', () => {
  test('sharedCardShare is what the request asks for', () => {
    expect(shareOf(4096, 1000)).toEqual({ memoryMib: 4096, cores: 1000 });
  });

  test('a request for memory only takes the same fraction of the cores, rounded down', () => {
    // 4096/16384 of 5000 = 1250; 1000/16384 of 5000 = 305.2
    expect(shareOf(4096, 0)).toEqual({ memoryMib: 4096, cores: 1250 });
    expect(shareOf(1000, 0)).toEqual({ memoryMib: 1000, cores: 305 });
  });

  test('a request for cores only takes the same fraction of the memory, rounded down', () => {
    // 1250/5000 of 16384 = 4096; 1/5000 of 16384 = 3.3
    expect(shareOf(0, 1250)).toEqual({ memoryMib: 4096, cores: 1250 });
    expect(shareOf(0, 1)).toEqual({ memoryMib: 3, cores: 1 });
  });

  test('a request for neither memory nor cores takes the whole card', () => {
    expect(shareOf(0, 0)).toEqual({ memoryMib: 16384, cores: 5000 });
  });

  test('a share can exceed the card', () => {
    expect(shareOf(32768, 0)).toEqual({ memoryMib: 32768, cores: 10000 });
  });

  test('memory requests that add up to one card fit on it, and so do requests for cores', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9999 }), { minLength: 1, maxLength: 8 }),
        fc.constantFrom('cardMemoryMib' as const, 'cardCores' as const),
        (wishes, field) => {
          const total = wishes.reduce((sum, wish) => sum + wish, 0);
          const size =
            field === 'cardMemoryMib' ? { memoryMib: total, cores: 5000 } : { memoryMib: 16384, cores: total };
          const cluster = clusterOf({ vcpus: 8, ramMib: 8192, cards: [card({ ...small, ...size }, 'shared')] });
          for (const wish of wishes) bindTo(cluster, 0, ask({ cards: 1, [field]: wish }), [0]);
          expect(field === 'cardMemoryMib' ? cluster.cardMemoryFreeMib[0] : cluster.cardCoresFree[0]).toBe(0);
        },
      ),
    );
  });
});
