/** The VMs that are there, from their submission until their fate is settled: what they ask for, how they wait, where they run. */
import { instantS } from '../../core/instant.ts';
import type { Arrival } from '../../traces/arrival.ts';
import { grown } from '../engine/grown.ts';
import { IdColumn } from './id-column.ts';
import { type SizedRequest, SizedRequests } from './sized-requests.ts';

/** What a VM does. `settled`: nothing happens to it any more, but an event that was about it may still come. */
export const vmStates = { settled: 0, asks: 1, waits: 2, runs: 3 } as const;
export type VmState = (typeof vmStates)[keyof typeof vmStates];

/** No host refused a binding. */
export const nowhere: ReadonlySet<number> = new Set();
const noCards: readonly number[] = [];

/**
 * Columns with one row per slot; a VM has a slot until it is settled, then a later one takes it over. With an object a VM,
 * each end of one of the tens of thousands that run waited for memory: a run took 3.1 µs a VM where it takes 2.6 with columns.
 */
export class Vms {
  state = new Uint8Array(0);
  /** Events about the VM that are still to come. */
  pendingEvents = new Int32Array(0);
  /** Submissions of this VM so far: 1, 2, … */
  number = new Int32Array(0);
  /** Which of several schedulers has it. */
  scheduler = new Int32Array(0);
  submitS = new Float64Array(0);
  lifetimeS = new Float64Array(0);
  host = new Int32Array(0);
  score = new Float64Array(0);
  startS = new Float64Array(0);
  /** Rises with every binding. */
  binding = new Float64Array(0);
  readonly ids = new IdColumn();
  readonly requests: SizedRequest[] = [];
  readonly cards: (readonly number[])[] = [];
  readonly station: string[] = [];
  readonly flavor: string[] = [];
  readonly image: string[] = [];
  readonly user: string[] = [];
  readonly waitReason: string[] = [];
  readonly reason: string[] = [];
  readonly refusedBy: ReadonlySet<number>[] = [];
  /** VMs that are not settled. */
  unsettled = 0;
  readonly #sizes = new SizedRequests((slot) => this.ids.textOf(slot));
  readonly #free: number[] = [];
  #slots = 0;
  readonly #hasNames: boolean;

  /** @param hasNames whether station, flavor, image and user are kept */
  constructor(hasNames: boolean) {
    this.#hasNames = hasNames;
  }

  /** A slot for a VM that asks for the first time. */
  take(arrival: Arrival): number {
    const slot = this.#takeSlot();
    const { request } = arrival;
    this.lifetimeS[slot] = arrival.lifetimeS;
    this.requests[slot] = this.#sizes.take(request);
    this.ids.set(slot, request);
    this.number[slot] = 1;
    if (this.#hasNames) {
      this.station[slot] = arrival.station;
      this.flavor[slot] = arrival.flavor;
      this.image[slot] = arrival.image;
      this.user[slot] = arrival.user;
    }
    return slot;
  }

  /** A slot for a VM that asks once more. */
  takeAgain(lost: number): number {
    const slot = this.#takeSlot();
    this.lifetimeS[slot] = this.lifetimeS[lost]!;
    this.requests[slot] = this.#sizes.take(this.requests[lost]!);
    this.ids.copy(lost, slot);
    this.number[slot] = this.number[lost]! + 1;
    if (this.#hasNames) {
      this.station[slot] = this.station[lost]!;
      this.flavor[slot] = this.flavor[lost]!;
      this.image[slot] = this.image[lost]!;
      this.user[slot] = this.user[lost]!;
    }
    return slot;
  }

  /** Nothing happens to the VM any more. */
  settle(slot: number): void {
    this.state[slot] = vmStates.settled;
    this.requests[slot]!.users--;
    this.unsettled--;
    if (this.pendingEvents[slot] === 0) this.#free.push(slot);
  }

  /** An event about the VM has done all it does. A slot is free only when no event can come any more that means the VM before. */
  eventCame(slot: number): void {
    const pending = --this.pendingEvents[slot]!;
    if (pending === 0 && this.state[slot] === vmStates.settled) this.#free.push(slot);
  }

  /** Slots of the VMs that run on the host, in the order in which they were bound. */
  runningOn(host: number): number[] {
    const slots: number[] = [];
    for (let slot = 0; slot < this.#slots; slot++) {
      if (this.state[slot] === vmStates.runs && this.host[slot] === host) slots.push(slot);
    }
    return slots.sort((a, b) => this.binding[a]! - this.binding[b]!);
  }

  #takeSlot(): number {
    let slot = this.#free.pop();
    if (slot === undefined) {
      slot = this.#slots++;
      if (slot === this.state.length) this.#grow(Math.max(64, 2 * slot));
      this.cards[slot] = noCards;
      this.waitReason[slot] = '';
      this.reason[slot] = '';
      this.refusedBy[slot] = nowhere;
    }
    // The usual case: a VM placed at once has neither.
    if (this.reason[slot] !== '') {
      this.waitReason[slot] = '';
      this.reason[slot] = '';
    }
    if (this.refusedBy[slot] !== nowhere) this.refusedBy[slot] = nowhere;
    this.state[slot] = vmStates.asks;
    this.unsettled++;
    return slot;
  }

  #grow(slots: number): void {
    this.state = grown(this.state, new Uint8Array(slots));
    this.pendingEvents = grown(this.pendingEvents, new Int32Array(slots));
    this.number = grown(this.number, new Int32Array(slots));
    this.scheduler = grown(this.scheduler, new Int32Array(slots));
    this.submitS = grown(this.submitS, new Float64Array(slots));
    this.lifetimeS = grown(this.lifetimeS, new Float64Array(slots));
    this.host = grown(this.host, new Int32Array(slots));
    this.score = grown(this.score, new Float64Array(slots));
    this.startS = grown(this.startS, new Float64Array(slots));
    this.binding = grown(this.binding, new Float64Array(slots));
    this.ids.grow(slots);
  }
}

/** One VM, for as long as a call of an observer lasts: the same object shows the next one afterwards. Its slot is its own until it is settled. */
export class Vm {
  slot = 0;
  readonly #vms: Vms;

  constructor(vms: Vms) {
    this.#vms = vms;
  }

  get id(): string {
    return this.#vms.ids.textOf(this.slot);
  }
  /** Where the id is as bytes. */
  get ids(): IdColumn {
    return this.#vms.ids;
  }
  /** Shared by VMs of its size. */
  get request(): SizedRequest {
    const request = this.#vms.requests[this.slot]!;
    request.slot = this.slot;
    return request;
  }
  /** Seconds it runs once started. */
  get lifetimeS(): number {
    return this.#vms.lifetimeS[this.slot]!;
  }
  get station(): string {
    return this.#vms.station[this.slot]!;
  }
  get flavor(): string {
    return this.#vms.flavor[this.slot]!;
  }
  get image(): string {
    return this.#vms.image[this.slot]!;
  }
  get user(): string {
    return this.#vms.user[this.slot]!;
  }
  /** Submissions of this VM so far: 1, 2, … */
  get number(): number {
    return this.#vms.number[this.slot]!;
  }
  /** When it asked, this time. */
  get submitS(): number {
    return this.#vms.submitS[this.slot]!;
  }
  /** Why its first try failed; empty if it did not. */
  get waitReason(): string {
    return this.#vms.waitReason[this.slot]!;
  }
  /** Why its last try failed; of a VM that waited this is right once it is turned away. */
  get reason(): string {
    return this.#vms.reason[this.slot]!;
  }
  /** Hosts whose binding was refused in its last try, since the view was old; right once it is bound or turned away. */
  get refusedBy(): ReadonlySet<number> {
    return this.#vms.refusedBy[this.slot]!;
  }
  /** Where it runs. This and what follows mean nothing before it is bound. */
  get host(): number {
    return this.#vms.host[this.slot]!;
  }
  get cards(): readonly number[] {
    return this.#vms.cards[this.slot]!;
  }
  get score(): number {
    return this.#vms.score[this.slot]!;
  }
  get startS(): number {
    return this.#vms.startS[this.slot]!;
  }
  /** When it is to end if nothing fails. */
  get endS(): number {
    return instantS(this.startS + this.lifetimeS);
  }
}
