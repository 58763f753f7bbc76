/** The index decides as the scan does: same host, cards, score and refusals, after any history. */
import { describe, expect, test } from 'vitest';
import { Cluster, type Placement } from '../../core/cluster.ts';
import { addressOf } from '../../core/cluster-file.ts';
import type { CardSharing, GpuCard, GpuModel } from '../../core/gpu-card.ts';
import type { HostSpec } from '../../core/host.ts';
import type { PolicyOptions } from '../../core/policy-options.ts';
import { type VmRequest, vmRequest } from '../../core/request.ts';
import { Scheduler, schedule } from '../../core/scheduler.ts';
import { applySrm, srmOf } from '../../core/srm.ts';
import { type RandomStream, randomStream } from '../../traces/random.ts';
import { cases } from '../cases.ts';
import { policyNamed } from './build.ts';

const models: readonly GpuModel[] = [
  { name: 'a', memoryMib: 49140, cores: 10752, fp32Tflops: 38.7, bandwidthGBs: 768, clockMhz: 1800 },
  { name: 'b', memoryMib: 81920, cores: 6912, fp32Tflops: 19.5, bandwidthGBs: 1935, clockMhz: 1410 },
  { name: 'c', memoryMib: 15360, cores: 2560, fp32Tflops: 8.1, bandwidthGBs: 320, clockMhz: 1590 },
];

/** What is drawn from: a kind of cluster and the requests that it gets. */
interface Setting {
  readonly hosts: number;
  readonly spec: (
    below: (limit: number) => number,
    index: number,
  ) => Omit<HostSpec, 'name' | 'cpuAllocationRatio' | 'cards'> & {
    cpuAllocationRatio?: number;
    cards: readonly Omit<GpuCard, 'address'>[];
  };
  /** vCPUs are asked for in steps of this; 0.25 makes them fractional. */
  readonly vcpuStep: number;
  readonly similarity?: 'raw';
}

const cardsOf = (count: number, { name, ...figures }: GpuModel, sharing: CardSharing = 'passthrough') =>
  Array.from({ length: count }, () => ({ ...figures, model: name, sharing }));

const gib = 1024;
const settings: Readonly<Record<string, Setting>> = {
  'equal CPU hosts and equal GPU hosts': {
    hosts: 12,
    spec: (_, index) => ({
      vcpus: 32,
      ramMib: 248 * gib,
      diskGib: 1000,
      cards: index < 7 ? [] : cardsOf(4, models[0]!),
    }),
    vcpuStep: 1,
  },
  'the same, in raw units': {
    hosts: 12,
    spec: (_, index) => ({
      vcpus: 32,
      ramMib: 248 * gib,
      diskGib: 1000,
      cards: index < 4 ? [] : cardsOf(4, models[index % 3]!),
    }),
    vcpuStep: 1,
    similarity: 'raw',
  },
  'two models of equal figures, so that hosts of different kinds are equally good': {
    hosts: 12,
    spec: (below) => ({
      vcpus: 32,
      ramMib: 248 * gib,
      diskGib: 1000,
      cards: cardsOf(2, below(2) === 0 ? models[0]! : { ...models[0]!, name: 'twin' }),
    }),
    vcpuStep: 4,
  },
  'every host of a different size': {
    hosts: 14,
    spec: (below) => ({
      vcpus: 8 + below(57),
      ramMib: 10_000 + below(400_000),
      diskGib: below(2) * 500,
      cards: below(2) === 0 ? [] : cardsOf(1 + below(8), models[below(3)]!),
    }),
    vcpuStep: 1,
  },
  'several card models in a host': {
    hosts: 10,
    spec: (below) => ({
      vcpus: 64,
      ramMib: 248 * gib,
      diskGib: 1000,
      cards: [...cardsOf(below(3), models[0]!), ...cardsOf(below(3), models[1]!), ...cardsOf(below(3), models[2]!)],
    }),
    vcpuStep: 1,
  },
  'shared cards, beside passed-through ones': {
    hosts: 10,
    spec: (below) => ({
      vcpus: 48,
      ramMib: 248 * gib,
      diskGib: 1000,
      cards: [...cardsOf(below(4), models[0]!, 'shared'), ...cardsOf(below(3), models[below(2)]!)],
    }),
    vcpuStep: 1,
  },
  'every host of a different size, with several models or shared cards': {
    hosts: 40,
    spec: (below) => ({
      vcpus: 8 + below(57),
      ramMib: 10_000 + below(400_000),
      diskGib: 500 + below(500),
      cards: [
        ...cardsOf(below(2) * below(4), models[below(3)]!, below(2) === 0 ? 'shared' : 'passthrough'),
        ...cardsOf(below(3), models[below(3)]!),
      ],
    }),
    vcpuStep: 1,
  },
  'little disk, so that the emptiest hosts often lack it': {
    hosts: 12,
    spec: (_, index) => ({
      vcpus: 64,
      ramMib: 512 * gib,
      diskGib: 120,
      cards: index < 6 ? [] : cardsOf(4, models[index % 2]!),
    }),
    vcpuStep: 1,
  },
  'hosts so large that the numerator of Eq. (1) is rounded': {
    hosts: 10,
    spec: (_, index) => ({
      vcpus: 600,
      ramMib: 2 ** 30 - 1,
      diskGib: 1000,
      cpuAllocationRatio: 16,
      cards: index < 6 ? [] : cardsOf(4, models[index % 2]!),
    }),
    vcpuStep: 200,
  },
  'fractional vCPUs and overcommitment': {
    hosts: 10,
    spec: (below) => ({
      vcpus: 16,
      ramMib: 64 * gib,
      diskGib: 100,
      cpuAllocationRatio: [1, 2, 2.3][below(3)]!,
      cards: below(2) === 0 ? [] : cardsOf(2, models[below(3)]!),
    }),
    vcpuStep: 0.25,
  },
};

/** How large the requests are: small ones fill the cluster slowly, large ones hit its limits. */
function anyRequest(stream: RandomStream, setting: Setting, id: number): VmRequest {
  const below = (limit: number) => Math.floor(stream() * limit);
  const cards = below(5) < 2 ? 1 + below(below(3) === 0 ? 8 : 2) : 0;
  return vmRequest({
    id: `vm-${id}`,
    vcpus: (1 + below(12)) * setting.vcpuStep,
    ramMib: below(4) === 0 ? below(90_000) : below(60) * gib,
    diskGib: below(3) * 50,
    cards,
    cardMemoryMib: cards === 0 ? 0 : [0, 8000, 40_000, 79_000][below(4)]!,
    cardCores: cards > 0 && below(5) === 0 ? 7000 : 0,
    cardModels: cards > 0 && below(5) === 0 ? [models[below(3)]!.name] : [],
  });
}

/** Arrivals, departures, failures, repairs and SRM reports in random order; both ways decide each arrival. @returns outcomes counted */
function drive(
  setting: Setting,
  seed: number,
  steps: number,
  name = 'hybrid',
  options: Partial<PolicyOptions> = {},
): { placed: number; refused: number } {
  const stream = randomStream(seed, 'score-index');
  const below = (limit: number) => Math.floor(stream() * limit);
  const cluster = new Cluster(
    Array.from({ length: setting.hosts }, (_, index) => {
      const spec = setting.spec(below, index);
      const cards = spec.cards.map((card, place) => ({ ...card, address: addressOf(place) }));
      return { name: `host-${index}`, cpuAllocationRatio: 1, ...spec, cards };
    }),
  );
  const policy = policyNamed(name, { similarity: setting.similarity ?? 'normalised', ...options });
  const scheduler = new Scheduler(cluster, policy);
  // Or the scan would be compared with itself.
  expect(policy.index).toBeDefined();
  let bound: Placement[] = [];
  const outcomes = { placed: 0, refused: 0 };
  for (let step = 0; step < steps; step++) {
    const what = below(100);
    if (what < 55) {
      const request = anyRequest(stream, setting, step);
      const decision = scheduler.schedule(request);
      const reference = schedule(cluster, request, policy);
      if (JSON.stringify(decision) !== JSON.stringify(reference)) expect(decision).toEqual(reference);
      if (decision.kind === 'placed') {
        outcomes.placed++;
        const { host, cards } = decision;
        const placement = { request, host, cards, wholeCards: policy.wholeCards };
        cluster.bind(placement);
        bound.push(placement);
      } else outcomes.refused++;
    } else if (what < 96) {
      const [placement] = bound.splice(below(bound.length), 1);
      if (placement !== undefined) cluster.release(placement);
    } else if (what < 98) {
      const host = below(setting.hosts);
      cluster.setUp(host, below(3) > 0);
      cluster.addBuilding(host, below(3));
      const cards = cluster.specs[host]!.cards.length;
      if (cards > 0) cluster.setCardHealthy(host, below(cards), below(3) > 0);
    } else {
      // A report says that more is used than the scheduler knew of: whatever was bound there is forgotten.
      const host = below(setting.hosts);
      const record = srmOf(cluster.hosts[host]!, step, step);
      const { vcpus, ramMib } = cluster.hosts[host]!;
      const seen = {
        vcpusUsed: Math.min(vcpus, below(8) + (below(4) === 0 ? 0.5 : 0)),
        ramUsedMib: Math.min(ramMib, below(50) * gib + below(2) / 2),
        diskUsedGib: below(2) / 4,
      };
      const cards = record.cards.map((card) => ({
        ...card,
        memoryUsedMib: 0,
        coresUsed: 0,
        serverIds: below(3) === 0 ? ['another'] : [],
        healthy: true,
      }));
      applySrm(cluster, { ...record, ...seen, cards });
      bound = bound.filter((placement) => placement.host !== host);
    }
  }
  return outcomes;
}

describe('the index of policy hybrid decides as the scan does', () => {
  // 166 700 steps each in all cases: more than a million and a half.
  test.each(Object.keys(settings))('%s', (name) => {
    const total = { placed: 0, refused: 0 };
    for (let seed = 1; seed <= cases(50); seed++) {
      const { placed, refused } = drive(settings[name]!, seed, 3334);
      total.placed += placed;
      total.refused += refused;
    }
    // Both outcomes occur, or the comparison would say little.
    expect(total.placed).toBeGreaterThan(cases(10_000));
    expect(total.refused).toBeGreaterThan(cases(1000));
  });

  test.each([
    'every host of a different size',
    'every host of a different size, with several models or shared cards',
    'equal CPU hosts and equal GPU hosts',
    'fractional vCPUs and overcommitment',
  ])('on a cluster of 300 hosts: %s', (name) => {
    const large = { ...settings[name]!, hosts: 300 };
    expect(drive(large, 1, 10_000).placed).toBeGreaterThan(2000);
  });
});

describe('the index of policy hybrid decides as the scan does in every form of Eq. (3)', () => {
  test.each<Partial<PolicyOptions>>([
    { unasked: 'dropped' },
    { unasked: 'least' },
    { freeCards: 'node' },
    { unasked: 'dropped', freeCards: 'node' },
    { unasked: 'least', freeCards: 'node', similarity: 'raw' },
    { unasked: 'dropped', similarity: 'raw' },
  ])('%o', (options) => {
    const total = { placed: 0, refused: 0 };
    for (const setting of Object.values(settings)) {
      for (let seed = 1; seed <= cases(6); seed++) {
        const { placed, refused } = drive(setting, seed, 2000, 'hybrid', options);
        total.placed += placed;
        total.refused += refused;
      }
    }
    expect(total.placed).toBeGreaterThan(cases(4000));
    expect(total.refused).toBeGreaterThan(cases(600));
  });
});

describe('the index of policy hybrid decides as the scan does under options that it leaves to the scan', () => {
  test.each<Partial<PolicyOptions>>([
    { spill: 'never' },
    { reserveVcpusPerCard: 4, reserveRamMibPerCard: 20 * gib },
    { gpuScore: 'card' },
    { gpuScore: 'similarity', spill: 'never' },
  ])('%o', (options) => {
    const total = { placed: 0, refused: 0 };
    for (const setting of Object.values(settings)) {
      for (let seed = 1; seed <= 3; seed++) {
        const { placed, refused } = drive(setting, seed, 1000, 'hybrid', options);
        total.placed += placed;
        total.refused += refused;
      }
    }
    expect(total.placed).toBeGreaterThan(2000);
    expect(total.refused).toBeGreaterThan(500);
  });
});

describe('the index of policy nova decides as the scan does', () => {
  test.each(Object.keys(settings))('%s', (name) => {
    const total = { placed: 0, refused: 0 };
    for (let seed = 1; seed <= cases(10); seed++) {
      const { placed, refused } = drive(settings[name]!, seed, 3334, 'nova');
      total.placed += placed;
      total.refused += refused;
    }
    expect(total.placed).toBeGreaterThan(cases(2000));
    expect(total.refused).toBeGreaterThan(cases(200));
  });

  test.each(Object.keys(settings))('on a cluster of 200 hosts, ordered again several times: %s', (name) => {
    expect(drive({ ...settings[name]!, hosts: 200 }, 1, 3000, 'nova').placed).toBeGreaterThan(600);
  });
});

describe('the index of policy nova-aliases decides as the scan does, and so do both in host aggregates', () => {
  const variants: readonly [string, Partial<PolicyOptions>][] = [
    ['nova-aliases', {}],
    ['nova-aliases', { hostAggregates: 'gpu' }],
    ['nova', { hostAggregates: 'gpu' }],
  ];
  test.each(variants)('%s %o', (name, options) => {
    const total = { placed: 0, refused: 0 };
    for (const setting of Object.values(settings)) {
      for (let seed = 1; seed <= cases(5); seed++) {
        const { placed, refused } = drive(setting, seed, 2000, name, options);
        total.placed += placed;
        total.refused += refused;
      }
    }
    expect(total.placed).toBeGreaterThan(cases(4000));
    expect(total.refused).toBeGreaterThan(cases(600));
  });
});

describe('scores kept by kind decide as the scan does', () => {
  const names = ['fgd', 'gpu-clustering', 'gpu-packing', 'fgd/best-fit', 'fgd/dot-product', 'fgd/random'];

  test.each(names.flatMap((name) => Object.keys(settings).map((setting) => [name, setting])))(
    '%s: %s',
    (name, setting) => {
      const total = { placed: 0, refused: 0 };
      for (let seed = 1; seed <= cases(2); seed++) {
        const { placed, refused } = drive(settings[setting!]!, seed, 3334, name);
        total.placed += placed;
        total.refused += refused;
      }
      expect(total.placed).toBeGreaterThan(cases(400));
      expect(total.refused).toBeGreaterThan(cases(40));
    },
  );
});
