import { describe, expect, test } from 'vitest';
import { explain, schedule } from '../../../core/scheduler.ts';
import { ask, bindTo, card, clusterOf, large, policyNamed, small } from '../build.ts';

const leastCard = policyNamed('least-card');
const size = { vcpus: 16, ramMib: 65536 };
const termsOf = (cluster: ReturnType<typeof clusterOf>, request: ReturnType<typeof ask>) =>
  explain(cluster, request, leastCard).verdicts.map(({ scored }) => scored?.terms);

describe('GPU VMs', () => {
  test('GPU VMs get the least card that serves, where hybrid gives the fastest', () => {
    const cluster = clusterOf({ ...size, cards: [card(large)] }, { ...size, cards: [card(small)] });
    const request = ask({ cards: 1, cardMemoryMib: 8192 });
    // (49152 − 8192) / 49152 = 5/6 and (16384 − 8192) / 49152 = 1/6 of the largest card are left; nothing is in use; the one card of
    // each host is all that a host has: −5/6 − 0 − 0.1 and −1/6 − 0 − 0.1
    expect(termsOf(cluster, request)).toEqual([
      { cardLeft: 5 / 6, modelBusy: 0, idleCards: 1 },
      { cardLeft: 1 / 6, modelBusy: 0, idleCards: 1 },
    ]);
    expect(schedule(cluster, request, leastCard)).toMatchObject({ host: 1, score: expect.closeTo(-1 / 6 - 0.1, 12) });
    expect(schedule(cluster, request, policyNamed('hybrid'))).toMatchObject({ host: 0 });
    expect(schedule(cluster, ask({ cards: 1, cardMemoryMib: 16385 }), leastCard)).toMatchObject({ host: 0 });
  });

  test('among cards that leave equally much, the model with more free cards is taken', () => {
    const other = { ...small, name: 'other' };
    const cluster = clusterOf(
      { ...size, cards: [card(small), card(small), card(small)] },
      { ...size, cards: [card(other), card(other), card(other)] },
    );
    bindTo(cluster, 0, ask({ cards: 1 }), [0]);
    // small: 1 of 3 held, two idle: −⅓ − 0.1 · ⅔ = −0.4; other: −0 − 0.1 · 1 (both after −½, 8192 of 16384 MiB)
    const request = ask({ cards: 1, cardMemoryMib: 8192 });
    expect(termsOf(cluster, request)).toEqual([
      { cardLeft: 0.5, modelBusy: expect.closeTo(1 / 3, 12), idleCards: 2 / 3 },
      { cardLeft: 0.5, modelBusy: 0, idleCards: 1 },
    ]);
    expect(schedule(cluster, request, leastCard)).toMatchObject({ host: 1, score: expect.closeTo(-0.6, 12) });
    // A card that has failed is as good as held: now 2 of 3 of the other model.
    cluster.setCardHealthy(1, 0, false);
    cluster.setCardHealthy(1, 1, false);
    expect(schedule(cluster, request, leastCard)).toMatchObject({ host: 0, cards: [1] });
  });

  test('of hosts with the same cards, the one with fewest idle is filled first', () => {
    const cluster = clusterOf({ ...size, cards: [card(small), card(small)] }, { ...size, cards: [card(small)] });
    const request = ask({ cards: 1 });
    expect(schedule(cluster, request, leastCard)).toMatchObject({ host: 1 });
    bindTo(cluster, 1, request, [0]);
    expect(schedule(cluster, request, leastCard)).toMatchObject({ host: 0, cards: [0] });
  });

  test('of shared cards, the one with the least left is taken', () => {
    const cluster = clusterOf({ ...size, cards: [card(small, 'shared')] }, { ...size, cards: [card(small, 'shared')] });
    bindTo(cluster, 1, ask({ cards: 1, cardMemoryMib: 8192 }), [0]);
    const request = ask({ cards: 1, cardMemoryMib: 4096 });
    // One of four quarters of two cards is held: 8192 MiB of 32768, and the cores with them.
    expect(termsOf(cluster, request)).toEqual([
      { cardLeft: 0.75, modelBusy: 0.25, idleCards: 1 },
      { cardLeft: 0.25, modelBusy: 0.25, idleCards: 0 },
    ]);
    expect(schedule(cluster, request, leastCard)).toMatchObject({ host: 1 });
  });

  test('GPU VMs that name cores only are taken to ask for the same fraction of the memory', () => {
    const cluster = clusterOf({ ...size, cards: [card(large)] });
    // 2500 of 10000 cores: a quarter
    expect(termsOf(cluster, ask({ cards: 1, cardCores: 2500 }))).toMatchObject([{ cardLeft: 0.75 }]);
    expect(termsOf(cluster, ask({ cards: 1 }))).toMatchObject([{ cardLeft: 1 }]);
  });

  test('a mixture of models, where only that serves, scores as its worst card', () => {
    const cluster = clusterOf({ ...size, cards: [card(large), card(small)] });
    const request = ask({ cards: 2, cardMemoryMib: 8192 });
    expect(termsOf(cluster, request)).toEqual([{ cardLeft: 5 / 6, modelBusy: 0, idleCards: 1 }]);
    expect(schedule(cluster, request, leastCard)).toMatchObject({ cards: [0, 1] });
  });
});

describe('CPU VMs', () => {
  test('CPU VMs are packed: the fullest CPU host that has room, where hybrid takes the emptiest', () => {
    const cluster = clusterOf(size, size, { ...size, cards: [card(small)] });
    bindTo(cluster, 1, ask({ vcpus: 8 }));
    expect(schedule(cluster, ask({ vcpus: 4 }), leastCard)).toMatchObject({ host: 1 });
    expect(schedule(cluster, ask({ vcpus: 4 }), policyNamed('hybrid'))).toMatchObject({ host: 0 });
  });

  test('CPU VMs go to a GPU host only when no CPU host has room', () => {
    const cluster = clusterOf({ ...size, cards: [card(small)] }, size);
    bindTo(cluster, 0, ask({ vcpus: 12 }));
    expect(schedule(cluster, ask({ vcpus: 4 }), leastCard)).toMatchObject({ host: 1 });
    expect(schedule(cluster, ask({ vcpus: 4 }), policyNamed('least-card', { spill: 'never' }))).toMatchObject({
      host: 1,
    });
    bindTo(cluster, 1, ask({ vcpus: 16 }));
    expect(schedule(cluster, ask({ vcpus: 4 }), leastCard)).toMatchObject({ host: 0 });
    expect(schedule(cluster, ask({ vcpus: 4 }), policyNamed('least-card', { spill: 'never' }))).toMatchObject({
      kind: 'no-valid-host',
    });
  });

  test('CPU VMs on GPU hosts take least from idle cards, even where more is left over', () => {
    const two = [card(small), card(small)];
    const cluster = clusterOf({ ...size, cards: two }, { ...size, cards: two });
    bindTo(cluster, 0, ask({ vcpus: 4 }));
    bindTo(cluster, 1, ask({ vcpus: 1, cards: 1 }), [0]);
    // A card's share is 8 vCPUs. Host 0: 12 left for two idle cards; with 4 more, 8: one card instead of half a card without.
    // Host 1: 15 left for one idle card; with 4 more, 11: still enough. RAM is enough on both.
    expect(termsOf(cluster, ask({ vcpus: 4 }))).toMatchObject([{ deprivedCards: 0.5 }, { deprivedCards: 0 }]);
    expect(schedule(cluster, ask({ vcpus: 4 }), leastCard)).toMatchObject({ host: 1 });
    // Of RAM a card's share is 32 GiB: with 40 GiB more, host 0 has 23 GiB for two cards, host 1 the same for one.
    const terms = termsOf(cluster, ask({ ramMib: 40 * 1024 }));
    // before: 0.5 by vCPUs; after: 2 − 23/32 and 1 − 23/32
    expect(terms).toMatchObject([
      { deprivedCards: expect.closeTo(1.5 - 23 / 32, 12) },
      { deprivedCards: expect.closeTo(1 - 23 / 32, 12) },
    ]);
  });
});
