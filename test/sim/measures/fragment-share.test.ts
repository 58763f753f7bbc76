/** The share of idle GPU that is a fragment, over the time of a run. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Placement } from '../../../core/cluster.ts';
import { Fragments } from '../../../core/fragmentation/fragments.ts';
import { typicalRequestsOf } from '../../../core/fragmentation/typical-requests.ts';
import { FragmentShare } from '../../../sim/measures/fragment-share.ts';
import { Metrics } from '../../../sim/measures/metrics.ts';
import {
  anyHosts,
  anySteps,
  ask,
  bindTo,
  card,
  clusterOf,
  place,
  policyNamed,
  small,
  typicalRequests,
} from '../../core/build.ts';
import { runOf, simulated, vm } from '../build.ts';

const twoCards = { vcpus: 4, ramMib: 65536, cards: [card(small), card(small)] };

test('is the fragments over the idle GPU, both by time', () => {
  // All requests want one card and 2 of the 4 vCPUs. From 10 to 40 a CPU VM leaves only one, and both cards are a fragment.
  const cluster = clusterOf(twoCards);
  const share = new FragmentShare(cluster, typicalRequestsOf([ask({ vcpus: 2, cards: 1 })]));
  const placement = bindTo(cluster, 0, ask({ vcpus: 3 }));
  share.changed(0, 10);
  cluster.release(placement);
  share.changed(0, 40);
  expect(share.until(100)).toBeCloseTo(0.3, 12);
  // For 100 more the host is down, and nothing on it counts as idle; then for 100 one of the cards has failed.
  cluster.setUp(0, false);
  share.changed(0, 100);
  cluster.setUp(0, true);
  cluster.setCardHealthy(0, 1, false);
  share.changed(0, 200);
  // ∫ F = 2 · 30, ∫ T = 2 · 100 + 1 · 100 cards · s
  expect(share.until(300)).toBeCloseTo(60 / 300, 12);
});

test('stands in the summary of a run', async () => {
  const { summary } = await simulated(runOf([twoCards], [vm('a', 10, 30, { vcpus: 3 })], { untilS: 100 }));
  // Of the typical requests ½ want no card and ⅛ another model: 0.625; with one vCPU left also the ¼ that want 2: 0.875 from 10 to 40.
  expect(summary.fragmentShare).toBeCloseTo((0.625 * 70 + 0.875 * 30) / 100, 12);
});

test('is null where no GPU is idle, or nothing is known of the workload', async () => {
  const { summary } = await simulated(runOf([{ vcpus: 4, ramMib: 65536 }], [vm('a', 0, 10), vm('b', 5, 10)]));
  expect(summary.fragmentShare).toBeNull();
  expect(new Metrics(clusterOf(twoCards), false, 3600).summary().fragmentShare).toBeNull();
});

test('is what looking at every host after every change gives', () => {
  const policy = policyNamed('best-fit');
  fc.assert(
    fc.property(anyHosts, anySteps, (hosts, steps) => {
      const cluster = clusterOf(...hosts);
      const share = new FragmentShare(cluster, typicalRequests);
      let nowS = 0;
      let [fragmentS, idleS] = [0, 0];
      cluster.watch((host) => {
        if (cluster.hosts[host]!.isGpuHost) share.changed(host, nowS);
      });
      const bound: Placement[] = [];
      for (const [index, step] of steps.entries()) {
        const fragments = new Fragments(cluster, typicalRequests);
        for (const host of cluster.hosts.filter(({ isUp }) => isUp)) {
          fragmentS += fragments.of(host.index) * (1 + index);
          idleS += fragments.free(host.index) * (1 + index);
        }
        nowS += 1 + index;
        if (step.kind === 'arrive') {
          const placement = place(cluster, step.request, policy);
          if (placement !== undefined) bound.push(placement);
        } else if (step.kind === 'depart') {
          for (const placement of bound.splice(step.vm % Math.max(bound.length, 1), 1)) cluster.release(placement);
        } else if (step.kind === 'host') cluster.setUp(step.host % hosts.length, step.up);
        else if (step.kind === 'card') {
          const host = step.card % hosts.length;
          const cards = cluster.specs[host]!.cards.length;
          if (cards > 0) cluster.setCardHealthy(host, step.card % cards, step.healthy);
        }
      }
      const expected = idleS === 0 ? null : fragmentS / idleS;
      if (expected === null) expect(share.until(nowS)).toBeNull();
      else expect(share.until(nowS)).toBeCloseTo(expected, 9);
    }),
    { numRuns: 500 },
  );
});
