/**
 * Finds the host with the highest Least Requested Score, Eq. (1), among hosts that are all of different sizes, or whose VMs hold fractions
 * of a vCPU: a tree over hosts of similar size, see `score-index.ts`.
 *
 * What a request leaves free of a host is its free share, vCPUs / capacity + RAM / capacity, less v / capacity + r / capacity. Every node
 * knows the largest free share below it and the largest capacities, hence a bound; and how much RAM its hosts have free that have at least
 * 0, 1, … 16 vCPUs free, hence whether any of them has room:
 *
 *                          [ all hosts ]
 *               [ smaller ]             [ larger ]             halved by vCPUs or by RAM, whichever differ more
 *           [ less RAM ] [ more RAM ]     …     …
 *            8 hosts       8 hosts                             of nearly one size, so that the bound is nearly exact
 */
import type { Cluster } from './cluster.ts';
import type { RoomCounts } from './equal-hosts.ts';
import type { VmRequest } from './request.ts';
import { defaultLrs, leastRequestedScore } from './scores.ts';

const hostsPerLeaf = 8;
/** Steps of the stairs: at least 0, 1, … 16 vCPUs free. */
const steps = 17;
/** Room for rounding in bounds, as a share of a host. */
const margin = 1e-9;

/** The best host so far while a search goes on. */
interface Best {
  host: number;
  /** What the request leaves of it. */
  left: number;
  /** Its free share before. */
  share: number;
  /** Its LRS; NaN until somebody needs it. */
  score: number;
}

/** Holds the hosts that were put into it, in the state in which they were put. */
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

  /** Per node; the children of node `n` are `2n` and `2n + 1`, the root is 1, leaf `l` is `leaves + l`. */
  readonly #nodeShare: Float64Array;
  readonly #nodeStairsMib: Float64Array;
  readonly #nodePerVcpu: Float64Array;
  readonly #nodePerMib: Float64Array;
  readonly #nodeFirstHost: Int32Array;
  /** Size of all its hosts; -1 where they differ. */
  readonly #nodeSize: Int32Array;

  readonly #stack = new Int32Array(64);
  readonly #best: Best = { host: -1, left: -Infinity, share: -Infinity, score: Number.NaN };
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
    this.#nodeShare = new Float64Array(nodes).fill(-Infinity);
    this.#nodeStairsMib = new Float64Array(nodes * steps).fill(-1);
    this.#nodePerVcpu = new Float64Array(nodes).fill(Infinity);
    this.#nodePerMib = new Float64Array(nodes).fill(Infinity);
    this.#nodeFirstHost = new Int32Array(nodes).fill(2 ** 31 - 1);
    this.#nodeSize = new Int32Array(nodes).fill(-1);
    for (let node = nodes - 1; node >= 1; node--) this.#summarise(node);
  }

  get length(): number {
    return this.#length;
  }

  /** Adds a host, which must not be in. */
  put(host: number): void {
    const { vcpus, vcpusFree, ramMib, ramFreeMib } = this.#cluster.hosts[host]!;
    const slot = this.#slotOf[host]!;
    const milliVcpus = Math.round(vcpus * 1000);
    // Whole numbers above and below: equal hosts that are equally free have exactly equal shares.
    this.#share[slot] = (Math.round(vcpusFree * 1000) * ramMib + ramFreeMib * milliVcpus) / (milliVcpus * ramMib);
    this.#vcpus[slot] = vcpusFree;
    this.#ramMib[slot] = ramFreeMib;
    this.#length++;
    this.#update(slot);
  }

  /** Takes the host out; it must be in. */
  remove(host: number): void {
    const slot = this.#slotOf[host]!;
    this.#share[slot] = -Infinity;
    this.#length--;
    this.#update(slot);
  }

  /** Adds to the counts the hosts that lack the vCPUs or the RAM, and calls `visit` with the others. */
  count({ vcpus, ramMib }: VmRequest, counts: RoomCounts, visit: (host: number) => void): void {
    if (this.#length === 0) return;
    for (let slot = 0; slot < this.#share.length; slot++) {
      if (this.#share[slot] === -Infinity) continue;
      if (this.#vcpus[slot]! < vcpus) counts.fewVcpus++;
      else if (this.#ramMib[slot]! < ramMib) counts.littleRam++;
      else visit(this.#hostAt[slot]!);
    }
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
    best.left = -Infinity;
    best.share = -Infinity;
    best.score = knownScore;
    if (known >= 0) best.left = (2 * knownScore) / defaultLrs.maxScore;
    const { ramMib } = request;
    const step = Math.min(steps - 1, Math.floor(request.vcpus));
    const stack = this.#stack;
    let depth = 1;
    stack[0] = 1;
    while (depth > 0) {
      const node = stack[--depth]!;
      if (!this.#mayWin(node, request)) continue;
      if (node >= this.#leaves) {
        this.#searchLeaf(node - this.#leaves, request);
        continue;
      }
      // The child that promises more comes off the stack first.
      const left = 2 * node;
      const right = left + 1;
      const isLeftGood = this.#nodeStairsMib[left * steps + step]! >= ramMib;
      const isRightGood = this.#nodeStairsMib[right * steps + step]! >= ramMib;
      if (isLeftGood && isRightGood) {
        const isLeftFirst = this.#bound(left, request) >= this.#bound(right, request);
        stack[depth++] = isLeftFirst ? right : left;
        stack[depth++] = isLeftFirst ? left : right;
      } else if (isLeftGood) stack[depth++] = left;
      else if (isRightGood) stack[depth++] = right;
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

  /** The most that a request could leave of a host below the node, as a share. */
  #bound(node: number, { vcpus, ramMib }: VmRequest): number {
    return this.#nodeShare[node]! - vcpus * this.#nodePerVcpu[node]! - ramMib * this.#nodePerMib[node]!;
  }

  #mayWin(node: number, request: VmRequest): boolean {
    const best = this.#best;
    if (this.#bound(node, request) < best.left - margin) return false;
    // Among hosts of one size equal shares are equal scores.
    const size = this.#nodeSize[node]!;
    if (size < 0 || best.share === -Infinity || size !== this.#size[this.#slotOf[best.host]!]) return true;
    const share = this.#nodeShare[node]!;
    return share > best.share || (share === best.share && this.#nodeFirstHost[node]! < best.host);
  }

  #searchLeaf(leaf: number, request: VmRequest): void {
    const best = this.#best;
    const { vcpus, ramMib, diskGib } = request;
    for (let slot = this.#slotStart[leaf]!; slot < this.#slotStart[leaf + 1]!; slot++) {
      if (this.#vcpus[slot]! < vcpus || this.#ramMib[slot]! < ramMib) continue;
      const share = this.#share[slot]!;
      const left = share - vcpus * this.#perVcpu[slot]! - ramMib * this.#perMib[slot]!;
      if (left < best.left - margin || share === -Infinity) continue;
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
      best.share = share;
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

  /** What never changes of a node: the largest capacities, the lowest host and the size of its hosts. */
  #summarise(node: number): void {
    const take = (perVcpu: number, perMib: number, host: number, size: number): void => {
      if (this.#nodeFirstHost[node] === 2 ** 31 - 1) this.#nodeSize[node] = size;
      else if (this.#nodeSize[node] !== size) this.#nodeSize[node] = -1;
      this.#nodePerVcpu[node] = Math.min(this.#nodePerVcpu[node]!, perVcpu);
      this.#nodePerMib[node] = Math.min(this.#nodePerMib[node]!, perMib);
      this.#nodeFirstHost[node] = Math.min(this.#nodeFirstHost[node]!, host);
    };
    if (node < this.#leaves) {
      for (const child of [2 * node, 2 * node + 1]) {
        if (this.#nodeFirstHost[child] === 2 ** 31 - 1) continue;
        take(this.#nodePerVcpu[child]!, this.#nodePerMib[child]!, this.#nodeFirstHost[child]!, this.#nodeSize[child]!);
      }
      return;
    }
    const leaf = node - this.#leaves;
    for (let slot = this.#slotStart[leaf]!; slot < this.#slotStart[leaf + 1]!; slot++) {
      take(this.#perVcpu[slot]!, this.#perMib[slot]!, this.#hostAt[slot]!, this.#size[slot]!);
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
      const share = this.#share[slot]!;
      if (share === -Infinity) continue;
      if (share > most) most = share;
      const step = Math.min(steps - 1, Math.floor(this.#vcpus[slot]!));
      if (this.#ramMib[slot]! > stairs[step]!) stairs[step] = this.#ramMib[slot]!;
    }
    let isChanged = this.#nodeShare[node] !== most;
    this.#nodeShare[node] = most;
    let mostMib = -1;
    for (let step = steps - 1; step >= 0; step--) {
      if (stairs[step]! > mostMib) mostMib = stairs[step]!;
      if (this.#nodeStairsMib[node * steps + step] === mostMib) continue;
      this.#nodeStairsMib[node * steps + step] = mostMib;
      isChanged = true;
    }
    return isChanged;
  }

  /** @returns whether anything changed */
  #updateParent(node: number): boolean {
    const stairs = this.#nodeStairsMib;
    const most = Math.max(this.#nodeShare[2 * node]!, this.#nodeShare[2 * node + 1]!);
    let isChanged = this.#nodeShare[node] !== most;
    this.#nodeShare[node] = most;
    let [own, left, right] = [node * steps, 2 * node * steps, (2 * node + 1) * steps];
    for (let step = 0; step < steps; step++, own++, left++, right++) {
      const mostMib = stairs[left]! > stairs[right]! ? stairs[left]! : stairs[right]!;
      if (stairs[own] === mostMib) continue;
      stairs[own] = mostMib;
      isChanged = true;
    }
    return isChanged;
  }
}

const leafStairs = new Float64Array(steps);
