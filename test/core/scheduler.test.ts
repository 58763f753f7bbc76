import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Placement } from '../../core/cluster.ts';
import type { Decision } from '../../core/decision.ts';
import { cpuRamDisk } from '../../core/filters.ts';
import { policies } from '../../core/policies/index.ts';
import type { Policy } from '../../core/policy.ts';
import type { VmRequest } from '../../core/request.ts';
import { explain, formatRejections, isServable, Scheduler, schedule } from '../../core/scheduler.ts';
import { cases } from '../cases.ts';
import {
  anyHosts,
  anyRequest,
  anySteps,
  ask,
  bindTo,
  card,
  clusterOf,
  type Played,
  place,
  play,
  policyNamed,
  small,
  stateOf,
} from './build.ts';

/** What the placement holds of a card, from the rules and not from the code: all of it, or in the proportion asked for. */
function heldOf(
  { memoryMib, cores, sharing }: Card,
  { request, wholeCards }: Pick<Placement, 'request' | 'wholeCards'>,
) {
  const { cardMemoryMib: mib, cardCores: asked } = request;
  if (wholeCards || sharing === 'passthrough' || mib + asked === 0) return { memoryMib, cores };
  return {
    memoryMib: mib > 0 ? mib : Math.floor((memoryMib * asked) / cores),
    cores: asked > 0 ? asked : Math.floor((cores * mib) / memoryMib),
  };
}
type Card = Played['cluster']['specs'][number]['cards'][number];

/** What is left of a host by the list of what is bound; vCPUs in thousandths, so that sums are exact. */
function leftOn({ cluster, bound }: Played, host: number) {
  const spec = cluster.specs[host]!;
  const here = bound.filter((placement) => placement.host === host);
  const sum = (of: (placement: Placement) => number) => here.reduce((total, placement) => total + of(placement), 0);
  return {
    milliVcpus:
      Math.round(spec.vcpus * spec.cpuAllocationRatio * 1000) - sum((p) => Math.round(p.request.vcpus * 1000)),
    ramMib: spec.ramMib - sum((p) => p.request.ramMib),
    diskGib: spec.diskGib - sum((p) => p.request.diskGib),
    cards: spec.cards.map((each, index) => {
      const holders = here.filter((p) => p.cards.includes(index));
      return {
        memoryMib: each.memoryMib - holders.reduce((total, p) => total + heldOf(each, p).memoryMib, 0),
        cores: each.cores - holders.reduce((total, p) => total + heldOf(each, p).cores, 0),
      };
    }),
  };
}

/** Cards of the host that could serve the request, by the list of what is bound; undefined when vCPUs, RAM or disk lack. */
function fittingCards(played: Played, host: number, request: VmRequest, policy: Policy): number[] | undefined {
  const { cluster } = played;
  const left = leftOn(played, host);
  if (cluster.up[host] === 0 || left.milliVcpus < Math.round(request.vcpus * 1000)) return undefined;
  if (left.ramMib < request.ramMib || left.diskGib < request.diskGib) return undefined;
  return cluster.specs[host]!.cards.flatMap((each, index) => {
    const free = left.cards[index]!;
    const want = heldOf(each, { request, wholeCards: policy.wholeCards });
    const healthy = cluster.cardHealthy[cluster.cardStart[host]! + index] === 1;
    const accepted = request.cardModels.length === 0 || request.cardModels.includes(each.model);
    // Policy nova counts cards, whatever their size.
    const suits =
      policy.name === 'nova' || (each.memoryMib >= request.cardMemoryMib && each.cores >= request.cardCores);
    return healthy && accepted && suits && free.memoryMib >= want.memoryMib && free.cores >= want.cores ? [index] : [];
  });
}

const often = { numRuns: cases(300) };

describe.each(policies.map(({ name }) => name))('%s', (name) => {
  test('nothing is ever given out twice: what is free is what there is less what is bound', () => {
    fc.assert(
      fc.property(anyHosts, anySteps, (hosts, steps) => {
        const played = play(hosts, steps, policyNamed(name));
        for (const host of played.cluster.hosts) {
          const left = leftOn(played, host.index);
          for (const free of [left.milliVcpus, left.ramMib, left.diskGib]) expect(free).toBeGreaterThanOrEqual(0);
          expect(host.vcpusFree).toBe(left.milliVcpus / 1000);
          expect([host.ramFreeMib, host.diskFreeGib]).toEqual([left.ramMib, left.diskGib]);
          left.cards.forEach((free, index) => {
            expect(Math.min(free.memoryMib, free.cores)).toBeGreaterThanOrEqual(0);
            expect(host.cardMemoryFreeMib(index)).toBe(free.memoryMib);
            expect(host.cardCoresFree(index)).toBe(free.cores);
          });
        }
      }),
      often,
    );
  });

  test('a card that is not shared has at most one holder', () => {
    fc.assert(
      fc.property(anyHosts, anySteps, (hosts, steps) => {
        const policy = policyNamed(name);
        const { cluster, bound } = play(hosts, steps, policy);
        for (const host of cluster.hosts) {
          host.specs.cards.forEach(({ sharing }, index) => {
            const holders = bound.filter((each) => each.host === host.index && each.cards.includes(index));
            if (sharing === 'passthrough' || policy.wholeCards) expect(holders.length).toBeLessThanOrEqual(1);
          });
        }
      }),
      often,
    );
  });

  test('once all VMs are gone, in whatever order, the cluster is as it was built, bit for bit', () => {
    fc.assert(
      fc.property(anyHosts, anySteps, fc.infiniteStream(fc.nat()), (hosts, steps, picks) => {
        const { cluster, bound } = play(hosts, steps, policyNamed(name));
        for (const pick of picks) {
          if (bound.length === 0) break;
          cluster.release(bound.splice(pick % bound.length, 1)[0]!);
        }
        const { building, up, cardHealthy, ...free } = stateOf(cluster);
        expect(free).toEqual((({ building, up, cardHealthy, ...rest }) => rest)(stateOf(cluster.emptied())));
      }),
      often,
    );
  });

  test('a decision depends on the cluster and the request alone, and changes nothing', () => {
    fc.assert(
      fc.property(anyHosts, anySteps, anyRequest, fc.array(anyRequest), (hosts, steps, request, others) => {
        const policy = policyNamed(name);
        const { cluster, bound } = play(hosts, steps, policy);
        const before = stateOf(cluster);
        const decision = schedule(cluster, request, policy);
        expect(stateOf(cluster)).toEqual(before);
        expect(schedule(cluster, request, policy)).toEqual(decision);
        expect(schedule(cluster, request, policyNamed(name))).toEqual(decision);
        for (const other of others) schedule(cluster, other, policy);
        expect(schedule(cluster, request, policy)).toEqual(decision);
        expect(explain(cluster, request, policy).decision).toEqual(decision);
        expect(stateOf(cluster)).toEqual(before);

        // The same state by another way: what is bound now, last arrival first.
        const rebuilt = cluster.emptied();
        for (const placement of bound.toReversed()) rebuilt.bind(placement);
        rebuilt.up.set(cluster.up);
        rebuilt.cardHealthy.set(cluster.cardHealthy);
        rebuilt.building.set(cluster.building);
        expect(stateOf(rebuilt)).toEqual(before);
        expect(schedule(rebuilt, request, policy)).toEqual(decision);
      }),
      often,
    );
  });

  test('the chosen host is the first of the highest tier and score in the explanation, with its score and cards', () => {
    fc.assert(
      fc.property(anyHosts, anySteps, anyRequest, (hosts, steps, request) => {
        const policy = policyNamed(name);
        const { cluster } = play(hosts, steps, policy);
        const { decision, verdicts } = explain(cluster, request, policy);
        expect(verdicts.map(({ host }) => host)).toEqual(cluster.hosts.map(({ index }) => index));
        const [best] = verdicts
          .flatMap(({ host, scored }) => (scored === undefined ? [] : [{ host, ...scored }]))
          .sort((a, b) => b.tier - a.tier || b.score - a.score || a.host - b.host);
        if (best === undefined) expect(decision.kind).toBe('no-valid-host');
        else {
          const { host, cards, shownScore } = best;
          expect(decision).toEqual({ kind: 'placed', host, cards, score: shownScore });
        }
      }),
      often,
    );
  });

  test('a request is placed where it fits; one that is refused fits nowhere, and every host is counted once', () => {
    fc.assert(
      fc.property(anyHosts, anySteps, anyRequest, (hosts, steps, request) => {
        const policy = policyNamed(name);
        const played = play(hosts, steps, policy);
        const fitting = played.cluster.hosts.map(({ index }) => fittingCards(played, index, request, policy));
        const decision = schedule(played.cluster, request, policy);
        expect(isServable(played.cluster, request, policy)).toBe(decision.kind === 'placed');
        if (decision.kind === 'placed') {
          expect(decision.cards).toEqual([...new Set(decision.cards)].sort((a, b) => a - b));
          expect(decision.cards.length).toBe(request.cards);
          expect(fitting[decision.host]).toEqual(expect.arrayContaining([...decision.cards]));
        } else {
          expect(fitting.filter((cards) => cards !== undefined && cards.length >= request.cards)).toEqual([]);
          expect(Object.values(decision.rejectedBy).reduce((sum, hosts) => sum + hosts, 0)).toBe(hosts.length);
        }
      }),
      often,
    );
  });

  test('an excluded host is not used and is counted as excluded; the others decide as if it were down', () => {
    fc.assert(
      fc.property(anyHosts, anySteps, anyRequest, fc.nat(99), (hosts, steps, request, pick) => {
        const policy = policyNamed(name);
        const { cluster } = play(hosts, steps, policy);
        const out = pick % hosts.length;
        const decision = schedule(cluster, request, policy, new Set([out]));
        expect(explain(cluster, request, policy, new Set([out])).verdicts[out]).toEqual({
          host: out,
          rejection: { filter: 'Excluded', reason: 'excluded' },
        });
        cluster.up[out] = 0;
        if (decision.kind === 'placed') expect(schedule(cluster, request, policy)).toEqual(decision);
        else expect(decision.rejectedBy.excluded).toBe(1);
        expect(isServable(cluster, request, policy)).toBe(decision.kind === 'placed');
      }),
      often,
    );
  });
});

describe('schedule', () => {
  const hosts = [
    { vcpus: 2, ramMib: 4096 },
    { vcpus: 8, ramMib: 2048 },
    { vcpus: 8, ramMib: 8192, cards: [card(small)] },
  ];

  test('schedule says for how many hosts each filter was the first to reject', () => {
    const cluster = clusterOf(...hosts, hosts[0]!);
    cluster.up[3] = 0;
    bindTo(cluster, 2, ask({ cards: 1 }), [0]);
    // Hosts 0 and 3 lack vCPUs, but host 3 is down; host 1 lacks RAM; host 2 has its card taken.
    const decision = schedule(cluster, ask({ vcpus: 4, ramMib: 4096, cards: 1 }), policyNamed('hybrid'));
    expect(decision).toEqual({
      kind: 'no-valid-host',
      rejectedBy: { vcpus: 1, ram: 1, 'cards-busy': 1, 'host-down': 1 },
    });
  });

  test('a cluster without hosts has no valid host', () => {
    expect(schedule(clusterOf(), ask(), policyNamed('nova'))).toEqual({ kind: 'no-valid-host', rejectedBy: {} });
  });

  test('a higher tier beats any score, and its points show', () => {
    const policy: Policy = {
      ...policyNamed('first-fit'),
      filters: [cpuRamDisk],
      tier: (host) => (host.index === 1 ? 2 : 0),
      tierPoints: 10,
      score: (host) => 10 - host.index,
    };
    expect(schedule(clusterOf(...hosts), ask(), policy)).toMatchObject({ host: 1, score: 29 });
    const { verdicts } = explain(clusterOf(...hosts), ask(), policy);
    expect(verdicts.map(({ scored }) => scored?.shownScore)).toEqual([10, 29, 8]);
    expect(verdicts.map(({ scored }) => scored?.score)).toEqual([10, 9, 8]);
  });

  test('a Scheduler asks the index of its policy, unless it is to scan or hosts are excluded', () => {
    const byIndex: Decision = { kind: 'placed', host: 2, cards: [], score: 7 };
    const policy: Policy = { ...policyNamed('first-fit'), index: () => ({ decide: () => byIndex }) };
    const cluster = clusterOf(...hosts);
    expect(new Scheduler(cluster, policy).schedule(ask())).toBe(byIndex);
    const scanned = schedule(cluster, ask(), policy);
    expect(scanned).toMatchObject({ host: 0 });
    expect(new Scheduler(cluster, policy, 'scan').schedule(ask())).toEqual(scanned);
    expect(new Scheduler(cluster, policy).schedule(ask(), new Set([0]))).toMatchObject({ host: 1 });
  });

  test('a tier that comes first is not overtaken by later hosts of a lower tier', () => {
    const policy: Policy = { ...policyNamed('first-fit'), tier: (host) => -host.index, score: (host) => host.index };
    expect(schedule(clusterOf(...hosts), ask(), policy)).toMatchObject({ host: 0 });
  });

  test('two scores that differ in the last bit are told apart in the explanation as in the decision', () => {
    // Left of host 0: 1/131 vCPUs, 752196/770047 MiB; of host 1: 104/127 and 85400/515843, more by one part in 6.6 · 10¹⁵
    const cluster = clusterOf({ vcpus: 131, ramMib: 770047 }, { vcpus: 127, ramMib: 515843 });
    bindTo(cluster, 0, ask({ vcpus: 129, ramMib: 770047 - 752196 - 1024 }));
    bindTo(cluster, 1, ask({ vcpus: 22, ramMib: 515843 - 85400 - 1024 }));
    const { decision, verdicts } = explain(cluster, ask(), policyNamed('hybrid'));
    expect(decision).toMatchObject({ host: 1 });
    expect(verdicts[1]!.scored!.score).toBeGreaterThan(verdicts[0]!.scored!.score);
  });

  test('the scores of a policy that prepares are those of this request, not of an earlier one', () => {
    const prepared: string[] = [];
    const policy: Policy = {
      ...policyNamed('first-fit'),
      prepare: (request, candidates) => prepared.push(`${request.id}: ${candidates.map(({ index }) => index)}`),
    };
    const cluster = clusterOf(...hosts);
    schedule(cluster, ask({ id: 'a' }), policy);
    schedule(cluster, ask({ id: 'b', vcpus: 4 }), policy);
    expect(prepared).toEqual(['a: 0,1,2', 'b: 1,2']);
  });

  test('a score that is no number is the fault of the policy, which is named', () => {
    const policy: Policy = { ...policyNamed('first-fit'), name: 'broken', score: () => Number.NaN };
    expect(() => schedule(clusterOf(...hosts), ask(), policy)).toThrow(
      new RangeError('policy broken gave no number for host host-0'),
    );
  });

  test('schedule places one VM after the other until nothing is left', () => {
    const cluster = clusterOf(...hosts);
    const used = [];
    for (let placed = place(cluster, ask({ vcpus: 2 }), policyNamed('first-fit')); placed !== undefined; ) {
      used.push(placed.host);
      placed = place(cluster, ask({ vcpus: 2 }), policyNamed('first-fit'));
    }
    // Host 0: 2 of 2 vCPUs; host 1: 2 of 2 GiB; host 2: 4 × 2 of 8 vCPUs
    expect(used).toEqual([0, 1, 1, 2, 2, 2, 2]);
  });
});

test('rejections are written in the order in which filters look', () => {
  expect(formatRejections({ 'cards-busy': 48, vcpus: 12, excluded: 1 })).toBe('excluded:1|vcpus:12|cards-busy:48');
  expect(formatRejections({})).toBe('');
});
