/** The fragmentation measure: typical requests and F by hand, and against the definition, slowly. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { servingCards } from '../../core/card-fit.ts';
import type { Cluster } from '../../core/cluster.ts';
import { Fragments } from '../../core/fragmentation/fragments.ts';
import { RequestKinds, typicalRequestsOf } from '../../core/fragmentation/typical-requests.ts';
import { fgd } from '../../core/policies/fgd/fgd.ts';
import { type RequestNumbers, vmRequest } from '../../core/request.ts';
import type { TypicalRequest } from '../../core/typical-request.ts';
import {
  anyHosts,
  anyRequest,
  anySteps,
  ask,
  bindTo,
  card,
  clusterOf,
  play,
  policyNamed,
  typicalRequests,
} from './build.ts';

/** Cards of the openb trace: one core is a thousandth. */
const unit = { name: 'unit', memoryMib: 16000, cores: 1000, fp32Tflops: 10, bandwidthGBs: 400, clockMhz: 1500 };
const other = { ...unit, name: 'other' };

function typical(...kinds: readonly Partial<TypicalRequest>[]): TypicalRequest[] {
  const nothing = { share: 1, vcpus: 1, cards: 0, cardMemoryMib: 0, cardCores: 0, cardModels: [] };
  return kinds.map((kind) => ({ ...nothing, ...kind }));
}

describe('typical requests', () => {
  const many = (count: number, numbers: Partial<RequestNumbers>) => Array.from({ length: count }, () => ask(numbers));

  test('typical requests are the most frequent kinds until 95 % of the VMs are covered, with shares that sum to 1', () => {
    // 20 VMs: 10, 6 and 3 make 19 = 95 %; the last kind is left out. Shares are those of 19.
    const requests = [
      ...many(1, { vcpus: 16 }),
      ...many(3, { vcpus: 2, cards: 2, cardCores: 1000 }),
      ...many(10, { vcpus: 4, cards: 1, cardCores: 500 }),
      ...many(6, { vcpus: 8 }),
    ];
    const found = typicalRequestsOf(requests);
    expect(found.map(({ vcpus }) => vcpus)).toEqual([4, 8, 2]);
    for (const [index, count] of [10, 6, 3].entries()) expect(found[index]!.share).toBeCloseTo(count / 19, 12);
  });

  test('RAM, disk and what a CPU VM says of cards make no other kind; card models do', () => {
    const kinds = new RequestKinds();
    kinds.add(ask({ ramMib: 1 }));
    kinds.add(ask({ ramMib: 2, diskGib: 5, cardCores: 7 }));
    kinds.add(ask({ cards: 1, cardModels: ['unit'] }));
    kinds.add(ask({ cards: 1, cardModels: ['unit', 'other'] }));
    expect(kinds.typical().map(({ share, cards }) => [share, cards])).toEqual([
      [0.5, 0],
      [0.25, 1],
      [0.25, 1],
    ]);
  });

  test('equally frequent ones come by vCPUs, cores of a card, cards and models, the larger first', () => {
    const sizes = [
      { vcpus: 1, cards: 1, cardCores: 1000, cardModels: ['a'] },
      { vcpus: 1, cards: 2, cardCores: 1000 },
      { vcpus: 2 },
      { vcpus: 1, cards: 1, cardCores: 1000, cardModels: ['b'] },
      { vcpus: 1, cards: 1, cardCores: 300 },
    ];
    const order = typicalRequestsOf(sizes.map(ask)).map(({ vcpus, cards, cardCores, cardModels }) => [
      vcpus,
      cardCores,
      cards,
      ...cardModels,
    ]);
    expect(order).toEqual([
      [2, 0, 0],
      [1, 1000, 2],
      [1, 1000, 1, 'b'],
      [1, 1000, 1, 'a'],
      [1, 300, 1],
    ]);
  });

  test('a policy that needs them says so when it gets none', () => {
    expect(() => fgd.create({ seed: 1 })).toThrow(
      'policy fgd: expected typical requests, which only a workload known beforehand has, got nothing',
    );
  });
});

describe('F of a host', () => {
  /** Two cards with 700 and 300 thousandths free, and 4 vCPUs. */
  function inUse(): Cluster {
    const cluster = clusterOf({ vcpus: 8, ramMib: 65536, cards: [card(unit, 'shared'), card(unit, 'shared')] });
    bindTo(cluster, 0, ask({ vcpus: 2, cards: 1, cardCores: 300 }), [0]);
    bindTo(cluster, 0, ask({ vcpus: 2, cards: 1, cardCores: 700 }), [1]);
    return cluster;
  }

  test.each([
    ['all that is idle, to a CPU VM, with and without enough vCPUs', { vcpus: 2 }, 1000],
    ['all that is idle, to a CPU VM, with and without enough vCPUs', { vcpus: 5 }, 1000],
    ['nothing where each card can serve', { cards: 1, cardCores: 300 }, 0],
    ['what is on the cards that cannot serve, where another can', { cards: 1, cardCores: 301 }, 300],
    ['all where no card can serve', { cards: 1, cardCores: 701 }, 1000],
    ['all where too few cards can serve', { cards: 2, cardCores: 500 }, 1000],
    ['all where the vCPUs are short', { vcpus: 5, cards: 1, cardCores: 100 }, 1000],
    ['all where another model is wanted', { cards: 1, cardCores: 100, cardModels: ['other'] }, 1000],
    ['nothing where one of the wanted models is there', { cards: 1, cardCores: 100, cardModels: ['other', 'unit'] }, 0],
  ])('F of a host is %s', (_, kind, expected) => {
    const fragments = new Fragments(inUse(), typical(kind));
    expect(fragments.free(0)).toBe(1000);
    expect(fragments.of(0)).toBe(expected);
  });

  test('F of a host weighs typical requests by their shares', () => {
    // ½ · 1000 (CPU VM) + ¼ · 300 + ¼ · 0
    const kinds = typical(
      { share: 0.5 },
      { share: 0.25, cards: 1, cardCores: 600 },
      { share: 0.25, cards: 1, cardCores: 1 },
    );
    expect(new Fragments(inUse(), kinds).of(0)).toBe(575);
  });

  test('passed-through cards are free or not, failed ones have nothing free, and hosts without cards have none', () => {
    const cards = [card(unit), card(unit), card(other)];
    const cluster = clusterOf({ vcpus: 8, ramMib: 65536, cards }, { vcpus: 8, ramMib: 65536 });
    const fragments = new Fragments(cluster, typical({ cards: 2, cardCores: 10, cardModels: ['unit'] }));
    // The two `unit` cards serve; the third is of no use to it.
    expect([fragments.free(0), fragments.of(0)]).toEqual([3000, 1000]);
    bindTo(cluster, 0, ask({ cards: 1, cardCores: 10 }), [0]);
    expect([fragments.free(0), fragments.of(0)]).toEqual([2000, 2000]);
    cluster.setCardHealthy(0, 2, false);
    expect([fragments.free(0), fragments.of(0)]).toEqual([1000, 1000]);
    expect([fragments.free(1), fragments.of(1)]).toEqual([0, 0]);
  });
});

/** The definition, card by card, with the filters' own idea of a card that serves. */
function slowFragment(cluster: Cluster, host: number, kinds: readonly TypicalRequest[]): number {
  const view = cluster.hosts[host]!;
  const free = view.specs.cards.map(({ cores, sharing }, index) => {
    if (!view.isCardHealthy(index)) return 0;
    if (sharing === 'passthrough') return view.isCardIdle(index) ? 1000 : 0;
    return Math.floor((1000 * view.cardCoresFree(index)) / cores);
  });
  const total = free.reduce((sum, each) => sum + each, 0);
  return kinds.reduce((sum, { share, ...kind }) => {
    const serving = servingCards(view, vmRequest({ id: '', ramMib: 0, ...kind }));
    const isUsable = kind.cards > 0 && serving.length >= kind.cards && view.vcpusFree >= kind.vcpus;
    const useless = free.reduce((lost, each, index) => lost + (serving.includes(index) ? 0 : each), 0);
    return sum + share * (isUsable ? useless : total);
  }, 0);
}

test('F is what the definition says, on any cluster after any history, and is known beforehand for a request that comes', () => {
  const policy = policyNamed('fgd/best-fit');
  fc.assert(
    fc.property(anyHosts, anySteps, anyRequest, (hosts, steps, request) => {
      const { cluster } = play(hosts, steps, policy);
      const fragments = new Fragments(cluster, typicalRequests);
      for (const { index } of cluster.hosts) {
        expect(fragments.of(index)).toBeCloseTo(slowFragment(cluster, index, typicalRequests), 9);
      }
      for (const host of cluster.hosts) {
        if (policy.filters.some((filter) => filter.reject(host, request) !== undefined)) continue;
        const cards = request.cards === 0 ? [] : policy.cards(host, request);
        const rows = cards.map((each) => cluster.cardStart[host.index]! + each);
        const expected = fragments.with(host.index, request, rows, rows.length);
        const placement = bindTo(cluster, host.index, request, cards);
        expect(fragments.of(host.index)).toBe(expected);
        expect(fragments.of(host.index)).toBeCloseTo(slowFragment(cluster, host.index, typicalRequests), 9);
        cluster.release(placement);
      }
    }),
    { numRuns: 500 },
  );
});
