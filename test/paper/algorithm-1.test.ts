import { describe, expect, test } from 'vitest';
import { explain, schedule } from '../../core/scheduler.ts';
import { ask, bindTo, card, clusterOf, large, place, policyNamed, small } from '../core/build.ts';

const hybrid = policyNamed('hybrid');

describe('Algorithm 1, CPU VMs', () => {
  test('a CPU VM avoids GPU hosts while a CPU host has room, however full', () => {
    const cluster = clusterOf({ vcpus: 64, ramMib: 262144, cards: [card(large)] }, { vcpus: 4, ramMib: 8192 });
    // Host 1 is filled to the last MiB: LRS = 0. Host 0 stays almost empty: (60/64 + 253952/262144) / 2 · 100 = 95.3125
    const { decision, verdicts } = explain(cluster, ask({ vcpus: 4, ramMib: 8192 }), hybrid);
    expect(decision).toEqual({ kind: 'placed', host: 1, cards: [], score: 100 });
    expect(verdicts[0]!.scored).toMatchObject({ tier: 0, score: 95.3125, shownScore: 95.3125 });
    expect(verdicts[1]!.scored).toMatchObject({ tier: 1, score: 0, shownScore: 100, terms: { lrs: 0 } });
  });

  test('when no CPU host has room, a CPU VM goes to idle CPUs of a GPU host', () => {
    const cluster = clusterOf({ vcpus: 16, ramMib: 65536, cards: [card(large)] }, { vcpus: 4, ramMib: 8192 });
    bindTo(cluster, 1, ask({ vcpus: 1 }));
    // Host 1 has 3 vCPUs left. Host 0: (12/16 + 57344/65536) / 2 · 100 = (0.75 + 0.875) · 50 = 81.25
    expect(schedule(cluster, ask({ vcpus: 4, ramMib: 8192 }), hybrid)).toMatchObject({ host: 0, score: 81.25 });
  });

  test('a host whose cards are all taken or failed is still a GPU host', () => {
    const cluster = clusterOf(
      { vcpus: 64, ramMib: 262144, cards: [card(large), card(large)] },
      { vcpus: 16, ramMib: 32768 },
    );
    bindTo(cluster, 0, ask({ cards: 1 }), [0]);
    cluster.cardHealthy[1] = 0;
    // LRS alone would choose host 0: (62/64 + 260096/262144) / 2 against (15/16 + 31744/32768) / 2
    expect(schedule(cluster, ask(), hybrid)).toMatchObject({ host: 1 });
  });

  test('among CPU hosts the highest LRS wins, and 100 points of priority are added to what is shown', () => {
    const cluster = clusterOf({ vcpus: 8, ramMib: 32768 }, { vcpus: 16, ramMib: 65536 }, { vcpus: 16, ramMib: 32768 });
    // 4 vCPUs, 16384 MiB: (4/8 + ½)/2 → 50; (12/16 + 49152/65536)/2 → 75; (12/16 + ½)/2 → 62.5
    const { decision, verdicts } = explain(cluster, ask({ vcpus: 4, ramMib: 16384 }), hybrid);
    expect(verdicts.map((verdict) => verdict.scored?.shownScore)).toEqual([150, 175, 162.5]);
    expect(decision).toEqual({ kind: 'placed', host: 1, cards: [], score: 175 });
  });

  test('equal hosts: the first is taken', () => {
    const cluster = clusterOf(
      { vcpus: 8, ramMib: 16384 },
      { vcpus: 16, ramMib: 32768 },
      { vcpus: 16, ramMib: 32768 },
      { vcpus: 16, ramMib: 32768 },
    );
    expect(schedule(cluster, ask(), hybrid)).toMatchObject({ host: 1 });
    // Half of 24 and half of 48 vCPUs left, a third of RAM on both: equal on paper though the sizes differ.
    const scaled = clusterOf({ vcpus: 48, ramMib: 49152 }, { vcpus: 24, ramMib: 24576 });
    bindTo(scaled, 0, ask({ vcpus: 23, ramMib: 31744 }));
    bindTo(scaled, 1, ask({ vcpus: 11, ramMib: 15360 }));
    const { decision, verdicts } = explain(scaled, ask(), hybrid);
    // 48 − 23 − 1 = 24 of 48, 49152 − 31744 − 1024 = 16384 of 49152; 24 − 11 − 1 = 12 of 24, 24576 − 15360 − 1024 = 8192 of 24576
    expect(verdicts[0]!.scored!.score).toBe(verdicts[1]!.scored!.score);
    expect(decision).toMatchObject({ host: 0 });
  });
});

describe('Algorithm 1, GPU VMs', () => {
  test('the better card wins over the closer fit when the product says so', () => {
    const cluster = clusterOf(
      { vcpus: 16, ramMib: 65536, cards: [card(small)] },
      { vcpus: 16, ramMib: 65536, cards: [card(large)] },
    );
    const request = ask({ cards: 1, cardMemoryMib: 16384, cardCores: 5000, vcpus: 8, ramMib: 32768 });
    // largest (1, 49152, 10000, 16, 65536): R = (1, ⅓, ½, ½, ½), |R|² = 1.8611111
    //   host 0: N = (1, ⅓, ½, 1, 1), N·R = 2.3611111, |N|² = 3.3611111: ½ × 0.9440366 = 0.4720183
    //   host 1: N = (1, 1, 1, 1, 1), N·R = 1 + ⅓ + 3/2 = 2.8333333, |N|² = 5: 1 × 2.8333333 / √9.3055556 = 0.9288092
    const { decision, verdicts } = explain(cluster, request, hybrid);
    expect(decision).toMatchObject({ kind: 'placed', host: 1, cards: [0] });
    expect(verdicts[0]!.scored!.score).toBeCloseTo(0.4720183, 7);
    expect(verdicts[1]!.scored!.score).toBeCloseTo(0.9288092, 7);
    expect(verdicts[1]!.scored!.terms).toEqual({
      cardScore: expect.closeTo(1, 15),
      similarity: expect.closeTo(0.9288092, 7),
    });
  });

  test('with equal cards the closer fit wins', () => {
    const cluster = clusterOf(
      { vcpus: 16, ramMib: 65536, cards: [card(large)] },
      { vcpus: 8, ramMib: 32768, cards: [card(large)] },
    );
    const request = ask({ cards: 1, cardMemoryMib: 49152, cardCores: 10000, vcpus: 8, ramMib: 32768 });
    // R = (1, 1, 1, ½, ½); N₀ = (1, 1, 1, 1, 1): 4 / √(3.5 · 5) = 0.9561829; N₁ = R: 1
    const { decision, verdicts } = explain(cluster, request, hybrid);
    expect(decision).toMatchObject({ host: 1, cards: [0] });
    expect(verdicts.map((verdict) => verdict.scored?.score)).toEqual([
      expect.closeTo(0.9561829, 7),
      expect.closeTo(1, 15),
    ]);
  });

  test('equal hosts: the first is taken', () => {
    const size = { vcpus: 16, ramMib: 65536, cards: [card(large)] };
    expect(schedule(clusterOf(size, size, size), ask({ cards: 1 }), hybrid)).toMatchObject({ host: 0, cards: [0] });
  });

  test('of the cards those with the least free memory are taken, then the fewest free cores, then the lowest index', () => {
    const shared = Array.from({ length: 4 }, () => card(large, 'shared'));
    const cluster = clusterOf({ vcpus: 64, ramMib: 262144, cards: shared });
    bindTo(cluster, 0, ask({ cards: 1, cardMemoryMib: 8192, cardCores: 1000 }), [1]);
    bindTo(cluster, 0, ask({ cards: 1, cardMemoryMib: 8192, cardCores: 2000 }), [2]);
    bindTo(cluster, 0, ask({ cards: 1, cardMemoryMib: 8192, cardCores: 2000 }), [3]);
    // Free: card 0 49152/10000, card 1 40960/9000, cards 2 and 3 40960/8000
    const cards = (count: number) => {
      const decision = schedule(cluster, ask({ cards: count, cardMemoryMib: 1024, cardCores: 100 }), hybrid);
      return decision.kind === 'placed' ? decision.cards : undefined;
    };
    expect(cards(1)).toEqual([2]);
    expect(cards(2)).toEqual([2, 3]);
    expect(cards(3)).toEqual([1, 2, 3]);
    expect(cards(4)).toEqual([0, 1, 2, 3]);
  });

  test('less free memory counts before fewer free cores', () => {
    const cluster = clusterOf({ vcpus: 64, ramMib: 262144, cards: [card(large, 'shared'), card(large, 'shared')] });
    bindTo(cluster, 0, ask({ cards: 1, cardMemoryMib: 1024, cardCores: 9000 }), [0]);
    bindTo(cluster, 0, ask({ cards: 1, cardMemoryMib: 2048, cardCores: 1000 }), [1]);
    expect(schedule(cluster, ask({ cards: 1, cardMemoryMib: 1024, cardCores: 100 }), hybrid)).toMatchObject({
      cards: [1],
    });
  });
});

describe('Algorithm 1, bind', () => {
  test('the VM holds its resources on the chosen host, and the next one sees them taken', () => {
    const cluster = clusterOf({ vcpus: 8, ramMib: 16384, cards: [card(small), card(small)] });
    const request = ask({ cards: 1, vcpus: 3, ramMib: 4096, diskGib: 40 });
    expect(place(cluster, request, hybrid)).toMatchObject({ host: 0, cards: [0] });
    const host = cluster.hosts[0]!;
    expect([host.vcpusFree, host.ramFreeMib, host.diskFreeGib, host.idleCards]).toEqual([5, 12288, 960, 1]);
    expect(place(cluster, request, hybrid)).toMatchObject({ host: 0, cards: [1] });
    expect(schedule(cluster, request, hybrid)).toEqual({ kind: 'no-valid-host', rejectedBy: { vcpus: 1 } });
    expect(schedule(cluster, ask({ cards: 1 }), hybrid)).toEqual({
      kind: 'no-valid-host',
      rejectedBy: { 'cards-busy': 1 },
    });
  });
});
