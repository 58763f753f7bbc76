/**
 * The cloud around the scheduler: VMs arrive, are bound or wait, boot, run, end, are lost to failures. The truth is one Cluster; the
 * scheduler decides on its view, which is the truth itself, or with an SRM interval a second Cluster that reports keep up to date.
 */
import { Cluster, type Placement } from '../core/cluster.ts';
import type { HostSpec } from '../core/host.ts';
import type { Policy } from '../core/policy.ts';
import type { CloudOptions } from '../core/run-file.ts';
import { type Engine, formatRejections, isServable, Scheduler, schedule } from '../core/scheduler.ts';
import type { Arrival } from '../traces/arrival.ts';
import type { EventKind, Simulator } from './engine.ts';
import { SrmReports } from './srm-reports.ts';

/** What happens at one instant, in this order. */
export const priorities = { end: 0, fault: 1, report: 2, drain: 3, resubmit: 4, arrival: 5, giveUp: 6 } as const;

/** A VM that asks: a fresh arrival, or one submitted again. */
export interface Attempt {
  readonly arrival: Arrival;
  /** 1, 2, … */
  readonly number: number;
  readonly submitS: number;
  /** Why its first try failed; empty if it did not. */
  waitReason: string;
  /** Why its last try failed. */
  reason: string;
  /** Hosts whose binding was refused in its last try, since the view was old. */
  refusedBy: ReadonlySet<number>;
}

/** A VM on a host. */
export interface BoundVm {
  readonly attempt: Attempt;
  readonly placement: Placement;
  readonly score: number;
  readonly startS: number;
  /** When it is to end if nothing fails. */
  readonly endS: number;
}

export type TurnedAway = 'refused' | 'gave-up' | 'unservable';

/** Who wants to know what happens; called after the fact, in the order in which it happens. */
export interface CloudObserver {
  /** A VM asked for the first time, or again. */
  submitted?(attempt: Attempt, nowS: number): void;
  /** The first try failed and the VM waits. */
  waits?(attempt: Attempt, nowS: number): void;
  /** A VM is about to be bound; the view is still the one that the decision saw. */
  binds?(placement: Placement, view: Cluster): void;
  bound?(vm: BoundVm, nowS: number): void;
  ended?(vm: BoundVm, nowS: number, outcome: 'completed' | 'lost', reason: string): void;
  turnedAway?(attempt: Attempt, nowS: number, outcome: TurnedAway): void;
  /** The truth refused a binding; the next best host is tried. */
  conflicted?(attempt: Attempt, host: number, nowS: number): void;
  /** `card` is -1 for the whole host. */
  faulted?(nowS: number, host: number, card: number, isUp: boolean): void;
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
  /** By a number that rises with every VM or attempt and is the subject of its events; so in order of time. */
  readonly #waiting = new Map<number, Attempt>();
  readonly #again = new Map<number, Attempt>();
  readonly #vms = new Map<number, BoundVm>();
  #nextNumber = 0;
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
      end: simulator.kind(priorities.end, (number) => this.#end(number)),
      started: simulator.kind(priorities.end, (number) => this.#started(number)),
      drain: simulator.kind(priorities.drain, () => this.#drain()),
      resubmit: simulator.kind(priorities.resubmit, (number) => this.#resubmit(number)),
      giveUp: simulator.kind(priorities.giveUp, (number) => this.#giveUp(number)),
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
    return !this.#isClosed || this.#vms.size > 0 || this.#waiting.size > 0 || this.#again.size > 0;
  }

  /** A VM asks, now. */
  arrive(arrival: Arrival): void {
    this.#submit(newAttempt(arrival, 1, this.#simulator.nowS));
  }

  /** No more arrivals will come. */
  close(): void {
    this.#isClosed = true;
  }

  /** A host or card (-1: the whole host) fails: VMs on it are lost; or comes back. */
  fault(host: number, card: number, isUp: boolean): void {
    const { nowS } = this.#simulator;
    if (card < 0) this.truth.setUp(host, isUp);
    else this.truth.setCardHealthy(host, card, isUp);
    for (const observer of this.#observers) observer.faulted?.(nowS, host, card, isUp);
    if (!isUp) {
      for (const [number, vm] of this.#vms) {
        const { placement } = vm;
        if (placement.host === host && (card < 0 || placement.cards.includes(card))) {
          this.#lose(number, vm, card < 0 ? 'host-failed' : 'card-failed');
        }
      }
    }
    this.#changed(host);
  }

  #submit(attempt: Attempt): void {
    const { nowS } = this.#simulator;
    const { request } = attempt.arrival;
    const { onFull, backfill, patienceS } = this.#options;
    for (const observer of this.#observers) observer.submitted?.(attempt, nowS);
    if (this.#waiting.size > 0 && !backfill) attempt.reason = 'behind-others';
    else if (this.#place(attempt)) return;
    if (!isServable(this.#empty, request, this.#policy)) {
      const never = schedule(this.#empty, request, this.#policy);
      if (never.kind === 'no-valid-host') attempt.reason = formatRejections(never.rejectedBy);
      this.#turnAway(attempt, 'unservable');
      return;
    }
    if (onFull === 'reject') {
      this.#turnAway(attempt, 'refused');
      return;
    }
    attempt.waitReason = attempt.reason;
    const number = this.#nextNumber++;
    this.#waiting.set(number, attempt);
    for (const observer of this.#observers) observer.waits?.(attempt, nowS);
    if (patienceS !== null) this.#simulator.at(nowS + patienceS, this.#events.giveUp, number);
  }

  /** Tries hosts from best to worst until one binds. @returns false when none is left */
  #place(attempt: Attempt): boolean {
    const { request } = attempt.arrival;
    attempt.refusedBy = none;
    for (;;) {
      const decision = this.#scheduler.schedule(request, attempt.refusedBy);
      if (decision.kind === 'no-valid-host') {
        attempt.reason = formatRejections(decision.rejectedBy);
        return false;
      }
      const { host, cards, score } = decision;
      const placement: Placement = { request, host, cards, wholeCards: this.#policy.wholeCards };
      if (this.view === this.truth || this.truth.refusal(placement) === undefined) {
        this.#bind(attempt, placement, score);
        return true;
      }
      attempt.refusedBy = new Set([...attempt.refusedBy, host]);
      for (const observer of this.#observers) observer.conflicted?.(attempt, host, this.#simulator.nowS);
    }
  }

  #bind(attempt: Attempt, placement: Placement, score: number): void {
    const { nowS } = this.#simulator;
    const startS = nowS + this.#options.bootS;
    const endS = startS + attempt.arrival.lifetimeS;
    const number = this.#nextNumber++;
    const vm: BoundVm = { attempt, placement, score, startS, endS };
    for (const observer of this.#observers) observer.binds?.(placement, this.view);
    this.#vms.set(number, vm);
    this.truth.bind(placement);
    if (this.view !== this.truth) this.view.bind(placement);
    if (startS > nowS) {
      this.#addBuilding(placement.host, 1);
      this.#simulator.at(startS, this.#events.started, number);
    }
    this.#simulator.at(endS, this.#events.end, number);
    for (const observer of this.#observers) observer.bound?.(vm, nowS);
  }

  #started(number: number): void {
    const vm = this.#vms.get(number);
    if (vm !== undefined) this.#addBuilding(vm.placement.host, -1);
  }

  #addBuilding(host: number, change: 1 | -1): void {
    this.truth.addBuilding(host, change);
    if (this.view !== this.truth) this.view.addBuilding(host, change);
  }

  #end(number: number): void {
    const vm = this.#vms.get(number);
    if (vm === undefined) return; // lost before
    this.#vms.delete(number);
    this.truth.release(vm.placement);
    for (const observer of this.#observers) observer.ended?.(vm, this.#simulator.nowS, 'completed', '');
    this.#changed(vm.placement.host);
  }

  #lose(number: number, vm: BoundVm, reason: string): void {
    const { nowS } = this.#simulator;
    this.#vms.delete(number);
    this.truth.release(vm.placement);
    if (nowS < vm.startS) this.#addBuilding(vm.placement.host, -1);
    for (const observer of this.#observers) observer.ended?.(vm, nowS, 'lost', reason);
    if (vm.attempt.number <= this.#options.resubmit) {
      this.#again.set(number, newAttempt(vm.attempt.arrival, vm.attempt.number + 1, nowS));
      this.#simulator.at(nowS, this.#events.resubmit, number);
    }
  }

  #resubmit(number: number): void {
    const attempt = this.#again.get(number)!;
    this.#again.delete(number);
    this.#submit(attempt);
  }

  #giveUp(number: number): void {
    const attempt = this.#waiting.get(number);
    if (attempt === undefined) return; // placed before
    this.#waiting.delete(number);
    this.#turnAway(attempt, 'gave-up');
    if (!this.#options.backfill) this.#dueDrain();
  }

  #turnAway(attempt: Attempt, outcome: TurnedAway): void {
    for (const observer of this.#observers) observer.turnedAway?.(attempt, this.#simulator.nowS, outcome);
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
    const failed = new Map<string, Attempt>();
    for (const [number, attempt] of this.#waiting) {
      const shape = shapeOf(attempt);
      const equal = failed.get(shape);
      if (equal !== undefined) {
        attempt.reason = equal.reason;
        attempt.refusedBy = equal.refusedBy;
      } else if (this.#place(attempt)) this.#waiting.delete(number);
      else if (!this.#options.backfill) return;
      else failed.set(shape, attempt);
    }
  }
}

function newAttempt(arrival: Arrival, number: number, submitS: number): Attempt {
  return { arrival, number, submitS, waitReason: '', reason: '', refusedBy: none };
}

/** Equal for requests that fit on the same hosts. */
function shapeOf({ arrival: { request } }: Attempt): string {
  const { vcpus, ramMib, diskGib, cards, cardMemoryMib, cardCores, cardModels } = request;
  return `${vcpus} ${ramMib} ${diskGib} ${cards} ${cardMemoryMib} ${cardCores} ${cardModels.join('|')}`;
}
