import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { keptForCards } from '../../../core/policies/kept-for-cards.ts';
import { isGpuRequest } from '../../../core/request.ts';
import { schedule } from '../../../core/scheduler.ts';
import { anyHosts, anySteps, ask, bindTo, card, clusterOf, large, place, play, policyNamed } from '../build.ts';

const cpuHost = { vcpus: 4, ramMib: 16384 };
const gpuHost = { vcpus: 16, ramMib: 65536, cards: [card(large), card(large)] };

describe('vCPUs kept free for each idle card', () => {
  test('a CPU VM may leave just as many, and not one fewer', () => {
    const hybrid = policyNamed('hybrid', { reserveVcpusPerCard: 4 });
    const cluster = clusterOf(cpuHost, gpuHost);
    // Two idle cards keep 8 of 16 vCPUs; the CPU host has room for 4.
    expect(schedule(cluster, ask({ vcpus: 8 }), hybrid)).toMatchObject({ host: 1 });
    expect(schedule(cluster, ask({ vcpus: 9 }), hybrid)).toEqual({
      kind: 'no-valid-host',
      rejectedBy: { vcpus: 1, 'kept-for-cards': 1 },
    });
  });

  test('a card that is held or has failed keeps none, and a GPU VM may take all', () => {
    const hybrid = policyNamed('hybrid', { reserveVcpusPerCard: 8 });
    const cluster = clusterOf(gpuHost);
    expect(schedule(cluster, ask(), hybrid)).toMatchObject({ kind: 'no-valid-host' }); // 15 < 2 × 8
    bindTo(cluster, 0, ask({ vcpus: 1, cards: 1 }), [0]);
    expect(schedule(cluster, ask({ vcpus: 7 }), hybrid)).toMatchObject({ host: 0 }); // 15 − 7 = 8
    expect(schedule(cluster, ask({ vcpus: 8 }), hybrid)).toMatchObject({ kind: 'no-valid-host' });
    cluster.setCardHealthy(0, 1, false);
    expect(schedule(cluster, ask({ vcpus: 15 }), hybrid)).toMatchObject({ host: 0 });
    cluster.setCardHealthy(0, 1, true);
    expect(schedule(cluster, ask({ vcpus: 15, cards: 1 }), hybrid)).toMatchObject({ host: 0, cards: [1] });
  });

  test('a part of a shared card that is held leaves it not idle', () => {
    const hybrid = policyNamed('hybrid', { reserveVcpusPerCard: 8 });
    const cluster = clusterOf({ ...gpuHost, cards: [card(large, 'shared')] });
    expect(schedule(cluster, ask({ vcpus: 9 }), hybrid)).toMatchObject({ kind: 'no-valid-host' });
    bindTo(cluster, 0, ask({ cards: 1, cardMemoryMib: 1024 }), [0]);
    expect(schedule(cluster, ask({ vcpus: 9 }), hybrid)).toMatchObject({ host: 0 });
  });
});

test('RAM is kept in the same way', () => {
  const hybrid = policyNamed('hybrid', { reserveRamMibPerCard: 16384 });
  // 65 536 − 2 × 16 384 = 32 768
  expect(schedule(clusterOf(gpuHost), ask({ ramMib: 32768 }), hybrid)).toMatchObject({ host: 0 });
  expect(schedule(clusterOf(gpuHost), ask({ ramMib: 32769 }), hybrid)).toMatchObject({ kind: 'no-valid-host' });
});

test('with spill never a CPU VM waits for a CPU host, whatever GPU hosts have free', () => {
  const hybrid = policyNamed('hybrid', { spill: 'never' });
  const cluster = clusterOf(gpuHost, cpuHost);
  expect(place(cluster, ask({ vcpus: 4 }), hybrid)).toMatchObject({ host: 1 });
  expect(schedule(cluster, ask(), hybrid)).toEqual({
    kind: 'no-valid-host',
    rejectedBy: { vcpus: 1, 'kept-for-cards': 1 },
  });
  cluster.setCardHealthy(0, 0, false);
  cluster.setCardHealthy(0, 1, false);
  expect(schedule(cluster, ask(), hybrid)).toMatchObject({ kind: 'no-valid-host' }); // a GPU host without a card that works is one
  expect(schedule(clusterOf(gpuHost, cpuHost), ask({ cards: 1 }), hybrid)).toMatchObject({ host: 0 });
});

test('options that keep nothing add no filter', () => {
  expect(keptForCards({ spill: 'allowed', reserveVcpusPerCard: 0, reserveRamMibPerCard: 0 })).toEqual([]);
});

describe.each(['hybrid', 'least-card'])('%s, after any history', (name) => {
  const anyReserve = fc.record({
    reserveVcpusPerCard: fc.constantFrom(0, 0.5, 1, 2),
    reserveRamMibPerCard: fc.constantFrom(0, 500, 1024),
  });

  test('a CPU VM that goes to a GPU host leaves what is kept', () => {
    fc.assert(
      fc.property(anyHosts, anySteps, anyReserve, (hosts, steps, reserve) => {
        const policy = policyNamed(name, reserve);
        const cluster = clusterOf(...hosts);
        const keeps = (host: number): boolean => {
          const { vcpusFree, ramFreeMib, idleCards } = cluster.hosts[host]!;
          return (
            vcpusFree >= reserve.reserveVcpusPerCard * idleCards &&
            ramFreeMib >= reserve.reserveRamMibPerCard * idleCards
          );
        };
        for (const step of steps) {
          if (step.kind !== 'arrive') continue;
          const placement = place(cluster, step.request, policy);
          if (placement === undefined || isGpuRequest(step.request)) continue;
          if (cluster.hosts[placement.host]!.isGpuHost) expect(keeps(placement.host)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('with spill never no CPU VM is on a GPU host', () => {
    fc.assert(
      fc.property(anyHosts, anySteps, (hosts, steps) => {
        const { cluster, bound } = play(hosts, steps, policyNamed(name, { spill: 'never' }));
        const wrong = bound.filter(({ request, host }) => !isGpuRequest(request) && cluster.hosts[host]!.isGpuHost);
        expect(wrong).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test('with nothing kept it decides as without the options', () => {
    fc.assert(
      fc.property(anyHosts, anySteps, (hosts, steps) => {
        const kept = play(hosts, steps, policyNamed(name, { spill: 'allowed', reserveVcpusPerCard: 0 })).bound;
        expect(kept).toEqual(play(hosts, steps, policyNamed(name)).bound);
      }),
      { numRuns: 100 },
    );
  });
});
