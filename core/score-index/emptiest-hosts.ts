/**
 * Finds the host with the highest Least Requested Score, Eq. (1), of one tier: hosts of a size that many have in rows, the rest in a tree.
 */
import type { Cluster } from '../cluster.ts';
import type { VmRequest } from '../request.ts';
import { ChangedHosts } from './changed-hosts.ts';
import { EqualHosts, type RowPlaces } from './equal-hosts.ts';
import { UnequalHosts } from './unequal-hosts.ts';

/** Rows are made for sizes that at least one host in this many has, which bounds the number of sizes that a decision goes through. */
const mostSizes = 16;

/** Largest denominator of Eq. (1), thousandths of a vCPU × MiB, up to which a hundred times its numerator is exact. */
const largestExact = 2 ** 53 / 200;

export class EmptiestHosts {
  /** Score of the host that `best` found. */
  bestScore = Number.NaN;
  /** Hosts of the tier whose state is no longer the one in which they were put. */
  readonly changed: ChangedHosts;
  readonly #cluster: Cluster;
  readonly #hosts: readonly number[];
  readonly #places: RowPlaces;
  readonly #equal: EqualHosts[] = [];
  /** Place of each host's size in `#equal`; -1 for rare sizes. */
  readonly #equalOf: Int8Array;
  readonly #sizeOf: Int32Array;
  /** Made when the first host needs it. */
  #unequal: UnequalHosts | undefined;

  /** @param hosts those of the tier */
  constructor(cluster: Cluster, hosts: readonly number[]) {
    this.#cluster = cluster;
    this.#hosts = hosts;
    const all = cluster.hosts.length;
    this.changed = new ChangedHosts(all);
    for (const host of hosts) this.changed.add(host);
    this.#places = { rowOf: new Int32Array(all).fill(-1), placeOf: new Int32Array(all) };
    this.#equalOf = new Int8Array(all).fill(-1);
    this.#sizeOf = new Int32Array(all).fill(-1);
    const sizes = new Map<string, number[]>();
    for (const host of hosts) {
      const { vcpus, ramMib } = cluster.hosts[host]!;
      const ofSize = sizes.get(`${vcpus} ${ramMib}`);
      if (ofSize === undefined) sizes.set(`${vcpus} ${ramMib}`, [host]);
      else ofSize.push(host);
    }
    for (const [size, ofSize] of [...sizes.values()].entries()) {
      const { vcpus, ramMib } = cluster.hosts[ofSize[0]!]!;
      if (vcpus * 1000 * ramMib > largestExact) continue;
      for (const host of ofSize) this.#sizeOf[host] = size;
      if (ofSize.length * mostSizes < hosts.length) continue;
      for (const host of ofSize) this.#equalOf[host] = this.#equal.length;
      this.#equal.push(new EqualHosts(cluster, vcpus, ramMib, this.#places));
    }
  }

  /** The host of the highest score, the lowest index among equal ones; -1 when none has room. `bestScore` is then its score. */
  best(request: VmRequest): number {
    this.#catchUp();
    let best = -1;
    this.bestScore = Number.NaN;
    for (let size = 0; size < this.#equal.length; size++) {
      const equal = this.#equal[size]!;
      const host = equal.best(request);
      if (host < 0) continue;
      const score = equal.bestScore;
      if (best < 0 || score > this.bestScore || (score === this.bestScore && host < best)) {
        best = host;
        this.bestScore = score;
      }
    }
    if (this.#unequal === undefined || this.#unequal.length === 0) return best;
    best = this.#unequal.best(request, best, this.bestScore);
    this.bestScore = this.#unequal.bestScore;
    return best;
  }

  #catchUp(): void {
    for (let host = this.changed.take(); host >= 0; host = this.changed.take()) this.#update(host);
  }

  /** Puts the host where it belongs now. */
  #update(host: number): void {
    const { up, vcpusFree, ramFreeMib } = this.#cluster;
    const equal = this.#equal[this.#equalOf[host]!];
    if (this.#places.rowOf[host]! >= 0) equal!.remove(host);
    if (up[host] === 0 || equal?.put(host, vcpusFree[host]!, ramFreeMib[host]!) === true) {
      this.#unequal?.remove(host);
      return;
    }
    this.#unequal ??= new UnequalHosts(this.#cluster, this.#hosts, this.#sizeOf);
    this.#unequal.put(host);
  }
}
