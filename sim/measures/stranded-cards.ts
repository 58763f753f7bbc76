/** Cards that lie idle since their host lacks the vCPUs or the RAM to use them. */
import type { Cluster } from '../../core/cluster.ts';
import type { VmRequest } from '../../core/request.ts';

/**
 * A card is stranded when it is idle on a running host whose free vCPUs or free RAM are below the least that any GPU VM seen so far
 * asked for. That needs no knowledge of the future, and one host at a time changes.
 */
export class StrandedCards {
  readonly #cluster: Cluster;
  readonly #perHost: Int32Array;
  /** Size of each card, in the order of the cluster's columns. */
  readonly #memoryMib: Float64Array;
  readonly #cores: Float64Array;
  #total = 0;
  #leastVcpus = Infinity;
  #leastRamMib = Infinity;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#perHost = new Int32Array(cluster.hosts.length);
    const cards = cluster.specs.flatMap((spec) => spec.cards);
    this.#memoryMib = Float64Array.from(cards, ({ memoryMib }) => memoryMib);
    this.#cores = Float64Array.from(cards, ({ cores }) => cores);
  }

  /** A GPU VM asked. @returns stranded cards now */
  seen(request: VmRequest): number {
    if (request.vcpus < this.#leastVcpus || request.ramMib < this.#leastRamMib) {
      this.#leastVcpus = Math.min(this.#leastVcpus, request.vcpus);
      this.#leastRamMib = Math.min(this.#leastRamMib, request.ramMib);
      for (const host of this.#cluster.hosts) if (host.isGpuHost) this.changed(host.index);
    }
    return this.#total;
  }

  /** Something changed on the host. @returns stranded cards now */
  changed(host: number): number {
    const { vcpusFree, ramFreeMib, up } = this.#cluster;
    const isShort = vcpusFree[host]! < this.#leastVcpus || ramFreeMib[host]! < this.#leastRamMib;
    const stranded = this.#leastVcpus !== Infinity && up[host] === 1 && isShort ? this.#idleCards(host) : 0;
    this.#total += stranded - this.#perHost[host]!;
    this.#perHost[host] = stranded;
    return this.#total;
  }

  /** As `HostView.idleCards`, by columns: this is asked at every second binding and end. */
  #idleCards(host: number): number {
    const { cardStart, cardHealthy, cardMemoryFreeMib, cardCoresFree } = this.#cluster;
    let idle = 0;
    for (let card = cardStart[host]!; card < cardStart[host + 1]!; card++) {
      if (
        cardHealthy[card] === 1 &&
        cardMemoryFreeMib[card] === this.#memoryMib[card] &&
        cardCoresFree[card] === this.#cores[card]
      ) {
        idle++;
      }
    }
    return idle;
  }
}
