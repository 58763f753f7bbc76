/**
 * Hosts with cards, in buckets by the state of their cards, in rows by free vCPUs, in order of free RAM; see `hybrid-index.ts`.
 */
import type { Cluster } from '../cluster.ts';
import type { GpuModel } from '../gpu-card.ts';
import { cardScore } from '../scores.ts';
import { Bucket } from './bucket.ts';
import { CardState } from './card-state.ts';
import { entryOf } from './host-entry.ts';

/** Hosts with whole cards of one model. */
export interface PlainBuckets {
  readonly model: GpuModel;
  /** By idle cards; made when first needed. */
  readonly buckets: (Bucket | undefined)[];
}

/** Buckets whose best cards are equally good. */
export interface Level {
  /** S_card of these cards, Eq. (2). */
  readonly cardScore: number;
  readonly plain: PlainBuckets[];
  /** Of hosts with shared cards or several models; those that have hosts. */
  readonly odd: Bucket[];
}

/** Holds the hosts of a cluster that are up and have cards to give, in the state in which `update` saw them last. */
export class CardBuckets {
  /** In descending order of S_card. */
  readonly levels: Level[] = [];
  readonly #cluster: Cluster;
  readonly #freeCards: 'model' | 'node';
  readonly #rows: number;
  readonly #plain: PlainBuckets[] = [];
  /** Place in `#plain` of each host; -1 for hosts with shared cards or several models. */
  readonly #plainOf: Int32Array;
  readonly #odd = new Map<string, Bucket>();
  /** Bucket for the cards of each host, and the change of the cards up to which it is right. */
  readonly #rightOf: (Bucket | undefined)[];
  readonly #changesOf: Float64Array;
  /** Where each host is, undefined while it is out; and as what it was put there. */
  readonly #bucketOf: (Bucket | undefined)[];
  readonly #vcpusOf: Float64Array;
  readonly #entryOf: Float64Array;

  /** @param freeCards what offers count as idle cards */
  constructor(cluster: Cluster, freeCards: 'model' | 'node') {
    this.#cluster = cluster;
    this.#freeCards = freeCards;
    this.#rows = cluster.hosts.reduce((most, host) => Math.max(most, Math.floor(host.vcpus) + 1), 0);
    const hosts = cluster.hosts.length;
    const places = new Map<GpuModel, number>();
    this.#plainOf = Int32Array.from(cluster.hosts, ({ cardGroups }) => {
      if (cardGroups.length !== 1 || cardGroups[0]!.sharing === 'shared') return -1;
      const { model } = cardGroups[0]!;
      if (!places.has(model)) {
        places.set(model, places.size);
        this.#plain.push({ model, buckets: [] });
        this.#levelOf(cardScore(model, cluster.largestCard)).plain.push(this.#plain.at(-1)!);
      }
      return places.get(model)!;
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
      known.remove(this.#vcpusOf[host]!, this.#entryOf[host]!);
      if (known !== bucket && this.#plainOf[host]! < 0) this.#enlist(known);
    }
    this.#bucketOf[host] = bucket;
    if (bucket === undefined) return;
    this.#vcpusOf[host] = vcpus;
    this.#entryOf[host] = entry;
    bucket.put(vcpus, entry);
    if (this.#plainOf[host]! < 0) this.#enlist(bucket);
  }

  /** The first idle cards of a host with whole cards of one model, none tighter than another; undefined for other hosts. */
  plainCards(host: number, count: number): number[] | undefined {
    const plain = this.#plain[this.#plainOf[host]!];
    if (plain === undefined) return undefined;
    const first = this.#cluster.cardStart[host]!;
    const cards: number[] = [];
    for (let card = first; cards.length < count; card++) if (this.#isIdle(card, plain.model)) cards.push(card - first);
    return cards;
  }

  /** The bucket for the state of the host's cards; undefined when it has none to give. */
  #bucketFor(host: number): Bucket | undefined {
    const changes = this.#cluster.cardChanges[host]!;
    if (this.#changesOf[host] === changes) return this.#rightOf[host];
    this.#changesOf[host] = changes;
    const plain = this.#plain[this.#plainOf[host]!];
    this.#rightOf[host] = plain === undefined ? this.#oddBucket(host) : this.#plainBucket(host, plain);
    return this.#rightOf[host];
  }

  #plainBucket(host: number, { model, buckets }: PlainBuckets): Bucket | undefined {
    const { cardStart } = this.#cluster;
    let idle = 0;
    for (let card = cardStart[host]!; card < cardStart[host + 1]!; card++) if (this.#isIdle(card, model)) idle++;
    if (idle === 0) return undefined;
    while (buckets.length <= idle) buckets.push(undefined);
    buckets[idle] ??= new Bucket(new CardState(this.#cluster.hosts[host]!, this.#freeCards), this.#rows);
    return buckets[idle];
  }

  #isIdle(card: number, { memoryMib, cores }: GpuModel): boolean {
    const { cardHealthy, cardMemoryFreeMib, cardCoresFree } = this.#cluster;
    return cardHealthy[card] === 1 && cardMemoryFreeMib[card]! >= memoryMib && cardCoresFree[card]! >= cores;
  }

  #oddBucket(host: number): Bucket | undefined {
    const state = new CardState(this.#cluster.hosts[host]!, this.#freeCards);
    if (state.largestCardScore === 0) return undefined;
    const bucket = this.#odd.get(state.key) ?? new Bucket(state, this.#rows);
    this.#odd.set(state.key, bucket);
    return bucket;
  }

  /** Lists an odd bucket at its level while it has hosts; states come and go, and are forgotten. */
  #enlist(bucket: Bucket): void {
    const { odd } = this.#levelOf(bucket.state.largestCardScore);
    if (bucket.tops.top >= 0) {
      if (bucket.place < 0) bucket.place = odd.push(bucket) - 1;
      return;
    }
    const last = odd.pop()!;
    if (last !== bucket) {
      odd[bucket.place] = last;
      last.place = bucket.place;
    }
    bucket.place = -1;
    this.#odd.delete(bucket.state.key);
  }

  #levelOf(score: number): Level {
    const place = this.levels.findIndex((level) => level.cardScore <= score);
    if (place >= 0 && this.levels[place]!.cardScore === score) return this.levels[place]!;
    const level: Level = { cardScore: score, plain: [], odd: [] };
    this.levels.splice(place < 0 ? this.levels.length : place, 0, level);
    return level;
  }
}
