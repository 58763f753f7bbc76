/** The state of all hosts: what each has, what is free, what is up. The only thing that a decision reads besides the request. */
import { type CardShare, sharedCardShare } from './card-share.ts';
import type { CardSharing, GpuCard, GpuModel } from './gpu-card.ts';
import { type HostSpec, mostHosts, mostVcpus, ramLimitMib } from './host.ts';
import type { VmRequest } from './request.ts';
import { type ResourceVector, toThousandths } from './resources.ts';

/** A VM on a host: what `bind` takes and `release` gives back. */
export interface Placement {
  /** What the VM asked for. */
  readonly request: VmRequest;
  /** Host index. */
  readonly host: number;
  /** Card indexes on that host, ascending. */
  readonly cards: readonly number[];
  /** Shared cards are taken whole as well, as a scheduler does that only counts cards. */
  readonly wholeCards: boolean;
}

/** What a host was seen to have free. */
export interface ObservedHost {
  /** When, s on the reader's clock. */
  readonly observedAtS: number;
  /** Of the report. */
  readonly sequence: number;
  /** vCPUs that may still be given out. */
  readonly vcpusFree: number;
  /** RAM, MiB. */
  readonly ramFreeMib: number;
  /** Disk, GiB. */
  readonly diskFreeGib: number;
  /** By index on the host. */
  readonly cards: readonly { index: number; memoryFreeMib: number; coresFree: number; isHealthy: boolean }[];
  /** A row of `Cluster.gpuVms`; what is known stays where it is missing. */
  readonly gpuVms?: ArrayLike<number>;
}

/** The cards of one host that are of one model and given away in one way: what Eq. (4) scores. */
export interface CardGroup {
  /** Of each of them. */
  readonly model: GpuModel;
  /** Of each of them. */
  readonly sharing: CardSharing;
  /** Card indexes on the host, ascending. */
  readonly cards: readonly number[];
}

/** Columns over hosts and cards: one row per host in the order of `specs`; cards of host `h` are rows `cardStart[h]` to `cardStart[h + 1] - 1`. */
export class Cluster {
  /** In order of host index. */
  readonly specs: readonly HostSpec[];
  /** One view per host, in host order. */
  readonly hosts: readonly HostView[];
  /** The models of all cards, in order of first appearance. */
  readonly models: readonly GpuModel[];
  /** Largest capacity of each dimension over the hosts, fixed for the run: what Eq. (3) divides by. 1 where nobody has any. */
  readonly largest: ResourceVector;
  /** Largest FP32 TFLOPS, bandwidth and clock among the cards: what Eq. (2) divides by. 1 where there is no card. */
  readonly largestCard: Pick<GpuModel, 'fp32Tflops' | 'bandwidthGBs' | 'clockMhz'>;

  /** vCPUs that may be given out: physical ones × allocation ratio. */
  readonly vcpus: Float64Array;
  /** RAM that VMs may use, MiB. */
  readonly ramMib: Float64Array;
  /** Disk, GiB. */
  readonly diskGib: Float64Array;
  /** vCPUs that may still be given out. */
  readonly vcpusFree: Float64Array;
  /** RAM that is free, MiB. */
  readonly ramFreeMib: Float64Array;
  /** Disk that is free, GiB. */
  readonly diskFreeGib: Float64Array;
  /** VMs still building (Nova's `num_io_ops`). */
  readonly building: Int32Array;
  /** 1 while the host runs. */
  readonly up: Uint8Array;
  /** When the host's last SRM record was taken, seconds; -Infinity before the first. */
  readonly observedAtS: Float64Array;
  /** Sequence number of that record; -1 before the first. */
  readonly srmSequence: Float64Array;

  /** Cards of host `h` are rows `cardStart[h]` to `cardStart[h + 1] - 1` of the columns that follow. */
  readonly cardStart: Int32Array;
  /** Place of each card's model in `models`. */
  readonly cardModel: Int32Array;
  /** 1 for `shared` cards. */
  readonly cardIsShared: Uint8Array;
  /** Memory that is free, by card, MiB. */
  readonly cardMemoryFreeMib: Float64Array;
  /** Cores that are free, by card. */
  readonly cardCoresFree: Float64Array;
  /** 1 or 0, by card. */
  readonly cardHealthy: Uint8Array;
  /** Of each host: rises whenever something changes about its cards. */
  readonly cardChanges: Float64Array;
  /**
   * GPU VMs per host by how many cards each holds: row `h`, column `n` = VMs on `h` with `n` whole cards; column 0 = VMs with part of a card.
   * One row of `cardCounts` numbers per host.
   */
  readonly gpuVms: Int32Array;
  /** 1 more than the most cards of any host. */
  readonly cardCounts: number;

  readonly #watchers: ((host: number) => void)[] = [];

  /** @throws RangeError when two hosts have one name, a size is not above 0 or too large, two cards of one model differ, or a host has two at one address */
  constructor(specs: readonly HostSpec[]) {
    checkSizes(specs);
    this.specs = specs;
    const hosts = specs.length;
    this.vcpus = Float64Array.from(specs, (spec) => toThousandths(spec.vcpus * spec.cpuAllocationRatio));
    this.ramMib = Float64Array.from(specs, (spec) => spec.ramMib);
    this.diskGib = Float64Array.from(specs, (spec) => spec.diskGib);
    this.vcpusFree = this.vcpus.slice();
    this.ramFreeMib = this.ramMib.slice();
    this.diskFreeGib = this.diskGib.slice();
    this.building = new Int32Array(hosts);
    this.up = new Uint8Array(hosts).fill(1);
    this.observedAtS = new Float64Array(hosts).fill(-Infinity);
    this.srmSequence = new Float64Array(hosts).fill(-1);

    this.cardStart = new Int32Array(hosts + 1);
    specs.forEach((spec, host) => {
      this.cardStart[host + 1] = this.cardStart[host]! + spec.cards.length;
    });
    const cards = specs.flatMap((spec) => spec.cards);
    this.cardMemoryFreeMib = Float64Array.from(cards, (card) => card.memoryMib);
    this.cardCoresFree = Float64Array.from(cards, (card) => card.cores);
    this.cardHealthy = new Uint8Array(cards.length).fill(1);
    this.cardChanges = new Float64Array(hosts);
    this.cardCounts = specs.reduce((most, spec) => Math.max(most, spec.cards.length), 0) + 1;
    this.gpuVms = new Int32Array(hosts * this.cardCounts);

    const models = new Map<string, GpuModel>();
    for (const card of cards) models.set(card.model, sameModel(models.get(card.model), card));
    this.models = [...models.values()];
    const numbers = new Map(this.models.map(({ name }, number) => [name, number]));
    this.cardModel = Int32Array.from(cards, (card) => numbers.get(card.model)!);
    this.cardIsShared = Uint8Array.from(cards, (card) => (card.sharing === 'shared' ? 1 : 0));
    this.hosts = specs.map((spec, host) => {
      const addresses = new Set(spec.cards.map((card) => card.address));
      if (addresses.size < spec.cards.length) throw new RangeError(`host ${spec.name} has two cards at one address`);
      const groups: { model: GpuModel; sharing: CardSharing; cards: number[] }[] = [];
      for (const [index, { model: name, sharing }] of spec.cards.entries()) {
        const group = groups.find((each) => each.model.name === name && each.sharing === sharing);
        if (group !== undefined) group.cards.push(index);
        else groups.push({ model: models.get(name)!, sharing, cards: [index] });
      }
      return new HostView(this, host, groups);
    });

    this.largest = {
      cards: largestOf(specs, (spec) => spec.cards.length),
      cardMemoryMib: largestOf(this.models, (model) => model.memoryMib),
      cardCores: largestOf(this.models, (model) => model.cores),
      vcpus: largestOf(this.hosts, (host) => host.vcpus),
      ramMib: largestOf(specs, (spec) => spec.ramMib),
    };
    this.largestCard = {
      fp32Tflops: largestOf(this.models, (model) => model.fp32Tflops),
      bandwidthGBs: largestOf(this.models, (model) => model.bandwidthGBs),
      clockMhz: largestOf(this.models, (model) => model.clockMhz),
    };
  }

  /** Calls `watcher` with each host whose row changes from now on. Columns are for reading; what changes them are the methods below. */
  watch(watcher: (host: number) => void): void {
    this.#watchers.push(watcher);
  }

  /** A cluster of the same hosts with nothing bound and everything up. */
  emptied(): Cluster {
    return new Cluster(this.specs);
  }

  /** Why a placement cannot be bound now, in a few words; undefined when it can. */
  refusal(placement: Placement): string | undefined {
    const { request, host, cards } = placement;
    if (this.up[host] === undefined) return `no host ${host}`;
    if (this.up[host] === 0) return 'host is down';
    if (this.vcpusFree[host]! < request.vcpus) return 'vCPUs taken';
    if (this.ramFreeMib[host]! < request.ramMib) return 'RAM taken';
    if (this.diskFreeGib[host]! < request.diskGib) return 'disk taken';
    if (cards.length !== request.cards) return 'wrong number of cards';
    return cards.length === 0 ? undefined : this.#cardRefusal(placement);
  }

  #cardRefusal({ request, host, cards, wholeCards }: Placement): string | undefined {
    const first = this.cardStart[host]!;
    const end = this.cardStart[host + 1]!;
    for (let index = 0; index < cards.length; index++) {
      const card = first + cards[index]!;
      if (cards.indexOf(cards[index]!) < index) return 'wrong number of cards';
      if (!(card >= first && card < end)) return `no card ${cards[index]}`;
      if (this.cardHealthy[card] === 0) return 'card failed';
      const share = this.cardShare(card, request, wholeCards);
      if (this.cardMemoryFreeMib[card]! < share.memoryMib || this.cardCoresFree[card]! < share.cores)
        return 'card taken';
    }
    return undefined;
  }

  /** What a request takes of a card, by its row. */
  cardShare(card: number, request: VmRequest, wholeCards: boolean): CardShare {
    const model = this.models[this.cardModel[card]!]!;
    if (wholeCards || this.cardIsShared[card] === 0) return model;
    return sharedCardShare(request, model.memoryMib, model.cores);
  }

  /** Takes what a VM asks for. @throws RangeError when it is not free; nothing is taken then */
  bind(placement: Placement): void {
    const refusal = this.refusal(placement);
    if (refusal !== undefined) {
      throw new RangeError(`cannot bind ${placement.request.id} on host ${placement.host}: ${refusal}`);
    }
    this.#change(placement, -1);
  }

  /** Gives back what `bind` took. @throws RangeError when the host would have more than it was built with; nothing changes then */
  release(placement: Placement): void {
    if (!this.#isBound(placement)) {
      throw new RangeError(`cannot release ${placement.request.id} from host ${placement.host}: it is not bound there`);
    }
    this.#change(placement, 1);
  }

  /** Whether enough is taken on the host for the placement to be part of it. */
  #isBound({ request, host, cards, wholeCards }: Placement): boolean {
    if (
      this.up[host] === undefined ||
      toThousandths(this.vcpusFree[host]! + request.vcpus) > this.vcpus[host]! ||
      this.ramFreeMib[host]! + request.ramMib > this.ramMib[host]! ||
      this.diskFreeGib[host]! + request.diskGib > this.diskGib[host]!
    ) {
      return false;
    }
    const first = this.cardStart[host]!;
    const end = this.cardStart[host + 1]!;
    for (let index = 0; index < cards.length; index++) {
      const card = first + cards[index]!;
      if (!(card >= first && card < end) || cards.indexOf(cards[index]!) < index) return false;
      const model = this.models[this.cardModel[card]!]!;
      const share = this.cardShare(card, request, wholeCards);
      if (
        this.cardMemoryFreeMib[card]! + share.memoryMib > model.memoryMib ||
        this.cardCoresFree[card]! + share.cores > model.cores
      ) {
        return false;
      }
    }
    return true;
  }

  /** The host runs, or does not. */
  setUp(host: number, isUp: boolean): void {
    this.up[host] = isUp ? 1 : 0;
    this.#tell(host);
  }

  /** A card, by its index on the host, works, or does not. */
  setCardHealthy(host: number, card: number, isHealthy: boolean): void {
    this.cardHealthy[this.cardStart[host]! + card] = isHealthy ? 1 : 0;
    this.cardChanges[host]!++;
    this.#tell(host);
  }

  /** Adds `change` (negative: fewer) to the VMs that are building. */
  addBuilding(host: number, change: number): void {
    this.building[host]! += change;
    this.#tell(host);
  }

  /** Replaces what is known to be free on a running host; a card that `cards` does not name has failed. */
  observe(host: number, free: ObservedHost): void {
    this.up[host] = 1;
    this.observedAtS[host] = free.observedAtS;
    this.srmSequence[host] = free.sequence;
    this.vcpusFree[host] = free.vcpusFree;
    this.ramFreeMib[host] = free.ramFreeMib;
    this.diskFreeGib[host] = free.diskFreeGib;
    const first = this.cardStart[host]!;
    this.cardHealthy.fill(0, first, this.cardStart[host + 1]!);
    for (const card of free.cards) {
      this.cardMemoryFreeMib[first + card.index] = card.memoryFreeMib;
      this.cardCoresFree[first + card.index] = card.coresFree;
      this.cardHealthy[first + card.index] = card.isHealthy ? 1 : 0;
    }
    if (free.gpuVms !== undefined) this.gpuVms.set(free.gpuVms, host * this.cardCounts);
    this.cardChanges[host]!++;
    this.#tell(host);
  }

  /** What is free on a host now, as `observe` takes it: puts it back later, or makes the same host of another cluster. */
  observationOf(host: number): ObservedHost {
    const { specs } = this.hosts[host]!;
    const first = this.cardStart[host]!;
    return {
      observedAtS: this.observedAtS[host]!,
      sequence: this.srmSequence[host]!,
      vcpusFree: this.vcpusFree[host]!,
      ramFreeMib: this.ramFreeMib[host]!,
      diskFreeGib: this.diskFreeGib[host]!,
      cards: specs.cards.map((_, index) => ({
        index,
        memoryFreeMib: this.cardMemoryFreeMib[first + index]!,
        coresFree: this.cardCoresFree[first + index]!,
        isHealthy: this.cardHealthy[first + index] === 1,
      })),
      gpuVms: this.gpuVms.slice(host * this.cardCounts, host * this.cardCounts + specs.cards.length + 1),
    };
  }

  #tell(host: number): void {
    for (const watcher of this.#watchers) watcher(host);
  }

  #change({ request, host, cards, wholeCards }: Placement, sign: 1 | -1): void {
    this.vcpusFree[host] = toThousandths(this.vcpusFree[host]! + sign * request.vcpus);
    this.ramFreeMib[host]! += sign * request.ramMib;
    this.diskFreeGib[host]! += sign * request.diskGib;
    if (cards.length > 0) {
      this.cardChanges[host]!++;
      this.gpuVms[host * this.cardCounts + this.gpuVmColumn(host, cards, request, wholeCards)]! -= sign;
    }
    for (let index = 0; index < cards.length; index++) {
      const card = this.cardStart[host]! + cards[index]!;
      const share = this.cardShare(card, request, wholeCards);
      this.cardMemoryFreeMib[card]! += sign * share.memoryMib;
      this.cardCoresFree[card]! += sign * share.cores;
    }
    this.#tell(host);
  }

  /** The column of `gpuVms` in which a GPU VM with those cards of a host counts: 0 for a part of one card, else how many. */
  gpuVmColumn(host: number, cards: readonly number[], request: VmRequest, wholeCards: boolean): number {
    if (cards.length !== 1) return cards.length;
    const card = this.cardStart[host]! + cards[0]!;
    return this.cardShare(card, request, wholeCards).cores < this.models[this.cardModel[card]!]!.cores ? 0 : 1;
  }
}

/** One host of a Cluster as a policy sees it; reads the columns, so it is always current. */
export class HostView {
  /** That it is part of. */
  readonly cluster: Cluster;
  /** Host index. */
  readonly index: number;
  /** What the host has. */
  readonly specs: HostSpec;
  /** Its cards by model and sharing, in order of least memory, then fewest cores, then first card. */
  readonly cardGroups: readonly CardGroup[];
  readonly #firstCard: number;

  constructor(cluster: Cluster, index: number, groups: readonly CardGroup[]) {
    this.cluster = cluster;
    this.index = index;
    this.specs = cluster.specs[index]!;
    this.cardGroups = [...groups].sort(
      (a, b) => a.model.memoryMib - b.model.memoryMib || a.model.cores - b.model.cores || a.cards[0]! - b.cards[0]!,
    );
    this.#firstCard = cluster.cardStart[index]!;
  }

  /** Of the host. */
  get name(): string {
    return this.specs.name;
  }
  /** Whether VMs may be bound on it. */
  get isUp(): boolean {
    return this.cluster.up[this.index] === 1;
  }
  /** Whether the host has cards at all, idle or not: the paper's GPU node. */
  get isGpuHost(): boolean {
    return this.specs.cards.length > 0;
  }
  /** vCPUs that may be given out. */
  get vcpus(): number {
    return this.cluster.vcpus[this.index]!;
  }
  /** vCPUs that may still be given out. */
  get vcpusFree(): number {
    return this.cluster.vcpusFree[this.index]!;
  }
  /** RAM that VMs may use, MiB. */
  get ramMib(): number {
    return this.cluster.ramMib[this.index]!;
  }
  /** RAM that is free, MiB. */
  get ramFreeMib(): number {
    return this.cluster.ramFreeMib[this.index]!;
  }
  /** Disk, GiB. */
  get diskGib(): number {
    return this.cluster.diskGib[this.index]!;
  }
  /** Disk that is free, GiB. */
  get diskFreeGib(): number {
    return this.cluster.diskFreeGib[this.index]!;
  }
  /** VMs still building. */
  get building(): number {
    return this.cluster.building[this.index]!;
  }

  /** Whether the card works. */
  isCardHealthy(card: number): boolean {
    return this.cluster.cardHealthy[this.#firstCard + card] === 1;
  }
  /** Memory of the card that is free, MiB. */
  cardMemoryFreeMib(card: number): number {
    return this.cluster.cardMemoryFreeMib[this.#firstCard + card]!;
  }
  /** Cores of the card that are free. */
  cardCoresFree(card: number): number {
    return this.cluster.cardCoresFree[this.#firstCard + card]!;
  }
  /** Healthy and held by nobody, not even in part. */
  isCardIdle(card: number): boolean {
    const { memoryMib, cores } = this.specs.cards[card]!;
    return this.isCardHealthy(card) && this.cardMemoryFreeMib(card) === memoryMib && this.cardCoresFree(card) === cores;
  }
  /** Cards that are idle. */
  get idleCards(): number {
    let idle = 0;
    for (let card = 0; card < this.specs.cards.length; card++) if (this.isCardIdle(card)) idle++;
    return idle;
  }
  /** What a request takes of a card. */
  cardShare(card: number, request: VmRequest, wholeCards = false): CardShare {
    return this.cluster.cardShare(this.#firstCard + card, request, wholeCards);
  }
}

/** The model of a card, after checking that it equals the one already known under that name. */
function sameModel(known: GpuModel | undefined, card: GpuCard): GpuModel {
  const { model: name, memoryMib, cores, fp32Tflops, bandwidthGBs, clockMhz } = card;
  const model = { name, memoryMib, cores, fp32Tflops, bandwidthGBs, clockMhz };
  if (known === undefined) return model;
  for (const field of ['memoryMib', 'cores', 'fp32Tflops', 'bandwidthGBs', 'clockMhz'] as const) {
    if (known[field] !== model[field]) {
      throw new RangeError(`cards of model ${name} must have one ${field}, got ${known[field]} and ${model[field]}`);
    }
  }
  return known;
}

/** Refuses what no host can be, before a division by it turns into NaN. */
function checkSizes(specs: readonly HostSpec[]): void {
  if (specs.length > mostHosts) throw new RangeError(`a cluster has at most ${mostHosts} hosts, got ${specs.length}`);
  const names = new Set<string>();
  for (const { name, vcpus, ramMib, diskGib, cpuAllocationRatio } of specs) {
    if (names.has(name)) throw new RangeError(`hosts must have different names, got ${name} twice`);
    names.add(name);
    for (const [field, size] of Object.entries({ vcpus, ramMib, cpuAllocationRatio })) {
      if (!(size > 0 && size < Infinity)) throw new RangeError(`${field} of ${name} must be above 0, got ${size}`);
    }
    if (vcpus * cpuAllocationRatio > mostVcpus) {
      throw new RangeError(`vCPUs of ${name} must be at most ${mostVcpus}, got ${vcpus * cpuAllocationRatio}`);
    }
    if (!Number.isInteger(ramMib) || ramMib >= ramLimitMib) {
      throw new RangeError(`ramMib of ${name} must be a whole number below 2^31, got ${ramMib}`);
    }
    if (!(diskGib >= 0 && diskGib < Infinity)) {
      throw new RangeError(`diskGib of ${name} must be at least 0, got ${diskGib}`);
    }
  }
}

function largestOf<T>(items: readonly T[], measure: (item: T) => number): number {
  const largest = items.reduce((soFar, item) => Math.max(soFar, measure(item)), 0);
  return largest === 0 ? 1 : largest;
}
