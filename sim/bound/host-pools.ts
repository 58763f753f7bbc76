/** Hosts that can serve the same kinds of GPU VM, taken together as if they were one large host. */
import { modelSuits } from '../../core/card-fit.ts';
import { Cluster, type HostView } from '../../core/cluster.ts';
import { cpuRamDisk, fineGrainedGpu } from '../../core/filters.ts';
import type { HostSpec } from '../../core/host.ts';
import type { VmRequest } from '../../core/request.ts';

/** What a kind of VM takes of a pool: parts of all that the pool has of each resource that can run short, each in (0, 1]. */
export interface HostPool {
  /** By kind, one part per resource; undefined where no host of the pool can serve the kind. */
  readonly parts: readonly (readonly number[] | undefined)[];
}

/** Whether the empty host serves the request as asked. */
export function canServe(host: HostView, request: VmRequest): boolean {
  return cpuRamDisk.reject(host, request) === undefined && fineGrainedGpu.reject(host, request) === undefined;
}

/** The pools of a cluster, in order of their first host; hosts that serve none of the kinds are in none. */
export function hostPools(hosts: readonly HostSpec[], kinds: readonly VmRequest[]): HostPool[] {
  const pools = new Map<string, HostView[]>();
  for (const host of new Cluster(hosts).hosts) {
    const served = kinds.map((kind) => (canServe(host, kind) ? '1' : '0')).join('');
    if (!served.includes('1')) continue;
    const pool = pools.get(served);
    if (pool === undefined) pools.set(served, [host]);
    else pool.push(host);
  }
  return [...pools].map(([served, pool]) => {
    const parts = kinds.map((kind, index) => (served[index] === '1' ? partsOf(pool, kind) : undefined));
    return { parts: withoutSlack(parts) };
  });
}

/** Of vCPUs, RAM, disk, card memory and card cores. A card counts as 1 whatever its size; of a shared one, a VM takes the least that it could. */
function partsOf(pool: readonly HostView[], kind: VmRequest): number[] {
  const total = (of: (host: HostView) => number): number => pool.reduce((sum, host) => sum + of(host), 0);
  const cards = total((host) => host.specs.cards.length);
  let memoryShare = 1;
  let coresShare = 1;
  for (const host of pool) {
    for (const { model, cards: indexes } of host.cardGroups) {
      if (!modelSuits(kind, model)) continue;
      const share = host.cardShare(indexes[0]!, kind);
      memoryShare = Math.min(memoryShare, share.memoryMib / model.memoryMib);
      coresShare = Math.min(coresShare, share.cores / model.cores);
    }
  }
  return [
    kind.vcpus / total((host) => host.vcpus),
    kind.ramMib / total((host) => host.ramMib),
    kind.diskGib === 0 ? 0 : kind.diskGib / total((host) => host.diskGib),
    (kind.cards * memoryShare) / cards,
    (kind.cards * coresShare) / cards,
  ];
}

/** Without resources that can never run short first: every kind takes at least as large a share of some other. */
function withoutSlack(parts: readonly (readonly number[] | undefined)[]): (number[] | undefined)[] {
  const known = parts.filter((each) => each !== undefined);
  let kept = known[0]!.map((_, resource) => resource);
  // From the first to the last, so that of two equal ones the last, cards, stays.
  for (const resource of [...kept]) {
    const isSlack = kept.some((other) => other !== resource && known.every((each) => each[resource]! <= each[other]!));
    if (isSlack) kept = kept.filter((each) => each !== resource);
  }
  return parts.map((each) => (each === undefined ? undefined : kept.map((resource) => each[resource]!)));
}
