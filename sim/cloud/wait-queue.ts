/** Who waits for room, in the order in which they came, and when they are tried again. */
import type { Cluster, Placement } from '../../core/cluster.ts';
import type { Decision } from '../../core/decision.ts';
import type { Policy } from '../../core/policy.ts';
import { SlotList } from './slot-list.ts';
import type { Vms } from './vm.ts';

/** VMs, by their slots, that wait. */
export interface WaitQueue {
  /** VMs that wait. */
  readonly size: number;
  /** A VM that was just tried, or found others waiting, waits from now on. */
  add(slot: number): void;
  /** A VM gives up: it waits no longer, and its `reason` and `refusedBy` are those of its last try. */
  giveUp(slot: number): void;
  /** Something may have become free: tries those who wait, and takes out those that were placed. */
  drain(): void;
  /** A VM was bound, whether it waited or not. */
  bound?(slot: number, placement: Placement): void;
}

/** The cloud, as its queue sees it. */
export interface WaitingRoom {
  readonly vms: Vms;
  /** What each scheduler sees. */
  readonly views: readonly Cluster[];
  readonly policy: Policy;
  /** Whether anybody ever gives up, so that the reasons of last tries are wanted. */
  readonly isPatienceLimited: boolean;
  /** Tries to place a VM. @returns false when it must wait; its `reason` and `refusedBy` say why */
  place(slot: number): boolean;
  /** What the VM's scheduler decides now; nothing is bound. */
  decide(slot: number): Decision;
}

/** Nobody overtakes: the first waits until there is room for it, and all others behind it. */
export class FirstComeQueue implements WaitQueue {
  readonly #room: WaitingRoom;
  readonly #slots = new SlotList();

  constructor(room: WaitingRoom) {
    this.#room = room;
  }

  get size(): number {
    return this.#slots.size;
  }

  add(slot: number): void {
    this.#slots.push(slot);
  }

  giveUp(slot: number): void {
    this.#slots.remove(slot);
  }

  drain(): void {
    for (let slot = this.#slots.first; slot >= 0 && this.#room.place(slot); slot = this.#slots.first) {
      this.#slots.remove(slot);
    }
  }
}
