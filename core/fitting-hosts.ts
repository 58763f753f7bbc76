/**
 * Finds the host with the highest GPU score, Eq. (4), in the buckets of `card-buckets.ts`; see `score-index.ts`.
 *
 * Cards are tried in descending S_card. Buckets whose peak stays below the best found are skipped; rows are tried from the peak outwards
 * until they stay below it, and in a row the classes likewise. Bounds only skip: of two candidates nearer to each other than rounding can
 * tell, the function of the scan decides.
 */
import { type Bucket, CardBuckets, mostFreeMib, placeIn } from './card-buckets.ts';
import type { Cluster } from './cluster.ts';
import { FitCurve, ScaledRequest } from './fit-curve.ts';
import { hostOf, leastEntry, ramMibOf } from './host-entry.ts';
import type { VmRequest } from './request.ts';
import type { ResourceVector } from './resources.ts';
import { gpuScore, similarity } from './scores.ts';

/** Relative room for rounding, of squares. */
const below = 1 - 1e-9;
const above = 1 + 1e-9;

/** What the hosts of a bucket offer to the request; reused from decision to decision. */
interface Candidate {
  bucket: Bucket;
  readonly curve: FitCurve;
  /** No host of the bucket scores more. */
  bound: number;
}

export class FittingHosts {
  readonly #buckets: CardBuckets;
  readonly #largest: ResourceVector;
  readonly #vcpusFree: Float64Array;
  readonly #diskFreeGib: Float64Array;

  #request!: VmRequest;
  readonly #asked: ScaledRequest;
  readonly #candidates: Candidate[] = [];
  /** How many of them this decision has used; none is used twice, since the best may refer to it. */
  #count = 0;
  /** The best host so far, what it was found by, and its score: squared up to rounding, and exactly once that is needed. */
  #best = -1;
  #bestVcpus = 0;
  #bestMib = 0;
  #bestCurve: FitCurve | undefined;
  #bestAbout = 0;
  #bestExact = Number.NaN;

  /** @param largest what Eq. (3) divides by */
  constructor(cluster: Cluster, largest: ResourceVector) {
    this.#buckets = new CardBuckets(cluster);
    this.#largest = largest;
    this.#asked = new ScaledRequest(largest);
    this.#vcpusFree = cluster.vcpusFree;
    this.#diskFreeGib = cluster.diskFreeGib;
  }

  /** Puts the host where it belongs now. */
  update(host: number): void {
    this.#buckets.update(host);
  }

  /** Cards that a host with whole cards of one model gives; undefined for others. */
  plainCards(host: number, count: number): number[] | undefined {
    return this.#buckets.plainCards(host, count);
  }

  /** The score of the host that `best` found, as the scan computes it. */
  get bestScore(): number {
    if (Number.isNaN(this.#bestExact))
      this.#bestExact = this.#exactOf(this.#bestVcpus, this.#bestMib, this.#bestCurve!);
    return this.#bestExact;
  }

  /** The host of the highest score, the lowest index among equal ones; -1 when none can serve. */
  best(request: VmRequest): number {
    this.#request = request;
    this.#asked.set(request);
    this.#best = -1;
    this.#bestAbout = 0;
    this.#bestExact = Number.NaN;
    this.#count = 0;
    for (const { cardScore, buckets } of this.#buckets.levels) {
      if (cardScore * cardScore * above < this.#bestAbout) break;
      const start = this.#count;
      for (let index = 0; index < buckets.length; index++) this.#consider(buckets[index]!);
      let first = start;
      for (let index = start + 1; index < this.#count; index++) {
        if (this.#candidates[index]!.bound > this.#candidates[first]!.bound) first = index;
      }
      for (let index = first; index < this.#count; index++) this.#search(this.#candidates[index]!);
      for (let index = start; index < first; index++) this.#search(this.#candidates[index]!);
    }
    return this.#best;
  }

  /** Makes candidates of what the hosts of a bucket offer, if any of them may be better than the best. */
  #consider(bucket: Bucket): void {
    const request = this.#request;
    const leastRow = Math.floor(request.vcpus);
    const top = bucket.used.atMost(this.#buckets.rows - 1);
    if (top < leastRow) return;
    const mostVcpus = bucket.fractional > 0 ? top + 1 : top;
    const mostMib = mostFreeMib(bucket);
    if (mostMib < request.ramMib) return;
    const offers = bucket.state.offers(request);
    for (let index = 0; index < offers.length; index++) {
      const offer = offers[index]!;
      if (offer.cardScore * offer.cardScore * above < this.#bestAbout) continue;
      if (this.#count === this.#candidates.length) {
        this.#candidates.push({ bucket, curve: new FitCurve(this.#asked), bound: 0 });
      }
      const candidate = this.#candidates[this.#count]!;
      candidate.curve.draw(offer);
      candidate.bucket = bucket;
      candidate.bound = candidate.curve.climb(leastRow, mostVcpus, request.ramMib, mostMib);
      if (candidate.bound >= this.#bestAbout * below) this.#count++;
    }
  }

  /** Goes through the rows of a candidate from the peak outwards, both ways. */
  #search({ bucket, curve, bound }: Candidate): void {
    if (bound < this.#bestAbout * below) return;
    const { vcpus, ramMib: leastMib } = this.#request;
    const { used, rows, fractional } = bucket;
    const { peakVcpus } = curve;
    const mostMib = mostFreeMib(bucket);
    const leastRow = Math.floor(vcpus);
    const isMixed = fractional > 0;
    const start = Math.floor(peakVcpus);
    for (let row = used.atMost(Math.min(start, this.#buckets.rows - 1)); row >= leastRow; row = used.atMost(row - 1)) {
      // Of a row with fractions the end towards the peak counts.
      const nearest = isMixed ? Math.min(row + 1, peakVcpus) : row;
      if (curve.most(nearest, leastMib, mostMib) < this.#bestAbout * below) break;
      this.#searchRow(rows[row]!, row, isMixed, curve);
    }
    for (let row = used.atLeast(start + 1); row >= 0; row = used.atLeast(row + 1)) {
      if (curve.most(row, leastMib, mostMib) < this.#bestAbout * below) break;
      this.#searchRow(rows[row]!, row, isMixed, curve);
    }
  }

  /** Tries the hosts of a row from the peak outwards, both ways; all of them where free vCPUs may be fractions. */
  #searchRow(entries: readonly number[], row: number, isMixed: boolean, curve: FitCurve): void {
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
    const start = curve.isRising(row, ramMibOf(entries[entries.length - 1]!))
      ? entries.length
      : placeIn(entries, leastEntry(Math.max(Math.floor(curve.peakMib(row)), ramMib)));
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
  #compete(entries: readonly number[], first: number, last: number, vcpus: number, curve: FitCurve): boolean {
    const ramMib = ramMibOf(entries[last]!);
    const about = curve.at(vcpus, ramMib);
    if (about < this.#bestAbout * below) return false;
    let place = last;
    while (place >= first && this.#diskFreeGib[hostOf(entries[place]!)]! < this.#request.diskGib) place--;
    if (place < first) return true;
    const host = hostOf(entries[place]!);
    let exact = Number.NaN;
    if (about <= this.#bestAbout * above && this.#best >= 0) {
      exact = this.#exactOf(vcpus, ramMib, curve);
      const best = this.bestScore;
      if (exact < best || (exact === best && host > this.#best)) return true;
    }
    this.#best = host;
    this.#bestVcpus = vcpus;
    this.#bestMib = ramMib;
    this.#bestCurve = curve;
    this.#bestAbout = about;
    this.#bestExact = exact;
    return true;
  }

  #exactOf(vcpus: number, ramMib: number, { offer }: FitCurve): number {
    const { cards, cardMemoryMib, cardCores, cardScore } = offer;
    const idle = { cards, cardMemoryMib, cardCores, vcpus, ramMib };
    return gpuScore(cardScore, similarity(idle, this.#request, this.#largest));
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
