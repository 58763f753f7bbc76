import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Cluster, HostView } from '../../../core/cluster.ts';
import { policies } from '../../../core/policies/index.ts';
import { createPolicy } from '../../../core/policy.ts';
import type { VmRequest } from '../../../core/request.ts';
import { explain, schedule } from '../../../core/scheduler.ts';
import {
  anyHosts,
  anyRequest,
  anySteps,
  ask,
  bindTo,
  card,
  clusterOf,
  large,
  place,
  play,
  policyNamed,
  small,
  typicalRequests,
} from '../build.ts';

test('names are unique and every policy carries its own, with a summary of one line', () => {
  expect(policies.map(({ name }) => name)).toEqual([...new Set(policies.map(({ name }) => name))]);
  for (const factory of policies) {
    expect(createPolicy(factory, { typicalRequests }).name).toBe(factory.name);
    expect(factory.summary).toMatch(/^.{10,120}$/);
  }
});

/** Shared storage out of the way: disk is equal everywhere, so that its term is 1 for all. */
const cpuHost = { vcpus: 16, ramMib: 65536 };

describe('nova', () => {
  const nova = policyNamed('nova');

  /** The pseudocode of Nova's choice over its candidates, as weights by host index; undefined for the others. */
  function novaWeights(cluster: Cluster, vm: VmRequest): (number | undefined)[] {
    const isFree = (h: HostView, card: number) =>
      h.isCardHealthy(card) && h.cardMemoryFreeMib(card) + h.cardCoresFree(card) === total(h, card);
    const total = (h: HostView, card: number) => h.specs.cards[card]!.memoryMib + h.specs.cards[card]!.cores;
    const free = (h: HostView, alias: readonly string[]) =>
      h.specs.cards.filter(({ model }, at) => (alias.length === 0 || alias.includes(model)) && isFree(h, at)).length;
    const cand = cluster.hosts.filter(
      (h) =>
        cluster.up[h.index] === 1 &&
        h.vcpusFree >= vm.vcpus &&
        h.ramFreeMib >= vm.ramMib &&
        h.diskFreeGib >= vm.diskGib &&
        (vm.cards === 0 || free(h, vm.cardModels) >= vm.cards),
    );
    const ofMax = (f: (h: HostView) => number, h: HostView) => {
      const max = Math.max(...cand.map(f));
      return max === 0 ? 0 : f(h) / max;
    };
    const minmax = (f: (h: HostView) => number, h: HostView) => {
      const [min, max] = [Math.min(...cand.map(f)), Math.max(...cand.map(f))];
      return max === min ? 0 : (f(h) - min) / (max - min);
    };
    const w = (h: HostView) =>
      ofMax((g) => g.ramFreeMib, h) +
      ofMax((g) => g.vcpusFree, h) +
      ofMax((g) => g.diskFreeGib, h) -
      ofMax((g) => g.building, h) +
      minmax((g) => 100 - Math.min(free(g, []), 99), h);
    return cluster.hosts.map((h) => (cand.includes(h) ? (cand.length > 1 ? w(h) : 0) : undefined));
  }

  test('nova weighs as the pseudocode does, and takes the first maximum', () => {
    fc.assert(
      fc.property(anyHosts, anySteps, anyRequest, (hosts, steps, request) => {
        const { cluster } = play(hosts, steps, nova);
        const weights = novaWeights(cluster, request);
        const { decision, verdicts } = explain(cluster, request, nova);
        expect(verdicts.map(({ scored }) => scored?.score)).toEqual(weights);
        const best = Math.max(...weights.map((weight) => weight ?? -Infinity));
        if (best === -Infinity) expect(decision.kind).toBe('no-valid-host');
        else expect(decision).toMatchObject({ host: weights.indexOf(best), score: best });
      }),
      { numRuns: 1000 },
    );
  });

  test('RAM, vCPUs and disk are divided by the most that a candidate has free', () => {
    const cluster = clusterOf(
      { vcpus: 16, ramMib: 65536, diskGib: 400 },
      { vcpus: 32, ramMib: 32768, diskGib: 100 },
      { vcpus: 64, ramMib: 512, diskGib: 9000 },
    );
    // Host 2 lacks RAM, and so does not count among the candidates.
    const { decision, verdicts } = explain(cluster, ask(), nova);
    expect(verdicts[0]!.scored!.terms).toEqual({ ram: 1, cpu: 0.5, disk: 1, io_ops: 0, pci: 0 });
    expect(verdicts[1]!.scored!.terms).toEqual({ ram: 0.5, cpu: 1, disk: 0.25, io_ops: 0, pci: 0 });
    expect(verdicts[2]!.rejection!.reason).toBe('ram');
    expect(decision).toMatchObject({ host: 0, score: 2.5 });
  });

  test('a single candidate is not weighed', () => {
    const { decision, verdicts } = explain(clusterOf(cpuHost, { vcpus: 1, ramMib: 512 }), ask(), nova);
    expect(verdicts[0]!.scored).toEqual({ tier: 0, score: 0, shownScore: 0, terms: {}, cards: [] });
    expect(decision).toEqual({ kind: 'placed', host: 0, cards: [], score: 0 });
  });

  test('nova spreads a burst over hosts, since it counts builds', () => {
    const cluster = clusterOf(cpuHost, cpuHost, cpuHost);
    cluster.building.set([4, 2, 3]);
    // 4, 2, 3 building, of 4 at most: −1, −½, −¾; the rest is equal: 3 each
    const { decision, verdicts } = explain(cluster, ask(), nova);
    expect(verdicts.map(({ scored }) => scored?.terms.io_ops)).toEqual([-1, -0.5, -0.75]);
    expect(decision).toMatchObject({ host: 1, score: 2.5 });
  });

  test('PCIWeigher prefers the fewest free devices, for GPU VMs and CPU VMs alike', () => {
    const three = { ...cpuHost, cards: [card(small), card(small), card(small)] };
    const cluster = clusterOf(
      three,
      { ...cpuHost, cards: [card(small)] },
      { ...cpuHost, cards: [card(large), card(large)] },
    );
    // Free 3, 1, 2 → 97, 99, 98 → 0, 1, ½
    const pci = (cards: number) =>
      explain(cluster, ask({ cards }), nova).verdicts.map(({ scored }) => scored?.terms.pci);
    expect(pci(1)).toEqual([0, 1, 0.5]);
    expect(pci(0)).toEqual([0, 1, 0.5]);
    expect(schedule(cluster, ask({ cards: 1 }), nova)).toMatchObject({ host: 1, cards: [0] });
  });

  test('keeping CPU VMs off GPU hosts is one term of four, and loses to a much larger GPU host', () => {
    const gpuHost = { vcpus: 64, ramMib: 262144, cards: [card(large)] };
    // Against the same size: pci 0 and 1 decide. Against a quarter: 1 + 1 + 1 + 0 > ¼ + ¼ + 1 + 1
    expect(schedule(clusterOf(gpuHost, { ...gpuHost, cards: [] }), ask(), nova)).toMatchObject({ host: 1 });
    expect(schedule(clusterOf(gpuHost, cpuHost), ask(), nova)).toMatchObject({ host: 0, score: 3 });
    expect(schedule(clusterOf(gpuHost, cpuHost), ask(), policyNamed('hybrid'))).toMatchObject({ host: 1 });
  });

  test('nova places a 48 GB request on a 16 GB card, where hybrid refuses', () => {
    const cluster = clusterOf({ ...cpuHost, cards: [card(small)] });
    const request = ask({ cards: 1, cardMemoryMib: 49152 });
    expect(schedule(cluster, request, nova)).toMatchObject({ kind: 'placed', host: 0, cards: [0] });
    expect(schedule(cluster, request, policyNamed('hybrid'))).toEqual({
      kind: 'no-valid-host',
      rejectedBy: { 'card-memory': 1 },
    });
  });

  test('nova takes shared cards whole, where hybrid shares them', () => {
    const request = ask({ cards: 1, cardMemoryMib: 4096 });
    const placed = (name: string) => {
      const cluster = clusterOf({ ...cpuHost, cards: [card(small, 'shared')] });
      let count = 0;
      while (place(cluster, request, policyNamed(name)) !== undefined) count++;
      return count;
    };
    // 16384 / 4096
    expect([placed('nova'), placed('hybrid')]).toEqual([1, 4]);
  });

  test('nova takes the first free devices of a requested model', () => {
    const cluster = clusterOf({ ...cpuHost, cards: [card(small), card(large), card(large), card(large)] });
    bindTo(cluster, 0, ask({ cards: 1 }), [1]);
    expect(schedule(cluster, ask({ cards: 1, cardModels: ['large'] }), nova)).toMatchObject({ cards: [2] });
    expect(schedule(cluster, ask({ cards: 3 }), nova)).toMatchObject({ cards: [0, 2, 3] });
  });
});

describe('nova-aliases', () => {
  const aliases = policyNamed('nova-aliases');

  test('counts the cards that have what is asked for, and weighs as nova does', () => {
    // Host 0 has the fewest free cards, of which none has 48 GiB; host 1 has one.
    const cluster = clusterOf(
      { ...cpuHost, cards: [card(small), card(small)] },
      { ...cpuHost, cards: [card(small), card(large), card(small)] },
      { ...cpuHost, cards: [card(large), card(large), card(large), card(large)] },
    );
    const request = ask({ cards: 1, cardMemoryMib: 40000 });
    // Free 3 and 4 → 97 and 96 → 1 and 0; the other three terms are 1 each.
    expect(schedule(cluster, request, aliases)).toEqual({ kind: 'placed', host: 1, cards: [1], score: 4 });
    expect(schedule(cluster, request, policyNamed('nova'))).toMatchObject({ host: 0, cards: [0] });
    expect(schedule(cluster, { ...request, cards: 2 }, aliases)).toMatchObject({ host: 2, cards: [0, 1] });
    expect(schedule(cluster, { ...request, cardMemoryMib: 0, cardCores: 9000 }, aliases)).toMatchObject({ cards: [1] });
    expect(schedule(cluster, ask({ cards: 1 }), aliases)).toMatchObject({ host: 0, cards: [0] });
  });

  test('says which of the things asked for the cards lack', () => {
    const cluster = clusterOf({ ...cpuHost, cards: [card(large), card(small)] }, cpuHost);
    bindTo(cluster, 0, ask({ cards: 1 }), [0]);
    const rejected = (numbers: Parameters<typeof ask>[0]) => schedule(cluster, ask(numbers), aliases);
    expect(rejected({ cards: 1, cardMemoryMib: 40000 })).toMatchObject({
      rejectedBy: { 'cards-busy': 1, 'no-cards': 1 },
    });
    expect(rejected({ cards: 1, cardMemoryMib: 50000 })).toMatchObject({ rejectedBy: { 'card-memory': 1 } });
    expect(rejected({ cards: 1, cardCores: 20000 })).toMatchObject({ rejectedBy: { 'card-cores': 1 } });
    expect(rejected({ cards: 1, cardModels: ['other'] })).toMatchObject({ rejectedBy: { 'card-model': 1 } });
  });

  test('in host aggregates CPU VMs never go to GPU hosts, under either kind of alias', () => {
    const gpuHost = { vcpus: 64, ramMib: 262144, cards: [card(large)] };
    for (const name of ['nova', 'nova-aliases']) {
      const split = policyNamed(name, { hostAggregates: 'gpu' });
      expect(schedule(clusterOf(gpuHost, cpuHost), ask(), policyNamed(name))).toMatchObject({ host: 0 });
      expect(schedule(clusterOf(gpuHost, cpuHost), ask(), split)).toMatchObject({ host: 1 });
      expect(schedule(clusterOf(gpuHost, cpuHost), ask({ vcpus: 32 }), split)).toEqual({
        kind: 'no-valid-host',
        rejectedBy: { vcpus: 1, 'kept-for-cards': 1 },
      });
      expect(schedule(clusterOf(gpuHost, cpuHost), ask({ cards: 1 }), split)).toMatchObject({ host: 0, cards: [0] });
    }
  });
});

describe('simple policies', () => {
  // Left after a VM of 4 vCPUs and 16 GiB, as shares of the largest host (16 vCPUs, 65536 MiB):
  //   host 0: 4/16 and 49152/65536, mean 0.5;  host 1: 12/16 and 49152/65536, 0.75;  host 2: 0/16 and 16384/65536, 0.125
  const hosts = [
    { vcpus: 8, ramMib: 65536 },
    { vcpus: 16, ramMib: 65536 },
    { vcpus: 4, ramMib: 32768 },
  ];
  const request = ask({ vcpus: 4, ramMib: 16384 });
  const decide = (name: string, cluster = clusterOf(...hosts), asked = request) =>
    schedule(cluster, asked, policyNamed(name));

  test('first-fit takes the first host that fits', () => {
    expect(decide('first-fit')).toEqual({ kind: 'placed', host: 0, cards: [], score: 0 });
    const cluster = clusterOf(...hosts);
    bindTo(cluster, 0, ask({ vcpus: 5 }));
    expect(decide('first-fit', cluster)).toMatchObject({ host: 1 });
  });

  test('best-fit takes the host that has least left, worst-fit the one that has most', () => {
    expect(decide('best-fit')).toEqual({ kind: 'placed', host: 2, cards: [], score: -0.125 });
    expect(decide('worst-fit')).toEqual({ kind: 'placed', host: 1, cards: [], score: 0.75 });
    const { verdicts } = explain(clusterOf(...hosts), request, policyNamed('worst-fit'));
    expect(verdicts.map(({ scored }) => scored?.score)).toEqual([0.5, 0.75, 0.125]);
    expect(verdicts[0]!.scored!.terms).toEqual({ vcpus: 0.25, ram: 0.75 });
  });

  test('for a GPU VM idle cards count as much as vCPUs and RAM', () => {
    const gpuHost = { vcpus: 16, ramMib: 65536 };
    const cluster = clusterOf(
      { ...gpuHost, cards: [card(large), card(large), card(large), card(large)] },
      { ...gpuHost, cards: [card(large), card(large)] },
    );
    // Left of cards 3/4 and 1/4, of the rest 0.75 each: (0.75 + 0.75 + 0.75) / 3 and (0.75 + 0.75 + 0.25) / 3
    const asked = { ...request, cards: 1 };
    expect(decide('best-fit', cluster, asked)).toMatchObject({ host: 1, score: expect.closeTo(-1.75 / 3, 15) });
    expect(decide('worst-fit', cluster, asked)).toMatchObject({ host: 0, score: 0.75 });
    // Free × asked: 1 · ¼ + 1 · ¼ + (4/4) · (1/4) = 0.75; for host 1 (2/4) · (1/4) = ⅛ instead of ¼
    expect(decide('dot-product', cluster, asked)).toMatchObject({ host: 0, score: 0.75 });
    const { verdicts } = explain(cluster, asked, policyNamed('dot-product'));
    expect(verdicts[1]!.scored).toMatchObject({ score: 0.625, terms: { vcpus: 0.25, ram: 0.25, cards: 0.125 } });
    // A CPU VM does not see the cards.
    expect(decide('best-fit', cluster)).toMatchObject({ host: 0 });
  });

  test('dot-product takes the longest projection: size counts', () => {
    // vcpus free/16 · 4/16 + ram free/65536 · 16384/65536: ½·¼ + ¼ = 0.375; ¼ + ¼ = 0.5; ¼·¼ + ½·¼ = 0.1875
    const { decision, verdicts } = explain(clusterOf(...hosts), request, policyNamed('dot-product'));
    expect(verdicts.map(({ scored }) => scored?.score)).toEqual([0.375, 0.5, 0.1875]);
    expect(decision).toMatchObject({ host: 1 });
  });

  test('all take the tightest of the cards that serve', () => {
    for (const name of ['first-fit', 'best-fit', 'worst-fit', 'dot-product', 'random']) {
      const cluster = clusterOf({ ...cpuHost, cards: [card(large), card(small), card(small)] });
      bindTo(cluster, 0, ask({ cards: 1 }), [1]);
      expect(decide(name, cluster, ask({ cards: 1 })), name).toMatchObject({ cards: [2] });
      expect(decide(name, cluster, ask({ cards: 1, cardMemoryMib: 16385 })), name).toMatchObject({ cards: [0] });
    }
  });

  test('terms add up to the score, for the policies that say so', () => {
    fc.assert(
      fc.property(anyHosts, anySteps, anyRequest, (hosts, steps, request) => {
        for (const name of ['nova', 'nova-aliases', 'dot-product']) {
          const policy = policyNamed(name);
          const { cluster } = play(hosts, steps, policy);
          for (const { scored } of explain(cluster, request, policy).verdicts) {
            if (scored === undefined) continue;
            expect(Object.values(scored.terms).reduce((sum, term) => sum + term, 0)).toBeCloseTo(scored.score, 12);
          }
        }
      }),
    );
  });
});

describe('random', () => {
  const hosts = Array.from({ length: 4 }, () => cpuHost);
  const drawn = (seed: number, vms = 4000) => {
    const cluster = clusterOf(...hosts);
    const policy = policyNamed('random', { seed });
    return Array.from({ length: vms }, (_, index) => {
      const decision = schedule(cluster, ask({ id: `vm-${index}` }), policy);
      return decision.kind === 'placed' ? decision.host : -1;
    });
  };

  test('random draws the same hosts under one seed, and different ones under another', () => {
    expect(drawn(1, 50)).toEqual(drawn(1, 50));
    expect(drawn(1, 50)).not.toEqual(drawn(2, 50));
  });

  test('random gives each of four hosts a quarter', () => {
    const counts = hosts.map((_, host) => drawn(1).filter((each) => each === host).length);
    // 4000 VMs: 1000 ± 27.4 (√(4000 · ¼ · ¾)); four standard deviations
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(110);
  });

  test('a host that has no room is not drawn, and the other lots stay as they are', () => {
    const cluster = clusterOf(...hosts);
    const policy = policyNamed('random');
    for (let index = 0; index < 50; index++) {
      const request = ask({ id: `vm-${index}` });
      const { decision, verdicts } = explain(cluster, request, policy);
      if (decision.kind !== 'placed') throw new Error('all fit');
      const lots = verdicts.map(({ scored }) => scored!.score);
      const without = explain(cluster, request, policy, new Set([decision.host]));
      expect(without.decision).not.toMatchObject({ host: decision.host });
      lots.forEach((lot, host) => {
        if (host !== decision.host) expect(without.verdicts[host]!.scored!.terms).toEqual({ lot });
      });
    }
  });
});
