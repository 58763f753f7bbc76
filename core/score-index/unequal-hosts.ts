/**
 * Finds the host with the highest Least Requested Score, Eq. (1), among hosts that are all of different sizes, or whose VMs hold fractions
 * of a vCPU: a tree over hosts of similar size, see `hybrid-index.ts`.
 *
 * What a request leaves free of a host is its free share, vCPUs / capacity + RAM / capacity, less v / capacity + r / capacity. Every node
 * knows the largest free share below it and the largest capacities, hence a bound; and how much RAM its hosts have free that have at least
 * 0, 1, … 15 vCPUs free, hence whether any of them has room:
 *
 *                          [ all hosts ]
 *               [ smaller ]             [ larger ]             halved by vCPUs or by RAM, whichever differ more
 *           [ less RAM ] [ more RAM ]     …     …
 *            8 hosts       8 hosts                             of nearly one size, so that the bound is nearly exact
 */
import type { Cluster } from '../cluster.ts';
import type { VmRequest } from '../request.ts';
import { defaultLrs, leastRequestedScore } from '../scores.ts';

const hostsPerLeaf = 8;
/** Steps of the stairs: at least 0, 1, … 15 vCPUs free. */
const steps = 16;
/** Places of a node's figures, which stand together, since a search reads them together. */
const share = 0;
const leastPerVcpu = 1;
const leastPerMib = 2;
const mostPerVcpu = 3;
const mostPerMib = 4;
const firstHost = 5;
const oneSize = 6;
const figures = 8;
/** The lowest host of a node that has none. */
const nobody = 2 ** 31 - 1;
/** Room for rounding in bounds, as a share of a host. */
const margin = 1e-9;

/** The best host so far while a search goes on. */
interface Best {
  host: number;
  /** What the request leaves of it; -1 while there is none. */
  left: number;
  /** Its free share before. */
  share: number;
  /** Its LRS; NaN until somebody needs it. */
  score: number;
}

/** Holds hosts as they were when last `put`. */
export class UnequalHosts {
  readonly #cluster: Cluster;
  readonly #leaves: number;
  /** First slot of each leaf; a slot for every host, in the order of the leaves. */
  readonly #slotStart: Int32Array;
  readonly #hostAt: Int32Array;
  readonly #slotOf: Int32Array;
  /** Per slot. The free share is -Infinity while the host is out. */
  readonly #share: Float64Array;
  readonly #vcpus: Float64Array;
  readonly #ramMib: Float64Array;
  readonly #perVcpu: Float64Array;
  readonly #perMib: Float64Array;
  /** Number of the host's size; -1 where sizes are too large for exact numerators. */
  readonly #size: Int32Array;

  /**
   * Per node; the children of node `n` are `2n` and `2n + 1`, the root is 1, leaf `l` is `leaves + l`. The largest free share below it, the
   * least and most of 1 / vCPUs and 1 / RAM of its hosts, the lowest of them, and the number of their size or -1 where they differ.
   */
  readonly #figures: Float64Array;
  /** Per node and step: the most RAM free of a host with that many vCPUs free, MiB; -1 where there is none. */
  readonly #stairsMib: Int32Array;

  /** Nodes to be searched, and their bounds. */
  readonly #stack = new Int32Array(64);
  readonly #stackBounds = new Float64Array(64);
  readonly #best: Best = { host: -1, left: -1, share: -Infinity, score: Number.NaN };
  #length = 0;

  /**
   * @param hosts those that may be put in
   * @param sizeOf number of each host's size, by host; -1 where sizes are too large for exact numerators
   */
  constructor(cluster: Cluster, hosts: readonly number[], sizeOf: Int32Array) {
    this.#cluster = cluster;
    const count = hosts.length;
    this.#leaves = 2 ** Math.ceil(Math.log2(Math.max(1, count / hostsPerLeaf)));
    this.#slotStart = Int32Array.from({ length: this.#leaves + 1 }, (_, leaf) =>
      Math.floor((count * leaf) / this.#leaves),
    );
    this.#hostAt = Int32Array.from(hosts);
    const vcpus = Float64Array.from(cluster.hosts, (host) => Math.log(host.vcpus));
    const ramMib = Float64Array.from(cluster.hosts, (host) => Math.log(host.ramMib));
    this.#arrange(0, this.#leaves, vcpus, ramMib);
    this.#slotOf = new Int32Array(cluster.hosts.length);
    for (const [slot, host] of this.#hostAt.entries()) this.#slotOf[host] = slot;
    this.#share = new Float64Array(count).fill(-Infinity);
    this.#vcpus = new Float64Array(count);
    this.#ramMib = new Float64Array(count);
    this.#perVcpu = Float64Array.from(this.#hostAt, (host) => 1 / cluster.hosts[host]!.vcpus);
    this.#perMib = Float64Array.from(this.#hostAt, (host) => 1 / cluster.hosts[host]!.ramMib);
    this.#size = Int32Array.from(this.#hostAt, (host) => sizeOf[host]!);

    const nodes = 2 * this.#leaves;
    this.#stairsMib = new Int32Array(nodes * steps).fill(-1);
    this.#figures = new Float64Array(nodes * figures);
    for (let node = 0; node < nodes; node++) {
      this.#figures.set([-Infinity, Infinity, Infinity, 0, 0, nobody, -1], node * figures);
    }
    for (let node = nodes - 1; node >= 1; node--) this.#summarise(node);
  }

  get length(): number {
    return this.#length;
  }

  /** Adds a host, or puts it where it belongs now. */
  put(host: number): void {
    const { vcpus, vcpusFree, ramMib, ramFreeMib } = this.#cluster;
    const slot = this.#slotOf[host]!;
    if (this.#share[slot] === -Infinity) this.#length++;
    const milliVcpus = Math.round(vcpus[host]! * 1000);
    const capacityMib = ramMib[host]!;
    // Whole numbers above and below: equal hosts that are equally free have exactly equal shares.
    this.#share[slot] =
      (Math.round(vcpusFree[host]! * 1000) * capacityMib + ramFreeMib[host]! * milliVcpus) / (milliVcpus * capacityMib);
    this.#vcpus[slot] = vcpusFree[host]!;
    this.#ramMib[slot] = ramFreeMib[host]!;
    this.#update(slot);
  }

  /** Takes the host out, if it is in. */
  remove(host: number): void {
    const slot = this.#slotOf[host]!;
    if (this.#share[slot] === -Infinity) return;
    this.#share[slot] = -Infinity;
    this.#length--;
    this.#update(slot);
  }

  /**
   * The emptiest host with room, if it is emptier than `known` or as empty with a lower index; else `known`.
   *
   * @param known a host with room that is not in here; -1 for none
   * @param knownScore its LRS
   */
  best(request: VmRequest, known: number, knownScore: number): number {
    const best = this.#best;
    best.host = known;
    best.left = -1;
    best.share = -Infinity;
    best.score = knownScore;
    if (known >= 0) best.left = (2 * knownScore) / defaultLrs.maxScore;
    const step = Math.min(steps - 1, Math.floor(request.vcpus));
    const stack = this.#stack;
    const bounds = this.#stackBounds;
    let depth = 1;
    stack[0] = 1;
    bounds[0] = this.#bound(1, request, step);
    while (depth > 0) {
      const node = stack[--depth]!;
      if (!this.#mayWin(node, bounds[depth]!)) continue;
      if (node >= this.#leaves) {
        this.#searchLeaf(node - this.#leaves, request);
        continue;
      }
      // The child that promises more comes off the stack first.
      const left = 2 * node;
      const right = left + 1;
      const ofLeft = this.#bound(left, request, step);
      const ofRight = this.#bound(right, request, step);
      const least = best.left - margin;
      const isLeftFirst = ofLeft >= ofRight;
      const second = isLeftFirst ? ofRight : ofLeft;
      if (second >= least) {
        bounds[depth] = second;
        stack[depth++] = isLeftFirst ? right : left;
      }
      const first = isLeftFirst ? ofLeft : ofRight;
      if (first >= least) {
        bounds[depth] = first;
        stack[depth++] = isLeftFirst ? left : right;
      }
    }
    if (best.host >= 0 && Number.isNaN(best.score)) best.score = this.#scoreOf(best.host, request);
    return best.host;
  }

  /** Score of the host that `best` gave. */
  get bestScore(): number {
    return this.#best.score;
  }

  #scoreOf(host: number, request: VmRequest): number {
    return leastRequestedScore(this.#cluster.hosts[host]!, request);
  }

  /**
   * The most that a request could leave of a host below the node, as a share; -Infinity when none has room.
   *
   * @param step of the stairs: whole vCPUs of the request, as far as the stairs go
   */
  #bound(node: number, { vcpus, ramMib }: VmRequest, step: number): number {
    const stairs = this.#stairsMib;
    const of = this.#figures;
    const first = node * steps;
    const mostMib = stairs[first + step]!;
    if (mostMib < ramMib) return -Infinity;
    const place = node * figures;
    const bound = of[place + share]! - vcpus * of[place + leastPerVcpu]! - ramMib * of[place + leastPerMib]!;
    // Where hosts with many vCPUs free lack the RAM, those that have it have fewer vCPUs than the first step that lacks it.
    let lacking = step + 1;
    while (lacking < steps && stairs[first + lacking]! >= ramMib) lacking++;
    if (lacking === steps) return bound;
    return Math.min(bound, (lacking - vcpus) * of[place + mostPerVcpu]! + (mostMib - ramMib) * of[place + mostPerMib]!);
  }

  #mayWin(node: number, bound: number): boolean {
    const best = this.#best;
    if (bound < best.left - margin) return false;
    // Among hosts of one size equal shares are equal scores.
    const place = node * figures;
    const size = this.#figures[place + oneSize]!;
    if (size < 0 || best.share === -Infinity || size !== this.#size[this.#slotOf[best.host]!]) return true;
    const most = this.#figures[place + share]!;
    return most > best.share || (most === best.share && this.#figures[place + firstHost]! < best.host);
  }

  #searchLeaf(leaf: number, request: VmRequest): void {
    const best = this.#best;
    const { vcpus, ramMib, diskGib } = request;
    for (let slot = this.#slotStart[leaf]!; slot < this.#slotStart[leaf + 1]!; slot++) {
      if (this.#vcpus[slot]! < vcpus || this.#ramMib[slot]! < ramMib) continue;
      const ofSlot = this.#share[slot]!;
      const left = ofSlot - vcpus * this.#perVcpu[slot]! - ramMib * this.#perMib[slot]!;
      if (left < best.left - margin || ofSlot === -Infinity) continue;
      const host = this.#hostAt[slot]!;
      if (this.#cluster.diskFreeGib[host]! < diskGib) continue;
      let score = Number.NaN;
      if (left <= best.left + margin) {
        score = this.#scoreOf(host, request);
        if (Number.isNaN(best.score)) best.score = this.#scoreOf(best.host, request);
        if (score < best.score || (score === best.score && host > best.host)) continue;
      }
      best.host = host;
      best.left = left;
      best.share = ofSlot;
      best.score = score;
    }
  }

  /** Sorts the hosts of the leaves from `first` to before `end` so that those of similar size are neighbours. */
  #arrange(first: number, end: number, vcpus: Float64Array, ramMib: Float64Array): void {
    const hosts = this.#hostAt.subarray(this.#slotStart[first]!, this.#slotStart[end]!);
    const range = (sizes: Float64Array): number => {
      let [least, most] = [Infinity, -Infinity];
      for (const host of hosts) {
        least = Math.min(least, sizes[host]!);
        most = Math.max(most, sizes[host]!);
      }
      return most - least;
    };
    const sizes = range(vcpus) >= range(ramMib) ? vcpus : ramMib;
    hosts.sort((a, b) => sizes[a]! - sizes[b]! || a - b);
    if (end - first === 1) return;
    const middle = (first + end) / 2;
    this.#arrange(first, middle, vcpus, ramMib);
    this.#arrange(middle, end, vcpus, ramMib);
  }

  /** What never changes of a node. */
  #summarise(node: number): void {
    const of = this.#figures;
    const place = node * figures;
    const take = (perVcpu: number, perMib: number, host: number, size: number): void => {
      if (of[place + firstHost] === nobody) of[place + oneSize] = size;
      else if (of[place + oneSize] !== size) of[place + oneSize] = -1;
      of[place + firstHost] = Math.min(of[place + firstHost]!, host);
      of[place + leastPerVcpu] = Math.min(of[place + leastPerVcpu]!, perVcpu);
      of[place + leastPerMib] = Math.min(of[place + leastPerMib]!, perMib);
      of[place + mostPerVcpu] = Math.max(of[place + mostPerVcpu]!, perVcpu);
      of[place + mostPerMib] = Math.max(of[place + mostPerMib]!, perMib);
    };
    if (node >= this.#leaves) {
      const leaf = node - this.#leaves;
      for (let slot = this.#slotStart[leaf]!; slot < this.#slotStart[leaf + 1]!; slot++) {
        take(this.#perVcpu[slot]!, this.#perMib[slot]!, this.#hostAt[slot]!, this.#size[slot]!);
      }
      return;
    }
    for (const child of [2 * node * figures, (2 * node + 1) * figures]) {
      if (of[child + firstHost] === nobody) continue;
      const [host, size] = [of[child + firstHost]!, of[child + oneSize]!];
      take(of[child + leastPerVcpu]!, of[child + leastPerMib]!, host, size);
      take(of[child + mostPerVcpu]!, of[child + mostPerMib]!, host, size);
    }
  }

  /** Brings what the nodes above a slot know up to date, as far up as anything changes. */
  #update(slot: number): void {
    let leaf = Math.floor((slot * this.#leaves) / this.#hostAt.length);
    while (slot >= this.#slotStart[leaf + 1]!) leaf++;
    while (slot < this.#slotStart[leaf]!) leaf--;
    let node = this.#leaves + leaf;
    let isChanged = this.#updateLeaf(node, leaf);
    while (isChanged && node > 1) {
      node >>= 1;
      isChanged = this.#updateParent(node);
    }
  }

  /** @returns whether anything changed */
  #updateLeaf(node: number, leaf: number): boolean {
    const stairs = leafStairs.fill(-1);
    let most = -Infinity;
    for (let slot = this.#slotStart[leaf]!; slot < this.#slotStart[leaf + 1]!; slot++) {
      const ofSlot = this.#share[slot]!;
      if (ofSlot === -Infinity) continue;
      if (ofSlot > most) most = ofSlot;
      const step = Math.min(steps - 1, Math.floor(this.#vcpus[slot]!));
      if (this.#ramMib[slot]! > stairs[step]!) stairs[step] = this.#ramMib[slot]!;
    }
    let isChanged = this.#setShare(node, most);
    let mostMib = -1;
    for (let step = steps - 1; step >= 0; step--) {
      if (stairs[step]! > mostMib) mostMib = stairs[step]!;
      if (this.#stairsMib[node * steps + step] === mostMib) continue;
      this.#stairsMib[node * steps + step] = mostMib;
      isChanged = true;
    }
    return isChanged;
  }

  /** @returns whether anything changed */
  #updateParent(node: number): boolean {
    const stairs = this.#stairsMib;
    const of = this.#figures;
    const most = Math.max(of[2 * node * figures + share]!, of[(2 * node + 1) * figures + share]!);
    let isChanged = this.#setShare(node, most);
    let own = node * steps;
    let left = 2 * node * steps;
    for (const end = own + steps; own < end; own++, left++) {
      const right = left + steps;
      const mostMib = stairs[left]! > stairs[right]! ? stairs[left]! : stairs[right]!;
      if (stairs[own] === mostMib) continue;
      stairs[own] = mostMib;
      isChanged = true;
    }
    return isChanged;
  }

  #setShare(node: number, most: number): boolean {
    if (this.#figures[node * figures + share] === most) return false;
    this.#figures[node * figures + share] = most;
    return true;
  }
}

const leafStairs = new Int32Array(steps);
