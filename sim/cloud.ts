/**
 * The cloud around the scheduler: VMs arrive, are bound or wait, boot, run, end, are lost to failures. The truth is one Cluster; the
 * scheduler decides on its view, which is the truth itself, or with an SRM interval a second Cluster that reports keep up to date.
 */
import { Cluster } from '../core/cluster.ts';
import type { HostSpec } from '../core/host.ts';
import type { Policy } from '../core/policy.ts';
import type { CloudOptions } from '../core/run-file.ts';
import { type Engine, formatRejections, isServable, Scheduler, schedule } from '../core/scheduler.ts';
import type { Arrival } from '../traces/arrival.ts';
import { CardLists } from './card-lists.ts';
import type { EventKind, Simulator } from './engine.ts';
import { SrmReports } from './srm-reports.ts';
import { type Vm, Vms } from './vm.ts';

/** What happens at one instant, in this order. */
export const priorities = { end: 0, fault: 1, report: 2, drain: 3, resubmit: 4, arrival: 5, giveUp: 6 } as const;

export type TurnedAway = 'refused' | 'gave-up' | 'unservable';

/** Who wants to know what happens; called after the fact, in the order in which it happens. */
export interface CloudObserver {
  /** A VM asked for the first time, or again. */
  submitted?(vm: Vm, nowS: number): void;
  /** The first try failed and the VM waits. */
  waits?(vm: Vm, nowS: number): void;
  /** A VM is about to be bound; the view is still the one that the decision saw. */
  binds?(vm: Vm, view: Cluster): void;
  bound?(vm: Vm, nowS: number): void;
  ended?(vm: Vm, nowS: number, outcome: 'completed' | 'lost', reason: string): void;
  turnedAway?(vm: Vm, nowS: number, outcome: TurnedAway): void;
  /** The truth refused a binding; the next best host is tried. */
  conflicted?(vm: Vm, host: number, nowS: number): void;
  /** `card` is -1 for the whole host. */
  faulted?(nowS: number, host: number, card: number, isUp: boolean): void;
  /** No more arrivals will come. */
  closed?(nowS: number): void;
}

const none: ReadonlySet<number> = new Set();

export class Cloud {
  readonly truth: Cluster;
  /** What the scheduler sees. */
  readonly view: Cluster;
  readonly #empty: Cluster;
  readonly #simulator: Simulator;
  readonly #policy: Policy;
  readonly #scheduler: Scheduler;
  readonly #options: CloudOptions;
  readonly #observers: readonly CloudObserver[];
  readonly #reports: SrmReports | undefined;
  readonly #vms = new Vms();
  /** In the order in which they came. */
  readonly #waiting = new Set<Vm>();
  readonly #cardLists = new CardLists();
  #bindings = 0;
  readonly #events: Record<'end' | 'started' | 'drain' | 'resubmit' | 'giveUp', EventKind>;
  #isDrainDue = false;
  #isClosed = false;

  constructor(
    simulator: Simulator,
    hosts: readonly HostSpec[],
    policy: Policy,
    options: CloudOptions,
    observers: readonly CloudObserver[],
    engine: Engine = 'auto',
  ) {
    this.truth = new Cluster(hosts);
    this.#empty = this.truth.emptied();
    this.#simulator = simulator;
    this.#policy = policy;
    this.#options = options;
    this.#observers = observers;
    this.#events = {
      end: simulator.kind(priorities.end, (slot) => this.#end(this.#vms.all[slot]!)),
      started: simulator.kind(priorities.end, (slot) => this.#started(this.#vms.all[slot]!)),
      drain: simulator.kind(priorities.drain, () => this.#drain()),
      resubmit: simulator.kind(priorities.resubmit, (slot) => this.#resubmit(this.#vms.all[slot]!)),
      giveUp: simulator.kind(priorities.giveUp, (slot) => this.#giveUp(this.#vms.all[slot]!)),
    };
    if (options.srmIntervalS > 0) {
      this.view = this.truth.emptied();
      this.#reports = new SrmReports(simulator, this.truth, this.view, options.srmIntervalS, () => this.#dueDrain());
    } else {
      this.view = this.truth;
    }
    this.#scheduler = new Scheduler(this.view, policy, engine);
  }

  /** Whether anything can still happen to a VM. */
  get isBusy(): boolean {
    return !this.#isClosed || this.#vms.unsettled > 0;
  }

  /** A VM asks, now. */
  arrive(arrival: Arrival): void {
    const vm = this.#vms.take();
    vm.arrival.copy(arrival);
    this.#submit(vm);
  }

  /** No more arrivals will come. */
  close(): void {
    this.#isClosed = true;
    for (const observer of this.#observers) observer.closed?.(this.#simulator.nowS);
  }

  /** A host or card (-1: the whole host) fails: VMs on it are lost; or comes back. */
  fault(host: number, card: number, isUp: boolean): void {
    const { nowS } = this.#simulator;
    if (card < 0) this.truth.setUp(host, isUp);
    else this.truth.setCardHealthy(host, card, isUp);
    for (const observer of this.#observers) observer.faulted?.(nowS, host, card, isUp);
    if (!isUp) {
      for (const vm of this.#vms.runningOn(host)) {
        if (card < 0 || vm.cards.includes(card)) this.#lose(vm, card < 0 ? 'host-failed' : 'card-failed');
      }
    }
    this.#changed(host);
  }

  #submit(vm: Vm): void {
    const { nowS } = this.#simulator;
    const { request } = vm;
    const { onFull, backfill, patienceS } = this.#options;
    vm.submitS = nowS;
    for (const observer of this.#observers) observer.submitted?.(vm, nowS);
    if (this.#waiting.size > 0 && !backfill) vm.reason = 'behind-others';
    else if (this.#place(vm)) return;
    if (!isServable(this.#empty, request, this.#policy)) {
      const never = schedule(this.#empty, request, this.#policy);
      if (never.kind === 'no-valid-host') vm.reason = formatRejections(never.rejectedBy);
      this.#turnAway(vm, 'unservable');
      return;
    }
    if (onFull === 'reject') {
      this.#turnAway(vm, 'refused');
      return;
    }
    vm.waitReason = vm.reason;
    vm.state = 'waits';
    this.#waiting.add(vm);
    for (const observer of this.#observers) observer.waits?.(vm, nowS);
    if (patienceS !== null) this.#schedule(nowS + patienceS, this.#events.giveUp, vm);
  }

  /** Tries hosts from best to worst until one binds. @returns false when none is left */
  #place(vm: Vm): boolean {
    vm.refusedBy = none;
    for (;;) {
      const decision = this.#scheduler.schedule(vm.request, vm.refusedBy);
      if (decision.kind === 'no-valid-host') {
        vm.reason = formatRejections(decision.rejectedBy);
        return false;
      }
      vm.host = decision.host;
      vm.cards = this.#cardLists.same(decision.cards);
      vm.wholeCards = this.#policy.wholeCards;
      vm.score = decision.score;
      if (this.view === this.truth || this.truth.refusal(vm) === undefined) {
        this.#bind(vm);
        return true;
      }
      vm.refusedBy = new Set([...vm.refusedBy, vm.host]);
      for (const observer of this.#observers) observer.conflicted?.(vm, vm.host, this.#simulator.nowS);
    }
  }

  #bind(vm: Vm): void {
    const { nowS } = this.#simulator;
    vm.state = 'runs';
    vm.binding = this.#bindings++;
    vm.startS = nowS + this.#options.bootS;
    vm.endS = vm.startS + vm.arrival.lifetimeS;
    for (const observer of this.#observers) observer.binds?.(vm, this.view);
    this.truth.bind(vm);
    if (this.view !== this.truth) this.view.bind(vm);
    if (vm.startS > nowS) {
      this.#addBuilding(vm.host, 1);
      this.#schedule(vm.startS, this.#events.started, vm);
    }
    this.#schedule(vm.endS, this.#events.end, vm);
    for (const observer of this.#observers) observer.bound?.(vm, nowS);
  }

  #schedule(timeS: number, kind: EventKind, vm: Vm): void {
    vm.pendingEvents++;
    this.#simulator.at(timeS, kind, vm.slot);
  }

  #started(vm: Vm): void {
    if (vm.state === 'runs') this.#addBuilding(vm.host, -1);
    this.#vms.eventCame(vm);
  }

  #addBuilding(host: number, change: 1 | -1): void {
    this.truth.addBuilding(host, change);
    if (this.view !== this.truth) this.view.addBuilding(host, change);
  }

  #end(vm: Vm): void {
    const { host } = vm;
    const isLost = vm.state !== 'runs';
    if (!isLost) {
      this.truth.release(vm);
      for (const observer of this.#observers) observer.ended?.(vm, this.#simulator.nowS, 'completed', '');
      this.#vms.settle(vm);
    }
    this.#vms.eventCame(vm);
    if (!isLost) this.#changed(host);
  }

  #lose(vm: Vm, reason: string): void {
    const { nowS } = this.#simulator;
    this.truth.release(vm);
    if (nowS < vm.startS) this.#addBuilding(vm.host, -1);
    for (const observer of this.#observers) observer.ended?.(vm, nowS, 'lost', reason);
    if (vm.number <= this.#options.resubmit) {
      const again = this.#vms.take();
      again.arrival.copy(vm.arrival);
      again.number = vm.number + 1;
      this.#schedule(nowS, this.#events.resubmit, again);
    }
    this.#vms.settle(vm);
  }

  #resubmit(vm: Vm): void {
    this.#submit(vm);
    this.#vms.eventCame(vm);
  }

  #giveUp(vm: Vm): void {
    if (vm.state === 'waits') {
      this.#waiting.delete(vm);
      this.#turnAway(vm, 'gave-up');
      if (!this.#options.backfill) this.#dueDrain();
    }
    this.#vms.eventCame(vm);
  }

  #turnAway(vm: Vm, outcome: TurnedAway): void {
    for (const observer of this.#observers) observer.turnedAway?.(vm, this.#simulator.nowS, outcome);
    this.#vms.settle(vm);
  }

  /** Something became free, or known to be gone, on a host. */
  #changed(host: number): void {
    if (this.#reports !== undefined) this.#reports.changed(host);
    else this.#dueDrain();
  }

  #dueDrain(): void {
    if (this.#isDrainDue || this.#waiting.size === 0) return;
    this.#isDrainDue = true;
    this.#simulator.at(this.#simulator.nowS, this.#events.drain, 0);
  }

  /** Places those who wait, first come first served; with backfill, later ones where earlier ones do not fit. */
  #drain(): void {
    this.#isDrainDue = false;
    const failed = new Map<string, Vm>();
    for (const vm of this.#waiting) {
      const shape = shapeOf(vm);
      const equal = failed.get(shape);
      if (equal !== undefined) {
        vm.reason = equal.reason;
        vm.refusedBy = equal.refusedBy;
      } else if (this.#place(vm)) this.#waiting.delete(vm);
      else if (!this.#options.backfill) return;
      else failed.set(shape, vm);
    }
  }
}

/** Equal for requests that fit on the same hosts. */
function shapeOf({ request }: Vm): string {
  const { vcpus, ramMib, diskGib, cards, cardMemoryMib, cardCores, cardModels } = request;
  return `${vcpus} ${ramMib} ${diskGib} ${cards} ${cardMemoryMib} ${cardCores} ${cardModels.join('|')}`;
}
