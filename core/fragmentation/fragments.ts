/**
 * Fragmentation of hosts: idle GPU that typical requests cannot use. Weng et al., "Beware of Fragmentation: Scheduling GPU-Sharing
 * Workloads with Fragmentation Gradient Descent", USENIX ATC 2023, section 3, in the reading of its artifact (pkg/utils/frag.go).
 *
 * For a host with T thousandths of its cards free, and a typical request m that makes up the share w_m of all:
 *
 *     fragment_m = T                                          m wants no card, or too few cards can serve it, or vCPUs are short
 *                  Σ free of the cards that cannot serve m    otherwise
 *     F(host) = Σ_m w_m · fragment_m
 *
 * So idle GPU is a fragment to CPU VMs too. A card can serve m as the filters have it: by model, memory and cores. RAM and disk do not count.
 */
import { acceptsModel, modelSuits } from '../card-fit.ts';
import type { Cluster } from '../cluster.ts';
import { type VmRequest, vmRequest } from '../request.ts';
import { toThousandths } from '../resources.ts';
import type { TypicalRequest } from '../typical-request.ts';
import { thousandthsOf } from './card-thousandths.ts';

/** Computes F on one cluster. Of each host it keeps what depends on the cards alone, for as long as they are as they were. */
export class Fragments {
  readonly #cluster: Cluster;
  /** Of the typical requests: how many they are, and a row for each. */
  readonly #count: number;
  readonly #shares: Float64Array;
  readonly #vcpus: Float64Array;
  readonly #cards: Int32Array;
  /** Least free memory and cores with which a card serves, Infinity where it never does: rows 2 × model + sharing, a number per request. */
  readonly #leastMib: Float64Array;
  readonly #leastCores: Float64Array;
  /** Row of each host with cards in the tables below, which have a number per typical request; -1 for the others. */
  readonly #rowOf: Int32Array;
  /** 1 where a card of the host is of a model that the request accepts. */
  readonly #hasModel: Uint8Array;
  /** Cards that can serve the request, and thousandths free on those that cannot. One more row: as it would be. */
  readonly #serving: Int32Array;
  readonly #useless: Int32Array;
  /** By row: thousandths free, and the change of the host's cards up to which all this is right. */
  readonly #free: Int32Array;
  readonly #changes: Float64Array;

  constructor(cluster: Cluster, typicalRequests: readonly TypicalRequest[]) {
    this.#cluster = cluster;
    const count = typicalRequests.length;
    this.#count = count;
    this.#shares = Float64Array.from(typicalRequests, ({ share }) => share);
    this.#vcpus = Float64Array.from(typicalRequests, ({ vcpus }) => vcpus);
    this.#cards = Int32Array.from(typicalRequests, ({ cards }) => cards);
    const requests = typicalRequests.map(({ share: _, ...kind }) => vmRequest({ id: '', ramMib: 0, ...kind }));
    this.#leastMib = new Float64Array(2 * cluster.models.length * count).fill(Infinity);
    this.#leastCores = this.#leastMib.slice();
    const cards = new Map(
      Array.from(cluster.cardModel, (model, card) => [2 * model + cluster.cardIsShared[card]!, card]),
    );
    for (const [row, card] of cards) {
      requests.forEach((request, each) => {
        if (!modelSuits(request, cluster.models[row >> 1]!)) return;
        const share = cluster.cardShare(card, request, false);
        this.#leastMib[row * count + each] = share.memoryMib;
        this.#leastCores[row * count + each] = share.cores;
      });
    }
    let rows = 0;
    this.#rowOf = Int32Array.from(cluster.hosts, (host) => (host.isGpuHost ? rows++ : -1));
    this.#hasModel = new Uint8Array(rows * count);
    for (const { index, cardGroups } of cluster.hosts) {
      requests.forEach((request, each) => {
        if (!cardGroups.some(({ model }) => acceptsModel(request, model.name))) return;
        this.#hasModel[this.#rowOf[index]! * count + each] = 1;
      });
    }
    this.#serving = new Int32Array((rows + 1) * count);
    this.#useless = new Int32Array((rows + 1) * count);
    this.#free = new Int32Array(rows);
    this.#changes = new Float64Array(rows).fill(-1);
  }

  /** Thousandths of cards that are free on the host: T. */
  free(host: number): number {
    return this.#rowOf[host]! < 0 ? 0 : this.#free[this.#updated(host)]!;
  }

  /** F of the host as it is, in thousandths of cards; at most `free`. */
  of(host: number): number {
    if (this.#rowOf[host]! < 0) return 0;
    const row = this.#updated(host);
    return this.#sum(row, row, this.#free[row]!, this.#cluster.vcpusFree[host]!);
  }

  /**
   * F of the host as it would be with the request on it.
   *
   * @param cards rows, in the cluster, of the cards that the request would get: the first `taken` of these
   */
  with(host: number, request: VmRequest, cards: ArrayLike<number>, taken: number): number {
    if (this.#rowOf[host]! < 0) return 0;
    const { cardMemoryFreeMib, cardCoresFree, vcpusFree } = this.#cluster;
    const row = this.#updated(host);
    const vcpusThen = toThousandths(vcpusFree[host]! - request.vcpus);
    if (taken === 0) return this.#sum(row, row, this.#free[row]!, vcpusThen);
    const count = this.#count;
    const then = this.#free.length;
    this.#serving.copyWithin(then * count, row * count, (row + 1) * count);
    this.#useless.copyWithin(then * count, row * count, (row + 1) * count);
    let free = this.#free[row]!;
    for (let place = 0; place < taken; place++) {
      const card = cards[place]!;
      const share = this.#cluster.cardShare(card, request, false);
      const [memoryMib, cores] = [cardMemoryFreeMib[card]!, cardCoresFree[card]!];
      free -= this.#tally(then, card, memoryMib, cores, -1);
      free += this.#tally(then, card, memoryMib - share.memoryMib, cores - share.cores, 1);
    }
    return this.#sum(then, row, free, vcpusThen);
  }

  /** Row of a host with cards, after bringing it up to date. */
  #updated(host: number): number {
    const { cardChanges, cardStart, cardMemoryFreeMib, cardCoresFree } = this.#cluster;
    const row = this.#rowOf[host]!;
    if (this.#changes[row] === cardChanges[host]) return row;
    this.#changes[row] = cardChanges[host]!;
    const count = this.#count;
    this.#serving.fill(0, row * count, (row + 1) * count);
    this.#useless.fill(0, row * count, (row + 1) * count);
    let free = 0;
    for (let card = cardStart[host]!; card < cardStart[host + 1]!; card++) {
      free += this.#tally(row, card, cardMemoryFreeMib[card]!, cardCoresFree[card]!, 1);
    }
    this.#free[row] = free;
    return row;
  }

  /** Adds a card with this much free to a row (1), or takes it out (-1). @returns thousandths free of it */
  #tally(row: number, card: number, memoryFreeMib: number, coresFree: number, sign: 1 | -1): number {
    const cluster = this.#cluster;
    const count = this.#count;
    const least = (2 * cluster.cardModel[card]! + cluster.cardIsShared[card]!) * count;
    const free = thousandthsOf(cluster, card, memoryFreeMib, coresFree);
    const isHealthy = cluster.cardHealthy[card] === 1;
    const leastMib = this.#leastMib;
    const leastCores = this.#leastCores;
    for (let each = 0; each < count; each++) {
      if (isHealthy && memoryFreeMib >= leastMib[least + each]! && coresFree >= leastCores[least + each]!) {
        this.#serving[row * count + each]! += sign;
      } else this.#useless[row * count + each]! += sign * free;
    }
    return free;
  }

  /**
   * F, summed as the artifact sums it: by class in the order of the typical requests, then over the classes; so that what is equal there
   * is equal here, to the last bit.
   *
   * @param row with the cards as they are or would be
   * @param own row of the host
   */
  #sum(row: number, own: number, free: number, vcpusFree: number): number {
    const count = this.#count;
    const shares = this.#shares;
    const vcpus = this.#vcpus;
    const cards = this.#cards;
    const serving = this.#serving;
    let lackBoth = 0;
    let lackGpu = 0;
    let lackCpu = 0;
    let noGpu = 0;
    let noGpuLackCpu = 0;
    let noModel = 0;
    for (let each = 0; each < count; each++) {
      const share = shares[each]!;
      const hasVcpus = vcpusFree >= vcpus[each]!;
      if (cards[each] === 0) {
        if (hasVcpus) noGpu += share * free;
        else noGpuLackCpu += share * free;
      } else if (this.#hasModel[own * count + each] === 0) noModel += share * free;
      else if (serving[row * count + each]! < cards[each]!) {
        if (hasVcpus) lackGpu += share * free;
        else lackBoth += share * free;
      } else if (hasVcpus) lackGpu += share * this.#useless[row * count + each]!;
      else lackCpu += share * free;
    }
    return lackBoth + lackGpu + lackCpu + noGpu + noGpuLackCpu + noModel;
  }
}
