/**
 * The decisions of policy `nova`, bit for bit, over columns: Nova's weighers compare each host with all candidates, so every host must be
 * looked at, but at a few numbers of it only.
 */
import type { Cluster } from '../cluster.ts';
import { countedCards, gpuCount } from '../filters.ts';
import type { ScoreIndex } from '../policy.ts';
import { isGpuRequest, type VmRequest } from '../request.ts';
import type { Decision } from '../scheduler.ts';
import { ChangedHosts } from './changed-hosts.ts';
import { RejectionCounts, type RoomCounts } from './rejection-counts.ts';

const noCards: readonly number[] = [];

export class NovaIndex implements ScoreIndex {
  readonly #cluster: Cluster;
  readonly #all: Int32Array;
  readonly #gpuHosts: Int32Array;
  readonly #rejections: RejectionCounts;
  /** Hosts whose idle cards are to be counted anew. */
  readonly #changed: ChangedHosts;
  readonly #changesOf: Float64Array;
  /** Per host: idle cards; and of each model, in the order of the cluster's models, one column after the other. */
  readonly #idleCards: Int32Array;
  readonly #idleOf: readonly Int32Array[];
  readonly #accepted: Int32Array;
  readonly #candidates: Int32Array;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    const hosts = cluster.hosts.length;
    this.#all = Int32Array.from(cluster.hosts, ({ index }) => index);
    this.#gpuHosts = this.#all.filter((host) => cluster.hosts[host]!.isGpuHost);
    this.#rejections = new RejectionCounts(cluster, gpuCount);
    this.#changed = new ChangedHosts(hosts);
    this.#changesOf = new Float64Array(hosts).fill(-1);
    this.#idleCards = new Int32Array(hosts);
    this.#idleOf = cluster.models.map(() => new Int32Array(hosts));
    this.#accepted = new Int32Array(hosts);
    this.#candidates = new Int32Array(hosts);
    const isGpuHost = Uint8Array.from(cluster.hosts, (host) => (host.isGpuHost ? 1 : 0));
    const change = (host: number): void => {
      if (isGpuHost[host] === 1) this.#changed.add(host);
    };
    for (const host of this.#gpuHosts) change(host);
    cluster.watch(change);
  }

  decide(request: VmRequest): Decision {
    for (let host = this.#changed.take(); host >= 0; host = this.#changed.take()) this.#countIdle(host);
    const count = this.#findCandidates(request);
    if (count === 0) return { kind: 'no-valid-host', rejectedBy: this.#rejections.count(request, [this]) };
    // Nova does not weigh a single host.
    const best = count === 1 ? { host: this.#candidates[0]!, weight: 0 } : this.#heaviest(count);
    const { host, weight: score } = best;
    if (!isGpuRequest(request)) return { kind: 'placed', host, cards: noCards, score };
    const cards = countedCards(this.#cluster.hosts[host]!, request).slice(0, request.cards);
    return { kind: 'placed', host, cards, score };
  }

  /** Adds to the counts the hosts that are up and lack the vCPUs or the RAM, and calls `visit` with the others. */
  count({ vcpus, ramMib }: VmRequest, counts: RoomCounts, visit: (host: number) => void): void {
    const { up, vcpusFree, ramFreeMib } = this.#cluster;
    for (let host = 0; host < up.length; host++) {
      if (up[host] === 0) continue;
      if (vcpusFree[host]! < vcpus) counts.fewVcpus++;
      else if (ramFreeMib[host]! < ramMib) counts.littleRam++;
      else visit(host);
    }
  }

  /** Filters: HostUp, CpuRamDisk, PciPassthroughFilter. @returns how many hosts passed */
  #findCandidates(request: VmRequest): number {
    const { vcpus, ramMib, diskGib, cards } = request;
    const { up, vcpusFree, ramFreeMib, diskFreeGib } = this.#cluster;
    const candidates = this.#candidates;
    const hosts = isGpuRequest(request) ? this.#gpuHosts : this.#all;
    const idle = this.#idleFor(request);
    let count = 0;
    // Every host is put down, and stays if it passes: without a branch a host takes 1.2 ns instead of 5.7, since whether one passes is
    // hard to foresee.
    for (let index = 0; index < hosts.length; index++) {
      const host = hosts[index]!;
      candidates[count] = host;
      count +=
        up[host]! &
        +(idle[host]! >= cards) &
        +(vcpusFree[host]! >= vcpus) &
        +(ramFreeMib[host]! >= ramMib) &
        +(diskFreeGib[host]! >= diskGib);
    }
    return count;
  }

  /** Idle cards of the models that the request accepts, by host. */
  #idleFor({ cardModels, cards }: VmRequest): Int32Array {
    if (cards === 0 || cardModels.length === 0) return this.#idleCards;
    const accepted = this.#accepted.fill(0);
    this.#cluster.models.forEach(({ name }, model) => {
      if (!cardModels.includes(name)) return;
      const idle = this.#idleOf[model]!;
      for (const host of this.#gpuHosts) accepted[host]! += idle[host]!;
    });
    return accepted;
  }

  /**
   * The candidate of the greatest weight, the first of equals. Weighers and the order in which they add up are those of
   * `policies/nova.ts`, to the last bit: each value above the least, over the range of the candidates.
   */
  #heaviest(count: number): { host: number; weight: number } {
    const { vcpusFree, ramFreeMib, diskFreeGib, building } = this.#cluster;
    const candidates = this.#candidates;
    const idleCards = this.#idleCards;
    let [mostRam, mostVcpus, mostDisk, mostIo, mostIdle] = [0, 0, 0, -Infinity, -Infinity];
    let [leastIo, leastIdle] = [Infinity, Infinity];
    for (let index = 0; index < count; index++) {
      const host = candidates[index]!;
      const io = building[host]!;
      const idle = idleCards[host]!;
      if (ramFreeMib[host]! > mostRam) mostRam = ramFreeMib[host]!;
      if (vcpusFree[host]! > mostVcpus) mostVcpus = vcpusFree[host]!;
      if (diskFreeGib[host]! > mostDisk) mostDisk = diskFreeGib[host]!;
      if (io > mostIo) mostIo = io;
      if (io < leastIo) leastIo = io;
      if (idle > mostIdle) mostIdle = idle;
      if (idle < leastIdle) leastIdle = idle;
    }
    // PCIWeigher prefers hosts with fewer cards: 100 − their number, of which it counts 99 at most.
    const leastPci = 100 - Math.min(mostIdle, 99);
    const mostPci = 100 - Math.min(leastIdle, 99);
    let best = -1;
    let bestWeight = -Infinity;
    for (let index = 0; index < count; index++) {
      const host = candidates[index]!;
      const ram = ramFreeMib[host]!;
      const disk = diskFreeGib[host]! * 1024;
      const io = building[host]! - leastIo;
      const pci = 100 - Math.min(idleCards[host]!, 99) - leastPci;
      let weight = ram > 0 ? ram / mostRam : 0;
      weight += vcpusFree[host]! / mostVcpus;
      if (disk > 0) weight += disk / (mostDisk * 1024);
      if (io > 0) weight -= io / (mostIo - leastIo);
      if (pci > 0) weight += pci / (mostPci - leastPci);
      if (weight > bestWeight) {
        best = host;
        bestWeight = weight;
      }
    }
    return { host: best, weight: bestWeight };
  }

  #countIdle(host: number): void {
    const { cardStart, cardHealthy, cardMemoryFreeMib, cardCoresFree, cardModel, models, cardChanges } = this.#cluster;
    if (this.#changesOf[host] === cardChanges[host]) return;
    this.#changesOf[host] = cardChanges[host]!;
    for (const idle of this.#idleOf) idle[host] = 0;
    let idleCards = 0;
    // As `HostView.isCardIdle`, by columns.
    for (let card = cardStart[host]!; card < cardStart[host + 1]!; card++) {
      const { memoryMib, cores } = models[cardModel[card]!]!;
      if (cardHealthy[card] === 1 && cardMemoryFreeMib[card] === memoryMib && cardCoresFree[card] === cores) {
        idleCards++;
        this.#idleOf[cardModel[card]!]![host]!++;
      }
    }
    this.#idleCards[host] = idleCards;
  }
}
