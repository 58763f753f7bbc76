import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cpuRamDisk, type Filter, fineGrainedGpu, hostUp, rejections } from '../../core/filters.ts';
import { countedCards, gpuCount } from '../../core/pci-aliases.ts';
import {
  anyHosts,
  anyRequest,
  anySteps,
  ask,
  bindTo,
  card,
  clusterOf,
  large,
  play,
  policyNamed,
  small,
} from './build.ts';

/** Why a host with those cards is out for a GPU VM. */
function reasons(filter: Filter, cards: ReturnType<typeof card>[], numbers: Parameters<typeof ask>[0]) {
  return filter.reject(clusterOf({ vcpus: 8, ramMib: 8192, cards }).hosts[0]!, ask(numbers));
}

test('HostUp: a host that is down is out', () => {
  const cluster = clusterOf({ vcpus: 1, ramMib: 1024 });
  expect(hostUp.reject(cluster.hosts[0]!, ask())).toBeUndefined();
  cluster.up[0] = 0;
  expect(hostUp.reject(cluster.hosts[0]!, ask())).toBe('host-down');
});

describe('CpuRamDisk', () => {
  test('CpuRamDisk names the first of vCPUs, RAM and disk that lacks', () => {
    const [host] = clusterOf({ vcpus: 4, ramMib: 4096, diskGib: 40 }).hosts;
    expect(cpuRamDisk.reject(host!, ask({ vcpus: 4, ramMib: 4096, diskGib: 40 }))).toBeUndefined();
    expect(cpuRamDisk.reject(host!, ask({ vcpus: 4.001, ramMib: 4097, diskGib: 41 }))).toBe('vcpus');
    expect(cpuRamDisk.reject(host!, ask({ vcpus: 4, ramMib: 4097, diskGib: 41 }))).toBe('ram');
    expect(cpuRamDisk.reject(host!, ask({ vcpus: 4, ramMib: 4096, diskGib: 41 }))).toBe('disk');
  });

  test('vCPUs are given out as often as the allocation ratio says, RAM and disk once', () => {
    const [host] = clusterOf({ vcpus: 4, ramMib: 4096, diskGib: 40, cpuAllocationRatio: 1.5 }).hosts;
    expect(cpuRamDisk.reject(host!, ask({ vcpus: 6 }))).toBeUndefined();
    expect(cpuRamDisk.reject(host!, ask({ vcpus: 7 }))).toBe('vcpus');
    expect(cpuRamDisk.reject(host!, ask({ ramMib: 4097 }))).toBe('ram');
  });

  test('vCPUs in thousandths fit to the last one', () => {
    const cluster = clusterOf({ vcpus: 1, ramMib: 4096 });
    // 1 − 0.1 − 0.2 − 0.4 is 0.29999999999999993 in floats
    for (const vcpus of [0.1, 0.2, 0.4]) bindTo(cluster, 0, ask({ vcpus, ramMib: 0 }));
    expect(cpuRamDisk.reject(cluster.hosts[0]!, ask({ vcpus: 0.3 }))).toBeUndefined();
    expect(cpuRamDisk.reject(cluster.hosts[0]!, ask({ vcpus: 0.301 }))).toBe('vcpus');
  });
});

describe('FineGrainedGpu', () => {
  const both = [card(large), card(small)];

  test('the reason is the first of count, model, memory, cores for which the host has too few cards', () => {
    expect(reasons(fineGrainedGpu, both, { cards: 3 })).toBe('no-cards');
    expect(reasons(fineGrainedGpu, both, { cards: 2, cardModels: ['large'], cardMemoryMib: 99999 })).toBe('card-model');
    expect(reasons(fineGrainedGpu, both, { cards: 2, cardMemoryMib: 16385, cardCores: 99999 })).toBe('card-memory');
    expect(reasons(fineGrainedGpu, both, { cards: 2, cardMemoryMib: 16384, cardCores: 5001 })).toBe('card-cores');
    expect(reasons(fineGrainedGpu, both, { cards: 2, cardMemoryMib: 16384, cardCores: 5000 })).toBeUndefined();
  });

  test('memory and cores must be on the same card', () => {
    const slim = { ...large, name: 'slim', cores: 100 };
    expect(reasons(fineGrainedGpu, [card(slim), card(small)], { cards: 1, cardMemoryMib: 40000, cardCores: 200 })).toBe(
      'card-cores',
    );
  });

  test('cards of several accepted models serve together', () => {
    expect(reasons(fineGrainedGpu, both, { cards: 2, cardModels: ['small', 'large'] })).toBeUndefined();
  });

  test('a passthrough card, which is only given whole, serves one VM, a shared one several', () => {
    for (const [sharing, second] of [['passthrough', 'cards-busy'] as const, ['shared', undefined] as const]) {
      const cluster = clusterOf({ vcpus: 8, ramMib: 8192, cards: [card(small, sharing)] });
      const half = ask({ cards: 1, cardMemoryMib: 8192 });
      bindTo(cluster, 0, half, [0]);
      expect(fineGrainedGpu.reject(cluster.hosts[0]!, half)).toBe(second);
    }
  });
});

test('FineGrainedGpu: a passthrough card partly in use serves nobody, even if the rest would be enough', () => {
  // bind and SRM records take such a card whole; the filter does not count on it.
  const cluster = clusterOf({ vcpus: 8, ramMib: 8192, cards: [card(large)] });
  cluster.cardMemoryFreeMib[0]! -= 1;
  expect(fineGrainedGpu.reject(cluster.hosts[0]!, ask({ cards: 1, cardMemoryMib: 1024, cardCores: 1 }))).toBe(
    'cards-busy',
  );
});

describe('PciPassthroughFilter', () => {
  test('PciPassthroughFilter counts the cards and knows nothing of their memory and cores', () => {
    expect(reasons(gpuCount, [card(small)], { cards: 1, cardMemoryMib: 49152, cardCores: 99999 })).toBeUndefined();
    expect(reasons(gpuCount, [card(small)], { cards: 2 })).toBe('no-cards');
    expect(reasons(gpuCount, [card(small), card(small)], { cards: 1, cardModels: ['large'] })).toBe('card-model');
    expect(reasons(gpuCount, [], { cards: 0 })).toBeUndefined();
  });

  test('a card that is partly held, or has failed, is not free', () => {
    const cards = [card(small, 'shared'), card(small), card(large)];
    const cluster = clusterOf({ vcpus: 8, ramMib: 8192, cards });
    bindTo(cluster, 0, ask({ cards: 1, cardCores: 1 }), [0]);
    cluster.cardHealthy[1] = 0;
    expect(countedCards(cluster.hosts[0]!, ask({ cards: 1 }))).toEqual([2]);
    expect(gpuCount.reject(cluster.hosts[0]!, ask({ cards: 1 }))).toBeUndefined();
    expect(gpuCount.reject(cluster.hosts[0]!, ask({ cards: 2 }))).toBe('cards-busy');
    expect(gpuCount.reject(cluster.hosts[0]!, ask({ cards: 1, cardModels: ['small'] }))).toBe('cards-busy');
  });
});

test('what the fine filter lets through on whole cards, the counting filter lets through as well', () => {
  fc.assert(
    fc.property(anyHosts, anySteps, anyRequest, (hosts, steps, request) => {
      const { cluster } = play(hosts, steps, policyNamed('nova'));
      for (const host of cluster.hosts) {
        if (fineGrainedGpu.reject(host, request) === undefined) expect(gpuCount.reject(host, request)).toBeUndefined();
      }
    }),
  );
});

test('with everything idle and healthy, no host is busy', () => {
  fc.assert(
    fc.property(anyHosts, anyRequest, (hosts, request) => {
      for (const host of clusterOf(...hosts).hosts) {
        for (const filter of [fineGrainedGpu, gpuCount]) {
          const reason = filter.reject(host, request);
          expect(reason).not.toBe('cards-busy');
          if (reason !== undefined) expect(rejections).toContain(reason);
        }
      }
    }),
  );
});
