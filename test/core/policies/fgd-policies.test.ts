/** The scores of the FGD artifact, worked out by hand on hosts of a few cards. */
import { describe, expect, test } from 'vitest';
import type { Cluster } from '../../../core/cluster.ts';
import { pointsOf } from '../../../core/policies/fgd/fgd.ts';
import type { Policy } from '../../../core/policy.ts';
import { explain } from '../../../core/scheduler.ts';
import { applySrm, srmOf } from '../../../core/srm.ts';
import { ask, bindTo, card, clusterOf, place, policyNamed } from '../build.ts';

const unit = { name: 'unit', memoryMib: 16000, cores: 1000, fp32Tflops: 10, bandwidthGBs: 400, clockMhz: 1500 };

/** A host with these numbers of vCPUs and shared cards. */
function host(vcpus: number, cards: number) {
  return { vcpus, ramMib: 65536, cards: Array.from({ length: cards }, () => card(unit, 'shared')) };
}

/** A request for that part of a card, thousandths. */
function part(cardCores: number, vcpus = 1) {
  return ask({ vcpus, ramMib: 0, cards: 1, cardCores });
}

function whole(cards: number, vcpus = 1) {
  return ask({ vcpus, ramMib: 0, cards, cardCores: 1000 });
}

/** Score of each host; undefined where it was filtered out. */
function scoresOf(cluster: Cluster, policy: Policy, request = ask()): (number | undefined)[] {
  return explain(cluster, request, policy).verdicts.map(({ scored }) => scored?.score);
}

/** Cards that the request gets on the first host. */
function cardsOn(cluster: Cluster, policy: Policy, request = ask()): readonly number[] {
  return explain(cluster, request, policy).verdicts[0]!.scored!.cards;
}

describe('cards', () => {
  /** 1000, 400, 700 and 400 thousandths are free. */
  function fourCards(): Cluster {
    const cluster = clusterOf(host(96, 4));
    bindTo(cluster, 0, part(600), [1]);
    bindTo(cluster, 0, part(300), [2]);
    bindTo(cluster, 0, part(600), [3]);
    return cluster;
  }

  test.each(['fgd/best-fit', 'fgd/dot-product', 'gpu-clustering', 'gpu-packing'])(
    '%s: a part goes to the first of the tightest cards, whole cards are the first idle ones',
    (name) => {
      const policy = policyNamed(name);
      expect(cardsOn(fourCards(), policy, part(400))).toEqual([1]);
      expect(cardsOn(fourCards(), policy, part(500))).toEqual([2]);
      expect(cardsOn(fourCards(), policy, whole(1))).toEqual([0]);
      expect(cardsOn(clusterOf(host(96, 4)), policy, whole(2))).toEqual([0, 1]);
    },
  );

  test('cards with equal free capacity are equally tight, however that came about', () => {
    // Of 15999 MiB, 499 thousandths take 7983.5 and 998 take 15967.0, both rounded down: in two pieces 15966, and a MiB more is free.
    const odd = { ...unit, memoryMib: 15999 };
    const cluster = clusterOf({ vcpus: 96, ramMib: 65536, cards: [card(odd, 'shared'), card(odd, 'shared')] });
    for (const piece of [499, 499]) bindTo(cluster, 0, part(piece), [0]);
    bindTo(cluster, 0, part(998), [1]);
    expect(cluster.cardMemoryFreeMib[0]).toBeGreaterThan(cluster.cardMemoryFreeMib[1]!);
    expect(cardsOn(cluster, policyNamed('fgd/best-fit'), part(2))).toEqual([0]);
  });

  test('fgd/random draws a card among those that fit, and whole cards as the others do', () => {
    const policy = policyNamed('fgd/random');
    const drawn = new Set<number>();
    for (let id = 0; id < 50; id++) drawn.add(cardsOn(fourCards(), policy, { ...part(500), id: `vm-${id}` })[0]!);
    expect([...drawn].sort()).toEqual([0, 2]);
    expect(cardsOn(clusterOf(host(96, 4)), policy, whole(1))).toEqual([0]);
  });
});

test('fgd/best-fit: what is left of vCPUs over 128 and of cards over 8, halves, from 100 down', () => {
  const cluster = clusterOf(host(96, 8), host(32, 2), { vcpus: 128, ramMib: 65536 });
  // Host 0: (96 − 32)/128 = 0.5, (8 − 0.5)/8 = 0.9375; 100 · (1 − 0.71875) = 28.1. Host 1: 0 and 1.5/8 = 0.1875; 90.6.
  expect(scoresOf(cluster, policyNamed('fgd/best-fit'), part(500, 32))).toEqual([28, 90, undefined]);
  // A CPU VM: ½ · 96/128 = 0.375 and ½ for all cards; ½ · 0; ½ · 96/128 and no cards.
  expect(scoresOf(cluster, policyNamed('fgd/best-fit'), ask({ vcpus: 32 }))).toEqual([25, 87, 62]);
});

test('fgd/dot-product: free times asked, both over 128 vCPUs and 8 cards; the larger the fewer points', () => {
  const cluster = clusterOf(host(96, 8), host(32, 2));
  // Host 0: 96/128 · 32/128 = 0.1875, 1 · ½/8 = 0.0625; 100 · (1 − 0.125) = 87.5. Host 1: 0.0625 + ¼ · 1/16 = 0.078125; 96.09.
  expect(scoresOf(cluster, policyNamed('fgd/dot-product'), part(500, 32))).toEqual([87, 96]);
});

test('gpu-clustering: company counts 75, 50, 25 or 0, and the cards in use up to 25', () => {
  const cluster = clusterOf(host(96, 8), host(96, 8), host(96, 8), host(96, 8), host(96, 4));
  bindTo(cluster, 0, part(500), [0]);
  bindTo(cluster, 1, part(500), [0]);
  bindTo(cluster, 1, whole(2), [1, 2]);
  bindTo(cluster, 2, whole(2), [0, 1]);
  bindTo(cluster, 3, ask());
  // Idle of 8: 7.5, 5.5, 6, 8 and, with 4 cards only, 4: 25 · (8 − 7.5)/8 = 1.6; 7.8; 6.25; 0; 12.5, each rounded down.
  expect(scoresOf(cluster, policyNamed('gpu-clustering'), part(100))).toEqual([76, 57, 6, 25, 37]);
  expect(scoresOf(cluster, policyNamed('gpu-clustering'), whole(2))).toEqual([1, 57, 81, 25, 37]);
  expect(scoresOf(cluster, policyNamed('gpu-clustering'), whole(1))).toEqual([1, 7, 6, 25, 37]);
  expect(scoresOf(cluster, policyNamed('gpu-clustering'), ask())).toEqual([0, 0, 0, 0, 0]);
});

test('gpu-clustering knows what has left: the company is that of now', () => {
  const cluster = clusterOf(host(96, 8));
  const placement = bindTo(cluster, 0, whole(2), [0, 1]);
  bindTo(cluster, 0, part(500), [2]);
  expect(scoresOf(cluster, policyNamed('gpu-clustering'), part(100))).toEqual([50 + 7]);
  cluster.release(placement);
  expect(scoresOf(cluster, policyNamed('gpu-clustering'), part(100))).toEqual([75 + 1]);
});

test('gpu-packing: cards in use, then idle cards of hosts in use, then idle hosts', () => {
  const cluster = clusterOf(host(96, 8), host(96, 8), host(96, 2));
  bindTo(cluster, 0, part(250), [0]);
  const policy = policyNamed('gpu-packing');
  // 750 thousandths are free of the card in use: 100 − 75/10 rounded down; idle hosts: 33 − 8 and 33 − 2.
  expect(scoresOf(cluster, policy, part(500))).toEqual([93, 25, 31]);
  // Only idle cards will do: 50 − 1, 50 − 3.
  expect(scoresOf(cluster, policy, part(800))).toEqual([49, 25, 31]);
  expect(scoresOf(cluster, policy, whole(3))).toEqual([47, 25, undefined]);
  expect(scoresOf(cluster, policy, ask())).toEqual([0, 0, 0]);
});

describe('fgd', () => {
  test('points are the logistic function of the cards that are saved from fragmentation, rounded down', () => {
    // 1/(1 + e⁻¹) = 0.731, 1/(1 + e¹) = 0.269, 1/(1 + e⁻⁰·¹) = 0.52498
    expect([0, 1000, -1000, 100, -1e-9].map(pointsOf)).toEqual([50, 73, 26, 52, 49]);
  });

  const nothing = { vcpus: 1, cardMemoryMib: 0, cardModels: [] };
  const halves = { share: 1, cards: 1, cardCores: 500, ...nothing };

  test('fgd takes the card whose rest nobody could use, and of equal ones the first', () => {
    const policy = policyNamed('fgd', { typicalRequests: [halves] });
    const cluster = clusterOf(host(96, 3));
    bindTo(cluster, 0, part(600), [1]);
    bindTo(cluster, 0, part(400), [2]);
    // Free: 1000, 400, 600; F = 400. 300 more on card 0 keep F, since 700 still serve (50 points); on card 1 F = 100: saved 300, 57;
    // on card 2 the 300 left would be lost: F = 700, 42.
    expect(cardsOn(cluster, policy, part(300))).toEqual([1]);
    expect(scoresOf(cluster, policy, part(300))).toEqual([57]);
    expect(cardsOn(clusterOf(host(96, 3)), policy, part(300))).toEqual([0]);
  });

  test('a CPU VM goes where the vCPUs are not needed for cards', () => {
    const policy = policyNamed('fgd', { typicalRequests: [{ ...halves, vcpus: 4 }] });
    // On host 0, 3 of 4 vCPUs would be left: both cards become a fragment, 1/(1 + e²) = 0.119. Host 1 keeps 7, and nothing changes.
    expect(scoresOf(clusterOf(host(4, 2), host(8, 2)), policy, ask({ vcpus: 1 }))).toEqual([11, 50]);
  });

  test('of equal hosts the first is taken, in the reproduction that of the lowest name', () => {
    const policy = policyNamed('fgd', { typicalRequests: [halves] });
    expect(place(clusterOf(host(8, 2), host(8, 2)), part(500), policy)?.host).toBe(0);
  });
});

describe('which GPU VMs a host has', () => {
  test('the list of GPU VMs of a host follows bindings and releases', () => {
    const cluster = clusterOf(host(96, 2), host(96, 3));
    const placements = [
      bindTo(cluster, 1, part(500), [0]),
      bindTo(cluster, 1, part(500), [0]),
      bindTo(cluster, 1, whole(2), [1, 2]),
    ];
    // Columns: parts of a card, 1 card, 2 cards, 3 cards.
    expect([...cluster.gpuVms]).toEqual([0, 0, 0, 0, 2, 0, 1, 0]);
    for (const placement of placements) cluster.release(placement);
    expect([...cluster.gpuVms]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  });

  test('a card that is passed through, or taken whole, counts as one', () => {
    const cluster = clusterOf({ vcpus: 8, ramMib: 65536, cards: [card(unit), card(unit, 'shared')] });
    bindTo(cluster, 0, part(500), [0]);
    cluster.bind({ request: part(500), host: 0, cards: [1], wholeCards: true });
    expect([...cluster.gpuVms]).toEqual([0, 2, 0]);
  });

  test('the list of GPU VMs of a host is read from the servers that a record names', () => {
    const cluster = clusterOf(host(96, 3));
    const servers = [['a', 'b'], ['c'], ['c']];
    const record = srmOf(cluster.hosts[0]!, 1, 1, (index) => servers[index]!);
    applySrm(cluster, { ...record, cards: record.cards.map((each) => ({ ...each, coresUsed: 1000 })) });
    expect([...cluster.gpuVms]).toEqual([2, 0, 1, 0]);
  });
});
