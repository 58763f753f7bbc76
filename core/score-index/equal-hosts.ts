/**
 * Finds the host with the highest Least Requested Score, Eq. (1), among hosts of one size: rows by free vCPUs, see `hybrid-index.ts`.
 *
 * At fixed free vCPUs the score rises strictly with free RAM, so for any request only the first host of each row competes. The request
 * takes the same share of every host of one size; so what rows are compared by is the numerator of the score before it, a whole number.
 */
import type { Cluster } from '../cluster.ts';
import type { VmRequest } from '../request.ts';
import { leastRequestedScore } from '../scores.ts';
import { hostOf, ramMibOf } from './host-entry.ts';
import { HostHeap } from './host-heap.ts';
import { RowTops } from './row-tops.ts';

/** Where each host of a cluster is; shared by the hosts of all sizes. */
export interface RowPlaces {
  /** Row of each host; -1 while it is in none. */
  readonly rowOf: Int32Array;
  /** Place in the heap of that row. */
  readonly placeOf: Int32Array;
}

/** Holds hosts as they were when last `put`. */
export class EqualHosts {
  /** Score of the host that `best` found. */
  bestScore = Number.NaN;
  readonly #diskFreeGib: Float64Array;
  readonly #places: RowPlaces;
  /** vCPU capacity in thousandths, and what of it is beyond whole vCPUs. */
  readonly #milliVcpus: number;
  readonly #milliRest: number;
  /** The size, and how much of it the host under consideration has free. */
  readonly #size: { readonly vcpus: number; vcpusFree: number; readonly ramMib: number; ramFreeMib: number };
  /** By whole free vCPUs; made when first used. */
  readonly #rows: (HostHeap | undefined)[];
  readonly #tops: RowTops;

  constructor(cluster: Cluster, vcpus: number, ramMib: number, places: RowPlaces) {
    this.#diskFreeGib = cluster.diskFreeGib;
    this.#places = places;
    this.#milliVcpus = Math.round(vcpus * 1000);
    this.#milliRest = this.#milliVcpus % 1000;
    this.#size = { vcpus, vcpusFree: vcpus, ramMib, ramFreeMib: ramMib };
    const rows = Math.floor(vcpus) + 1;
    this.#rows = new Array<HostHeap | undefined>(rows).fill(undefined);
    this.#tops = new RowTops(rows);
  }

  /** Adds a host, which must not be in. @returns false, and it is not added, when its VMs hold fractions of a vCPU */
  put(host: number, vcpusFree: number, ramFreeMib: number): boolean {
    const row = this.#milliRest === 0 ? vcpusFree : (Math.round(vcpusFree * 1000) - this.#milliRest) / 1000;
    if (row !== Math.floor(row) || row < 0) return false;
    let heap = this.#rows[row];
    if (heap === undefined) {
      heap = new HostHeap(this.#places.placeOf);
      this.#rows[row] = heap;
    }
    heap.put(host, ramFreeMib);
    this.#places.rowOf[host] = row;
    if (ramFreeMib > this.#tops.mib[row]!) this.#tops.set(row, ramFreeMib);
    return true;
  }

  /** Takes the host out; it must be in. */
  remove(host: number): void {
    const row = this.#places.rowOf[host]!;
    this.#places.rowOf[host] = -1;
    const heap = this.#rows[row]!;
    heap.remove(host);
    this.#tops.set(row, heap.firstMib);
  }

  /** The emptiest host with room, of equally empty ones the lowest index; -1 when there is none. `bestScore` is then its score. */
  best(request: VmRequest): number {
    const { ramMib, diskGib } = request;
    const { mib, top, mostMib } = this.#tops;
    if (mostMib < ramMib) return -1;
    const perRow = 1000 * this.#size.ramMib;
    const leastRow = this.#leastRow(request);
    let best = -1;
    let bestKey = -1;
    let bestRow = 0;
    let bestMib = -1;
    // A host with fewer vCPUs free than another, and no more RAM, is fuller. So a row counts only if it has more RAM than those above it.
    let beatenMib = ramMib - 1;
    for (let row = top; row >= leastRow && beatenMib < mostMib; row--) {
      let freeMib = mib[row]!;
      if (freeMib <= beatenMib) continue;
      const heap = this.#rows[row]!;
      let host = heap.first;
      if (this.#diskFreeGib[host]! < diskGib) {
        const found = this.#firstWithDisk(heap, ramMib, diskGib);
        if (found < 0) continue;
        host = hostOf(found);
        freeMib = ramMibOf(found);
        if (freeMib <= beatenMib) continue;
      }
      beatenMib = freeMib;
      const key = row * perRow + freeMib * this.#milliVcpus;
      if (key > bestKey || (key === bestKey && host < best)) {
        best = host;
        bestKey = key;
        bestRow = row;
        bestMib = freeMib;
      }
    }
    if (best >= 0) {
      this.#size.vcpusFree = bestRow + this.#milliRest / 1000;
      this.#size.ramFreeMib = bestMib;
      this.bestScore = leastRequestedScore(this.#size, request);
    }
    return best;
  }

  /** Entry of the first host with that much RAM and disk free; -1 when there is none. */
  #firstWithDisk(heap: HostHeap, ramMib: number, diskGib: number): number {
    return heap.find(ramMib, (host) => this.#diskFreeGib[host]! >= diskGib);
  }

  /** The first row whose hosts have the vCPUs. */
  #leastRow({ vcpus }: VmRequest): number {
    return Math.max(0, Math.ceil((Math.round(vcpus * 1000) - this.#milliRest) / 1000));
  }
}
