import { describe, expect, test } from 'vitest';
import { askedVector } from '../../core/asked-vector.ts';
import type { ResourceVector } from '../../core/resources.ts';
import { schedule } from '../../core/scheduler.ts';
import { rawUnits, similarity } from '../../core/scores.ts';
import { ask, card, clusterOf, large, policyNamed, small } from '../core/build.ts';

/** A vector in the paper's order: Card_free, Card_mem, Card_core, CPU_free, Mem_free. */
function vector(
  cards: number,
  cardMemoryMib: number,
  cardCores: number,
  vcpus: number,
  ramMib: number,
): ResourceVector {
  return { cards, cardMemoryMib, cardCores, vcpus, ramMib };
}

describe('S_similarity, Eq. (3)', () => {
  test('raw, it is the cosine of the two vectors as they stand', () => {
    // (3, 4) · (4, 3) = 24, lengths 5 and 5: 24/25, in whichever two dimensions
    expect(similarity(vector(3, 4, 0, 0, 0), vector(4, 3, 0, 0, 0), rawUnits)).toBe(0.96);
    expect(similarity(vector(0, 0, 3, 4, 0), vector(0, 0, 4, 3, 0), rawUnits)).toBe(0.96);
    expect(similarity(vector(4, 0, 0, 0, 3), vector(3, 0, 0, 0, 4), rawUnits)).toBe(0.96);
    // 1·2 + 2·0 + 2·1 + 4·1 + 0·1 = 8; lengths √(1+4+4+16) = 5 and √(4+0+1+1+1) = √7
    expect(similarity(vector(1, 2, 2, 4, 0), vector(2, 0, 1, 1, 1), rawUnits)).toBeCloseTo(8 / (5 * Math.sqrt(7)), 15);
  });

  test('normalised, each dimension is divided by the largest first', () => {
    // largest (2, ·, ·, 8, ·): N = (1, 1), R = (½, ¼); N·R = ¾, lengths √2 and √(5/16): 0.75 / √0.625 = 0.9486833
    const largest = vector(2, 1, 1, 8, 1);
    expect(similarity(vector(2, 0, 0, 8, 0), vector(1, 0, 0, 2, 0), largest)).toBeCloseTo(0.9486833, 7);
    // raw: (2, 8)·(1, 2) = 18, lengths √68 and √5: 18 / √340 = 0.9761871
    expect(similarity(vector(2, 0, 0, 8, 0), vector(1, 0, 0, 2, 0), rawUnits)).toBeCloseTo(0.9761871, 7);
  });

  test('the angle counts, not the size: twice as much free is as similar', () => {
    const asked = vector(1, 16384, 5000, 4, 16384);
    const idle = vector(2, 49152, 10000, 8, 65536);
    const twice = vector(4, 98304, 20000, 16, 131072);
    expect(similarity(twice, asked, rawUnits)).toBe(similarity(idle, asked, rawUnits));
    expect(similarity(asked, asked, rawUnits)).toBeCloseTo(1, 15);
  });

  test('what nobody asks for or nobody has is not similar to anything', () => {
    const nothing = vector(0, 0, 0, 0, 0);
    expect(similarity(nothing, vector(1, 0, 0, 1, 1), rawUnits)).toBe(0);
    expect(similarity(vector(1, 0, 0, 1, 1), nothing, rawUnits)).toBe(0);
    expect(similarity(vector(1, 1, 1, 0, 0), vector(0, 0, 0, 1, 1), rawUnits)).toBe(0);
  });

  test('the two forms can choose different hosts', () => {
    // The same cards; host 0 has four of them and many vCPUs, host 1 just what is asked, but twice the RAM.
    const cluster = clusterOf(
      { vcpus: 64, ramMib: 16384, cards: [card(large), card(large), card(large), card(large)] },
      { vcpus: 8, ramMib: 32768, cards: [card(large)] },
    );
    const request = ask({ cards: 1, cardMemoryMib: 49152, cardCores: 10000, vcpus: 8, ramMib: 16384 });
    // Normalised by (4, 49152, 10000, 64, 32768): R = (¼, 1, 1, ⅛, ½), |R|² = 1/16 + 1 + 1 + 1/64 + 1/4 = 2.328125
    //   N₀ = (1, 1, 1, 1, ½): N·R = ¼ + 1 + 1 + ⅛ + ¼ = 2.625, |N|² = 4.25:          2.625 / √9.8945313 = 0.8345103
    //   N₁ = (¼, 1, 1, ⅛, 1): N·R = 1/16 + 1 + 1 + 1/64 + ½ = 2.578125, |N|² = 3.078125: 2.578125 / √7.1662598 = 0.9630697
    expect(similarity(vector(4, 49152, 10000, 64, 16384), request, cluster.largest)).toBeCloseTo(0.8345103, 7);
    expect(similarity(vector(1, 49152, 10000, 8, 32768), request, cluster.largest)).toBeCloseTo(0.9630697, 7);
    // Raw, 4 or 1 cards and 64 or 8 vCPUs vanish beside MiB: host 0 is parallel but for them (0.9999994), host 1 has another
    // ratio of RAM to card memory. In units of 16384 MiB, cores being 0.6103516: (3, 0.61, 1)·(3, 0.61, 2) = 11.3725290,
    //   lengths √10.3725290 and √13.3725290: 11.3725290 / 11.7773893 = 0.9656239
    expect(similarity(vector(4, 49152, 10000, 64, 16384), request, rawUnits)).toBeCloseTo(0.9999994, 7);
    expect(similarity(vector(1, 49152, 10000, 8, 32768), request, rawUnits)).toBeCloseTo(0.9656238, 6);

    expect(schedule(cluster, request, policyNamed('hybrid'))).toMatchObject({ host: 1 });
    expect(schedule(cluster, request, policyNamed('hybrid', { similarity: 'raw' }))).toMatchObject({ host: 0 });
  });

  test('an empty host can be more similar than one that the VM fills exactly: cores that are idle and not asked for weigh less there', () => {
    const cluster = clusterOf(
      { vcpus: 8, ramMib: 32768, cards: [card(large)] },
      { vcpus: 32, ramMib: 131072, cards: [card(large), card(large)] },
    );
    const request = ask({ cards: 1, cardMemoryMib: 49152, vcpus: 8, ramMib: 32768 });
    // By (2, 49152, 10000, 32, 131072): R = (½, 1, 0, ¼, ¼), |R|² = 1.375
    //   N₀ = (½, 1, 1, ¼, ¼): N·R = 1.375, |N|² = 2.375: √(1.375 / 2.375) = 0.7608859
    //   N₁ = (1, 1, 1, 1, 1): N·R = 2, |N|² = 5: 2 / √(5 × 1.375) = 0.7627701
    const hybrid = policyNamed('hybrid');
    expect(hybrid.terms(cluster.hosts[0]!, request).similarity).toBeCloseTo(0.7608859, 7);
    expect(hybrid.terms(cluster.hosts[1]!, request).similarity).toBeCloseTo(0.7627701, 7);
    expect(schedule(cluster, request, hybrid)).toMatchObject({ host: 1 });
    // With the cores asked for, N₀ = R: 1; N₁: N·R = 3, 3 / √(5 × 2.375) = 0.8705716
    const named = { ...request, cardCores: 10000 };
    expect(hybrid.terms(cluster.hosts[1]!, named).similarity).toBeCloseTo(0.8705716, 6);
    expect(schedule(cluster, named, hybrid)).toMatchObject({ host: 0 });
  });

  test('left out or filled up with the least that may serve, cores that are not asked for no longer favour the empty host', () => {
    const cluster = clusterOf(
      { vcpus: 8, ramMib: 32768, cards: [card(large)] },
      { vcpus: 32, ramMib: 131072, cards: [card(large), card(large)] },
      { vcpus: 4, ramMib: 16384, cards: [card(small)] },
    );
    const request = ask({ cards: 1, cardMemoryMib: 49152, vcpus: 8, ramMib: 32768 });
    const similarities = (unasked: 'zero' | 'dropped' | 'least'): number[] => {
      const policy = policyNamed('hybrid', { unasked });
      return [0, 1].map((host) => policy.terms(cluster.hosts[host]!, request).similarity!);
    };
    expect(similarities('zero')).toEqual([expect.closeTo(0.7608859, 7), expect.closeTo(0.7627701, 7)]);
    // Without the third component, N₀ = R: 1; N₁ = (1, 1, 1, 1): N·R = 2, |N|² = 4: 2 / √(4 × 1.375) = 0.8528029
    expect(similarities('dropped')).toEqual([expect.closeTo(1, 12), expect.closeTo(0.8528029, 7)]);
    // Only the large card has 49 152 MiB, so the least of the cores is its 10 000: as if they were named, above.
    expect(similarities('least')).toEqual([expect.closeTo(1, 12), expect.closeTo(0.8705716, 6)]);
    expect(schedule(cluster, request, policyNamed('hybrid', { unasked: 'zero' }))).toMatchObject({ host: 1 });
    expect(schedule(cluster, request, policyNamed('hybrid', { unasked: 'dropped' }))).toMatchObject({ host: 0 });
    expect(schedule(cluster, request, policyNamed('hybrid', { unasked: 'least' }))).toMatchObject({ host: 0 });
  });

  test('the least that may serve is taken over the models of the cluster that suit the request, each component of its own', () => {
    // The slim one has the least memory, the small one the fewest cores.
    const slim = { ...large, name: 'slim', memoryMib: 8192, cores: 7000 };
    const cluster = clusterOf({ vcpus: 8, ramMib: 32768, cards: [card(large), card(small), card(slim)] });
    const vectorOf = (request: Parameters<typeof ask>[0], unasked: 'zero' | 'dropped' | 'least' = 'least') =>
      askedVector(cluster, ask({ cards: 1, ...request }), { similarity: 'normalised', unasked });
    expect(vectorOf({}).asked).toMatchObject({
      cards: 1,
      cardMemoryMib: 8192,
      cardCores: 5000,
      vcpus: 1,
      ramMib: 1024,
    });
    expect(vectorOf({ cardMemoryMib: 9000 }).asked).toMatchObject({ cardMemoryMib: 9000, cardCores: 5000 });
    expect(vectorOf({ cardMemoryMib: 20000 }).asked).toMatchObject({ cardMemoryMib: 20000, cardCores: 10000 });
    expect(vectorOf({ cardModels: ['slim'] }).asked).toMatchObject({ cardMemoryMib: 8192, cardCores: 7000 });
    expect(vectorOf({ cardModels: ['nobody has it'] }).asked).toMatchObject({ cardMemoryMib: 0, cardCores: 0 });
    expect(vectorOf({ cardCores: 6000 }, 'dropped').units).toMatchObject({ cardMemoryMib: Infinity, cardCores: 10000 });
    expect(vectorOf({ cardCores: 6000 }, 'zero')).toMatchObject({
      asked: { cardMemoryMib: 0, cardCores: 6000 },
      units: cluster.largest,
    });
  });
});
