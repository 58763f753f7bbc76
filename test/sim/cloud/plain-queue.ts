/** The readable reference of backfill: after every change all who wait are tried, in the order in which they came. */
import type { SizedRequest } from '../../../sim/cloud/sized-requests.ts';
import type { WaitingRoom, WaitQueue } from '../../../sim/cloud/wait-queue.ts';

export class PlainQueue implements WaitQueue {
  /** Tries that were made. */
  tries = 0;
  readonly #room: WaitingRoom;
  readonly #waiting = new Set<number>();

  constructor(room: WaitingRoom) {
    this.#room = room;
  }

  get size(): number {
    return this.#waiting.size;
  }

  add(slot: number): void {
    this.#waiting.add(slot);
  }

  giveUp(slot: number): void {
    this.#waiting.delete(slot);
  }

  drain(): void {
    const { vms, views } = this.#room;
    /** Of each scheduler, slots by what was asked for. */
    const failedOf = views.map(() => new Map<SizedRequest, number>());
    for (const slot of this.#waiting) {
      const failed = failedOf[vms.scheduler[slot]!]!;
      const equal = failed.get(vms.requests[slot]!);
      if (equal !== undefined) {
        vms.reason[slot] = vms.reason[equal]!;
        vms.refusedBy[slot] = vms.refusedBy[equal]!;
        continue;
      }
      this.tries++;
      if (this.#room.place(slot)) this.#waiting.delete(slot);
      else failed.set(vms.requests[slot]!, slot);
    }
  }
}
