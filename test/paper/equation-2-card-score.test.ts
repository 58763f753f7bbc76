import { describe, expect, test } from 'vitest';
import { cardScore } from '../../core/scores.ts';
import { card, clusterOf, large, small } from '../core/build.ts';

describe('S_card, Eq. (2)', () => {
  test('S_card, Eq. (2) is the mean of computing power, bandwidth and clock, each divided by the largest', () => {
    // cc = 10/40 = 0.25, bw = 400/800 = 0.5, cl = 1500/2000 = 0.75; (0.25 + 0.5 + 0.75) / 3 = 0.5
    expect(cardScore(small, large)).toBeCloseTo(0.5, 15);
    expect(cardScore(large, large)).toBeCloseTo(1, 15);
  });

  test('weights are as given', () => {
    // 0.25 · ½ + 0.5 · ¼ + 0.75 · ¼ = 0.125 + 0.125 + 0.1875
    expect(cardScore(small, large, [0.5, 0.25, 0.25])).toBe(0.4375);
    expect(cardScore(small, large, [1, 0, 0])).toBe(0.25);
    expect(cardScore(small, large, [0, 1, 0])).toBe(0.5);
    expect(cardScore(small, large, [0, 0, 1])).toBe(0.75);
  });

  test('each figure is divided by the largest of that figure in the cluster, whichever card has it', () => {
    const strong = { ...large, name: 'strong', fp32Tflops: 40, bandwidthGBs: 400, clockMhz: 1000 };
    const quick = { ...large, name: 'quick', fp32Tflops: 20, bandwidthGBs: 800, clockMhz: 2000 };
    const { largestCard } = clusterOf(
      { vcpus: 8, ramMib: 8192, cards: [card(strong)] },
      { vcpus: 8, ramMib: 8192, cards: [card(quick)] },
    );
    expect(largestCard).toEqual({ fp32Tflops: 40, bandwidthGBs: 800, clockMhz: 2000 });
    // (1 + ½ + ½) / 3 = ⅔;  (½ + 1 + 1) / 3 = ⅚
    expect(cardScore(strong, largestCard)).toBeCloseTo(2 / 3, 15);
    expect(cardScore(quick, largestCard)).toBeCloseTo(5 / 6, 15);
  });

  test('the largest figures stay when the card that has them fails or is taken', () => {
    const cluster = clusterOf({ vcpus: 8, ramMib: 8192, cards: [card(large), card(small)] });
    cluster.cardHealthy[0] = 0;
    cluster.cardMemoryFreeMib[0] = 0;
    expect(cardScore(small, cluster.largestCard)).toBeCloseTo(0.5, 15);
  });
});
