import { describe, expect, test } from 'vitest';
import { bestOffer } from '../../core/policies/hybrid.ts';
import { schedule } from '../../core/scheduler.ts';
import { gpuScore } from '../../core/scores.ts';
import { ask, bindTo, card, clusterOf, large, policyNamed, small } from '../core/build.ts';

/** The options' defaults. */
const normalised = { similarity: 'normalised', unasked: 'zero', freeCards: 'model', gpuScore: 'both' } as const;

describe('Gpu_score, Eq. (4)', () => {
  test('Gpu_score, Eq. (4) is the product of S_card and S_similarity', () => {
    expect(gpuScore(0.5, 0.75)).toBe(0.375);
  });

  test('a host with two models is scored once per model, and the better one is offered', () => {
    const cluster = clusterOf({
      vcpus: 16,
      ramMib: 65536,
      cards: [card(small), card(large), card(small), card(large)],
    });
    const request = ask({ cards: 1, cardMemoryMib: 16384, cardCores: 5000, vcpus: 8, ramMib: 32768 });
    // largest (4, 49152, 10000, 16, 65536): R = (¼, ⅓, ½, ½, ½), |R|² = 1/16 + 1/9 + ¾ = 0.9236111
    //   large: N = (2/4, 1, 1, 1, 1), N·R = ⅛ + ⅓ + 3/2 = 1.9583333, |N|² = 4.25
    //          1 × 1.9583333 / √3.9253472 = 0.9884338
    //   small: N = (2/4, ⅓, ½, 1, 1), N·R = ⅛ + 1/9 + ¼ + 1 = 1.4861111, |N|² = ¼ + 1/9 + ¼ + 2 = 2.6111111
    //          ½ × 1.4861111 / √2.4116512 = ½ × 0.9569605 = 0.4784803
    const offer = bestOffer(cluster.hosts[0]!, request, normalised);
    expect(offer).toMatchObject({ cards: [1], idle: { cards: 2, cardMemoryMib: 49152, cardCores: 10000 } });
    expect(offer.cardScore).toBeCloseTo(1, 15);
    expect(offer.score).toBeCloseTo(0.9884338, 7);

    const onlySmall = bestOffer(cluster.hosts[0]!, { ...request, cardModels: ['small'] }, normalised);
    expect(onlySmall).toMatchObject({ cards: [0], idle: { cards: 2, cardMemoryMib: 16384, cardCores: 5000 } });
    expect(onlySmall.cardScore).toBeCloseTo(0.5, 15);
    expect(onlySmall.similarity).toBeCloseTo(0.9569605, 7);
    expect(onlySmall.score).toBeCloseTo(0.4784803, 7);
  });

  test('a slightly slower model wins when it fits better', () => {
    // Small in memory and cores, 95 % of the speed in each of the three figures: S_card = 0.95
    const middle = { ...small, name: 'middle', fp32Tflops: 38, bandwidthGBs: 760, clockMhz: 1900 };
    const cluster = clusterOf({
      vcpus: 16,
      ramMib: 65536,
      cards: [card(large), card(large), card(middle), card(middle)],
    });
    const request = ask({ cards: 1, cardMemoryMib: 16384, cardCores: 5000, vcpus: 16, ramMib: 65536 });
    // R = (¼, ⅓, ½, 1, 1), |R|² = 1/16 + 1/9 + ¼ + 2 = 2.4236111
    //   large:  N·R = ⅛ + ⅓ + ½ + 2 = 2.9583333, |N|² = 4.25:             2.9583333 / √10.3003472 = 0.9217670
    //   middle: N·R = ⅛ + 1/9 + ¼ + 2 = 2.4861111, |N|² = 2.6111111: 0.95 × 2.4861111 / √6.3283179 = 0.9388582
    const offer = bestOffer(cluster.hosts[0]!, request, normalised);
    expect(offer.cards).toEqual([2]);
    expect(offer.score).toBeCloseTo(0.9388582, 7);
    const onlyLarge = bestOffer(cluster.hosts[0]!, { ...request, cardModels: ['large'] }, normalised);
    expect(onlyLarge.score).toBeCloseTo(0.921767, 7);
  });

  test('models of equal score: the one with less memory is offered, then the one with fewer cores, then the first', () => {
    // Speeds that nobody knows are 0, and so is every score.
    const unknown = { fp32Tflops: 0, bandwidthGBs: 0, clockMhz: 0 };
    const big = { ...large, ...unknown, name: 'big' };
    const fewCores = { ...big, name: 'few cores', cores: 8000 };
    const light = { ...big, name: 'light', memoryMib: 24576 };
    const twin = { ...light, name: 'twin' };
    const offered = (...models: (typeof big)[]) => {
      const cluster = clusterOf({ vcpus: 16, ramMib: 65536, cards: models.map((model) => card(model)) });
      return bestOffer(cluster.hosts[0]!, ask({ cards: 1 }), normalised);
    };
    expect(offered(big, fewCores, light)).toMatchObject({ cards: [2], score: 0 });
    expect(offered(big, fewCores)).toMatchObject({ cards: [1], score: 0 });
    expect(offered(twin, light)).toMatchObject({ cards: [0], score: 0 });
  });

  test('cards of two models serve together only where neither model can alone, and count as the weakest of them', () => {
    const cluster = clusterOf({ vcpus: 16, ramMib: 65536, cards: [card(large), card(small)] });
    const request = ask({ cards: 2, cardMemoryMib: 16384, cardCores: 5000, vcpus: 8, ramMib: 32768 });
    // largest (2, 49152, 10000, 16, 65536): R = (1, ⅓, ½, ½, ½), |R|² = 1 + 1/9 + ¾ = 1.8611111
    //   N = (2/2, ⅓, ½, 1, 1), N·R = 1 + 1/9 + ¼ + 1 = 2.3611111, |N|² = 1 + 1/9 + ¼ + 2 = 3.3611111
    //   min(1, ½) × 2.3611111 / √6.2554012 = ½ × 0.9440366 = 0.4720183
    const offer = bestOffer(cluster.hosts[0]!, request, normalised);
    expect(offer).toMatchObject({ cards: [0, 1], idle: { cards: 2, cardMemoryMib: 16384, cardCores: 5000 } });
    expect(offer.cardScore).toBeCloseTo(0.5, 15);
    expect(offer.score).toBeCloseTo(0.4720183, 7);
    const turned = clusterOf({ vcpus: 16, ramMib: 65536, cards: [card(small), card(large)] });
    expect(bestOffer(turned.hosts[0]!, request, normalised)).toEqual(offer);
  });

  test('a mixture takes the cards with the least free memory', () => {
    // Four cards asked of three large and two small ones: both small, and the first two large.
    const cards = [card(large), card(small), card(large), card(small), card(large)];
    const cluster = clusterOf({ vcpus: 16, ramMib: 65536, cards });
    expect(bestOffer(cluster.hosts[0]!, ask({ cards: 4 }), normalised).cards).toEqual([0, 1, 2, 3]);
    // Three are asked: the large ones can alone.
    expect(bestOffer(cluster.hosts[0]!, ask({ cards: 3 }), normalised).cards).toEqual([0, 2, 4]);
  });

  test('cards of one model that are shared and that are passed through are scored apart, too', () => {
    const cards = [card(large), card(large, 'shared'), card(large, 'shared'), card(large)];
    const cluster = clusterOf({ vcpus: 16, ramMib: 65536, cards });
    const request = ask({ cards: 1, cardMemoryMib: 8192, cardCores: 1000, vcpus: 8, ramMib: 32768 });
    expect(bestOffer(cluster.hosts[0]!, request, normalised)).toMatchObject({ cards: [0], idle: { cards: 2 } });
    // A sixth of the memory and a fifth of the cores of card 1 are taken, with 1 vCPU and 1 GiB. R = (¼, ⅙, 1/10, ½, ½), |R|² = 0.6002778
    //   passthrough: N = (½, 1, 1, 15/16, 63/64), N·R = 1.3526042, |N|² = 4.0979004: 1.3526042 / √2.4598787 = 0.8624101
    //   shared:      N = (½, ⅚, ⅘, 15/16, 63/64), N·R = 1.3048264, |N|² = 3.4323449: 1.3048264 / √2.0603604 = 0.9090360
    bindTo(cluster, 0, ask({ cards: 1, cardMemoryMib: 8192, cardCores: 2000 }), [1]);
    const offer = bestOffer(cluster.hosts[0]!, request, normalised);
    expect(offer).toMatchObject({ cards: [1], idle: { cards: 2, cardMemoryMib: 40960, cardCores: 8000 } });
    expect(offer.score).toBeCloseTo(0.909036, 6);
    expect(bestOffer(cluster.hosts[0]!, { ...request, cards: 3 }, normalised)).toMatchObject({
      cards: [0, 1, 2],
      idle: { cards: 4, cardMemoryMib: 40960, cardCores: 8000 },
    });
  });

  test('N has as many cards as can serve the request now, and of each what the tightest has free', () => {
    const shared = Array.from({ length: 3 }, () => card(large, 'shared'));
    const cluster = clusterOf({ vcpus: 16, ramMib: 65536, cards: shared });
    cluster.cardMemoryFreeMib.set([49152, 20000, 10000]);
    cluster.cardCoresFree.set([10000, 3000, 9000]);
    const offer = bestOffer(cluster.hosts[0]!, ask({ cards: 1, cardMemoryMib: 16384, cardCores: 2000 }), normalised);
    expect(offer.cards).toEqual([1]);
    expect(offer.idle).toEqual({ cards: 2, cardMemoryMib: 20000, cardCores: 3000, vcpus: 16, ramMib: 65536 });
  });

  test('with the idle cards of the node, N counts those of every model, and of shared ones those with something left', () => {
    const cluster = clusterOf({
      vcpus: 16,
      ramMib: 65536,
      cards: [card(small), card(large), card(small), card(large), card(small, 'shared')],
    });
    const request = ask({ cards: 1, cardMemoryMib: 16384, cardCores: 5000, vcpus: 8, ramMib: 32768 });
    const node = { ...normalised, freeCards: 'node' } as const;
    // largest (5, 49152, 10000, 16, 65536): R = (1/5, ⅓, ½, ½, ½), |R|² = 1/25 + 1/9 + ¾ = 0.9011111
    //   by model: N = (2/5, 1, 1, 1, 1), N·R = 2/25 + ⅓ + 3/2 = 1.9133333, |N|² = 4.16: 1.9133333 / √3.7486222 = 0.9882226
    //   by node:  N = (1, 1, 1, 1, 1), N·R = 1/5 + ⅓ + 3/2 = 2.0333333, |N|² = 5: 2.0333333 / √4.5055556 = 0.9579314
    expect(bestOffer(cluster.hosts[0]!, request, normalised)).toMatchObject({
      idle: { cards: 2 },
      score: expect.closeTo(0.9882226, 6),
    });
    expect(bestOffer(cluster.hosts[0]!, request, node)).toMatchObject({
      cards: [1],
      idle: { cards: 5 },
      score: expect.closeTo(0.9579314, 6),
    });
    // One card held, one failed, the shared one used up: two are left, both large.
    cluster.cardMemoryFreeMib[0] = 0;
    cluster.setCardHealthy(0, 2, false);
    cluster.cardCoresFree[4] = 0;
    expect(bestOffer(cluster.hosts[0]!, request, node).idle.cards).toBe(2);
  });
});

test('S_card or similarity alone choose other hosts than their product', () => {
  const full = { vcpus: 16, ramMib: 65536 };
  // Host 0: S_card = 1. Host 1: S_card = ½, and just what is asked for. Largest (2, 49152, 10000, 16, 65536).
  const cluster = clusterOf(
    { ...full, cards: [card(large), card(large)] },
    { ...full, vcpus: 4, ramMib: 16384, cards: [card(small)] },
  );
  const request = ask({ cards: 1, cardMemoryMib: 16384, cardCores: 5000, vcpus: 4, ramMib: 16384 });
  //   R = (½, ⅓, ½, ¼, ¼), |R|² = ¼ + 1/9 + ¼ + 1/16 + 1/16 = 0.7361111
  //   N₀ = (1, 1, 1, 1, 1): N·R = 1.8333333, similarity 1.8333333 / √(5 × 0.7361111) = 0.9556, product 0.9556
  //   N₁ = R: similarity 1, product ½
  const decide = (gpuScore: 'both' | 'card' | 'similarity') =>
    schedule(cluster, request, policyNamed('hybrid', { gpuScore }));
  expect(decide('both')).toMatchObject({ host: 0, score: expect.closeTo(0.9556, 4) });
  expect(decide('card')).toMatchObject({ host: 0, score: expect.closeTo(1, 12) });
  expect(decide('similarity')).toMatchObject({ host: 1, score: expect.closeTo(1, 12) });
  const termsOf = (gpuScore: 'both' | 'card' | 'similarity') =>
    Object.keys(policyNamed('hybrid', { gpuScore }).terms(cluster.hosts[0]!, request));
  expect(termsOf('both')).toEqual(['cardScore', 'similarity']);
  expect(termsOf('card')).toEqual(['cardScore']);
  expect(termsOf('similarity')).toEqual(['similarity']);
});
