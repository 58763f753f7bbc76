import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type LrsHost, leastRequestedScore } from '../../core/scores.ts';

/** Quarter of the vCPUs and half of the RAM are taken. */
const host: LrsHost = { vcpus: 16, vcpusFree: 12, ramMib: 65536, ramFreeMib: 32768 };
const request = { vcpus: 4, ramMib: 8192 };

describe('LRS, Eq. (1)', () => {
  test('r is what the host carries plus the request', () => {
    // vCPU: r = 4 + 4, (16 − 8)/16 = 0.5;  RAM: r = 32768 + 8192, (65536 − 40960)/65536 = 0.375
    // (0.5 · ½ + 0.375 · ½) · 100 = 43.75
    expect(leastRequestedScore(host, request)).toBe(43.75);
  });

  test('weights and M are as given', () => {
    // (0.5 · ¼ + 0.375 · ¾) · 10 = (0.125 + 0.28125) · 10 = 4.0625
    expect(leastRequestedScore(host, request, { vcpuWeight: 0.25, maxScore: 10 })).toBe(4.0625);
    // Equal weights: 43.75 / 100 · 10
    expect(leastRequestedScore(host, request, { vcpuWeight: 0.5, maxScore: 10 })).toBe(4.375);
    // Only RAM, only vCPUs
    expect(leastRequestedScore(host, request, { vcpuWeight: 0, maxScore: 100 })).toBe(37.5);
    expect(leastRequestedScore(host, request, { vcpuWeight: 1, maxScore: 100 })).toBe(50);
  });

  test('it runs from 0, where the request takes all that there is, to M on an empty host', () => {
    expect(leastRequestedScore({ ...host, vcpusFree: 4, ramFreeMib: 8192 }, request)).toBe(0);
    expect(leastRequestedScore({ ...host, vcpusFree: 16, ramFreeMib: 65536 }, { vcpus: 0, ramMib: 0 })).toBe(100);
  });

  test('of two equal hosts the emptier has the higher score', () => {
    // 4 vCPUs left of 16 instead of 8: (0.25 + 0.375) / 2 · 100
    expect(leastRequestedScore({ ...host, vcpusFree: 8 }, request)).toBe(31.25);
  });

  test('scores that are equal on paper are equal as floats, and the higher one is the higher float', () => {
    // Left a/D and b/D on one host, (a+t)/D and (b−t)/D on the other, of capacities that are multiples of D, vCPUs whole or in
    // thousandths; sometimes one MiB more is free, so that the scores differ a little.
    const scale = fc.integer({ min: 1, max: 300 });
    const left = fc.record({ a: fc.nat(50), b: fc.nat(50), t: fc.nat(50), used: fc.nat(20), more: fc.nat(1) });
    fc.assert(
      fc.property(left, fc.tuple(scale, scale, scale, scale), fc.constantFrom(1, 1000), (left, scales, perVcpu) => {
        const { a, b, t, used, more } = left;
        const asked = { vcpus: 3 / perVcpu, ramMib: 1000 };
        const host = (left1: number, scale1: number, left2: number, scale2: number): LrsHost => ({
          vcpus: ((a + b + t + used + 1) * scale1) / perVcpu,
          vcpusFree: (left1 * scale1 + 3) / perVcpu,
          ramMib: (a + b + t + used + 1) * scale2,
          ramFreeMib: left2 * scale2 + 1000,
        });
        const first = host(a, scales[0], b + t, scales[1]);
        const other = host(a + t, scales[2], b, scales[3]);
        const second = { ...other, ramFreeMib: other.ramFreeMib + more };
        expect(isHigher(exactly(second, asked), exactly(first, asked))).toBe(more === 1);
        const difference = leastRequestedScore(second, asked) - leastRequestedScore(first, asked);
        if (more === 0) expect(difference).toBe(0);
        else expect(difference).toBeGreaterThan(0);
      }),
      { numRuns: 3000 },
    );
  });
});

/** (c₁−r₁)/c₁ + (c₂−r₂)/c₂ as an exact fraction; the constant factor ½ · M does not matter for an order. */
function exactly(host: LrsHost, asked: { vcpus: number; ramMib: number }): { over: bigint; under: bigint } {
  const milli = (vcpus: number) => BigInt(Math.round(vcpus * 1000));
  const [c1, c2] = [milli(host.vcpus), BigInt(host.ramMib)];
  const [left1, left2] = [milli(host.vcpusFree) - milli(asked.vcpus), BigInt(host.ramFreeMib - asked.ramMib)];
  return { over: left1 * c2 + left2 * c1, under: c1 * c2 };
}

function isHigher(a: ReturnType<typeof exactly>, b: ReturnType<typeof exactly>): boolean {
  return a.over * b.under > b.over * a.under;
}
