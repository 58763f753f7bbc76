/** Counts the hosts that the filters of Fig. 6 remove, by reason, by rows instead of one by one: for a request that no host can take. */
import type { Cluster } from '../cluster.ts';
import type { Filter, Rejection } from '../filters.ts';
import type { VmRequest } from '../request.ts';

/** Hosts that lack the vCPUs, or have those and lack the RAM. */
export interface RoomCounts {
  fewVcpus: number;
  littleRam: number;
}

/** Knows some of the hosts that are up. */
export interface RoomCounter {
  /** Adds to the counts the hosts that lack the vCPUs or the RAM, and calls `visit` with the others. */
  count(request: VmRequest, counts: RoomCounts, visit: (host: number) => void): void;
}

/** All hosts of a cluster, one by one. */
export function allHosts({ up, vcpusFree, ramFreeMib }: Cluster): RoomCounter {
  return {
    count({ vcpus, ramMib }, counts, visit) {
      for (let host = 0; host < up.length; host++) {
        if (up[host] === 0) continue;
        if (vcpusFree[host]! < vcpus) counts.fewVcpus++;
        else if (ramFreeMib[host]! < ramMib) counts.littleRam++;
        else visit(host);
      }
    },
  };
}

/**
 * The filters look at CPU, RAM and disk first. Where nobody passes, hosts with equal cards that do have those share the reason of the card
 * filter: it depends on what the cards are, not on which are idle, once too few are.
 */
export class RejectionCounts {
  readonly #cluster: Cluster;
  readonly #cardFilter: Filter;
  /** Number of the host's cards: equal for hosts that have as many of the same models. */
  readonly #kindOf: Int32Array;
  /** Per kind: hosts that have the CPU, RAM and disk, and the first of them. */
  readonly #hosts: Int32Array;
  readonly #first: Int32Array;

  /** @param cardFilter the last filter of the policy, which alone looks at cards */
  constructor(cluster: Cluster, cardFilter: Filter) {
    this.#cluster = cluster;
    this.#cardFilter = cardFilter;
    const kinds = new Map<string, number>();
    this.#kindOf = Int32Array.from(cluster.hosts, ({ cardGroups }) => {
      const key = cardGroups.map(({ model, sharing, cards }) => `${cards.length} ${sharing} ${model.name}`).join('\n');
      if (!kinds.has(key)) kinds.set(key, kinds.size);
      return kinds.get(key)!;
    });
    this.#hosts = new Int32Array(kinds.size);
    this.#first = new Int32Array(kinds.size);
  }

  /**
   * @param request one that no host passes all filters for
   * @param tiers all hosts that are up, as they are now
   */
  count(request: VmRequest, tiers: readonly RoomCounter[]): Partial<Record<Rejection, number>> {
    const { diskFreeGib, hosts } = this.#cluster;
    const counts: RoomCounts = { fewVcpus: 0, littleRam: 0 };
    const ofKind = this.#hosts.fill(0);
    let littleDisk = 0;
    let haveRoom = 0;
    for (const tier of tiers) {
      tier.count(request, counts, (host) => {
        haveRoom++;
        if (diskFreeGib[host]! < request.diskGib) littleDisk++;
        else if (ofKind[this.#kindOf[host]!]!++ === 0) this.#first[this.#kindOf[host]!] = host;
      });
    }
    const rejectedBy: Partial<Record<Rejection, number>> = {};
    const add = (reason: Rejection, count: number): void => {
      if (count > 0) rejectedBy[reason] = (rejectedBy[reason] ?? 0) + count;
    };
    add('host-down', hosts.length - counts.fewVcpus - counts.littleRam - haveRoom);
    add('vcpus', counts.fewVcpus);
    add('ram', counts.littleRam);
    add('disk', littleDisk);
    for (let kind = 0; kind < ofKind.length; kind++) {
      if (ofKind[kind]! > 0) add(this.#cardFilter.reject(hosts[this.#first[kind]!]!, request)!, ofKind[kind]!);
    }
    return rejectedBy;
  }
}
