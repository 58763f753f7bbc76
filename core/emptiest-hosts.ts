/**
 * Finds the host with the highest Least Requested Score, Eq. (1), without looking at every host.
 *
 * Hosts of one tier, vCPU capacity and RAM capacity form a group; a group has a row per number of free vCPUs:
 *
 *     free vCPUs   hosts of the row, a heap by (free RAM descending, host ascending)
 *        32        [ h7 248 GiB, h9 248, h2 120 … ]  ┐
 *        31        [ ]                               │ a block of 16 rows knows the most free RAM in it, and how free the freest host is
 *         …                                          ┘
 *         0        [ h1 60, … ]
 *
 * At fixed free vCPUs the score rises strictly with free RAM, so for any request only the first host of each row competes. The score is
 * the host's free share, vCPUs / capacity + RAM / capacity, less the request's: blocks and whole groups whose freest host would score less
 * than the best found are skipped. Groups keep theirs in flat columns, for clusters in which nearly every host has a size of its own. A
 * change costs O(log hosts).
 */
import type { Cluster } from './cluster.ts';
import type { VmRequest } from './request.ts';
import { defaultLrs, leastRequestedScore } from './scores.ts';

const rowsPerBlock = 16;

/** Of all empty rows: most rows of most groups are empty. */
const noHosts: number[] = [];

/** Room for rounding in bounds, points. */
const margin = 1e-6;

interface Group {
  /** Its place among the groups. */
  index: number;
  readonly tier: number;
  /** Reused for every evaluation; capacities of the group, free resources of the host that is looked at. */
  readonly host: { readonly vcpus: number; vcpusFree: number; readonly ramMib: number; ramFreeMib: number };
  /** By free vCPUs; each a binary heap of hosts. */
  readonly rows: number[][];
  /** Most free RAM in each block of rows, MiB; -1 for an empty block. */
  readonly blockRamMib: number[];
  /** Largest free share in each block; -Infinity for an empty block. */
  readonly blockShare: number[];
}

/** Holds the hosts that were put into it, each with whole free vCPUs, in the state in which they were put. */
export class EmptiestHosts {
  readonly #cluster: Cluster;
  /** In descending order of tier. */
  readonly #groups: readonly Group[];
  readonly #groupOf: readonly Group[];
  /** Per group, in the order of `#groups`: largest free share; -Infinity without hosts. */
  readonly #freeShare: Float64Array;
  /** Per group: 1 / vCPU capacity, 1 / RAM capacity. */
  readonly #perVcpu: Float64Array;
  readonly #perMib: Float64Array;
  /** State of each host when it was put in. */
  readonly #rowOf: Int32Array;
  readonly #placeOf: Int32Array;
  readonly #ramFreeMib: Float64Array;

  /** @param tierOf a host's tier; any host of a higher tier beats every host of a lower one */
  constructor(cluster: Cluster, tierOf: (host: number) => number) {
    this.#cluster = cluster;
    const hosts = cluster.hosts.length;
    this.#rowOf = new Int32Array(hosts).fill(-1);
    this.#placeOf = new Int32Array(hosts);
    this.#ramFreeMib = new Float64Array(hosts);
    const groups = new Map<string, Group>();
    this.#groupOf = cluster.hosts.map(({ index, vcpus, ramMib }) => {
      const tier = tierOf(index);
      const key = `${tier}/${vcpus}/${ramMib}`;
      let group = groups.get(key);
      if (group === undefined) {
        const rows = new Array<number[]>(Math.floor(vcpus) + 1).fill(noHosts);
        const blockRamMib = new Array<number>(Math.ceil(rows.length / rowsPerBlock)).fill(-1);
        const blockShare = blockRamMib.map(() => -Infinity);
        const host = { vcpus, vcpusFree: vcpus, ramMib, ramFreeMib: ramMib };
        group = { index: 0, tier, host, rows, blockRamMib, blockShare };
        groups.set(key, group);
      }
      return group;
    });
    this.#groups = [...groups.values()].sort((a, b) => b.tier - a.tier);
    for (const [index, group] of this.#groups.entries()) group.index = index;
    this.#freeShare = new Float64Array(groups.size).fill(-Infinity);
    this.#perVcpu = Float64Array.from(this.#groups, ({ host }) => 1 / host.vcpus);
    this.#perMib = Float64Array.from(this.#groups, ({ host }) => 1 / host.ramMib);
  }

  /** Adds the host as the cluster has it now. It must not be in. */
  put(host: number): void {
    const group = this.#groupOf[host]!;
    const row = this.#cluster.vcpusFree[host]!;
    const ramMib = this.#cluster.ramFreeMib[host]!;
    this.#rowOf[host] = row;
    this.#ramFreeMib[host] = ramMib;
    if (group.rows[row] === noHosts) group.rows[row] = [];
    const heap = group.rows[row]!;
    heap.push(host);
    this.#rise(heap, heap.length - 1);
    const block = Math.floor(row / rowsPerBlock);
    const share = freeShare(group, row, ramMib);
    if (ramMib > group.blockRamMib[block]!) group.blockRamMib[block] = ramMib;
    if (share > group.blockShare[block]!) group.blockShare[block] = share;
    if (share > this.#freeShare[group.index]!) this.#freeShare[group.index] = share;
  }

  /** Takes the host out, if it is in. */
  remove(host: number): void {
    const row = this.#rowOf[host]!;
    if (row < 0) return;
    this.#rowOf[host] = -1;
    const group = this.#groupOf[host]!;
    const heap = group.rows[row]!;
    const place = this.#placeOf[host]!;
    const last = heap.pop()!;
    if (last !== host) {
      heap[place] = last;
      this.#placeOf[last] = place;
      this.#sink(heap, place);
      this.#rise(heap, this.#placeOf[last]!);
    }
    const block = Math.floor(row / rowsPerBlock);
    const ramMib = this.#ramFreeMib[host]!;
    const share = freeShare(group, row, ramMib);
    if (ramMib === group.blockRamMib[block] || share === group.blockShare[block]) this.#measure(group, block);
  }

  /** The host of the highest (tier, LRS), the lowest index among equal ones; -1 when none has room. */
  best(request: VmRequest): number {
    let best = -1;
    let bestScore = -Infinity;
    let tier = Infinity;
    const half = defaultLrs.maxScore / 2;
    for (let index = 0; index < this.#groups.length; index++) {
      const left =
        this.#freeShare[index]! - request.vcpus * this.#perVcpu[index]! - request.ramMib * this.#perMib[index]!;
      if (half * left + margin < bestScore) {
        if (this.#groups[index]!.tier < tier) break;
        continue;
      }
      const group = this.#groups[index]!;
      if (group.tier < tier) {
        if (best >= 0) break;
        tier = group.tier;
      }
      const { host, rows, blockRamMib, blockShare } = group;
      const askedShare = this.#freeShare[index]! - left;
      for (let block = blockRamMib.length - 1; block >= 0; block--) {
        const first = Math.max(block * rowsPerBlock, Math.ceil(request.vcpus));
        let row = Math.min((block + 1) * rowsPerBlock, rows.length) - 1;
        if (row < first) break;
        if (blockRamMib[block]! < request.ramMib) continue;
        if (half * (blockShare[block]! - askedShare) + margin < bestScore) continue;
        for (; row >= first; row--) {
          const found = this.#firstWithRoom(rows[row]!, 0, request);
          if (found < 0) continue;
          host.vcpusFree = row;
          host.ramFreeMib = this.#ramFreeMib[found]!;
          const score = leastRequestedScore(host, request, defaultLrs);
          if (score > bestScore || (score === bestScore && found < best)) {
            best = found;
            bestScore = score;
          }
        }
      }
    }
    return best;
  }

  /** Of the part of a row below `place`, the first in order that has the RAM and the disk; -1 when none has. */
  #firstWithRoom(heap: readonly number[], place: number, request: VmRequest): number {
    const host = heap[place];
    if (host === undefined || this.#ramFreeMib[host]! < request.ramMib) return -1;
    if (this.#cluster.diskFreeGib[host]! >= request.diskGib) return host;
    const left = this.#firstWithRoom(heap, 2 * place + 1, request);
    const right = this.#firstWithRoom(heap, 2 * place + 2, request);
    if (left < 0 || right < 0) return Math.max(left, right);
    return this.#isBefore(left, right) ? left : right;
  }

  #isBefore(host: number, other: number): boolean {
    const difference = this.#ramFreeMib[host]! - this.#ramFreeMib[other]!;
    return difference > 0 || (difference === 0 && host < other);
  }

  #rise(heap: number[], from: number): void {
    const host = heap[from]!;
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.#isBefore(host, heap[parent]!)) break;
      heap[place] = heap[parent]!;
      this.#placeOf[heap[place]!] = place;
      place = parent;
    }
    heap[place] = host;
    this.#placeOf[host] = place;
  }

  #sink(heap: number[], from: number): void {
    const host = heap[from]!;
    let place = from;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.#isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (this.#isBefore(host, heap[child]!)) break;
      heap[place] = heap[child]!;
      this.#placeOf[heap[place]!] = place;
      place = child;
    }
    heap[place] = host;
    this.#placeOf[host] = place;
  }

  /** Looks at the rows of a block anew, and at the blocks of its group. */
  #measure(group: Group, block: number): void {
    let mostMib = -1;
    let mostShare = -Infinity;
    const end = Math.min((block + 1) * rowsPerBlock, group.rows.length);
    for (let row = block * rowsPerBlock; row < end; row++) {
      const top = group.rows[row]![0];
      if (top === undefined) continue;
      const ramMib = this.#ramFreeMib[top]!;
      const share = freeShare(group, row, ramMib);
      if (ramMib > mostMib) mostMib = ramMib;
      if (share > mostShare) mostShare = share;
    }
    group.blockRamMib[block] = mostMib;
    group.blockShare[block] = mostShare;
    let most = -Infinity;
    for (const share of group.blockShare) if (share > most) most = share;
    this.#freeShare[group.index] = most;
  }
}

/** Free vCPUs and free RAM of a host of the group as shares of its capacities, summed: in [0, 2]. */
function freeShare({ host }: Group, vcpusFree: number, ramFreeMib: number): number {
  return vcpusFree / host.vcpus + ramFreeMib / host.ramMib;
}
