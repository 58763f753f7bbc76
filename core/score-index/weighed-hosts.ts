/** Hosts as Nova's weighers see them, in columns: filtered and weighed as `policies/nova.ts` does, to the last bit. */

import { acceptsModel, modelSuits } from '../card-fit.ts';
import type { Cluster } from '../cluster.ts';
import type { VmRequest } from '../request.ts';
import { ChangedHosts } from './changed-hosts.ts';

/** Room for rounding, in weights: each of the five parts is at most 1. */
const margin = 1e-12;

const largestInt = 2 ** 31 - 1;

/** One row per host, in the order of the hosts. */
export class WeighedHosts {
  /** Hosts of these whose row is not up to date. */
  readonly changed: ChangedHosts;
  /** Weight of the host that `best` found; 0 where Nova does not weigh, having one host only. */
  bestWeight = 0;
  readonly #cluster: Cluster;
  readonly #areBySize: boolean;
  readonly #hosts: Int32Array;
  readonly #rowOf: Int32Array;
  readonly #vcpusFree: Float64Array;
  readonly #ramFreeMib: Float64Array;
  readonly #diskFreeGib: Float64Array;
  /** Three numbers a row: free vCPUs in thousandths (-1 while the host is down), RAM in MiB, disk in GiB. */
  readonly #wholeFree: Int32Array;
  readonly #building: Int32Array;
  readonly #idleCards: Int32Array;
  /** The same of each model, in the order of the cluster's models. */
  readonly #idleOf: readonly Int32Array[];
  /** The change of its cards up to which a host's idle cards are right. */
  readonly #changesOf: Float64Array;
  readonly #accepted: Int32Array;
  readonly #candidates: Int32Array;

  /**
   * @param hosts ascending
   * @param areBySize only cards with the memory and the cores that are asked for are counted
   */
  constructor(cluster: Cluster, hosts: readonly number[], areBySize: boolean) {
    this.#cluster = cluster;
    this.#areBySize = areBySize;
    this.#hosts = Int32Array.from(hosts);
    this.#rowOf = new Int32Array(cluster.hosts.length).fill(-1);
    for (const [row, host] of hosts.entries()) this.#rowOf[host] = row;
    this.changed = new ChangedHosts(cluster.hosts.length);
    for (const host of hosts) this.changed.add(host);
    const rows = hosts.length;
    this.#vcpusFree = new Float64Array(rows);
    this.#ramFreeMib = new Float64Array(rows);
    this.#diskFreeGib = new Float64Array(rows);
    this.#wholeFree = new Int32Array(3 * rows);
    this.#building = new Int32Array(rows);
    this.#idleCards = new Int32Array(rows);
    this.#idleOf = cluster.models.map(() => new Int32Array(rows));
    this.#changesOf = new Float64Array(rows).fill(-1);
    this.#accepted = new Int32Array(rows);
    this.#candidates = new Int32Array(rows);
  }

  /** The host of the greatest weight, the first of equals; -1 when none passes the filters. */
  best(request: VmRequest): number {
    for (let host = this.changed.take(); host >= 0; host = this.changed.take()) this.#update(this.#rowOf[host]!, host);
    const count = this.#findCandidates(request);
    this.bestWeight = 0;
    if (count === 0) return -1;
    return this.#hosts[count === 1 ? this.#candidates[0]! : this.#heaviest(count)]!;
  }

  /** Filters: HostUp, CpuRamDisk, PciPassthroughFilter. @returns how many rows passed */
  #findCandidates(request: VmRequest): number {
    if (Math.max(request.vcpus * 1000, request.ramMib, request.diskGib, request.cards) > largestInt) return 0;
    const milliVcpus = Math.round(request.vcpus * 1000) | 0;
    const ramMib = request.ramMib | 0;
    const diskGib = request.diskGib | 0;
    const cards = request.cards | 0;
    const free = this.#wholeFree;
    const candidates = this.#candidates;
    const idle = this.#idleFor(request);
    let count = 0;
    // Every row is put down, and stays if it passes: a difference below 0 has the sign bit set. Whether a row passes is hard to foresee,
    // and a loop with branches took five times as long when measured alone.
    for (let row = 0, at = 0; row < idle.length; row++, at += 3) {
      candidates[count] = row;
      const lacks =
        (idle[row]! - cards) | (free[at]! - milliVcpus) | (free[at + 1]! - ramMib) | (free[at + 2]! - diskGib);
      count += 1 - (lacks >>> 31);
    }
    return count;
  }

  /** Idle cards of the models that the request accepts, by row. */
  #idleFor(request: VmRequest): Int32Array {
    const { cardModels, cards } = request;
    if (cards === 0 || (cardModels.length === 0 && !this.#areBySize)) return this.#idleCards;
    const accepted = this.#accepted.fill(0);
    this.#cluster.models.forEach((each, model) => {
      if (!(this.#areBySize ? modelSuits(request, each) : acceptsModel(request, each.name))) return;
      const idle = this.#idleOf[model]!;
      for (let row = 0; row < accepted.length; row++) accepted[row]! += idle[row]!;
    });
    return accepted;
  }

  /** Row of the candidate of the greatest weight, the first of equals: each value over the most that a candidate has, idle cards over their range. */
  #heaviest(count: number): number {
    const candidates = this.#candidates;
    const vcpusFree = this.#vcpusFree;
    const ramFreeMib = this.#ramFreeMib;
    const diskFreeGib = this.#diskFreeGib;
    const building = this.#building;
    const idleCards = this.#idleCards;
    let [mostRam, mostVcpus, mostDisk, mostIo] = [0, 0, 0, 0];
    let [leastIdle, mostIdle] = [Infinity, -Infinity];
    for (let index = 0; index < count; index++) {
      const row = candidates[index]!;
      const io = building[row]!;
      const idle = idleCards[row]!;
      if (ramFreeMib[row]! > mostRam) mostRam = ramFreeMib[row]!;
      if (vcpusFree[row]! > mostVcpus) mostVcpus = vcpusFree[row]!;
      if (diskFreeGib[row]! > mostDisk) mostDisk = diskFreeGib[row]!;
      if (io > mostIo) mostIo = io;
      if (idle > mostIdle) mostIdle = idle;
      if (idle < leastIdle) leastIdle = idle;
    }
    // PCIWeigher prefers hosts with fewer cards: 100 − their number, counting at most 99.
    const leastPci = 100 - Math.min(mostIdle, 99);
    const mostPci = 100 - Math.min(leastIdle, 99);
    const ramRange = mostRam === 0 ? 1 : mostRam;
    const diskRange = mostDisk === 0 ? 1 : mostDisk * 1024;
    const ioRange = mostIo === 0 ? 1 : mostIo;
    const pciRange = mostPci === leastPci ? 1 : mostPci - leastPci;
    // Multiplied first, and divided as Nova does only where that may be the greatest.
    const [perRam, perVcpu, perDisk, perIo, perPci] = [
      1 / ramRange,
      1 / mostVcpus,
      1024 / diskRange,
      1 / ioRange,
      1 / pciRange,
    ];
    let best = -1;
    let bestWeight = -Infinity;
    for (let index = 0; index < count; index++) {
      const row = candidates[index]!;
      const io = building[row]!;
      const pci = 100 - Math.min(idleCards[row]!, 99) - leastPci;
      const about =
        ramFreeMib[row]! * perRam + vcpusFree[row]! * perVcpu + diskFreeGib[row]! * perDisk - io * perIo + pci * perPci;
      if (about < bestWeight - margin) continue;
      let weight = ramFreeMib[row]! / ramRange;
      weight += vcpusFree[row]! / mostVcpus;
      weight += (diskFreeGib[row]! * 1024) / diskRange;
      weight -= io / ioRange;
      weight += pci / pciRange;
      if (weight > bestWeight) {
        best = row;
        bestWeight = weight;
      }
    }
    this.bestWeight = bestWeight;
    return best;
  }

  #update(row: number, host: number): void {
    const { up, vcpusFree, ramFreeMib, diskFreeGib, building, cardChanges } = this.#cluster;
    this.#vcpusFree[row] = vcpusFree[host]!;
    this.#ramFreeMib[row] = ramFreeMib[host]!;
    this.#diskFreeGib[row] = diskFreeGib[host]!;
    this.#wholeFree[3 * row] = up[host] === 1 ? Math.round(vcpusFree[host]! * 1000) : -1;
    this.#wholeFree[3 * row + 1] = ramFreeMib[host]!;
    this.#wholeFree[3 * row + 2] = Math.min(diskFreeGib[host]!, largestInt);
    this.#building[row] = building[host]!;
    if (this.#changesOf[row] === cardChanges[host]) return;
    this.#changesOf[row] = cardChanges[host]!;
    this.#countIdle(row, host);
  }

  /** As `HostView.isCardIdle`, by columns. */
  #countIdle(row: number, host: number): void {
    const { cardStart, cardHealthy, cardMemoryFreeMib, cardCoresFree, cardModel, models } = this.#cluster;
    for (const idle of this.#idleOf) idle[row] = 0;
    let idleCards = 0;
    for (let card = cardStart[host]!; card < cardStart[host + 1]!; card++) {
      const { memoryMib, cores } = models[cardModel[card]!]!;
      if (cardHealthy[card] === 1 && cardMemoryFreeMib[card] === memoryMib && cardCoresFree[card] === cores) {
        idleCards++;
        this.#idleOf[cardModel[card]!]![row]!++;
      }
    }
    this.#idleCards[row] = idleCards;
  }
}
