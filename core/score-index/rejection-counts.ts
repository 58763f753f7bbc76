/** Counts the hosts that the filters of Fig. 6 remove, by reason, from sums instead of one by one: for a request that no host can take. */
import { Cluster } from '../cluster.ts';
import type { Filter, Rejection } from '../filters.ts';
import { isGpuRequest, type VmRequest } from '../request.ts';
import { LowDisks } from './low-disks.ts';
import { RoomGrid } from './room-grid.ts';

/**
 * The filters look at CPU, RAM and disk first. Where nobody passes, hosts with equal cards that do have those share the reason of the card
 * filter: it depends on what the cards are, not on which are idle, once too few are.
 */
export class RejectionCounts {
  readonly #cluster: Cluster;
  readonly #cardFilter: Filter;
  readonly #keepsOutAny: boolean;
  /** Number of the host's cards: equal for hosts that have as many of the same models. */
  readonly #kindOf: Int32Array;
  /** One host of each kind, none of whose cards works. */
  readonly #kinds: Cluster;
  /** Made when the first request needs them: in a cluster with room none does. */
  #grid: RoomGrid | undefined;
  #disks: LowDisks | undefined;

  /**
   * @param cardFilter the last filter of the policy, which alone looks at cards
   * @param keepsOut whose hosts it looks at: those with cards may be closed to CPU VMs
   */
  constructor(cluster: Cluster, cardFilter: Filter, keepsOut: 'GPU VMs' | 'any VM' = 'GPU VMs') {
    this.#keepsOutAny = keepsOut === 'any VM';
    this.#cluster = cluster;
    this.#cardFilter = cardFilter;
    const kinds = new Map<string, number>();
    const firsts: number[] = [];
    this.#kindOf = Int32Array.from(cluster.hosts, ({ cardGroups, index }) => {
      const key = cardGroups.map(({ model, sharing, cards }) => `${cards.length} ${sharing} ${model.name}`).join('\n');
      let kind = kinds.get(key);
      if (kind === undefined) {
        kind = firsts.push(index) - 1;
        kinds.set(key, kind);
      }
      return kind;
    });
    this.#kinds = new Cluster(firsts.map((host) => cluster.specs[host]!));
    for (const { index, specs } of this.#kinds.hosts) {
      for (let card = 0; card < specs.cards.length; card++) this.#kinds.setCardHealthy(index, card, false);
    }
  }

  /** @param request one that no host passes all filters for */
  count(request: VmRequest): Partial<Record<Rejection, number>> {
    const { hosts, up, vcpusFree, ramFreeMib } = this.#cluster;
    const { vcpus, ramMib, diskGib } = request;
    this.#grid ??= new RoomGrid(this.#cluster, this.#kindOf, this.#kinds.hosts.length);
    const haveVcpus = this.#grid.count(request);
    const { ofKind } = this.#grid;
    const haveRoom = ofKind.reduce((sum, count) => sum + count, 0);
    const rejectedBy: Partial<Record<Rejection, number>> = {};
    const add = (reason: Rejection, count: number): void => {
      if (count > 0) rejectedBy[reason] = (rejectedBy[reason] ?? 0) + count;
    };
    add('host-down', hosts.length - this.#grid.up);
    add('vcpus', this.#grid.up - haveVcpus);
    add('ram', haveVcpus - haveRoom);
    if (!isGpuRequest(request) && !this.#keepsOutAny) {
      // Nothing else keeps out a CPU VM that finds vCPUs and RAM.
      add('disk', haveRoom);
      return rejectedBy;
    }
    if (diskGib > 0) {
      let littleDisk = 0;
      this.#disks ??= new LowDisks(this.#cluster);
      this.#disks.below(diskGib, (host) => {
        if (up[host] === 0 || vcpusFree[host]! < vcpus || ramFreeMib[host]! < ramMib) return;
        littleDisk++;
        ofKind[this.#kindOf[host]!]!--;
      });
      add('disk', littleDisk);
    }
    for (let kind = 0; kind < ofKind.length; kind++) {
      if (ofKind[kind]! > 0) add(this.#cardFilter.reject(this.#kinds.hosts[kind]!, request)!, ofKind[kind]!);
    }
    return rejectedBy;
  }
}
