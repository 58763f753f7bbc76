/** Counts the hosts that the filters of Fig. 6 remove, by reason, over columns: for a request that no host can take. */
import type { Cluster } from './cluster.ts';
import { fineGrainedGpu, type Rejection } from './filters.ts';
import type { VmRequest } from './request.ts';

/**
 * The filters look at CPU, RAM and disk first. Where nobody passes, hosts with equal cards that do have those share the reason of the card
 * filter: it depends on what the cards are, not on which are idle, once too few are.
 */
export class RejectionCounts {
  readonly #cluster: Cluster;
  /** Number of the host's cards: equal for hosts that have as many of the same models. */
  readonly #kindOf: Int32Array;
  /** Per kind: hosts that have the CPU, RAM and disk, and the first of them. */
  readonly #hosts: Int32Array;
  readonly #first: Int32Array;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    const kinds = new Map<string, number>();
    this.#kindOf = Int32Array.from(cluster.hosts, ({ cardGroups }) => {
      const key = cardGroups.map(({ model, sharing, cards }) => `${cards.length} ${sharing} ${model.name}`).join('\n');
      if (!kinds.has(key)) kinds.set(key, kinds.size);
      return kinds.get(key)!;
    });
    this.#hosts = new Int32Array(kinds.size);
    this.#first = new Int32Array(kinds.size);
  }

  /** @param request one that no host passes all filters for */
  count(request: VmRequest): Partial<Record<Rejection, number>> {
    const { up, vcpusFree, ramFreeMib, diskFreeGib } = this.#cluster;
    const { vcpus, ramMib, diskGib } = request;
    const kindOf = this.#kindOf;
    const hosts = this.#hosts.fill(0);
    let [down, fewVcpus, littleRam, littleDisk] = [0, 0, 0, 0];
    for (let host = 0; host < up.length; host++) {
      if (up[host] === 0) down++;
      else if (vcpusFree[host]! < vcpus) fewVcpus++;
      else if (ramFreeMib[host]! < ramMib) littleRam++;
      else if (diskFreeGib[host]! < diskGib) littleDisk++;
      else if (hosts[kindOf[host]!]!++ === 0) this.#first[kindOf[host]!] = host;
    }
    const rejectedBy: Partial<Record<Rejection, number>> = {};
    if (down > 0) rejectedBy['host-down'] = down;
    if (fewVcpus > 0) rejectedBy.vcpus = fewVcpus;
    if (littleRam > 0) rejectedBy.ram = littleRam;
    if (littleDisk > 0) rejectedBy.disk = littleDisk;
    for (let kind = 0; kind < hosts.length; kind++) {
      if (hosts[kind] === 0) continue;
      const reason = fineGrainedGpu.reject(this.#cluster.hosts[this.#first[kind]!]!, request)!;
      rejectedBy[reason] = (rejectedBy[reason] ?? 0) + hosts[kind]!;
    }
    return rejectedBy;
  }
}
