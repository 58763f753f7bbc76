/** How many more requests of each kind the hosts could take, kept up to date as they change, and what of that a placement takes. */
import type { AskedKind } from './asked-lately.ts';
import { modelSuits } from './card-fit.ts';
import { type CardShare, sharedCardShare } from './card-share.ts';
import type { Cluster, HostView } from './cluster.ts';
import type { VmRequest } from './request.ts';

/** Requests that count as asked for before any was: spread evenly over the models, since each may be the next that somebody needs. */
const supposedRequests = 500;

/** A placement that is thought of. */
interface Thought {
  readonly request: VmRequest;
  /** By index on the host. */
  readonly cards: readonly number[];
}

export class KindRoom {
  readonly #cluster: Cluster;
  readonly #supposed: readonly AskedKind[];
  /** What the rest was made from. */
  #asked: readonly AskedKind[] | undefined;
  #kinds: readonly AskedKind[] = [];
  /** Share of all requests, by kind. */
  #shares: readonly number[] = [];
  /** What a request takes of a card, by kind and model; undefined where no card of the model suits. */
  #takes: readonly (readonly (CardShare | undefined)[])[] = [];
  /** Requests that fit: a row per host, a column per kind. Whole numbers. */
  #room = new Float64Array(0);
  /** The same of all hosts together, by kind. */
  #roomInAll = new Float64Array(0);
  readonly #changed = new Set<number>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#supposed = supposedKinds(cluster);
    cluster.watch((host) => this.#changed.add(host));
  }

  /** Counts what has changed since the last time. */
  update(): void {
    if (this.#asked !== this.#cluster.asked.kinds) this.#learn();
    const kinds = this.#kinds.length;
    for (const host of this.#changed) {
      const view = this.#cluster.hosts[host]!;
      for (let kind = 0; kind < kinds; kind++) {
        const place = host * kinds + kind;
        const room = view.isUp ? this.#roomOn(view, kind) : 0;
        this.#roomInAll[kind]! += room - this.#room[place]!;
        this.#room[place] = room;
      }
    }
    this.#changed.clear();
  }

  /**
   * How much room a placement takes: of each kind the logarithm of its room before over its room afterwards, weighed by how often it came.
   * About the sum of the shares of their room that kinds lose.
   */
  takenBy(host: HostView, request: VmRequest, cards: readonly number[]): number {
    const thought: Thought = { request, cards };
    const row = host.index * this.#kinds.length;
    let sum = 0;
    for (let kind = 0; kind < this.#kinds.length; kind++) {
      const before = this.#room[row + kind]!;
      if (before === 0) continue;
      const lost = before - this.#roomOn(host, kind, thought);
      if (lost === 0) continue;
      // One more, so that the last room is dear and not beyond all price.
      const inAll = this.#roomInAll[kind]! + 1;
      sum += this.#shares[kind]! * Math.log(inAll / (inAll - lost));
    }
    return sum;
  }

  #learn(): void {
    const { asked, models, specs } = this.#cluster;
    this.#asked = asked.kinds;
    this.#kinds = [...asked.kinds, ...this.#supposed];
    const all = this.#kinds.reduce((sum, { count }) => sum + count, 0);
    this.#shares = this.#kinds.map(({ count }) => count / all);
    this.#takes = this.#kinds.map((kind) =>
      models.map((model) =>
        kind.cards > 0 && modelSuits(kind, model) ? sharedCardShare(kind, model.memoryMib, model.cores) : undefined,
      ),
    );
    this.#room = new Float64Array(specs.length * this.#kinds.length);
    this.#roomInAll = new Float64Array(this.#kinds.length);
    for (let host = 0; host < specs.length; host++) this.#changed.add(host);
  }

  /** How many requests of a kind fit on a host, with that placement there where one is given. */
  #roomOn(host: HostView, kind: number, thought?: Thought): number {
    const { vcpus, ramMib, cards } = this.#kinds[kind]!;
    const vcpusFree = host.vcpusFree - (thought?.request.vcpus ?? 0);
    const ramFreeMib = host.ramFreeMib - (thought?.request.ramMib ?? 0);
    const most = Math.floor(Math.min(vcpusFree / vcpus, ramMib === 0 ? Infinity : ramFreeMib / ramMib));
    if (most <= 0) return 0;
    if (cards === 0) return most;
    return Math.min(most, Math.floor(this.#cardRoomOn(host, kind, thought) / cards));
  }

  /** How many times a host's cards give what a kind takes of one card; each once where a request takes several. */
  #cardRoomOn(host: HostView, kind: number, thought: Thought | undefined): number {
    const { cardStart, cardModel, cardHealthy, cardIsShared, cardMemoryFreeMib, cardCoresFree } = this.#cluster;
    const takes = this.#takes[kind]!;
    const isOne = this.#kinds[kind]!.cards === 1;
    const first = cardStart[host.index]!;
    let room = 0;
    for (let card = first; card < cardStart[host.index + 1]!; card++) {
      const take = takes[cardModel[card]!];
      if (take === undefined || cardHealthy[card] === 0) continue;
      const isTaken = thought?.cards.includes(card - first) === true;
      if (cardIsShared[card] === 0) {
        if (!isTaken && host.isCardIdle(card - first)) room++;
        continue;
      }
      const share = isTaken ? this.#cluster.cardShare(card, thought!.request, false) : nothing;
      const times = Math.min(
        timesIn(cardMemoryFreeMib[card]! - share.memoryMib, take.memoryMib),
        timesIn(cardCoresFree[card]! - share.cores, take.cores),
      );
      room += isOne ? times : Math.min(1, times);
    }
    return room;
  }
}

const nothing: CardShare = { memoryMib: 0, cores: 0 };

function timesIn(free: number, taken: number): number {
  return taken === 0 ? Number.MAX_SAFE_INTEGER : Math.floor(free / taken);
}

/** For each model a kind that asks for one card of it, whole, with the least share of vCPUs and RAM that a card has on a host. */
function supposedKinds({ models, specs }: Cluster): AskedKind[] {
  return models.map(({ name, memoryMib, cores }) => {
    const hosts = specs.filter(({ cards }) => cards.some(({ model }) => model === name));
    return {
      count: supposedRequests / models.length,
      vcpus: Math.min(...hosts.map((host) => (host.vcpus * host.cpuAllocationRatio) / host.cards.length)),
      ramMib: Math.min(...hosts.map((host) => host.ramMib / host.cards.length)),
      cards: 1,
      cardMemoryMib: memoryMib,
      cardCores: cores,
      cardModels: [name],
    };
  });
}
