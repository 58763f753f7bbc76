/** Watches a cloud and says in figures how it did: the summary and the time series of a run. */
import { hasWrongCards } from '../../core/card-fit.ts';
import type { Cluster } from '../../core/cluster.ts';
import { instantS } from '../../core/instant.ts';
import { isGpuRequest } from '../../core/request.ts';
import { measures } from '../../core/runs/measures.ts';
import type { RunSummary, SeriesColumns } from '../../core/runs/run-file.ts';
import { cardScore } from '../../core/scores.ts';
import type { TypicalRequest } from '../../core/typical-request.ts';
import type { CloudObserver, TurnedAway } from '../cloud/cloud.ts';
import type { Vm } from '../cloud/vm.ts';
import { DailyCounts } from './daily-counts.ts';
import { Distribution } from './distribution.ts';
import { FragmentShare } from './fragment-share.ts';
import { KindCounts } from './kind-counts.ts';
import { type FigureInterval, intervalsOf } from './run-intervals.ts';
import { StrandedCards } from './stranded-cards.ts';
import { TimeSeries } from './time-series.ts';

/** Integrated levels first, then counters. */
const column = {
  vms: 0,
  waiting: 1,
  vcpus: 2,
  ramMib: 3,
  cards: 4,
  cardMemoryMib: 5,
  cardMemoryAskedMib: 6,
  strandedCards: 7,
  cpuVmsOnGpuHosts: 8,
  arrived: 9,
  placed: 10,
  turnedAway: 11,
} as const;
const columns = 12;

const secondsPerHour = 3600;

export class Metrics implements CloudObserver {
  readonly #truth: Cluster;
  readonly #wholeCards: boolean;
  readonly #isGpuHost: Uint8Array;
  readonly #series: TimeSeries;
  readonly #stranded: StrandedCards;
  readonly #fragments: FragmentShare | undefined;
  readonly #waits = new Distribution();
  readonly #daily = new DailyCounts();
  readonly #kinds = new KindCounts();
  readonly #warmUpS: number;
  /** ∫ level dt of the warm-up, one per level; undefined while it lasts. */
  #before: Float64Array | undefined;
  #isMeasuring = true;
  #waited = 0;
  #cpuVmsOnGpuHosts = 0;
  #wrongCards = 0;
  #cardScoreSum = 0;
  #stockWrongCards = 0;
  #conflicts = 0;
  #hostFailures = 0;
  #cardFailures = 0;
  #lostVms = 0;
  #lostVcpuS = 0;
  #lostCardS = 0;
  #servedCardS = 0;
  /** When the measured time ended. */
  #closedS = Infinity;

  /**
   * @param wholeCards whether shared cards are given away whole
   * @param intervalS length of the series' intervals, to begin with
   * @param typicalRequests of the workload; without them fragments are not measured
   * @param warmUpS how long nothing is counted or averaged, except in the series; VMs that arrive then are never counted
   */
  constructor(
    truth: Cluster,
    wholeCards: boolean,
    intervalS: number,
    typicalRequests?: readonly TypicalRequest[] | undefined,
    warmUpS = 0,
  ) {
    this.#truth = truth;
    this.#wholeCards = wholeCards;
    this.#isGpuHost = Uint8Array.from(truth.hosts, (host) => (host.isGpuHost ? 1 : 0));
    this.#series = new TimeSeries(columns, intervalS, column.arrived);
    this.#stranded = new StrandedCards(truth);
    if (typicalRequests !== undefined) this.#fragments = new FragmentShare(truth, typicalRequests);
    this.#warmUpS = instantS(warmUpS);
    if (warmUpS === 0) this.#before = new Float64Array(columns);
  }

  submitted(vm: Vm, nowS: number): void {
    this.#advance(nowS);
    const { request } = vm;
    if (isGpuRequest(request)) this.#series.levels[column.strandedCards] = this.#stranded.seen(request);
    if (vm.number > 1) return;
    this.#count(column.arrived);
    if (nowS < this.#warmUpS) return;
    this.#kinds.arrived(vm);
    this.#daily.arrived(nowS, isGpuRequest(request));
  }

  waits(_vm: Vm, nowS: number): void {
    this.#advance(nowS);
    this.#series.levels[column.waiting]!++;
  }

  bound(vm: Vm, nowS: number): void {
    this.#advance(nowS);
    if (vm.waitReason !== '') this.#series.levels[column.waiting]!--;
    this.#occupy(vm, 1);
    if (vm.number === 1) this.#count(column.placed);
    if (!this.#isCounted(vm)) return;
    const isGpu = isGpuRequest(vm.request);
    const hasRightCards = !isGpu || !hasWrongCards(this.#truth, vm.host, vm.cards, vm.request);
    if (!hasRightCards) this.#wrongCards++;
    if (!isGpu && this.#isGpuHost[vm.host] === 1) this.#cpuVmsOnGpuHosts++;
    if (vm.number > 1) return;
    const waitS = instantS(vm.startS - vm.submitS);
    this.#waits.add(waitS);
    if (vm.waitReason !== '') this.#waited++;
    this.#kinds.placed(vm, waitS, hasRightCards);
    if (isGpu) this.#cardScoreSum += this.#slowest(vm);
    this.#daily.placed(vm.submitS, waitS, isGpu, hasRightCards);
  }

  ended(vm: Vm, nowS: number, outcome: 'completed' | 'lost'): void {
    this.#advance(nowS);
    this.#occupy(vm, -1);
    const isWorkLost = outcome === 'lost' && nowS <= this.#closedS;
    if (isGpuRequest(vm.request) && !isWorkLost && !hasWrongCards(this.#truth, vm.host, vm.cards, vm.request)) {
      this.#servedCardS += Math.max(0, Math.min(nowS, this.#closedS) - vm.startS) * vm.cards.length;
    }
    if (outcome === 'completed' || nowS < this.#warmUpS) return;
    const ranS = Math.max(0, nowS - vm.startS);
    this.#lostVms++;
    this.#lostVcpuS += ranS * vm.request.vcpus;
    this.#lostCardS += ranS * vm.cards.length;
  }

  turnedAway(vm: Vm, nowS: number, outcome: TurnedAway): void {
    this.#advance(nowS);
    if (outcome === 'gave-up') this.#series.levels[column.waiting]!--;
    if (vm.number > 1) return;
    this.#count(column.turnedAway);
    if (this.#isCounted(vm)) this.#kinds.turnedAway(vm, outcome);
  }

  faulted(nowS: number, host: number, card: number, isUp: boolean): void {
    this.#advance(nowS);
    this.#series.levels[column.strandedCards] = this.#stranded.changed(host);
    if (this.#isGpuHost[host] === 1) this.#fragments?.changed(host, this.durationS);
    if (isUp || nowS < this.#warmUpS) return;
    if (card < 0) this.#hostFailures++;
    else this.#cardFailures++;
  }

  conflicted(_vm: Vm, _host: number, nowS: number): void {
    if (nowS >= this.#warmUpS) this.#conflicts++;
  }

  /** Stock counting would have given a GPU VM a card that is too small. */
  stockWouldErr(vm: Vm): void {
    if (this.#isCounted(vm)) this.#stockWrongCards++;
  }

  /** From now on nothing is averaged any more; what happens to the VMs that are there still counts. If all arrived at 0, it is. */
  closed(nowS: number): void {
    if (nowS === 0) return;
    this.#advance(nowS);
    this.#isMeasuring = false;
    this.#closedS = nowS;
  }

  /** Time over which use is averaged; 0 where the warm-up took all there was. */
  get durationS(): number {
    return Math.max(0, this.#series.nowS - this.#warmUpS);
  }

  summary(): RunSummary {
    const durationS = this.durationS;
    const mean = (level: number): number =>
      durationS === 0 ? 0 : (this.#series.integrals[level]! - this.#before![level]!) / durationS;
    const capacity = capacityOf(this.#truth);
    const ofCards = (level: number, of: number): number | null => (of === 0 ? null : mean(level) / of);
    const kinds = this.#kinds.summary();
    const { all, gpu } = kinds;
    return {
      durationS,
      ...kinds,
      acceptanceShare: ratio(all.placed, all.arrived),
      servedShare: ratio(all.served, all.arrived),
      gpuServedShare: ratio(gpu.served, gpu.arrived),
      waitS: this.#waits.summary(),
      waited: this.#waited,
      vcpuShare: mean(column.vcpus) / capacity.vcpus,
      ramShare: mean(column.ramMib) / capacity.ramMib,
      cardShare: ofCards(column.cards, capacity.cards),
      cardMemoryShare: ofCards(column.cardMemoryMib, capacity.cardMemoryMib),
      cardMemoryAskedShare: ofCards(column.cardMemoryAskedMib, capacity.cardMemoryMib),
      meanVms: mean(column.vms),
      meanWaiting: mean(column.waiting),
      cpuVmsOnGpuHosts: this.#cpuVmsOnGpuHosts,
      meanCpuVmsOnGpuHosts: mean(column.cpuVmsOnGpuHosts),
      meanStrandedCards: mean(column.strandedCards),
      meanCardScore: ratio(this.#cardScoreSum, gpu.placed),
      fragmentShare: this.#fragments?.until(durationS) ?? null,
      wrongCards: this.#wrongCards,
      stockWrongCards: this.#stockWrongCards,
      conflicts: this.#conflicts,
      hostFailures: this.#hostFailures,
      cardFailures: this.#cardFailures,
      lostVms: this.#lostVms,
      lostVcpuHours: this.#lostVcpuS / secondsPerHour,
      lostCardHours: this.#lostCardS / secondsPerHour,
      servedCardHours: this.#servedCardS / secondsPerHour,
    };
  }

  series(): SeriesColumns {
    const lengthsS = this.#series.lengthsS();
    const capacity = capacityOf(this.#truth);
    const means = (level: number, of = 1): number[] =>
      this.#series.column(level).map((area, index) => (area === 0 ? 0 : toMillionths(area / lengthsS[index]! / of)));
    return {
      intervalS: this.#series.intervalS,
      vms: means(column.vms),
      waiting: means(column.waiting),
      vcpuShare: means(column.vcpus, capacity.vcpus),
      ramShare: means(column.ramMib, capacity.ramMib),
      cardShare: means(column.cards, capacity.cards),
      cardMemoryShare: means(column.cardMemoryMib, capacity.cardMemoryMib),
      cardMemoryAskedShare: means(column.cardMemoryAskedMib, capacity.cardMemoryMib),
      strandedCards: means(column.strandedCards),
      cpuVmsOnGpuHosts: means(column.cpuVmsOnGpuHosts),
      arrived: this.#series.column(column.arrived),
      placed: this.#series.column(column.placed),
      turnedAway: this.#series.column(column.turnedAway),
    };
  }

  /** 95 % intervals of the summary's figures, where the run is long enough and there is a figure. */
  intervals(): FigureInterval[] {
    const summary = this.summary();
    const isThere = new Map(measures.map(({ label, read }) => [label, read(summary) !== null]));
    const intervals = intervalsOf(this.series(), this.#daily, this.#warmUpS, this.#series.nowS);
    return intervals.filter(({ label }) => isThere.get(label));
  }

  #advance(nowS: number): void {
    if (!this.#isMeasuring) return;
    if (this.#before === undefined && nowS >= this.#warmUpS) {
      this.#series.advance(this.#warmUpS);
      this.#before = this.#series.integrals.slice();
    }
    this.#series.advance(nowS);
  }

  /** Whether the VM was submitted after the warm-up. */
  #isCounted({ submitS }: Vm): boolean {
    return submitS >= this.#warmUpS;
  }

  #count(counter: number): void {
    if (this.#isMeasuring) this.#series.count(counter);
  }

  /** Adds (1) or takes back (-1) what a VM holds. */
  #occupy(vm: Vm, sign: 1 | -1): void {
    const { request, host } = vm;
    const { levels } = this.#series;
    levels[column.vms]! += sign;
    levels[column.vcpus]! += sign * request.vcpus;
    levels[column.ramMib]! += sign * request.ramMib;
    if (this.#isGpuHost[host] === 0) return;
    if (isGpuRequest(request)) this.#occupyCards(vm, sign);
    else levels[column.cpuVmsOnGpuHosts]! += sign;
    levels[column.strandedCards] = this.#stranded.changed(host);
    this.#fragments?.changed(host, this.durationS);
  }

  #occupyCards({ request, host, cards }: Vm, sign: 1 | -1): void {
    const view = this.#truth.hosts[host]!;
    const { levels } = this.#series;
    for (const card of cards) {
      const share = view.cardShare(card, request, this.#wholeCards);
      levels[column.cards]! += (sign * share.cores) / view.specs.cards[card]!.cores;
      levels[column.cardMemoryMib]! += sign * share.memoryMib;
      levels[column.cardMemoryAskedMib]! += sign * request.cardMemoryMib;
    }
  }

  /** S_card of the slowest card that a VM has. */
  #slowest({ host, cards }: Vm): number {
    const { specs, largestCard } = this.#truth;
    let slowest = Infinity;
    for (const card of cards) slowest = Math.min(slowest, cardScore(specs[host]!.cards[card]!, largestCard));
    return slowest;
  }
}

/** What the whole cluster has. */
function capacityOf(cluster: Cluster): { vcpus: number; ramMib: number; cards: number; cardMemoryMib: number } {
  const total = { vcpus: 0, ramMib: 0, cards: 0, cardMemoryMib: 0 };
  for (const host of cluster.hosts) {
    total.vcpus += host.vcpus;
    total.ramMib += host.ramMib;
    total.cards += host.specs.cards.length;
    for (const card of host.specs.cards) total.cardMemoryMib += card.memoryMib;
  }
  return total;
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

function toMillionths(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
