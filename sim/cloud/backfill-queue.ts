/**
 * Backfill: who fits overtakes those who do not. Decides as trying all who wait after every change does, and tries few: equal requests fail
 * together, and of different ones only those that could fit on a host that has changed are tried. A host that refused a binding, since what
 * the scheduler knew of it was old, is among these: its next report comes before the next drain.
 */
import type { Placement } from '../../core/cluster.ts';
import { formatRejections } from '../../core/scheduler.ts';
import { grown } from '../engine/grown.ts';
import { AskedTree, type Room } from './asked-tree.ts';
import { type ChangedRoom, ChangedRooms } from './changed-rooms.ts';
import { pastRejections } from './past-refusal.ts';
import type { SizedRequest } from './sized-requests.ts';
import { SlotLinks, SlotList } from './slot-list.ts';
import { nowhere } from './vm.ts';
import type { WaitingRoom, WaitQueue } from './wait-queue.ts';

/** Room for everybody. */
const anyRoom: Room = { vcpus: Number.MAX_VALUE, ramMib: Number.MAX_VALUE, diskGib: Number.MAX_VALUE, cards: 1e9 };

/** Those who ask one scheduler for the same. Only the first of them is tried. */
interface Line {
  readonly request: SizedRequest;
  readonly scheduler: number;
  readonly slots: SlotList;
  /** The last drain in which the first could not be placed, or whose reason is known, and that reason. */
  failedIn: number;
  reason: string;
  refusedBy: ReadonlySet<number>;
}

/** A binding since the last drain began. */
interface Binding {
  /** Place in the order of those who came, of one who waited. */
  readonly order: number;
  readonly scheduler: number;
  readonly placement: Placement;
}

export class BackfillQueue implements WaitQueue {
  size = 0;
  readonly #room: WaitingRoom;
  /** Of each scheduler. */
  readonly #lines: Map<SizedRequest, Line>[];
  readonly #links = new SlotLinks();
  /** The first of each line, at places in the order of those who wait. */
  readonly #firsts = new AskedTree();
  /** Of each place, its slot; -1 when that is gone. */
  #slotAt = new Int32Array(this.#firsts.length);
  #places = 0;
  /** By slot: its line, its place, and how many have ever waited before it. */
  readonly #lineOf: (Line | undefined)[] = [];
  #placeOf = new Int32Array(64);
  #orderOf = new Float64Array(64);
  #waited = 0;
  readonly #rooms: ChangedRooms;
  /** Whether the filters look at one host at a time, so that tries can be left out. */
  readonly #isByHost: boolean;
  #drains = 0;
  /** Who had waited by the last drain was part of it. */
  #waitedByDrain = 0;
  /** Since the last drain began; kept where somebody may give up. */
  #bindings: Binding[] = [];
  /** Order of the VM that is being tried; Infinity outside drains. */
  #trying = Infinity;

  constructor(room: WaitingRoom) {
    this.#room = room;
    this.#lines = room.views.map(() => new Map());
    this.#rooms = new ChangedRooms(room.views, room.policy);
    this.#isByHost = room.policy.filters.every((filter) => filter.dependsOn === 'host');
  }

  add(slot: number): void {
    if (this.size++ === 0) this.#rooms.start();
    if (slot >= this.#placeOf.length) {
      const length = Math.max(2 * this.#placeOf.length, slot + 1);
      this.#placeOf = grown(this.#placeOf, new Int32Array(length));
      this.#orderOf = grown(this.#orderOf, new Float64Array(length));
    }
    if (this.#places === this.#firsts.length) this.#closeRanks();
    const line = this.#lineFor(slot);
    this.#lineOf[slot] = line;
    this.#orderOf[slot] = this.#waited++;
    this.#placeOf[slot] = this.#places;
    this.#slotAt[this.#places++] = slot;
    line.slots.push(slot);
    if (line.slots.size === 1) this.#firsts.set(this.#placeOf[slot]!, line.request);
  }

  giveUp(slot: number): void {
    if (this.#room.isPatienceLimited) this.#recall(slot);
    this.#remove(slot);
  }

  bound(slot: number, placement: Placement): void {
    if (!this.#room.isPatienceLimited || !this.#isByHost || this.size === 0) return;
    const scheduler = this.#room.vms.scheduler[slot]!;
    this.#bindings.push({ order: this.#trying, scheduler, placement: { ...placement } });
  }

  drain(): void {
    this.#drains++;
    this.#waitedByDrain = this.#waited;
    this.#bindings = [];
    const firsts = this.#firsts;
    const changed = new Set(this.#rooms.open().filter((room) => firsts.mayFit(room)));
    let rooms: readonly Room[] = this.#isByHost ? [...changed] : [anyRoom];
    for (let place = firsts.next(0, rooms); place >= 0; place = firsts.next(place + 1, rooms)) {
      const slot = this.#slotAt[place]!;
      const line = this.#lineOf[slot]!;
      if (!this.#mayFit(line, changed)) continue;
      this.#trying = this.#orderOf[slot]!;
      if (this.#room.place(slot)) {
        this.#remove(slot);
        const known = changed.size;
        for (const room of this.#rooms.refresh()) changed.add(room);
        if (this.#isByHost && changed.size > known) rooms = [...changed];
      } else {
        const { vms } = this.#room;
        line.failedIn = this.#drains;
        line.reason = vms.reason[slot]!;
        line.refusedBy = vms.refusedBy[slot]!;
      }
    }
    this.#trying = Infinity;
    this.#rooms.close();
  }

  /** Whether the first of a line can be placed, as far as changes tell. */
  #mayFit({ request, scheduler }: Line, changed: ReadonlySet<ChangedRoom>): boolean {
    if (!this.#isByHost) return true;
    for (const room of changed) {
      if (room.view !== scheduler || room.vcpus < request.vcpus || room.ramMib < request.ramMib) continue;
      if (this.#rooms.passes(room, request)) return true;
    }
    return false;
  }

  /** Sets `reason` and `refusedBy` to those of the last try, of the VM or of an equal one before it, or to what that would have said. */
  #recall(slot: number): void {
    if (this.#orderOf[slot]! >= this.#waitedByDrain) return; // not tried since it came
    const { vms, views, policy } = this.#room;
    const line = this.#lineOf[slot]!;
    if (line.failedIn !== this.#drains) {
      const since = this.#bindings.filter(
        ({ order, scheduler }) => order > this.#orderOf[slot]! && scheduler === line.scheduler,
      );
      const placements = since.map(({ placement }) => placement);
      const rejectedBy = pastRejections(
        views[line.scheduler]!,
        line.request,
        policy,
        this.#room.decide(slot),
        placements,
      );
      line.failedIn = this.#drains;
      line.reason = formatRejections(rejectedBy);
      line.refusedBy = nowhere;
    }
    vms.reason[slot] = line.reason;
    vms.refusedBy[slot] = line.refusedBy;
  }

  #remove(slot: number): void {
    const line = this.#lineOf[slot]!;
    const place = this.#placeOf[slot]!;
    const { slots } = line;
    const wasFirst = slots.first === slot;
    slots.remove(slot);
    this.#lineOf[slot] = undefined;
    this.#slotAt[place] = -1;
    if (wasFirst) {
      this.#firsts.clear(place);
      if (slots.size > 0) this.#firsts.set(this.#placeOf[slots.first]!, line.request);
      else this.#lines[line.scheduler]!.delete(line.request);
    }
    if (--this.size > 0) return;
    this.#places = 0;
    this.#rooms.stop();
  }

  #lineFor(slot: number): Line {
    const { vms } = this.#room;
    const request = vms.requests[slot]!;
    const scheduler = vms.scheduler[slot]!;
    const lines = this.#lines[scheduler]!;
    let line = lines.get(request);
    if (line === undefined) {
      const slots = new SlotList(this.#links);
      line = { request, scheduler, slots, failedIn: -1, reason: '', refusedBy: nowhere };
      lines.set(request, line);
    }
    return line;
  }

  /** Makes places for more: those who wait close up, and where they hold half of the places there are twice as many. */
  #closeRanks(): void {
    const before = this.#slotAt;
    // The one that is being added counts already, and has no place.
    this.#firsts.reset(2 * this.size);
    this.#slotAt = new Int32Array(this.#firsts.length);
    let place = 0;
    for (const slot of before) {
      if (slot < 0) continue;
      this.#slotAt[place] = slot;
      this.#placeOf[slot] = place;
      const line = this.#lineOf[slot]!;
      if (line.slots.first === slot) this.#firsts.set(place, line.request);
      place++;
    }
    this.#places = place;
  }
}
