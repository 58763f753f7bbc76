/** The filters of Fig. 6 and of stock OpenStack. Each says why a host is out, or nothing. */
import { acceptsModel, servingInGroup } from './card-fit.ts';
import type { HostView } from './cluster.ts';
import type { HostSpec } from './host.ts';
import { isGpuRequest, type VmRequest } from './request.ts';

/** Why a host is out, in the order in which the filters look. */
export const rejections = [
  'excluded',
  'host-down',
  'vcpus',
  'ram',
  'disk',
  'no-cards',
  'card-model',
  'card-memory',
  'card-cores',
  'cards-busy',
  'kept-for-cards',
] as const;

/**
 * `excluded`: this attempt must not use the host (a bind there was refused); `host-down`; `vcpus`, `ram`, `disk`: not enough free;
 * `no-cards`: fewer cards than asked; `card-model`, `card-memory`, `card-cores`: fewer cards than asked that are of an accepted
 * model, of that model with the asked memory, with memory and cores; `cards-busy`: enough such cards, too few of them idle
 * (or shared, with enough free) and healthy; `kept-for-cards`: a GPU host keeps its vCPUs or RAM from CPU VMs.
 */
export type Rejection = (typeof rejections)[number];

/** One step of filtering. */
export interface Filter {
  /** As explanations show it. */
  readonly name: string;
  /**
   * `host`: the answer depends on nothing but what is asked for (not by whom) and what the host has (not its name), has free and whether it works. Then a VM
   * that waits need not be tried again before some host changes. Defaults to anything.
   */
  readonly dependsOn?: 'host';
  /** Why the host cannot take the request; undefined when it can. */
  reject(host: HostView, request: VmRequest): Rejection | undefined;
}

/** The host runs. */
export const hostUp: Filter = {
  name: 'HostUp',
  dependsOn: 'host',
  reject: (host) => (host.isUp ? undefined : 'host-down'),
};

/** CPU, RAM and disk: step 2 of Fig. 6, and what Placement checks in stock OpenStack. */
export const cpuRamDisk: Filter = {
  name: 'CpuRamDisk',
  dependsOn: 'host',
  reject(host, request) {
    if (host.vcpusFree < request.vcpus) return 'vcpus';
    if (host.ramFreeMib < request.ramMib) return 'ram';
    if (host.diskFreeGib < request.diskGib) return 'disk';
    return undefined;
  },
};

/**
 * Step 3 of Fig. 6: enough cards that each have the asked memory and cores, and the model if one is asked for, are idle (a
 * shared card: has that much free). Passes every CPU VM.
 */
export const fineGrainedGpu: Filter = {
  name: 'FineGrainedGpu',
  dependsOn: 'host',
  reject(host, request) {
    if (!isGpuRequest(request)) return undefined;
    const cards = host.specs.cards;
    if (cards.length < request.cards) return 'no-cards';
    let serving = 0;
    for (const group of host.cardGroups) serving += servingInGroup(host, group, request).length;
    if (serving >= request.cards) return undefined;
    return lackOf(cards, request) ?? 'cards-busy';
  },
};

/** What too many of these cards lack, whoever holds them; undefined when enough of them suit. */
export function lackOf(cards: HostSpec['cards'], request: VmRequest): Rejection | undefined {
  const accepted = cards.filter((card) => acceptsModel(request, card.model));
  if (accepted.length < request.cards) return 'card-model';
  const large = accepted.filter((card) => card.memoryMib >= request.cardMemoryMib);
  if (large.length < request.cards) return 'card-memory';
  return large.filter((card) => card.cores >= request.cardCores).length < request.cards ? 'card-cores' : undefined;
}

/**
 * Nova's AggregateInstanceExtraSpecsFilter where hosts with and without cards are two host aggregates and every flavor names its own
 * (nova/scheduler/filters/aggregate_instance_extra_specs.py): CPU VMs never go to GPU hosts. GPU VMs find no card on CPU hosts anyway.
 */
export const ownAggregate: Filter = {
  name: 'AggregateInstanceExtraSpecsFilter',
  dependsOn: 'host',
  reject(host, request) {
    if (isGpuRequest(request)) return host.isGpuHost ? undefined : 'no-cards';
    return host.isGpuHost ? 'kept-for-cards' : undefined;
  },
};
