/**
 * Finds the host with the highest GPU score, Eq. (4), without looking at every host. For hosts whose cards are of one model and passed
 * through whole.
 *
 * All such hosts with equal model and equal number of idle cards form a bucket: within it only free vCPUs and free RAM differ.
 *
 *     A40, 3 idle                         free RAM →
 *     free vCPUs 64   |  126 GiB: h3 h8  |  504 GiB: h1     a row: classes of hosts in an identical state, by free RAM
 *                48   |   60 GiB: h5     |
 *                 …
 *
 * Over a row the similarity rises to one peak and falls again, since the cosine is quasi-concave; so does the best of a whole bucket. Hence:
 * models in descending S_card; buckets and rows whose peak stays below the best found are skipped; in a row the classes are tried from the
 * peak outwards. Bounds only skip: what competes is scored by the same function as in the scan. A margin of 10⁻⁹ in each bound keeps rounding
 * from mattering.
 */
import { modelSuits } from './card-fit.ts';
import type { Cluster, HostView } from './cluster.ts';
import type { GpuModel } from './gpu-card.ts';
import type { VmRequest } from './request.ts';
import type { ResourceVector } from './resources.ts';
import { cardScore, gpuScore, similarity } from './scores.ts';

/** Relative room for rounding in bounds. */
const margin = 1e-9;

/** Hosts of a bucket with equal free vCPUs: classes in ascending order of free RAM. */
interface Row {
  readonly ramMib: number[];
  /** Hosts of each class, ascending. */
  readonly hosts: number[][];
}

interface Bucket {
  /** By free vCPUs. */
  readonly rows: Row[];
  /** The last row that has hosts; -1 when none has. */
  top: number;
}

interface Model {
  readonly model: GpuModel;
  readonly score: number;
  /** By number of idle cards. */
  readonly buckets: Bucket[];
  readonly mostRamMib: number;
}

/** Where a host was put. */
interface Place {
  readonly bucket: Bucket;
  readonly row: Row;
  readonly ramMib: number;
}

/** Part of the cosine that does not depend on free vCPUs and RAM: Σ nᵢrᵢ and Σ nᵢ² over cards, and the asked vCPUs and RAM, scaled. */
interface Slice {
  dot: number;
  square: number;
  readonly askedVcpus: number;
  readonly askedRam: number;
  readonly askedNorm: number;
}

export class FittingHosts {
  readonly #cluster: Cluster;
  readonly #largest: ResourceVector;
  /** In descending order of S_card. */
  readonly #models: readonly Model[];
  readonly #modelOf: (Model | undefined)[];
  readonly #placeOf: (Place | undefined)[];

  /** @param largest what Eq. (3) divides by */
  constructor(cluster: Cluster, largest: ResourceVector) {
    this.#cluster = cluster;
    this.#largest = largest;
    const models = new Map<string, Model>();
    this.#modelOf = cluster.hosts.map((host) => {
      if (!FittingHosts.takes(host)) return undefined;
      const { model } = host.cardGroups[0]!;
      const known = models.get(model.name);
      if (known !== undefined) return known;
      const ofModel = cluster.hosts.filter((each) => FittingHosts.takes(each) && each.cardGroups[0]!.model === model);
      const most = (measure: (host: HostView) => number) =>
        ofModel.reduce((max, each) => Math.max(max, measure(each)), 0);
      const rows = Math.floor(most((each) => each.vcpus)) + 1;
      const buckets = Array.from({ length: most((each) => each.specs.cards.length) + 1 }, (): Bucket => {
        return { rows: Array.from({ length: rows }, () => ({ ramMib: [], hosts: [] })), top: -1 };
      });
      const score = cardScore(model, cluster.largestCard);
      const added: Model = { model, score, buckets, mostRamMib: most((each) => each.ramMib) };
      models.set(model.name, added);
      return added;
    });
    this.#models = [...models.values()].sort((a, b) => b.score - a.score);
    this.#placeOf = new Array<Place | undefined>(cluster.hosts.length).fill(undefined);
  }

  /** Whether this is a host of the kind that can be put in. */
  static takes(host: HostView): boolean {
    return host.cardGroups.length === 1 && host.cardGroups[0]!.sharing === 'passthrough';
  }

  /** Adds the host as the cluster has it now; its free vCPUs are whole. It must not be in. */
  put(host: number): void {
    const view = this.#cluster.hosts[host]!;
    const bucket = this.#modelOf[host]!.buckets[this.#idleCards(host)]!;
    const row = bucket.rows[view.vcpusFree]!;
    const ramMib = view.ramFreeMib;
    const place = firstAtLeast(row.ramMib, ramMib);
    if (row.ramMib[place] !== ramMib) {
      row.ramMib.splice(place, 0, ramMib);
      row.hosts.splice(place, 0, []);
    }
    const hosts = row.hosts[place]!;
    hosts.splice(firstAtLeast(hosts, host), 0, host);
    if (view.vcpusFree > bucket.top) bucket.top = view.vcpusFree;
    this.#placeOf[host] = { bucket, row, ramMib };
  }

  /** Takes the host out, if it is in. */
  remove(host: number): void {
    const found = this.#placeOf[host];
    if (found === undefined) return;
    this.#placeOf[host] = undefined;
    const { bucket, row, ramMib } = found;
    const place = firstAtLeast(row.ramMib, ramMib);
    const hosts = row.hosts[place]!;
    hosts.splice(firstAtLeast(hosts, host), 1);
    if (hosts.length === 0) {
      row.ramMib.splice(place, 1);
      row.hosts.splice(place, 1);
    }
    while (bucket.top >= 0 && bucket.rows[bucket.top]!.ramMib.length === 0) bucket.top--;
  }

  /** The host of the highest score, the lowest index among equal ones; -1 when none can serve. */
  best(request: VmRequest): { host: number; score: number } {
    const best = { host: -1, score: -Infinity };
    const largest = this.#largest;
    const r1 = request.cards / largest.cards;
    const r2 = request.cardMemoryMib / largest.cardMemoryMib;
    const r3 = request.cardCores / largest.cardCores;
    const askedVcpus = request.vcpus / largest.vcpus;
    const askedRam = request.ramMib / largest.ramMib;
    const askedNorm = Math.sqrt(r1 * r1 + r2 * r2 + r3 * r3 + askedVcpus * askedVcpus + askedRam * askedRam);
    const slice: Slice = { dot: 0, square: 0, askedVcpus, askedRam, askedNorm };
    const leastVcpus = Math.ceil(request.vcpus);
    for (const { model, score, buckets, mostRamMib } of this.#models) {
      if (score * (1 + margin) < best.score) break;
      if (!modelSuits(request, model)) continue;
      const n2 = model.memoryMib / largest.cardMemoryMib;
      const n3 = model.cores / largest.cardCores;
      for (let idle = request.cards; idle < buckets.length; idle++) {
        const bucket = buckets[idle]!;
        if (bucket.top < leastVcpus) continue;
        const n1 = idle / largest.cards;
        slice.dot = n1 * r1 + n2 * r2 + n3 * r3;
        slice.square = n1 * n1 + n2 * n2 + n3 * n3;
        const peak = this.#peakOfBox(slice, leastVcpus, bucket.top, request.ramMib, mostRamMib);
        if (score * peak * (1 + margin) < best.score) continue;
        for (let vcpus = leastVcpus; vcpus <= bucket.top; vcpus++) {
          const row = bucket.rows[vcpus]!;
          const mostMib = row.ramMib.at(-1);
          if (mostMib === undefined || mostMib < request.ramMib) continue;
          const peakMib = this.#peakOfRow(slice, vcpus);
          const nearestMib = Math.min(Math.max(peakMib, request.ramMib, row.ramMib[0]!), mostMib);
          const bound = cosine(slice, vcpus / largest.vcpus, nearestMib / largest.ramMib);
          if (score * bound * (1 + margin) < best.score) continue;
          this.#searchRow(best, row, vcpus, idle, model, score, peakMib, request);
        }
      }
    }
    return best;
  }

  /** Tries the classes of a row from the peak outwards, both ways, until they score less than the best. */
  #searchRow(
    best: { host: number; score: number },
    row: Row,
    vcpus: number,
    idle: number,
    { memoryMib, cores }: GpuModel,
    sCard: number,
    peakMib: number,
    request: VmRequest,
  ): void {
    const first = firstAtLeast(row.ramMib, request.ramMib);
    const start = Math.max(first, firstAtLeast(row.ramMib, peakMib));
    const compete = (place: number): boolean => {
      const free = { cards: idle, cardMemoryMib: memoryMib, cardCores: cores, vcpus, ramMib: row.ramMib[place]! };
      const score = gpuScore(sCard, similarity(free, request, this.#largest));
      if (score * (1 + margin) < best.score) return false;
      if (score < best.score) return true;
      const host = this.#firstWithDisk(row.hosts[place]!, request);
      if (host >= 0 && (score > best.score || host < best.host)) {
        best.host = host;
        best.score = score;
      }
      return true;
    };
    for (let place = start; place < row.ramMib.length && compete(place); place++);
    for (let place = start - 1; place >= first && compete(place); place--);
  }

  /** A passed-through card is free as a whole or not at all, so one column tells. */
  #idleCards(host: number): number {
    const { cardStart, cardHealthy, cardMemoryFreeMib } = this.#cluster;
    let idle = 0;
    for (let row = cardStart[host]!; row < cardStart[host + 1]!; row++) {
      if (cardHealthy[row] === 1 && cardMemoryFreeMib[row]! > 0) idle++;
    }
    return idle;
  }

  #firstWithDisk(hosts: readonly number[], { diskGib }: VmRequest): number {
    for (const host of hosts) if (this.#cluster.diskFreeGib[host]! >= diskGib) return host;
    return -1;
  }

  /** Free RAM, MiB, at which the cosine of a row is largest: where its derivative by RAM is 0. */
  #peakOfRow({ dot, square, askedVcpus, askedRam }: Slice, vcpus: number): number {
    const n4 = vcpus / this.#largest.vcpus;
    return ((askedRam * (square + n4 * n4)) / (dot + n4 * askedVcpus)) * this.#largest.ramMib;
  }

  /** Largest cosine over free vCPUs and RAM within these limits: at the peak if that lies inside, else on a side that faces it. */
  #peakOfBox(slice: Slice, leastVcpus: number, mostVcpus: number, leastMib: number, mostMib: number): number {
    const { dot, square, askedVcpus, askedRam } = slice;
    const [lowX, highX] = [leastVcpus / this.#largest.vcpus, mostVcpus / this.#largest.vcpus];
    const [lowY, highY] = [leastMib / this.#largest.ramMib, mostMib / this.#largest.ramMib];
    const x = (askedVcpus * square) / dot;
    const y = (askedRam * square) / dot;
    if (x >= lowX && x <= highX && y >= lowY && y <= highY) return cosine(slice, x, y);
    const sideX = Math.min(Math.max(x, lowX), highX);
    const sideY = Math.min(Math.max(y, lowY), highY);
    const alongY = (askedRam * (square + sideX * sideX)) / (dot + sideX * askedVcpus);
    const alongX = (askedVcpus * (square + sideY * sideY)) / (dot + sideY * askedRam);
    return Math.max(
      cosine(slice, sideX, Math.min(Math.max(alongY, lowY), highY)),
      cosine(slice, Math.min(Math.max(alongX, lowX), highX), sideY),
    );
  }
}

/** The cosine at that many free vCPUs (x) and that much free RAM (y), both scaled. */
function cosine({ dot, square, askedVcpus, askedRam, askedNorm }: Slice, x: number, y: number): number {
  return (dot + x * askedVcpus + y * askedRam) / (Math.sqrt(square + x * x + y * y) * askedNorm);
}

/** Place of the first number that is at least `least`; the length when there is none. */
function firstAtLeast(sorted: readonly number[], least: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
