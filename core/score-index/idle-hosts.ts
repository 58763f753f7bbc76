/** Hosts on which nothing is held: of one size, they are all alike. */
import type { Cluster } from '../cluster.ts';

export class IdleHosts {
  readonly #cluster: Cluster;
  /** Equal for hosts with as many vCPUs and the same cards in the same order. */
  readonly #sizes: Int32Array;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    const sizes = new Map<string, number>();
    this.#sizes = Int32Array.from(cluster.hosts, ({ vcpus, specs }) => {
      const key = JSON.stringify([vcpus, specs.cards.map(({ model, sharing }) => [model, sharing])]);
      if (!sizes.has(key)) sizes.set(key, sizes.size);
      return sizes.get(key)!;
    });
  }

  /** Number of the host's size; -1 when a vCPU or a part of a card is held, a card has failed, or a GPU VM is known to be there. */
  sizeOf(host: number): number {
    const { vcpus, vcpusFree, cardStart, cardHealthy, cardCoresFree, cardMemoryFreeMib, models, cardModel } =
      this.#cluster;
    const { gpuVms, cardCounts } = this.#cluster;
    if (vcpusFree[host] !== vcpus[host]) return -1;
    for (let row = host * cardCounts; row < (host + 1) * cardCounts; row++) if (gpuVms[row] !== 0) return -1;
    for (let card = cardStart[host]!; card < cardStart[host + 1]!; card++) {
      const { cores, memoryMib } = models[cardModel[card]!]!;
      if (cardHealthy[card] === 0 || cardCoresFree[card] !== cores || cardMemoryFreeMib[card] !== memoryMib) return -1;
    }
    return this.#sizes[host]!;
  }
}
