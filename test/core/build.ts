/** Small clusters and requests for tests, written with as few numbers as a test needs, and arbitrary ones for properties. */
import fc from 'fast-check';
import { Cluster, type Placement } from '../../core/cluster.ts';
import type { CardSharing, GpuCard, GpuModel } from '../../core/gpu-card.ts';
import type { HostSpec } from '../../core/host.ts';
import { policies } from '../../core/policies/index.ts';
import { createPolicy, type Policy } from '../../core/policy.ts';
import type { PolicyOptions } from '../../core/policy-options.ts';
import { type RequestNumbers, type VmRequest, vmRequest } from '../../core/request.ts';
import { schedule } from '../../core/scheduler.ts';
import type { TypicalRequest } from '../../core/typical-request.ts';

/** A 48 GiB card; beside `small`, S_card = 1. */
export const large: GpuModel = {
  name: 'large',
  memoryMib: 49152,
  cores: 10000,
  fp32Tflops: 40,
  bandwidthGBs: 800,
  clockMhz: 2000,
};
/** A 16 GiB card with a quarter of the computing power, half of the bandwidth, three quarters of the clock: S_card = ½. */
export const small: GpuModel = {
  name: 'small',
  memoryMib: 16384,
  cores: 5000,
  fp32Tflops: 10,
  bandwidthGBs: 400,
  clockMhz: 1500,
};

/** One card; its address follows from its place on the host. */
export function card({ name, ...figures }: GpuModel, sharing: CardSharing = 'passthrough'): GpuCard {
  return { ...figures, model: name, sharing, address: '' };
}

/** The part of a HostSpec that a test cares about; the rest is 1000 GiB of disk, no overcommitment, no cards. */
export type HostSize = Pick<HostSpec, 'vcpus' | 'ramMib'> & Partial<HostSpec>;

export function hostSpec(size: HostSize, index = 0): HostSpec {
  const cards = (size.cards ?? []).map((each, slot) => ({ ...each, address: `0000:0${slot}:00.0` }));
  return { name: `host-${index}`, diskGib: 1000, cpuAllocationRatio: 1, ...size, cards };
}

export function clusterOf(...hosts: readonly HostSize[]): Cluster {
  return new Cluster(hosts.map(hostSpec));
}

/** A request for one vCPU and 1 GiB unless said otherwise. */
export function ask(numbers: Partial<RequestNumbers> = {}): VmRequest {
  return vmRequest({ id: 'vm', vcpus: 1, ramMib: 1024, ...numbers });
}

/** A workload for policies that need to know it: half of it CPU VMs, the rest on whole cards or parts of them. */
export const typicalRequests: readonly TypicalRequest[] = [
  { share: 0.5, vcpus: 1, cards: 0, cardMemoryMib: 0, cardCores: 0, cardModels: [] },
  { share: 0.25, vcpus: 2, cards: 1, cardMemoryMib: 0, cardCores: 0, cardModels: [] },
  { share: 0.125, vcpus: 0.5, cards: 1, cardMemoryMib: 8192, cardCores: 2500, cardModels: [] },
  { share: 0.125, vcpus: 4, cards: 2, cardMemoryMib: 0, cardCores: 0, cardModels: ['large'] },
];

export function policyNamed(name: string, options: Partial<PolicyOptions> = {}): Policy {
  return createPolicy(policies.find((policy) => policy.name === name)!, { typicalRequests, ...options });
}

/** Binds a request to a host by hand. */
export function bindTo(cluster: Cluster, host: number, request: VmRequest, cards: readonly number[] = []): Placement {
  const placement = { request, host, cards, wholeCards: false };
  cluster.bind(placement);
  return placement;
}

/** Schedules and binds; undefined when no host is valid. */
export function place(cluster: Cluster, request: VmRequest, policy: Policy): Placement | undefined {
  const decision = schedule(cluster, request, policy);
  if (decision.kind === 'no-valid-host') return undefined;
  const placement = { request, host: decision.host, cards: decision.cards, wholeCards: policy.wholeCards };
  cluster.bind(placement);
  return placement;
}

/** Everything of a cluster that changes. */
export function stateOf(cluster: Cluster) {
  const { vcpusFree, ramFreeMib, diskFreeGib, building, up, observedAtS, srmSequence } = cluster;
  const { cardMemoryFreeMib, cardCoresFree, cardHealthy, gpuVms } = cluster;
  return structuredClone({
    ...{ vcpusFree, ramFreeMib, diskFreeGib, building, up, observedAtS, srmSequence },
    ...{ cardMemoryFreeMib, cardCoresFree, cardHealthy, gpuVms },
  });
}

/** One to five hosts, small enough to fill up: without cards, or with up to four of one or two models. */
export const anyHosts: fc.Arbitrary<HostSize[]> = fc.array(
  fc.record({
    vcpus: fc.integer({ min: 1, max: 8 }),
    ramMib: fc.integer({ min: 1, max: 8 }).map((gib) => gib * 1024),
    diskGib: fc.constantFrom(0, 50, 200),
    cpuAllocationRatio: fc.constantFrom(1, 1.5, 2.3, 4),
    cards: fc.array(
      fc
        .tuple(fc.constantFrom(large, small), fc.constantFrom<CardSharing>('passthrough', 'shared'))
        .map(([model, sharing]) => card(model, sharing)),
      { maxLength: 4 },
    ),
  }),
  { minLength: 1, maxLength: 5 },
);

/** Whole and fractional vCPUs; half of them for cards, some of which nobody has. */
export const anyRequest: fc.Arbitrary<VmRequest> = fc
  .record({
    id: fc.string({ maxLength: 4 }),
    vcpus: fc.oneof(
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 4000 }).map((thousandths) => thousandths / 1000),
    ),
    ramMib: fc.integer({ min: 0, max: 3000 }),
    diskGib: fc.constantFrom(0, 0, 10, 60),
    cards: fc.constantFrom(0, 0, 0, 1, 1, 2, 3),
    cardMemoryMib: fc.constantFrom(0, 0, 1, 5000, 8192, 16384, 20000, 49152, 60000),
    cardCores: fc.constantFrom(0, 0, 1, 1234, 2500, 5000, 10000, 20000),
    cardModels: fc.constantFrom<string[][]>([], [], ['large'], ['small'], ['small', 'large'], ['none']),
  })
  .map(vmRequest);

/** One thing that happens to a cluster; numbers are taken modulo what there is. */
export type Step =
  | { readonly kind: 'arrive'; readonly request: VmRequest }
  | { readonly kind: 'depart'; readonly vm: number }
  | { readonly kind: 'host'; readonly host: number; readonly up: boolean }
  | { readonly kind: 'card'; readonly card: number; readonly healthy: boolean }
  | { readonly kind: 'building'; readonly host: number; readonly vms: number };

export const anySteps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 10, arbitrary: fc.record({ kind: fc.constant('arrive' as const), request: anyRequest }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('depart' as const), vm: fc.nat(99) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('host' as const), host: fc.nat(99), up: fc.boolean() }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('card' as const), card: fc.nat(99), healthy: fc.boolean() }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('building' as const), host: fc.nat(99), vms: fc.nat(3) }),
    },
  ),
  { maxLength: 25 },
);

/** What came of the steps: the cluster, and what is bound on it in order of arrival. */
export interface Played {
  readonly cluster: Cluster;
  readonly bound: Placement[];
}

/** Plays the steps from an empty cluster. */
export function play(hosts: readonly HostSize[], steps: readonly Step[], policy: Policy): Played {
  const cluster = clusterOf(...hosts);
  const bound: Placement[] = [];
  for (const step of steps) {
    if (step.kind === 'arrive') {
      const placement = place(cluster, step.request, policy);
      if (placement !== undefined) bound.push(placement);
    } else if (step.kind === 'depart') {
      for (const placement of bound.splice(step.vm % Math.max(bound.length, 1), 1)) cluster.release(placement);
    } else if (step.kind === 'host') cluster.setUp(step.host % hosts.length, step.up);
    else if (step.kind === 'building') {
      const host = step.host % hosts.length;
      cluster.addBuilding(host, step.vms - cluster.building[host]!);
    } else if (cluster.cardHealthy.length > 0) {
      const card = step.card % cluster.cardHealthy.length;
      const host = cluster.cardStart.findLastIndex((first) => first <= card);
      cluster.setCardHealthy(host, card - cluster.cardStart[host]!, step.healthy);
    }
  }
  return { cluster, bound };
}
