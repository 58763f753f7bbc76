/**
 * Which host policy `nova` would choose for a GPU VM: the same as `schedule` with that policy, found by columns over the hosts with cards,
 * since it is asked for every such VM of every run.
 */
import type { Cluster } from '../core/cluster.ts';
import type { VmRequest } from '../core/request.ts';

/** Row `g` is the `g`-th host with cards. A host that is down has no free vCPUs here. */
export class StockChoice {
  readonly #view: Cluster;
  readonly #hosts: Int32Array;
  /** Row of each host; -1 without cards. */
  readonly #rows: Int32Array;
  readonly #vcpusFree: Float64Array;
  readonly #ramFreeMib: Float64Array;
  readonly #diskFreeGib: Float64Array;
  readonly #building: Int32Array;
  readonly #idleCards: Int32Array;
  /** Idle cards of each model, in the order of the view's models: one column after the other. */
  readonly #idleOf: readonly Int32Array[];
  /** Model of each card of the view. */
  readonly #models: Int32Array;
  /** Rows that are not up to date, each once. */
  readonly #changed: number[] = [];
  readonly #isChanged: Uint8Array;
  readonly #candidates: Int32Array;
  readonly #counted: Int32Array;

  constructor(view: Cluster) {
    this.#view = view;
    this.#hosts = Int32Array.from(view.hosts.filter((host) => host.isGpuHost).map(({ index }) => index));
    const rows = this.#hosts.length;
    this.#rows = new Int32Array(view.hosts.length).fill(-1);
    this.#hosts.forEach((host, row) => {
      this.#rows[host] = row;
    });
    this.#vcpusFree = new Float64Array(rows);
    this.#ramFreeMib = new Float64Array(rows);
    this.#diskFreeGib = new Float64Array(rows);
    this.#building = new Int32Array(rows);
    this.#idleCards = new Int32Array(rows);
    this.#idleOf = view.models.map(() => new Int32Array(rows));
    const names = view.models.map(({ name }) => name);
    this.#models = Int32Array.from(view.specs.flatMap(({ cards }) => cards.map(({ model }) => names.indexOf(model))));
    this.#isChanged = new Uint8Array(rows);
    this.#candidates = new Int32Array(rows);
    this.#counted = new Int32Array(rows);
    for (let row = 0; row < rows; row++) this.#note(row);
    view.watch((host) => {
      const row = this.#rows[host]!;
      if (row >= 0) this.#note(row);
    });
  }

  /** Index of the host; -1 when no host has enough. */
  best(request: VmRequest): number {
    for (const row of this.#changed) this.#update(row);
    this.#changed.length = 0;
    const count = this.#findCandidates(request);
    if (count <= 1) return count === 0 ? -1 : this.#hosts[this.#candidates[0]!]!;
    return this.#hosts[this.#heaviest(count)]!;
  }

  /** Filters: HostUp, CpuRamDisk, PciPassthroughFilter. @returns how many rows passed */
  #findCandidates(request: VmRequest): number {
    const { vcpus, ramMib, diskGib, cards } = request;
    const vcpusFree = this.#vcpusFree;
    const ramFreeMib = this.#ramFreeMib;
    const diskFreeGib = this.#diskFreeGib;
    const candidates = this.#candidates;
    const counted = this.#countedFor(request);
    let count = 0;
    for (let row = 0; row < counted.length; row++) {
      if (
        counted[row]! >= cards &&
        vcpusFree[row]! >= vcpus &&
        ramFreeMib[row]! >= ramMib &&
        diskFreeGib[row]! >= diskGib
      ) {
        candidates[count++] = row;
      }
    }
    return count;
  }

  /** Idle cards of the models that the request accepts, by row. */
  #countedFor({ cardModels }: VmRequest): Int32Array {
    if (cardModels.length === 0) return this.#idleCards;
    const counted = this.#counted.fill(0);
    this.#view.models.forEach(({ name }, model) => {
      if (!cardModels.includes(name)) return;
      const idle = this.#idleOf[model]!;
      for (let row = 0; row < counted.length; row++) counted[row]! += idle[row]!;
    });
    return counted;
  }

  /**
   * Row of the candidate of the greatest weight, the first of equals. Weighers and the order in which they add up are those of
   * `core/policies/nova.ts`, to the last bit: each value above the least, over the range of the candidates.
   */
  #heaviest(count: number): number {
    const candidates = this.#candidates;
    let [mostRam, mostVcpus, mostDisk, mostIo, mostIdle] = [0, 0, 0, -Infinity, -Infinity];
    let [leastIo, leastIdle] = [Infinity, Infinity];
    for (let index = 0; index < count; index++) {
      const row = candidates[index]!;
      const ram = this.#ramFreeMib[row]!;
      const vcpus = this.#vcpusFree[row]!;
      const disk = this.#diskFreeGib[row]!;
      const io = this.#building[row]!;
      const idle = this.#idleCards[row]!;
      if (ram > mostRam) mostRam = ram;
      if (vcpus > mostVcpus) mostVcpus = vcpus;
      if (disk > mostDisk) mostDisk = disk;
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
      const row = candidates[index]!;
      const ram = this.#ramFreeMib[row]!;
      const disk = this.#diskFreeGib[row]!;
      const io = this.#building[row]! - leastIo;
      const pci = 100 - Math.min(this.#idleCards[row]!, 99) - leastPci;
      let weight = ram > 0 ? ram / mostRam : 0;
      weight += this.#vcpusFree[row]! / mostVcpus;
      if (disk > 0) weight += disk / mostDisk;
      if (io > 0) weight -= io / (mostIo - leastIo);
      if (pci > 0) weight += pci / (mostPci - leastPci);
      if (weight > bestWeight) {
        best = row;
        bestWeight = weight;
      }
    }
    return best;
  }

  #note(row: number): void {
    if (this.#isChanged[row] === 1) return;
    this.#isChanged[row] = 1;
    this.#changed.push(row);
  }

  #update(row: number): void {
    this.#isChanged[row] = 0;
    const view = this.#view;
    const host = view.hosts[this.#hosts[row]!]!;
    this.#vcpusFree[row] = host.isUp ? host.vcpusFree : -Infinity;
    this.#ramFreeMib[row] = host.ramFreeMib;
    this.#diskFreeGib[row] = host.diskFreeGib;
    this.#building[row] = host.building;
    for (const idle of this.#idleOf) idle[row] = 0;
    const first = view.cardStart[host.index]!;
    let idleCards = 0;
    for (let card = 0; card < host.specs.cards.length; card++) {
      if (!host.isCardIdle(card)) continue;
      idleCards++;
      this.#idleOf[this.#models[first + card]!]![row]!++;
    }
    this.#idleCards[row] = idleCards;
  }
}
