/**
 * Finds the host with the highest GPU score, Eq. (4), in the buckets of `card-buckets.ts`; see `score-index.ts`.
 *
 * Cards are tried in descending S_card. Buckets whose peak stays below the best found are skipped; rows are tried from the peak outwards
 * until they stay below it, and in a row the classes likewise. Bounds only skip: of two candidates nearer to each other than rounding can
 * tell, the function of the scan decides.
 */
import { type Bucket, CardBuckets, type HostClass, placeIn } from './card-buckets.ts';
import type { Cluster } from './cluster.ts';
import { FitCurve, ScaledRequest } from './fit-curve.ts';
import type { VmRequest } from './request.ts';
import type { ResourceVector } from './resources.ts';
import { gpuScore, similarity } from './scores.ts';

/** Relative room for rounding. */
const below = 1 - 1e-9;
const above = 1 + 1e-9;

/** What the hosts of a bucket offer to the request; reused from decision to decision. */
interface Candidate {
  bucket: Bucket;
  readonly curve: FitCurve;
  peakVcpus: number;
  /** No host of the bucket scores more. */
  bound: number;
}

export class FittingHosts {
  readonly #buckets: CardBuckets;
  readonly #largest: ResourceVector;
  readonly #diskFreeGib: Float64Array;
  /** Most RAM that any host has. */
  readonly #mostMib: number;

  #request!: VmRequest;
  readonly #asked: ScaledRequest;
  readonly #candidates: Candidate[] = [];
  /** How many of them this decision has used; none is used twice, since the best may refer to it. */
  #count = 0;
  /** The best host so far, what it was found by, and its score: up to rounding, and exactly once that is needed. */
  #best = -1;
  #bestClass: HostClass | undefined;
  #bestCurve: FitCurve | undefined;
  #bestAbout = 0;
  #bestExact = Number.NaN;

  /** @param largest what Eq. (3) divides by */
  constructor(cluster: Cluster, largest: ResourceVector) {
    this.#buckets = new CardBuckets(cluster);
    this.#largest = largest;
    this.#asked = new ScaledRequest(largest);
    this.#diskFreeGib = cluster.diskFreeGib;
    this.#mostMib = cluster.largest.ramMib;
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
    if (Number.isNaN(this.#bestExact)) this.#bestExact = this.#exactOf(this.#bestClass!, this.#bestCurve!);
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
      if (cardScore * above < this.#bestAbout) break;
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
    const offers = bucket.state.offers(request);
    for (let index = 0; index < offers.length; index++) {
      const offer = offers[index]!;
      if (offer.cardScore * above < this.#bestAbout) continue;
      if (this.#count === this.#candidates.length) {
        this.#candidates.push({ bucket, curve: new FitCurve(this.#asked), peakVcpus: 0, bound: 0 });
      }
      const candidate = this.#candidates[this.#count]!;
      const { curve } = candidate;
      curve.draw(offer);
      candidate.bucket = bucket;
      candidate.peakVcpus = curve.peakVcpus(leastRow, mostVcpus, request.ramMib, this.#mostMib);
      candidate.bound = curve.most(candidate.peakVcpus, request.ramMib, this.#mostMib);
      if (candidate.bound >= this.#bestAbout * below) this.#count++;
    }
  }

  /** Goes through the rows of a candidate from the peak outwards, both ways. */
  #search({ bucket, curve, peakVcpus, bound }: Candidate): void {
    if (bound < this.#bestAbout * below) return;
    const { vcpus, ramMib: leastMib } = this.#request;
    const { used, rows, fractional } = bucket;
    const leastRow = Math.floor(vcpus);
    const isMixed = fractional > 0;
    const start = Math.floor(peakVcpus);
    for (let row = used.atMost(Math.min(start, this.#buckets.rows - 1)); row >= leastRow; row = used.atMost(row - 1)) {
      // Of a row with fractions the end towards the peak counts.
      const nearest = isMixed ? Math.min(row + 1, peakVcpus) : row;
      if (curve.most(nearest, leastMib, this.#mostMib) < this.#bestAbout * below) break;
      this.#searchRow(rows[row]!, row, isMixed, curve);
    }
    for (let row = used.atLeast(start + 1); row >= 0; row = used.atLeast(row + 1)) {
      if (curve.most(row, leastMib, this.#mostMib) < this.#bestAbout * below) break;
      this.#searchRow(rows[row]!, row, isMixed, curve);
    }
  }

  /** Tries the classes of a row from the peak outwards, both ways; all of them where free vCPUs may be fractions. */
  #searchRow(classes: readonly HostClass[], row: number, isMixed: boolean, curve: FitCurve): void {
    const { vcpus, ramMib } = this.#request;
    if (isMixed) {
      for (const each of classes) if (each.vcpus >= vcpus && each.ramMib >= ramMib) this.#compete(each, curve);
      return;
    }
    if (row < vcpus || classes[classes.length - 1]!.ramMib < ramMib) return;
    const start = placeIn(classes, Math.max(curve.peakMib(row), ramMib), 0);
    for (let place = start; place < classes.length && this.#compete(classes[place]!, curve); place++);
    for (let place = start - 1; place >= 0; place--) {
      if (classes[place]!.ramMib < ramMib || !this.#compete(classes[place]!, curve)) break;
    }
  }

  /** Compares hosts in one state with the best. @returns false when they stay below it by more than rounding */
  #compete(rival: HostClass, curve: FitCurve): boolean {
    const about = curve.at(rival.vcpus, rival.ramMib);
    if (about < this.#bestAbout * below) return false;
    const { diskGib } = this.#request;
    let host = rival.hosts.first;
    if (this.#diskFreeGib[host]! < diskGib) {
      host = rival.hosts.find(0, (each) => this.#diskFreeGib[each]! >= diskGib);
      if (host < 0) return true;
    }
    let exact = Number.NaN;
    if (about <= this.#bestAbout * above && this.#best >= 0) {
      exact = this.#exactOf(rival, curve);
      const best = this.bestScore;
      if (exact < best || (exact === best && host > this.#best)) return true;
    }
    this.#best = host;
    this.#bestClass = rival;
    this.#bestCurve = curve;
    this.#bestAbout = about;
    this.#bestExact = exact;
    return true;
  }

  #exactOf({ vcpus, ramMib }: HostClass, { offer }: FitCurve): number {
    const { cards, cardMemoryMib, cardCores, cardScore } = offer;
    const idle = { cards, cardMemoryMib, cardCores, vcpus, ramMib };
    return gpuScore(cardScore, similarity(idle, this.#request, this.#largest));
  }
}
