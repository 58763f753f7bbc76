/** Bounds of GPU work: against every assignment of tiny instances, against each other, and against what policies reach. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { modelSuits } from '../../../core/card-fit.ts';
import { Cluster, type Placement } from '../../../core/cluster.ts';
import type { HostSpec } from '../../../core/host.ts';
import { policies } from '../../../core/policies/index.ts';
import { type CloudOptions, cardsAt, type DecisionColumns, textAt } from '../../../core/runs/run-file.ts';
import { type Bound, type BoundLimits, boundOf, defaultBoundLimits } from '../../../sim/bound/bound.ts';
import { acceptableVms, type GpuWork, mostDelayS, readGpuWork } from '../../../sim/bound/gpu-work.ts';
import { hostPools } from '../../../sim/bound/host-pools.ts';
import { relaxationByKind } from '../../../sim/bound/lp-by-kind.ts';
import { relaxationByVm } from '../../../sim/bound/lp-by-vm.ts';
import { offlineOptimum } from '../../../sim/bound/milp.ts';
import { solveInteger, solveLinear } from '../../../sim/bound/solver.ts';
import { defaultCloud } from '../../../sim/cloud/cloud-options.ts';
import { inBatches } from '../../../sim/runs/workload.ts';
import type { Arrival } from '../../../traces/arrival.ts';
import { anyHosts, anyRequest, card, type HostSize, hostSpec, large, small } from '../../core/build.ts';
import { anyArrivals, anyCloud, anyRun, runOf, simulated, vm } from '../build.ts';

const hour = 3600;
/** Card-hours are compared to about a hundredth of a card-second. */
const tolerance = 3e-6;

async function workOf(arrivals: readonly Arrival[], untilS: number | null): Promise<GpuWork> {
  return readGpuWork(inBatches(arrivals), untilS);
}

async function bound(
  hosts: readonly HostSize[],
  arrivals: readonly Arrival[],
  options: { cloud?: Partial<CloudOptions>; untilS?: number | null; limits?: Partial<BoundLimits> } = {},
): Promise<Bound> {
  const work = await workOf(arrivals, options.untilS ?? null);
  const limits = { ...defaultBoundLimits, ...options.limits };
  return (await boundOf(hosts.map(hostSpec), work, { ...defaultCloud, ...options.cloud }, limits))!;
}

/** Both relaxations, in buckets as short as this many entries allow. */
async function relaxed(hosts: readonly HostSpec[], work: GpuWork, cloud: CloudOptions, mostEntries: number) {
  const pools = hostPools(hosts, work.kinds);
  const byVm = relaxationByVm(pools, work, cloud.bootS, mostEntries);
  const byKind = relaxationByKind(pools, work, cloud, mostEntries);
  return {
    byVm: byVm === undefined ? Infinity : (await solveLinear(byVm.model, 60)).bound,
    byKind: byKind === undefined ? Infinity : (await solveLinear(byKind.model, 60)).bound,
  };
}

const cardHost: HostSize = { vcpus: 8, ramMib: 8192, cards: [card(large)] };

describe('one card', () => {
  // a holds the card from 0 to 10 h; b would hold it from 1 h to 21 h; until 30 h both end.
  const arrivals = [vm('a', 0, 10 * hour, { cards: 1 }), vm('b', hour, 20 * hour, { cards: 1 })];

  test('who knows the future refuses a for the longer b', async () => {
    const optimum = await bound([cardHost], arrivals, { untilS: 30 * hour });
    expect(optimum).toMatchObject({ method: 'offline-optimum', isOptimal: true, bucketS: null });
    expect(optimum.cardHours).toBeCloseTo(20);
    expect(optimum.askedCardHours).toBeCloseTo(30);
    const { summary } = await simulated(runOf([cardHost], arrivals, { untilS: 30 * hour }));
    expect(summary.servedCardHours).toBeCloseTo(10);
  });

  test('work after the horizon counts for nothing', async () => {
    // Until 12 h: a does 10 h, b 11 h.
    expect((await bound([cardHost], arrivals, { untilS: 12 * hour })).cardHours).toBeCloseTo(11);
  });

  test('with a boot of 2 h the card is held longer than it works', async () => {
    // c arrives as a, without its boot, would have left: at 10 h a still holds the card until 12 h.
    const three = [arrivals[0]!, vm('c', 10 * hour, 4 * hour, { cards: 1 })];
    expect((await bound([cardHost], three, { untilS: 30 * hour })).cardHours).toBeCloseTo(14);
    const booting = await bound([cardHost], three, { untilS: 30 * hour, cloud: { bootS: 2 * hour } });
    expect(booting.cardHours).toBeCloseTo(10);
  });

  test('with a queue the card can work without a break', async () => {
    // a from 0 to 10 h, then b until the horizon at 12 h.
    const queue = { onFull: 'queue' } as const;
    const flowing = await bound([cardHost], arrivals, { untilS: 12 * hour, cloud: queue });
    expect(flowing.method).toBe('by-kind');
    expect(flowing.cardHours).toBeCloseTo(12);
    const { summary } = await simulated(runOf([cardHost], arrivals, { untilS: 12 * hour, cloud: queue }));
    expect(summary.servedCardHours).toBeCloseTo(12);
  });

  test('who waits an hour at most cannot start later', async () => {
    // The window of a is [0, 3 h], of c [20 h, 23 h]: 2 h each. Nobody can use the 17 h in between.
    const two = [vm('a', 0, 2 * hour, { cards: 1 }), vm('c', 20 * hour, 2 * hour, { cards: 1 })];
    const cloud = { onFull: 'queue', patienceS: hour } as const;
    expect((await bound([cardHost], two, { untilS: 30 * hour, cloud })).cardHours).toBeCloseTo(4);
  });

  test('the relaxation halves what it cannot take whole', async () => {
    // Both are there from 1 h to 10 h, where x_a + x_b ≤ 1: all of b and the hour before of a in hours' buckets is not to be
    // had, since a is taken in part as a whole: 10 x_a + 20 x_b is largest at x_b = 1.
    const { byVm } = await relaxed([hostSpec(cardHost)], await workOf(arrivals, 30 * hour), defaultCloud, 1e6);
    expect(byVm).toBeCloseTo(20, 4);
  });
});

test('a VM that asks for a large card is not served by a small one, and one that fits nowhere is not asked for', async () => {
  const hosts: HostSize[] = [{ vcpus: 8, ramMib: 8192, cards: [card(small), card(small)] }];
  const arrivals = [
    vm('large', 0, hour, { cards: 1, cardMemoryMib: 40_000 }),
    vm('small', 0, hour, { cards: 1, cardMemoryMib: 10_000 }),
    vm('end', 10 * hour, hour),
  ];
  expect(await bound(hosts, arrivals)).toMatchObject({ cardHours: 1, askedCardHours: 1 });
  const { summary } = await simulated(runOf(hosts, arrivals, { policy: 'nova' }));
  expect(summary.wrongCards).toBe(1);
  expect(summary.servedCardHours).toBeCloseTo(1);
});

test('without GPU VMs nothing can be served', async () => {
  expect(await bound([cardHost], [vm('a', 0, hour)])).toMatchObject({ cardHours: 0, method: 'all' });
});

test('where all arrive at 0 and may wait for ever, all is served in the end', async () => {
  const arrivals = [vm('a', 0, hour, { cards: 1 }), vm('b', 0, hour, { cards: 1 })];
  const waiting = await bound([cardHost], arrivals, { cloud: { onFull: 'queue' } });
  expect(waiting).toMatchObject({ cardHours: 2, method: 'all' });
  expect((await bound([cardHost], arrivals)).cardHours).toBeCloseTo(1);
});

test('more sizes than the coarsest relaxation holds are refused', async () => {
  const work = await workOf([vm('a', 0, hour, { cards: 1 }), vm('b', 1, hour, { cards: 1 })], hour);
  const limits = { ...defaultBoundLimits, integerVariables: 0, entriesByVm: 0, entriesByKind: 0 };
  expect(await boundOf([hostSpec(cardHost)], work, defaultCloud, limits)).toBeUndefined();
});

test('the latest start counts waits, and a wait, a boot and a lifetime for each loss', () => {
  const failing = { ...defaultCloud, mtbfH: 1, resubmit: 2, bootS: 3 };
  // Two losses of at most 3 s + 10 s; with patience 5 s + 2 · (5 s + 3 s + 10 s).
  expect(mostDelayS(failing, 10)).toBe(26);
  expect(mostDelayS({ ...failing, onFull: 'queue', patienceS: 5 }, 10)).toBe(41);
  expect(mostDelayS({ ...failing, onFull: 'queue' }, 10)).toBe(Infinity);
  expect(mostDelayS({ ...failing, mtbfH: null }, 10)).toBe(0);
});

/** The best of all ways to accept and place the VMs, tried one after the other. */
function bestByTrying(specs: readonly HostSpec[], work: GpuWork, bootS: number): number {
  const vms = acceptableVms(work, bootS);
  const best = (index: number, running: readonly { placement: Placement; untilS: number }[]): number => {
    const next = vms[index];
    if (next === undefined) return 0;
    const request = work.kinds[next.kind]!;
    const still = running.filter(({ untilS }) => untilS > next.fromS);
    const cluster = new Cluster(specs);
    for (const { placement } of still) cluster.bind(placement);
    let most = best(index + 1, still);
    for (const host of cluster.hosts) {
      const models = host.specs.cards.map((each) => cluster.models.find(({ name }) => name === each.model)!);
      const suiting = [...models.keys()].filter((each) => modelSuits(request, models[each]!));
      for (const cards of subsets(suiting, request.cards)) {
        const placement = { request, host: host.index, cards, wholeCards: false };
        if (cluster.refusal(placement) !== undefined) continue;
        const rest = best(index + 1, [...still, { placement, untilS: next.untilS }]);
        most = Math.max(most, next.cardHours + rest);
      }
    }
    return most;
  };
  return best(0, []);
}

function subsets(items: readonly number[], size: number): number[][] {
  if (size === 0) return [[]];
  return items.flatMap((item, index) => subsets(items.slice(index + 1), size - 1).map((rest) => [item, ...rest]));
}

const tinyWork = fc.array(
  fc.record({
    gapS: fc.constantFrom(0, 5, 10, 17),
    lifetimeS: fc.constantFrom(5, 10, 20, 40),
    request: anyRequest.filter(({ cards }) => cards > 0),
  }),
  { minLength: 1, maxLength: 6 },
);

test('the offline optimum is the best of all assignments, and both relaxations are at least that', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyHosts.map((hosts) => hosts.slice(0, 2).map((host) => ({ ...host, cards: host.cards?.slice(0, 3) ?? [] }))),
      tinyWork,
      fc.constantFrom(0, 0, 3),
      fc.constantFrom(20, 45),
      fc.constantFrom(1, 30, 200, 1e5),
      async (sizes, rows, bootS, untilS, mostEntries) => {
        let atS = 0;
        const arrivals = rows.map(({ gapS, lifetimeS, request }, index) => {
          atS += gapS;
          return { ...vm(`vm-${index}`, atS, lifetimeS), request };
        });
        const hosts = sizes.map(hostSpec);
        const work = await workOf(arrivals, untilS);
        const cloud = { ...defaultCloud, bootS };
        const optimum = (await boundOf(hosts, work, cloud))!;
        const tried = bestByTrying(hosts, work, bootS);
        expect(optimum.isOptimal).toBe(true);
        expect(Math.abs(optimum.cardHours - tried)).toBeLessThan(tolerance);
        const { byVm, byKind } = await relaxed(hosts, work, cloud, mostEntries);
        expect(byVm).toBeGreaterThan(tried - tolerance);
        expect(byKind).toBeGreaterThan(tried - tolerance);
      },
    ),
    { numRuns: 150 },
  );
});

/** One card or two, and more VMs for them than can run, so that who may wait serves more. */
const crowded = fc.record({
  sizes: fc.constantFrom<HostSize[]>([cardHost], [cardHost, { ...cardHost, cards: [card(small)] }]),
  arrivals: fc.array(fc.tuple(fc.constantFrom(0, 5, 15), fc.constantFrom(5, 10, 40)), { maxLength: 12 }).map((rows) => {
    let atS = 0;
    return rows.map(([gapS, lifetimeS], index) => {
      atS += gapS;
      return vm(`vm-${index}`, atS, lifetimeS, { cards: 1, cardMemoryMib: index % 3 === 0 ? 40_000 : 0 });
    });
  }),
});

test('no policy serves more than any bound, whatever the cloud does', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.record({ sizes: anyHosts, arrivals: anyArrivals }), crowded),
      anyCloud,
      fc.constantFrom(null, 30, 60, 200),
      fc.constantFrom(1, 100, 1000, 1e5),
      fc.nat(1000),
      async ({ sizes, arrivals }, cloud, untilS, mostEntries, seed) => {
        const hosts = sizes.map(hostSpec);
        const work = await workOf(arrivals, untilS);
        const best = (await boundOf(hosts, work, cloud))!;
        const { byVm, byKind } = await relaxed(hosts, work, cloud, mostEntries);
        const isFixed = best.method === 'offline-optimum';
        for (const { name } of policies) {
          const { summary } = await simulated(runOf(sizes, arrivals, { cloud, policy: name, seed, untilS }));
          const served = summary.servedCardHours! - tolerance;
          expect(best.cardHours, `${name} against ${best.method}`).toBeGreaterThan(served);
          if (isFixed) expect(byVm, `${name} against by-vm`).toBeGreaterThan(served);
          if (work.horizonS < Infinity) expect(byKind, `${name} against by-kind`).toBeGreaterThan(served);
        }
      },
    ),
    { numRuns: 80 },
  );
});

test('a solver that is stopped at once still gives a bound, and says so', async () => {
  // Enough VMs that overlap in part for presolving alone not to settle it.
  const hosts: HostSize[] = [
    { vcpus: 4, ramMib: 9000, cards: [card(large), card(large), card(large)] },
    { vcpus: 5, ramMib: 7000, cards: [card(small), card(small), card(large)] },
  ];
  const arrivals = Array.from({ length: 24 }, (_, index) =>
    vm(`vm-${index}`, index * 7, 30 + ((index * 37) % 50), {
      cards: 1 + (index % 3 === 0 ? 1 : 0),
      vcpus: 1 + (index % 2),
      ramMib: 1000 + ((index * 613) % 2000),
    }),
  );
  const optimum = await bound(hosts, arrivals);
  expect(optimum).toMatchObject({ method: 'offline-optimum', isOptimal: true });
  const work = await workOf(arrivals, null);
  const { model } = relaxationByVm(hostPools(hosts.map(hostSpec), work.kinds), work, 0, 1e5)!;
  const integer = offlineOptimum(hosts.map(hostSpec), work, 0, 1000)!;
  for (const stopped of [await solveLinear(model, 0), await solveInteger(integer, 0)]) {
    expect(stopped.isOptimal).toBe(false);
    expect(stopped.bound).toBeGreaterThan(optimum.cardHours - tolerance);
    expect(stopped.bound).toBeLessThan(Infinity);
  }
  // Both stopped, what is left is what was asked for.
  const neither = await bound(hosts, arrivals, { limits: { integerTimeS: 0, linearTimeS: 0 } });
  expect(neither.isOptimal).toBe(false);
  expect(neither.cardHours).toBeGreaterThan(optimum.cardHours - tolerance);
  expect(neither.cardHours).toBeLessThan(neither.askedCardHours + tolerance);
});

/** Served card-hours from the recorded decisions. */
function servedFromDecisions(hosts: readonly HostSize[], decisions: DecisionColumns, horizonS: number): number {
  let servedS = 0;
  for (const [row, host] of decisions.host.entries()) {
    if (host < 0) continue;
    const cards = cardsAt(decisions, row).map((index) => hosts[host]!.cards![index]!);
    const isRight = cards.every(
      ({ memoryMib, cores }) => memoryMib >= decisions.cardMemoryMib[row]! && cores >= decisions.cardCores[row]!,
    );
    const endS = decisions.endS[row]!;
    if (!isRight || (textAt(decisions.outcome, row) === 'lost' && endS <= horizonS)) continue;
    servedS += cards.length * Math.max(0, Math.min(endS, horizonS) - decisions.startS[row]!);
  }
  return servedS / 3600;
}

test('served card-hours are those of the decisions', async () => {
  await fc.assert(
    fc.asyncProperty(anyRun, async (run) => {
      const { decisions, summary } = await simulated(run);
      const lastS = run.untilS ?? run.arrivals.at(-1)?.atS ?? 0;
      const expected = servedFromDecisions(run.hosts, decisions, lastS === 0 ? Infinity : lastS);
      expect(summary.servedCardHours).toBeCloseTo(expected, 9);
    }),
    { numRuns: 200 },
  );
});
