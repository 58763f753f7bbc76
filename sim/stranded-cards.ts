/** Cards that lie idle since their host lacks the vCPUs or the RAM to use them. */
import type { Cluster } from '../core/cluster.ts';
import type { VmRequest } from '../core/request.ts';

/**
 * A card is stranded when it is idle on a running host whose free vCPUs or free RAM are below the least that any GPU VM seen so far
 * asked for. That needs no knowledge of the future, and one host at a time changes.
 */
export class StrandedCards {
  readonly #cluster: Cluster;
  readonly #perHost: Int32Array;
  #total = 0;
  #leastVcpus = Infinity;
  #leastRamMib = Infinity;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#perHost = new Int32Array(cluster.hosts.length);
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
    const view = this.#cluster.hosts[host]!;
    const isShort = view.vcpusFree < this.#leastVcpus || view.ramFreeMib < this.#leastRamMib;
    const stranded = this.#leastVcpus !== Infinity && view.isUp && isShort ? view.idleCards : 0;
    this.#total += stranded - this.#perHost[host]!;
    this.#perHost[host] = stranded;
    return this.#total;
  }
}
