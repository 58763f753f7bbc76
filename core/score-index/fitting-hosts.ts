/**
 * Finds the host with the highest GPU score, Eq. (4), in the buckets of `card-buckets.ts`; see `hybrid-index.ts`.
 *
 * Cards are tried in descending S_card. Buckets whose peak stays below the best found are skipped; rows are tried from the peak outwards
 * until they stay below it, and in a row the hosts likewise. Bounds only skip: of two candidates nearer to each other than rounding can
 * tell, the function of the scan decides.
 */
import { type AskedVector, askedVector, type Vectors } from '../asked-vector.ts';
import { modelSuits } from '../card-fit.ts';
import type { Cluster } from '../cluster.ts';
import type { VmRequest } from '../request.ts';
import { gpuScore, similarity } from '../scores.ts';
import { type Bucket, placeIn } from './bucket.ts';
import { CardBuckets } from './card-buckets.ts';
import type { StateOffer } from './card-state.ts';
import { ChangedHosts } from './changed-hosts.ts';
import { FitCurves } from './fit-curves.ts';
import { hostOf, leastEntry, ramMibOf } from './host-entry.ts';

/** Relative room for rounding, of squares. */
const below = 1 - 1e-9;
const above = 1 + 1e-9;

export class FittingHosts {
  /** Hosts with cards whose state is no longer the one in which they were put. */
  readonly changed: ChangedHosts;
  readonly #hosts: CardBuckets;
  readonly #cluster: Cluster;
  readonly #vectors: Vectors;
  readonly #vcpusFree: Float64Array;
  readonly #diskFreeGib: Float64Array;

  #request!: VmRequest;
  #vector!: AskedVector;
  /** Its vCPUs, rounded down, and RAM. */
  #leastRow = 0;
  #leastMib = 0;
  /** Candidates: a curve, the bucket whose hosts it is for, their offer, and the most that any of them can score, squared. */
  readonly #curves: FitCurves;
  readonly #buckets: Bucket[] = [];
  readonly #offers: StateOffer[] = [];
  readonly #bounds: number[] = [];
  /** The best host so far, what it was found by, and its score: squared up to rounding, and exactly once that is needed. */
  #best = -1;
  #bestVcpus = 0;
  #bestMib = 0;
  #bestOffer: StateOffer | undefined;
  #bestAbout = 0;
  #bestExact = Number.NaN;

  /** @param hosts those with cards */
  constructor(cluster: Cluster, hosts: readonly number[], vectors: Vectors) {
    this.changed = new ChangedHosts(cluster.hosts.length);
    for (const host of hosts) this.changed.add(host);
    this.#hosts = new CardBuckets(cluster, vectors.freeCards);
    this.#cluster = cluster;
    this.#vectors = vectors;
    this.#curves = new FitCurves();
    this.#vcpusFree = cluster.vcpusFree;
    this.#diskFreeGib = cluster.diskFreeGib;
  }

  /** Cards that a host with whole cards of one model gives; undefined for others. */
  plainCards(host: number, count: number): number[] | undefined {
    return this.#hosts.plainCards(host, count);
  }

  /** The score of the host that `best` found, as the scan computes it. */
  get bestScore(): number {
    if (Number.isNaN(this.#bestExact))
      this.#bestExact = this.#exactOf(this.#bestVcpus, this.#bestMib, this.#bestOffer!);
    return this.#bestExact;
  }

  /** The host of the highest score, the lowest index among equal ones; -1 when none can serve. */
  best(request: VmRequest): number {
    for (let host = this.changed.take(); host >= 0; host = this.changed.take()) this.#hosts.update(host);
    this.#request = request;
    this.#leastRow = Math.floor(request.vcpus);
    this.#leastMib = request.ramMib;
    this.#vector = askedVector(this.#cluster, request, this.#vectors);
    this.#curves.start(this.#vector);
    this.#best = -1;
    this.#bestAbout = 0;
    this.#bestExact = Number.NaN;
    const curves = this.#curves;
    for (const { cardScore, plain, odd } of this.#hosts.levels) {
      if (cardScore * cardScore * above < this.#bestAbout) break;
      const start = curves.length;
      for (const { model, buckets } of plain) {
        if (!modelSuits(request, model)) continue;
        for (let idle = request.cards; idle < buckets.length; idle++) {
          const bucket = buckets[idle];
          if (bucket !== undefined) this.#consider(bucket, bucket.state.plainOffer);
        }
      }
      for (const bucket of odd) {
        if (!this.#hasRoom(bucket)) continue;
        for (const offer of bucket.state.offers(request)) this.#consider(bucket, offer);
      }
      // What one level may bring spares most of the others.
      if (start === 0) this.#searchMostPromising();
    }
    while (this.#searchMostPromising());
    return this.#best;
  }

  /** Searches the candidate with the highest bound. @returns false when none can be better than the best any more */
  #searchMostPromising(): boolean {
    let most = -1;
    let highest = this.#bestAbout * below;
    for (let curve = 0; curve < this.#curves.length; curve++) {
      if (this.#bounds[curve]! >= highest) {
        most = curve;
        highest = this.#bounds[curve]!;
      }
    }
    if (most < 0) return false;
    this.#bounds[most] = -1;
    this.#search(most);
    return true;
  }

  /** Whether the bucket may have a host with the vCPUs and the RAM. */
  #hasRoom({ tops }: Bucket): boolean {
    return tops.top >= this.#leastRow && tops.mostMib >= this.#leastMib;
  }

  /** Makes a candidate of what the hosts of a bucket offer, if any of them may be better than the best. */
  #consider(bucket: Bucket, offer: StateOffer): void {
    if (!this.#hasRoom(bucket)) return;
    const curves = this.#curves;
    const curve = curves.length;
    const { top, mostMib } = bucket.tops;
    const mostVcpus = bucket.fractional > 0 ? top + 1 : top;
    const least = this.#bestAbout * below;
    const bound = curves.climb(offer, this.#leastRow, mostVcpus, this.#leastMib, mostMib, least);
    if (bound < least) return;
    this.#buckets[curve] = bucket;
    this.#offers[curve] = offer;
    this.#bounds[curve] = bound;
  }

  /** Looks for the best host of a candidate. */
  #search(curve: number): void {
    const bucket = this.#buckets[curve]!;
    const { top, mostMib } = bucket.tops;
    if (bucket.fractional > 0 || !this.#curves.isRisingBelow(curve, top, mostMib) || !this.#descend(bucket, curve)) {
      this.#searchAround(bucket, curve);
    }
  }

  /**
   * Where more is better up to the most that is free, a row counts only if it has more RAM than those above it: goes down from the top.
   *
   * @returns false when a host that counts lacks the disk, so that others may be as good
   */
  #descend({ rows, tops: { mib, top, mostMib } }: Bucket, curve: number): boolean {
    const { vcpus, ramMib } = this.#request;
    let beatenMib = ramMib - 1;
    for (let row = top; row >= vcpus && beatenMib < mostMib; row--) {
      const freeMib = mib[row]!;
      if (freeMib <= beatenMib) continue;
      beatenMib = freeMib;
      if (this.#curves.at(curve, row, freeMib) < this.#bestAbout * below) continue;
      const entries = rows[row]!;
      const last = entries.length - 1;
      if (this.#diskFreeGib[hostOf(entries[last]!)]! < this.#request.diskGib) return false;
      this.#compete(entries, last, last, row, curve);
    }
    return true;
  }

  /** Goes through the rows from the peak outwards, both ways. */
  #searchAround({ rows, fractional, tops: { mib, top, mostMib } }: Bucket, curve: number): void {
    const leastMib = this.#leastMib;
    const leastRow = this.#leastRow;
    const peakVcpus = this.#curves.peakVcpus(curve);
    const isMixed = fractional > 0;
    const start = Math.floor(peakVcpus);
    for (let row = Math.min(start, top); row >= leastRow; row--) {
      if (mib[row]! < leastMib) continue;
      // Of a row with fractions the end towards the peak counts.
      const nearest = isMixed ? Math.min(row + 1, peakVcpus) : row;
      if (this.#curves.most(curve, nearest, leastMib, mostMib) < this.#bestAbout * below) break;
      this.#searchRow(rows[row]!, row, isMixed, curve);
    }
    for (let row = start + 1; row <= top; row++) {
      if (mib[row]! < leastMib) continue;
      if (this.#curves.most(curve, row, leastMib, mostMib) < this.#bestAbout * below) break;
      this.#searchRow(rows[row]!, row, isMixed, curve);
    }
  }

  /** Tries the hosts of a row from the peak outwards, both ways; all of them where free vCPUs may be fractions. */
  #searchRow(entries: readonly number[], row: number, isMixed: boolean, curve: number): void {
    const { vcpus, ramMib } = this.#request;
    const least = leastEntry(ramMib);
    if (entries[entries.length - 1]! < least) return;
    if (isMixed) {
      for (let place = entries.length - 1; place >= 0 && entries[place]! >= least; place--) {
        const free = this.#vcpusFree[hostOf(entries[place]!)]!;
        if (free >= vcpus) this.#compete(entries, place, place, free, curve);
      }
      return;
    }
    if (row < vcpus) return;
    const start = this.#curves.isRising(curve, row, ramMibOf(entries[entries.length - 1]!))
      ? entries.length
      : placeIn(entries, leastEntry(Math.max(Math.floor(this.#curves.peakMib(curve, row)), ramMib)));
    // Of hosts with equal RAM the lowest stands last.
    for (let first = start; first < entries.length; ) {
      const end = endOfEqual(entries, first);
      if (!this.#compete(entries, first, end - 1, row, curve)) break;
      first = end;
    }
    for (let last = start - 1; last >= 0 && entries[last]! >= least; ) {
      const first = startOfEqual(entries, last);
      if (!this.#compete(entries, first, last, row, curve)) break;
      last = first - 1;
    }
  }

  /** Compares hosts in one state, those at the places from `first` to `last`, with the best. @returns false when they stay below it by more than rounding */
  #compete(entries: readonly number[], first: number, last: number, vcpus: number, curve: number): boolean {
    const ramMib = ramMibOf(entries[last]!);
    const about = this.#curves.at(curve, vcpus, ramMib);
    if (about < this.#bestAbout * below) return false;
    let place = last;
    while (place >= first && this.#diskFreeGib[hostOf(entries[place]!)]! < this.#request.diskGib) place--;
    if (place < first) return true;
    const host = hostOf(entries[place]!);
    let exact = Number.NaN;
    if (about <= this.#bestAbout * above && this.#best >= 0) {
      exact = this.#exactOf(vcpus, ramMib, this.#offers[curve]!);
      const best = this.bestScore;
      if (exact < best || (exact === best && host > this.#best)) return true;
    }
    this.#best = host;
    this.#bestVcpus = vcpus;
    this.#bestMib = ramMib;
    this.#bestOffer = this.#offers[curve];
    this.#bestAbout = about;
    this.#bestExact = exact;
    return true;
  }

  #exactOf(vcpus: number, ramMib: number, offer: StateOffer): number {
    const { cards, cardMemoryMib, cardCores, cardScore } = offer;
    const idle = { cards, cardMemoryMib, cardCores, vcpus, ramMib };
    return gpuScore(cardScore, similarity(idle, this.#vector.asked, this.#vector.units));
  }
}

/** Place after the last entry that has as much RAM as the one at `first`. Rarely more than one has. */
function endOfEqual(entries: readonly number[], first: number): number {
  const next = leastEntry(ramMibOf(entries[first]!) + 1);
  if (first + 1 === entries.length || entries[first + 1]! >= next) return first + 1;
  return placeIn(entries, next);
}

/** Place of the first entry that has as much RAM as the one at `last`. */
function startOfEqual(entries: readonly number[], last: number): number {
  const least = leastEntry(ramMibOf(entries[last]!));
  if (last === 0 || entries[last - 1]! < least) return last;
  return placeIn(entries, least);
}
