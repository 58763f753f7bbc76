/**
 * The cloud around the schedulers: VMs arrive, are bound or wait, boot, run, end, are lost to failures. The truth is one Cluster; each
 * scheduler decides on its view, which is the truth itself, or with an SRM interval a Cluster of its own that reports keep up to date.
 */
import { Cluster } from '../../core/cluster.ts';
import type { HostSpec } from '../../core/host.ts';
import { instantS } from '../../core/instant.ts';
import type { Policy } from '../../core/policy.ts';
import { type VmRequest, vmRequest } from '../../core/request.ts';
import { decidingScheduler, schedulersOf } from '../../core/runs/deciding-scheduler.ts';
import type { CloudOptions } from '../../core/runs/run-file.ts';
import { type Engine, formatRejections, Scheduler } from '../../core/scheduler.ts';
import type { SrmRecord } from '../../core/srm.ts';
import type { Arrival } from '../../traces/arrival.ts';
import type { EventKind, Simulator } from '../engine/engine.ts';
import { BackfillQueue } from './backfill-queue.ts';
import { CardLists } from './card-lists.ts';
import { EmptyCloud } from './empty-cloud.ts';
import { priorities } from './priorities.ts';
import type { SizedRequest } from './sized-requests.ts';
import { SrmReports } from './srm-reports.ts';
import { nowhere, Vm, Vms, vmStates } from './vm.ts';
import { FirstComeQueue, type WaitingRoom, type WaitQueue } from './wait-queue.ts';

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
  /** A host reported to the schedulers; undefined where it is down and so did not. */
  reported?(nowS: number, host: number, record: SrmRecord | undefined): void;
  /** No more arrivals will come. */
  closed?(nowS: number): void;
}

export class Cloud {
  readonly truth: Cluster;
  /** What each scheduler sees. */
  readonly views: readonly Cluster[];
  readonly #empty: EmptyCloud;
  readonly #simulator: Simulator;
  readonly #learns: boolean;
  readonly #schedulers: readonly Scheduler[];
  readonly #options: CloudOptions;
  readonly #observers: readonly CloudObserver[];
  readonly #reports: SrmReports | undefined;
  readonly #vms: Vms;
  /** Shows observers a VM. */
  readonly #vm: Vm;
  readonly #waiting: WaitQueue;
  readonly #cardLists = new CardLists();
  /** What is being bound or released. */
  readonly #placement: { request: VmRequest; host: number; cards: readonly number[]; readonly wholeCards: boolean };
  #bindings = 0;
  readonly #events: Record<'end' | 'started' | 'drain' | 'resubmit' | 'giveUp', EventKind>;
  #isDrainDue = false;
  #isClosed = false;

  /**
   * @param hasNames whether observers may ask a VM for its station, flavor, image and user
   * @param queueOf makes the queue; by default as the options ask
   */
  constructor(
    simulator: Simulator,
    hosts: readonly HostSpec[],
    policy: Policy,
    options: CloudOptions,
    observers: readonly CloudObserver[],
    engine: Engine = 'auto',
    hasNames = true,
    queueOf: (room: WaitingRoom) => WaitQueue = options.backfill
      ? (room) => new BackfillQueue(room)
      : (room) => new FirstComeQueue(room),
  ) {
    this.#vms = new Vms(hasNames);
    this.#vm = new Vm(this.#vms);
    this.truth = new Cluster(hosts);
    this.#empty = new EmptyCloud(hosts, policy);
    this.#simulator = simulator;
    this.#placement = {
      request: vmRequest({ id: '', vcpus: 1, ramMib: 0 }),
      host: 0,
      cards: [],
      wholeCards: policy.wholeCards,
    };
    this.#options = options;
    this.#observers = observers;
    this.#events = {
      end: simulator.kind(priorities.end, (slot) => this.#end(slot)),
      started: simulator.kind(priorities.end, (slot) => this.#started(slot)),
      drain: simulator.kind(priorities.drain, () => {
        this.#isDrainDue = false;
        this.#waiting.drain();
      }),
      resubmit: simulator.kind(priorities.resubmit, (slot) => this.#resubmit(slot)),
      giveUp: simulator.kind(priorities.giveUp, (slot) => this.#giveUp(slot)),
    };
    if (options.srmIntervalS > 0) {
      this.views = Array.from({ length: schedulersOf(options) }, () => this.truth.emptied());
      const tellRecord = (host: number, record: SrmRecord | undefined): void => {
        for (const observer of observers) observer.reported?.(simulator.nowS, host, record);
      };
      const { srmIntervalS } = options;
      this.#reports = new SrmReports(simulator, this.truth, this.views, srmIntervalS, tellRecord, () =>
        this.#dueDrain(),
      );
    } else {
      // However many schedulers see the truth, they decide one after the other, as one does.
      this.views = [this.truth];
    }
    this.#learns = policy.learns === true;
    this.#schedulers = this.views.map((view) => new Scheduler(view, policy, engine));
    this.#waiting = queueOf({
      vms: this.#vms,
      views: this.views,
      policy,
      isPatienceLimited: options.patienceS !== null,
      place: (slot) => this.#place(slot),
      decide: (slot) => this.#schedulers[this.#vms.scheduler[slot]!]!.schedule(this.#requestOf(slot)),
    });
  }

  /** Whether anything can still happen to a VM. */
  get isBusy(): boolean {
    return !this.#isClosed || this.#vms.unsettled > 0;
  }

  /** A VM asks, now. */
  arrive(arrival: Arrival): void {
    this.#submit(this.#vms.take(arrival));
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
      for (const slot of this.#vms.runningOn(host)) {
        if (card < 0 || this.#vms.cards[slot]!.includes(card))
          this.#lose(slot, card < 0 ? 'host-failed' : 'card-failed');
      }
    }
    this.#changed(host);
  }

  #submit(slot: number): void {
    const vms = this.#vms;
    const { nowS } = this.#simulator;
    const { onFull, backfill, patienceS } = this.#options;
    vms.submitS[slot] = nowS;
    if (this.views.length > 1) vms.scheduler[slot] = decidingScheduler(vms.ids.textOf(slot), this.views.length);
    if (this.#learns) this.#viewOf(slot).asked.note(this.#requestOf(slot), nowS);
    for (const observer of this.#observers) observer.submitted?.(this.#show(slot), nowS);
    if (this.#waiting.size > 0 && !backfill) vms.reason[slot] = 'behind-others';
    else if (this.#place(slot)) return;
    const never = this.#empty.refusal(this.#requestOf(slot));
    if (never !== undefined) {
      vms.reason[slot] = never;
      this.#turnAway(slot, 'unservable');
      return;
    }
    if (onFull === 'reject') {
      this.#turnAway(slot, 'refused');
      return;
    }
    vms.waitReason[slot] = vms.reason[slot]!;
    vms.state[slot] = vmStates.waits;
    this.#waiting.add(slot);
    for (const observer of this.#observers) observer.waits?.(this.#show(slot), nowS);
    if (patienceS !== null) this.#schedule(nowS + patienceS, this.#events.giveUp, slot);
  }

  /** Tries hosts from best to worst until one binds. @returns false when none is left */
  #place(slot: number): boolean {
    const vms = this.#vms;
    const placement = this.#placement;
    const request = this.#requestOf(slot);
    const scheduler = this.#schedulers[vms.scheduler[slot]!]!;
    let refusedBy = nowhere;
    for (;;) {
      if (vms.refusedBy[slot] !== refusedBy) vms.refusedBy[slot] = refusedBy;
      const decision = scheduler.schedule(request, refusedBy);
      if (decision.kind === 'no-valid-host') {
        vms.reason[slot] = formatRejections(decision.rejectedBy);
        return false;
      }
      placement.request = request;
      placement.host = decision.host;
      placement.cards = this.#cardLists.same(decision.cards);
      if (this.#reports === undefined || this.truth.refusal(placement) === undefined) {
        this.#bind(slot, decision.score);
        return true;
      }
      refusedBy = new Set([...refusedBy, decision.host]);
      for (const observer of this.#observers) {
        observer.conflicted?.(this.#show(slot), decision.host, this.#simulator.nowS);
      }
    }
  }

  /** Binds as `#placement` says. */
  #bind(slot: number, score: number): void {
    const vms = this.#vms;
    const { nowS } = this.#simulator;
    const { host, cards } = this.#placement;
    const startS = instantS(nowS + this.#options.bootS);
    vms.state[slot] = vmStates.runs;
    vms.binding[slot] = this.#bindings++;
    vms.host[slot] = host;
    vms.cards[slot] = cards;
    vms.score[slot] = score;
    vms.startS[slot] = startS;
    const view = this.#viewOf(slot);
    this.#waiting.bound?.(slot, this.#placement);
    for (const observer of this.#observers) observer.binds?.(this.#show(slot), view);
    this.truth.bind(this.#placement);
    if (view !== this.truth) view.bind(this.#placement);
    if (this.views.length > 1) this.#reports?.bound(host);
    if (startS > nowS) {
      this.#addBuilding(slot, 1);
      this.#schedule(startS, this.#events.started, slot);
    }
    this.#schedule(startS + vms.lifetimeS[slot]!, this.#events.end, slot);
    for (const observer of this.#observers) observer.bound?.(this.#show(slot), nowS);
  }

  #release(slot: number): void {
    const placement = this.#placement;
    placement.request = this.#requestOf(slot);
    placement.host = this.#vms.host[slot]!;
    placement.cards = this.#vms.cards[slot]!;
    this.truth.release(placement);
  }

  #schedule(timeS: number, kind: EventKind, slot: number): void {
    this.#vms.pendingEvents[slot]!++;
    this.#simulator.at(timeS, kind, slot);
  }

  #started(slot: number): void {
    if (this.#vms.state[slot] === vmStates.runs) this.#addBuilding(slot, -1);
    this.#vms.eventCame(slot);
  }

  /** VMs that build are in no report: a scheduler knows of its own. */
  #addBuilding(slot: number, change: 1 | -1): void {
    const host = this.#vms.host[slot]!;
    const view = this.#viewOf(slot);
    this.truth.addBuilding(host, change);
    if (view !== this.truth) view.addBuilding(host, change);
  }

  #end(slot: number): void {
    const vms = this.#vms;
    const isLost = vms.state[slot] !== vmStates.runs;
    const host = vms.host[slot]!;
    if (!isLost) {
      this.#release(slot);
      for (const observer of this.#observers) observer.ended?.(this.#show(slot), this.#simulator.nowS, 'completed', '');
      vms.settle(slot);
    }
    vms.eventCame(slot);
    if (!isLost) this.#changed(host);
  }

  #lose(slot: number, reason: string): void {
    const vms = this.#vms;
    const { nowS } = this.#simulator;
    this.#release(slot);
    if (nowS < vms.startS[slot]!) this.#addBuilding(slot, -1);
    for (const observer of this.#observers) observer.ended?.(this.#show(slot), nowS, 'lost', reason);
    if (vms.number[slot]! <= this.#options.resubmit) {
      this.#schedule(nowS, this.#events.resubmit, vms.takeAgain(slot));
    }
    vms.settle(slot);
  }

  #resubmit(slot: number): void {
    this.#submit(slot);
    this.#vms.eventCame(slot);
  }

  #giveUp(slot: number): void {
    if (this.#vms.state[slot] === vmStates.waits) {
      this.#waiting.giveUp(slot);
      this.#turnAway(slot, 'gave-up');
      if (!this.#options.backfill) this.#dueDrain();
    }
    this.#vms.eventCame(slot);
  }

  #turnAway(slot: number, outcome: TurnedAway): void {
    for (const observer of this.#observers) {
      observer.turnedAway?.(this.#show(slot), this.#simulator.nowS, outcome);
    }
    this.#vms.settle(slot);
  }

  #requestOf(slot: number): SizedRequest {
    const request = this.#vms.requests[slot]!;
    request.slot = slot;
    return request;
  }

  /** What the VM's scheduler sees. */
  #viewOf(slot: number): Cluster {
    return this.views[this.#vms.scheduler[slot]!]!;
  }

  /** What observers see of a VM. */
  #show(slot: number): Vm {
    this.#vm.slot = slot;
    return this.#vm;
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
}
