/**
 * Hosts as Nova's weighers see them, filtered and weighed as `policies/nova.ts` does, to the last bit, without visiting each: a tree knows the
 * most of each number below a node, so that whole subtrees are seen to be too full, or lighter than the heaviest host found so far.
 */

import { acceptsModel, modelSuits } from '../card-fit.ts';
import type { Cluster } from '../cluster.ts';
import type { VmRequest } from '../request.ts';
import { ChangedHosts } from './changed-hosts.ts';

/** Rows in a leaf of the tree. */
const leafRows = 8;
/** Numbers of a row, or the most of them among the rows below a node; those that matter when they are small are kept negated. */
const ram = 0;
const vcpus = 1;
const disk = 2;
/** Free vCPUs in thousandths; -1 while the host is down. */
const milliVcpus = 3;
const idle = 4;
const building = 5;
const minusBuilding = 6;
const minusIdle = 7;
const minusRow = 8;
/** Here and after it: idle cards of each model, in the order of the cluster's models. */
const idleOfModels = 9;

export class WeighedHosts {
  /** Hosts of these whose row is not up to date. */
  readonly changed: ChangedHosts;
  /** Weight of the host that `best` found; 0 where Nova does not weigh, having one host only. */
  bestWeight = 0;
  readonly #cluster: Cluster;
  readonly #areBySize: boolean;
  /** By row, ascending. */
  readonly #hosts: Int32Array;
  readonly #rowOf: Int32Array;
  /** Numbers of a row and of a node. */
  readonly #width: number;
  /** By row, where its numbers are: hosts that are alike lie side by side. */
  readonly #placeOf: Int32Array;
  /** `#width` numbers for each place; below all others where there is no row. */
  #values: Float64Array;
  /** `#width` numbers for each node: node 1 is the root, nodes 2n and 2n + 1 are below n, the last `#leaves` have `leafRows` places each. */
  readonly #nodes: Float64Array;
  readonly #leaves: number;
  /** The change of its cards up to which a row's idle cards are right. */
  readonly #changesOf: Float64Array;
  /** Changes since the rows were put in order. */
  #changes = Infinity;
  /** Nodes that are still to be visited. */
  readonly #open = new Int32Array(64);
  /** What the request at hand asks for, and the offsets of the models whose cards it counts; no offsets: all cards count. */
  readonly #asked = { milliVcpus: 0, ramMib: 0, diskGib: 0, cards: 0 };
  #counted: number[] | undefined;

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
    this.#width = idleOfModels + cluster.models.length;
    this.#placeOf = Int32Array.from(hosts, (_, row) => row);
    this.#leaves = 1;
    while (this.#leaves * leafRows < hosts.length) this.#leaves *= 2;
    this.#values = new Float64Array(this.#leaves * leafRows * this.#width).fill(-Infinity);
    this.#nodes = new Float64Array(2 * this.#leaves * this.#width).fill(-Infinity);
    this.#changesOf = new Float64Array(hosts.length).fill(-1);
  }

  /** The host of the greatest weight, the first of equals; -1 when none passes the filters. */
  best(request: VmRequest): number {
    for (let host = this.changed.take(); host >= 0; host = this.changed.take()) this.#update(this.#rowOf[host]!, host);
    if (this.#changes > this.#hosts.length) this.#order();
    this.#ask(request);
    this.bestWeight = 0;
    const row = this.#heaviest();
    return row < 0 ? -1 : this.#hosts[row]!;
  }

  #ask(request: VmRequest): void {
    const asked = this.#asked;
    asked.milliVcpus = Math.round(request.vcpus * 1000);
    asked.ramMib = request.ramMib;
    asked.diskGib = request.diskGib;
    asked.cards = request.cards;
    this.#counted = undefined;
    if (request.cards === 0 || (request.cardModels.length === 0 && !this.#areBySize)) return;
    const counted: number[] = [];
    this.#cluster.models.forEach((each, model) => {
      if (this.#areBySize ? modelSuits(request, each) : acceptsModel(request, each.name))
        counted.push(idleOfModels + model);
    });
    this.#counted = counted;
  }

  /** Filters: HostUp, CpuRamDisk, PciPassthroughFilter, of the row whose numbers begin there; of a node, whether a row below may pass. */
  #passes(values: Float64Array, at: number): boolean {
    const asked = this.#asked;
    if (values[at + milliVcpus]! < asked.milliVcpus || values[at + ram]! < asked.ramMib) return false;
    if (values[at + disk]! < asked.diskGib) return false;
    if (this.#counted === undefined) return values[at + idle]! >= asked.cards;
    let counted = 0;
    for (const offset of this.#counted) counted += values[at + offset]!;
    return counted >= asked.cards;
  }

  /** Row of the candidate of the greatest weight, the first of equals: each value over the most that a candidate has, idle cards over their range. */
  #heaviest(): number {
    const width = this.#width;
    const nodes = this.#nodes;
    const open = this.#open;
    let [mostRam, mostVcpus, mostDisk, mostIo, mostIdle, mostMinusIdle] = [0, 0, 0, 0, -Infinity, -Infinity];
    let count = 0;
    let only = -1;
    let last = 0;
    open[last++] = 1;
    while (last > 0) {
      const node = open[--last]!;
      const of = node * width;
      if (!this.#passes(nodes, of)) continue;
      const mayHaveMore =
        nodes[of + ram]! > mostRam ||
        nodes[of + vcpus]! > mostVcpus ||
        nodes[of + disk]! > mostDisk ||
        nodes[of + building]! > mostIo ||
        nodes[of + idle]! > mostIdle ||
        nodes[of + minusIdle]! > mostMinusIdle;
      if (!mayHaveMore && count > 1) continue;
      if (node < this.#leaves) {
        open[last++] = 2 * node;
        open[last++] = 2 * node + 1;
        continue;
      }
      const values = this.#values;
      const end = (node - this.#leaves + 1) * leafRows * width;
      for (let at = end - leafRows * width; at < end; at += width) {
        if (!this.#passes(values, at)) continue;
        count++;
        only = -values[at + minusRow]!;
        if (values[at + ram]! > mostRam) mostRam = values[at + ram]!;
        if (values[at + vcpus]! > mostVcpus) mostVcpus = values[at + vcpus]!;
        if (values[at + disk]! > mostDisk) mostDisk = values[at + disk]!;
        if (values[at + building]! > mostIo) mostIo = values[at + building]!;
        if (values[at + idle]! > mostIdle) mostIdle = values[at + idle]!;
        if (values[at + minusIdle]! > mostMinusIdle) mostMinusIdle = values[at + minusIdle]!;
      }
    }
    if (count <= 1) return only;

    // PCIWeigher prefers hosts with fewer cards: 100 − their number, counting at most 99.
    const leastPci = 100 - Math.min(mostIdle, 99);
    const mostPci = 100 - Math.min(-mostMinusIdle, 99);
    const ramRange = mostRam === 0 ? 1 : mostRam;
    const vcpusRange = mostVcpus === 0 ? 1 : mostVcpus;
    const diskRange = mostDisk === 0 ? 1 : mostDisk * 1024;
    const ioRange = mostIo === 0 ? 1 : mostIo;
    const pciRange = mostPci === leastPci ? 1 : mostPci - leastPci;
    // The weight never falls, not even by rounding, when one of the numbers rises: that of a node is no less than any below it.
    const weight = (values: Float64Array, at: number): number => {
      let sum = values[at + ram]! / ramRange;
      sum += values[at + vcpus]! / vcpusRange;
      sum += (values[at + disk]! * 1024) / diskRange;
      sum -= -values[at + minusBuilding]! / ioRange;
      return sum + (100 - Math.min(-values[at + minusIdle]!, 99) - leastPci) / pciRange;
    };
    let best = -1;
    let bestWeight = -Infinity;
    open[last++] = 1;
    while (last > 0) {
      const node = open[--last]!;
      const of = node * width;
      if (!this.#passes(nodes, of)) continue;
      const most = weight(nodes, of);
      if (most < bestWeight || (most === bestWeight && -nodes[of + minusRow]! > best)) continue;
      if (node < this.#leaves) {
        const isLeftBetter = weight(nodes, 2 * of) > weight(nodes, 2 * of + width);
        open[last++] = isLeftBetter ? 2 * node + 1 : 2 * node;
        open[last++] = isLeftBetter ? 2 * node : 2 * node + 1;
        continue;
      }
      const values = this.#values;
      const end = (node - this.#leaves + 1) * leafRows * width;
      for (let at = end - leafRows * width; at < end; at += width) {
        if (!this.#passes(values, at)) continue;
        const sum = weight(values, at);
        const row = -values[at + minusRow]!;
        if (sum < bestWeight || (sum === bestWeight && row > best)) continue;
        best = row;
        bestWeight = sum;
      }
    }
    this.bestWeight = bestWeight;
    return best;
  }

  #update(row: number, host: number): void {
    const cluster = this.#cluster;
    const values = this.#values;
    const at = this.#placeOf[row]! * this.#width;
    values[at + ram] = cluster.ramFreeMib[host]!;
    values[at + vcpus] = cluster.vcpusFree[host]!;
    values[at + disk] = cluster.diskFreeGib[host]!;
    values[at + milliVcpus] = cluster.up[host] === 1 ? Math.round(cluster.vcpusFree[host]! * 1000) : -1;
    values[at + building] = cluster.building[host]!;
    values[at + minusBuilding] = -cluster.building[host]!;
    values[at + minusRow] = -row;
    if (this.#changesOf[row] !== cluster.cardChanges[host]) {
      this.#changesOf[row] = cluster.cardChanges[host]!;
      this.#countIdle(at, host);
    }
    this.#changes++;
    if (this.#changes <= this.#hosts.length) this.#raise(this.#leaves + Math.floor(this.#placeOf[row]! / leafRows));
  }

  /** As `HostView.isCardIdle`, by columns. */
  #countIdle(at: number, host: number): void {
    const { cardStart, cardHealthy, cardMemoryFreeMib, cardCoresFree, cardModel, models } = this.#cluster;
    const values = this.#values;
    values.fill(0, at + idleOfModels, at + this.#width);
    let idleCards = 0;
    for (let card = cardStart[host]!; card < cardStart[host + 1]!; card++) {
      const { memoryMib, cores } = models[cardModel[card]!]!;
      if (cardHealthy[card] === 1 && cardMemoryFreeMib[card] === memoryMib && cardCoresFree[card] === cores) {
        idleCards++;
        values[at + idleOfModels + cardModel[card]!]!++;
      }
    }
    values[at + idle] = idleCards;
    values[at + minusIdle] = -idleCards;
  }

  /** Puts a leaf right, and the nodes above it up to one that stays as it was. */
  #raise(leaf: number): void {
    const width = this.#width;
    const first = (leaf - this.#leaves) * leafRows * width;
    if (!this.#take(leaf, this.#values, first, leafRows)) return;
    for (let node = leaf >> 1; node > 0; node >>= 1) {
      if (!this.#take(node, this.#nodes, 2 * node * width, 2)) return;
    }
  }

  /** Gives a node the most of those that lie side by side from there on. @returns whether it has changed */
  #take(node: number, from: Float64Array, first: number, count: number): boolean {
    const width = this.#width;
    const nodes = this.#nodes;
    let hasChanged = false;
    for (let column = 0; column < width; column++) {
      let most = from[first + column]!;
      for (let index = 1, at = first + column + width; index < count; index++, at += width) {
        if (from[at]! > most) most = from[at]!;
      }
      if (nodes[node * width + column] === most) continue;
      nodes[node * width + column] = most;
      hasChanged = true;
    }
    return hasChanged;
  }

  /** Puts rows that are alike side by side, along a Z-order curve of free vCPUs, RAM, disk and idle cards. It is due once in as many changes as there are rows. */
  #order(): void {
    this.#changes = 0;
    const width = this.#width;
    const old = this.#values;
    const rows = this.#hosts.length;
    const most = [vcpus, ram, disk, idle].map((column) => {
      let value = 1;
      for (let place = 0; place < rows; place++) value = Math.max(value, old[place * width + column]!);
      return { column, value };
    });
    const keys = new Float64Array(rows);
    for (let place = 0; place < rows; place++) {
      let key = 0;
      for (let bit = 4; bit >= 0; bit--) {
        for (const { column, value } of most) {
          const share = Math.floor((31 * Math.max(0, old[place * width + column]!)) / value);
          key = 2 * key + ((share >> bit) & 1);
        }
      }
      keys[place] = key * 2 ** 32 + place;
    }
    keys.sort();
    const values = new Float64Array(old.length).fill(-Infinity);
    for (let place = 0; place < rows; place++) {
      const from = (keys[place]! % 2 ** 32) * width;
      for (let column = 0; column < width; column++) values[place * width + column] = old[from + column]!;
      this.#placeOf[-old[from + minusRow]!] = place;
    }
    this.#values = values;
    for (let node = 2 * this.#leaves - 1; node > 0; node--) {
      const isLeaf = node >= this.#leaves;
      if (isLeaf) this.#take(node, values, (node - this.#leaves) * leafRows * width, leafRows);
      else this.#take(node, this.#nodes, 2 * node * width, 2);
    }
  }
}
