import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dimensions, type ResourceVector } from '../../core/resources.ts';
import {
  cardScore,
  gpuScore,
  leastRequestedParts,
  leastRequestedScore,
  rawUnits,
  similarity,
  similarityParts,
} from '../../core/scores.ts';
import { large } from './build.ts';

const share = fc.double({ min: 0, max: 1, noNaN: true });

describe('leastRequestedScore', () => {
  test('leastRequestedScore lies in [0, M] for whatever weight', () => {
    const size = fc.record({ total: fc.integer({ min: 1, max: 1 << 20 }), free: share, asked: share });
    fc.assert(
      fc.property(size, size, fc.constantFrom(0, 0.25, 0.5, 0.9, 1), (cpu, ram, vcpuWeight) => {
        const vcpusFree = Math.floor(cpu.free * cpu.total);
        const ramFreeMib = Math.floor(ram.free * ram.total);
        const host = { vcpus: cpu.total, vcpusFree, ramMib: ram.total, ramFreeMib };
        const asked = { vcpus: Math.floor(cpu.asked * vcpusFree), ramMib: Math.floor(ram.asked * ramFreeMib) };
        const score = leastRequestedScore(host, asked, { vcpuWeight, maxScore: 10 });
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(10);
      }),
    );
  });
});

test('leastRequestedParts are the halves of the score', () => {
  // 32 vCPUs, 24 free, 4 asked: 20/32 left, × ½ × 100 = 31.25. 64 GiB, 16 free, 8 asked: 8/64 left, 6.25.
  const host = { vcpus: 32, vcpusFree: 24, ramMib: 65536, ramFreeMib: 16384 };
  const asked = { vcpus: 4, ramMib: 8192 };
  const parts = leastRequestedParts(host, asked);
  expect(parts).toEqual({ vcpusLeftShare: 0.625, ramLeftShare: 0.125, vcpuPoints: 31.25, ramPoints: 6.25 });
  expect(leastRequestedScore(host, asked)).toBe(37.5);
  const size = fc.record({ total: fc.integer({ min: 1, max: 1 << 20 }), free: share, asked: share });
  fc.assert(
    fc.property(size, size, fc.constantFrom(0, 0.25, 0.5, 1), (cpu, ram, vcpuWeight) => {
      const options = { vcpuWeight, maxScore: 100 };
      const some = {
        ...{ vcpus: cpu.total, vcpusFree: Math.floor(cpu.free * cpu.total) },
        ...{ ramMib: ram.total, ramFreeMib: Math.floor(ram.free * ram.total) },
      };
      const request = {
        vcpus: Math.floor(cpu.asked * some.vcpusFree),
        ramMib: Math.floor(ram.asked * some.ramFreeMib),
      };
      const { vcpuPoints, ramPoints } = leastRequestedParts(some, request, options);
      expect(vcpuPoints + ramPoints).toBeCloseTo(leastRequestedScore(some, request, options), 9);
    }),
  );
});

describe('cardScore', () => {
  test('cardScore lies in [0, 1] and grows with each figure', () => {
    const figures = fc.record({ fp32Tflops: share, bandwidthGBs: share, clockMhz: share });
    const figure = fc.constantFrom('fp32Tflops' as const, 'bandwidthGBs' as const, 'clockMhz' as const);
    fc.assert(
      fc.property(figures, figure, (part, better) => {
        const slower = {
          fp32Tflops: part.fp32Tflops * 40,
          bandwidthGBs: part.bandwidthGBs * 800,
          clockMhz: part.clockMhz * 2000,
        };
        const score = cardScore(slower, large);
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
        expect(cardScore({ ...slower, [better]: slower[better] + 1 }, large)).toBeGreaterThan(score);
      }),
    );
  });
});

describe('similarity', () => {
  const amount = fc.integer({ min: 0, max: 1 << 19 });
  const anyVector: fc.Arbitrary<ResourceVector> = fc.record({
    cards: fc.nat(16),
    cardMemoryMib: amount,
    cardCores: fc.nat(20000),
    vcpus: fc.nat(512),
    ramMib: amount,
  });
  const largest: ResourceVector = { cards: 8, cardMemoryMib: 81920, cardCores: 16896, vcpus: 256, ramMib: 1 << 19 };

  test('similarity lies in [0, 1] but for the last bit, whichever way round the vectors are', () => {
    fc.assert(
      fc.property(anyVector, anyVector, fc.constantFrom(largest, rawUnits), (idle, asked, units) => {
        const cosine = similarity(idle, asked, units);
        expect(cosine).toBeGreaterThanOrEqual(0);
        expect(cosine).toBeLessThanOrEqual(1 + Number.EPSILON);
        expect(similarity(asked, idle, units)).toBe(cosine);
      }),
    );
  });

  test('of parallel vectors is 1 but for the last bit', () => {
    const asked = { cards: 1, cardMemoryMib: 49152, cardCores: 10752, vcpus: 1, ramMib: 1024 };
    const largest = { cards: 8, cardMemoryMib: 49152, cardCores: 10752, vcpus: 128, ramMib: 1 << 20 };
    for (let times = 1; times <= 8; times++) {
      const idle = {
        cards: times,
        cardMemoryMib: 49152 * times,
        cardCores: 10752 * times,
        vcpus: times,
        ramMib: 1024 * times,
      };
      const difference = Math.abs(similarity(idle, asked, largest) - 1);
      expect(difference, `${times} times`).toBeLessThanOrEqual(Number.EPSILON);
    }
  });

  test('similarity is made of its parts, bit for bit', () => {
    fc.assert(
      fc.property(anyVector, anyVector, fc.constantFrom(largest, rawUnits), (idle, asked, units) => {
        const parts = similarityParts(idle, asked, units);
        expect(parts.similarity).toBe(similarity(idle, asked, units));
        for (const dimension of dimensions) {
          expect(parts.products[dimension]).toBe(
            (idle[dimension] / units[dimension]) * (asked[dimension] / units[dimension]),
          );
        }
        expect(dimensions.reduce((sum, dimension) => sum + parts.products[dimension], 0)).toBe(parts.dot);
      }),
    );
  });

  test('similarity is the cosine: a slow one over the named dimensions agrees', () => {
    fc.assert(
      fc.property(anyVector, anyVector, fc.constantFrom(largest, rawUnits), (idle, asked, units) => {
        const n = dimensions.map((dimension) => idle[dimension] / units[dimension]);
        const r = dimensions.map((dimension) => asked[dimension] / units[dimension]);
        fc.pre(n.some((each) => each > 0) && r.some((each) => each > 0));
        const dot = n.reduce((sum, each, index) => sum + each * r[index]!, 0);
        expect(similarity(idle, asked, units)).toBeCloseTo(dot / (Math.hypot(...n) * Math.hypot(...r)), 12);
      }),
    );
  });
});

test('gpuScore of a perfect fit is the card score, of a perfect card the similarity', () => {
  expect(gpuScore(0.7, 1)).toBe(0.7);
  expect(gpuScore(1, 0.3)).toBe(0.3);
});
