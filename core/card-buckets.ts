/**
 * Hosts with cards, in buckets by the state of their cards, in rows by free vCPUs, in order of free RAM; see `score-index.ts`.
 */
import { BitSet } from './bit-set.ts';
import { CardState } from './card-state.ts';
import type { Cluster } from './cluster.ts';
import type { GpuModel } from './gpu-card.ts';
import { entryOf, ramMibOf } from './host-entry.ts';

/** Hosts whose cards are in one state: within it only free vCPUs and free RAM differ. */
export interface Bucket {
  readonly state: CardState;
  /** By whole free vCPUs: entries of the hosts, ascending. */
  readonly rows: number[][];
  /** Rows that have hosts. */
  readonly used: BitSet;
  /** Hosts in it, and those of them whose free vCPUs are not whole. */
  hosts: number;
  fractional: number;
  /** The largest entry; or, when `isMostGone`, above all of them. */
  most: number;
  isMostGone: boolean;
  readonly level: Level;
  /** Its place in the level while it has hosts. */
  place: number;
}

/** Buckets with hosts whose best cards are equally good. */
export interface Level {
  /** S_card of these cards, Eq. (2). */
  readonly cardScore: number;
  readonly buckets: Bucket[];
}

/** Holds the hosts of a cluster that are up and have cards to give, in the state in which `update` saw them last. */
export class CardBuckets {
  /** In descending order of S_card. */
  readonly levels: Level[] = [];
  /** Rows are numbered from 0 to before this. */
  readonly rows: number;
  readonly #cluster: Cluster;
  readonly #byKey = new Map<string, Bucket>();
  /** Buckets of hosts with whole cards of one model, by the number that the model has here, then by idle cards. */
  readonly #plain: (Bucket | undefined)[][] = [];
  readonly #plainModels: GpuModel[] = [];
  /** Number of the host's model; -1 for hosts with shared cards or several models. */
  readonly #plainOf: Int32Array;
  /** Bucket for the cards of each host, and the change of the cards up to which it is right. */
  readonly #rightOf: (Bucket | undefined)[];
  readonly #changesOf: Float64Array;
  /** Where each host is, undefined while it is out; and as what it was put there. */
  readonly #bucketOf: (Bucket | undefined)[];
  readonly #vcpusOf: Float64Array;
  readonly #entryOf: Float64Array;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.rows = cluster.hosts.reduce((most, host) => Math.max(most, Math.floor(host.vcpus) + 1), 0);
    const hosts = cluster.hosts.length;
    const numbers = new Map<string, number>();
    this.#plainOf = Int32Array.from(cluster.hosts, ({ cardGroups }) => {
      if (cardGroups.length !== 1 || cardGroups[0]!.sharing === 'shared') return -1;
      const { model } = cardGroups[0]!;
      if (!numbers.has(model.name)) {
        numbers.set(model.name, numbers.size);
        this.#plain.push([]);
        this.#plainModels.push(model);
      }
      return numbers.get(model.name)!;
    });
    this.#rightOf = new Array<Bucket | undefined>(hosts).fill(undefined);
    this.#changesOf = new Float64Array(hosts).fill(-1);
    this.#bucketOf = new Array<Bucket | undefined>(hosts).fill(undefined);
    this.#vcpusOf = new Float64Array(hosts);
    this.#entryOf = new Float64Array(hosts);
  }

  /** Puts the host where it belongs now. */
  update(host: number): void {
    const { up, vcpusFree, ramFreeMib } = this.#cluster;
    const bucket = up[host] === 0 ? undefined : this.#bucketFor(host);
    const vcpus = vcpusFree[host]!;
    const entry = entryOf(host, ramFreeMib[host]!);
    const known = this.#bucketOf[host];
    if (known !== undefined) {
      if (known === bucket && this.#vcpusOf[host] === vcpus && this.#entryOf[host] === entry) return;
      this.#remove(known, this.#vcpusOf[host]!, this.#entryOf[host]!);
    }
    this.#bucketOf[host] = bucket;
    if (bucket === undefined) return;
    this.#vcpusOf[host] = vcpus;
    this.#entryOf[host] = entry;
    this.#put(bucket, vcpus, entry);
  }

  #put(bucket: Bucket, vcpus: number, entry: number): void {
    const number = Math.floor(vcpus);
    bucket.rows[number] ??= [];
    const row = bucket.rows[number];
    // From the end: that is where hosts that are free and low come and go, as most do in a cluster with room.
    row.push(entry);
    let place = row.length - 1;
    while (place > 0 && row[place - 1]! > entry) {
      row[place] = row[place - 1]!;
      place--;
    }
    row[place] = entry;
    if (row.length === 1) bucket.used.add(number);
    if (number !== vcpus) bucket.fractional++;
    if (entry >= bucket.most) {
      bucket.most = entry;
      bucket.isMostGone = false;
    }
    if (bucket.hosts++ === 0) bucket.place = bucket.level.buckets.push(bucket) - 1;
  }

  #remove(bucket: Bucket, vcpus: number, entry: number): void {
    const number = Math.floor(vcpus);
    const row = bucket.rows[number]!;
    let last = row.pop()!;
    for (let place = row.length - 1; last !== entry; place--) {
      const next = row[place]!;
      row[place] = last;
      last = next;
    }
    if (row.length === 0) bucket.used.remove(number);
    if (number !== vcpus) bucket.fractional--;
    if (entry === bucket.most) bucket.isMostGone = true;
    if (--bucket.hosts > 0) return;
    const { buckets } = bucket.level;
    const lastBucket = buckets.pop()!;
    if (lastBucket !== bucket) {
      buckets[bucket.place] = lastBucket;
      lastBucket.place = bucket.place;
    }
    this.#byKey.delete(bucket.state.key);
  }

  /** The bucket for the state of the host's cards; undefined when it has none to give. */
  #bucketFor(host: number): Bucket | undefined {
    const changes = this.#cluster.cardChanges[host]!;
    if (this.#changesOf[host] === changes) return this.#rightOf[host];
    this.#changesOf[host] = changes;
    const plain = this.#plainOf[host]!;
    if (plain < 0) {
      this.#rightOf[host] = this.#bucketWith(new CardState(this.#cluster.hosts[host]!));
    } else {
      const idle = this.#idleCards(host, this.#plainModels[plain]!);
      const buckets = this.#plain[plain]!;
      if (idle > 0) buckets[idle] ??= this.#bucketWith(new CardState(this.#cluster.hosts[host]!));
      this.#rightOf[host] = idle > 0 ? buckets[idle] : undefined;
    }
    return this.#rightOf[host];
  }

  #bucketWith(state: CardState): Bucket | undefined {
    const { key, largestCardScore } = state;
    if (largestCardScore === 0) return undefined;
    let bucket = this.#byKey.get(key);
    if (bucket === undefined) {
      const used = new BitSet(this.rows);
      const level = this.#levelOf(largestCardScore);
      bucket = { state, rows: [], used, hosts: 0, fractional: 0, most: 0, isMostGone: false, level, place: -1 };
      this.#byKey.set(key, bucket);
    }
    return bucket;
  }

  #levelOf(cardScore: number): Level {
    const place = this.levels.findIndex((level) => level.cardScore <= cardScore);
    if (place >= 0 && this.levels[place]!.cardScore === cardScore) return this.levels[place]!;
    const level: Level = { cardScore, buckets: [] };
    this.levels.splice(place < 0 ? this.levels.length : place, 0, level);
    return level;
  }

  /** The first idle cards of a host with whole cards of one model, of which none is tighter than the other; undefined for other hosts. */
  plainCards(host: number, count: number): number[] | undefined {
    const model = this.#plainModels[this.#plainOf[host]!];
    if (model === undefined) return undefined;
    const first = this.#cluster.cardStart[host]!;
    const cards: number[] = [];
    for (let card = first; cards.length < count; card++) if (this.#isIdle(card, model)) cards.push(card - first);
    return cards;
  }

  /** Of a host with whole cards of one model. */
  #idleCards(host: number, model: GpuModel): number {
    const { cardStart } = this.#cluster;
    let idle = 0;
    for (let card = cardStart[host]!; card < cardStart[host + 1]!; card++) if (this.#isIdle(card, model)) idle++;
    return idle;
  }

  #isIdle(card: number, { memoryMib, cores }: GpuModel): boolean {
    const { cardHealthy, cardMemoryFreeMib, cardCoresFree } = this.#cluster;
    return cardHealthy[card] === 1 && cardMemoryFreeMib[card]! >= memoryMib && cardCoresFree[card]! >= cores;
  }
}

/** The most RAM that a host of the bucket has free, MiB. */
export function mostFreeMib(bucket: Bucket): number {
  if (bucket.isMostGone) {
    bucket.most = 0;
    const { rows, used } = bucket;
    for (let row = used.atLeast(0); row >= 0; row = used.atLeast(row + 1)) {
      bucket.most = Math.max(bucket.most, rows[row]!.at(-1)!);
    }
    bucket.isMostGone = false;
  }
  return ramMibOf(bucket.most);
}

/** Place of the first entry that is at least `least`; the length when there is none. */
export function placeIn(row: readonly number[], least: number): number {
  let low = 0;
  let high = row.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (row[middle]! < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
