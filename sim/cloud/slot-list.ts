/** Slots in the order in which they came, any of which can be taken out at once. */
import { grown } from '../engine/grown.ts';

const none = -1;

/** Of each slot, the one after it and the one before it. Lists that never hold one slot at the same time may share them. */
export class SlotLinks {
  after = new Int32Array(64);
  before = new Int32Array(64);

  /** Makes room for that slot. */
  reach(slot: number): void {
    if (slot < this.after.length) return;
    const length = Math.max(2 * this.after.length, slot + 1);
    this.after = grown(this.after, new Int32Array(length));
    this.before = grown(this.before, new Int32Array(length));
  }
}

export class SlotList {
  /** The first slot, and the last; -1 when there is none. */
  first = none;
  last = none;
  size = 0;
  readonly #links: SlotLinks;

  constructor(links = new SlotLinks()) {
    this.#links = links;
  }

  /** Adds a slot, which must not be in, at the end. */
  push(slot: number): void {
    const links = this.#links;
    links.reach(slot);
    links.after[slot] = none;
    links.before[slot] = this.last;
    if (this.last === none) this.first = slot;
    else links.after[this.last] = slot;
    this.last = slot;
    this.size++;
  }

  /** Takes out a slot, which must be in. */
  remove(slot: number): void {
    const { after, before } = this.#links;
    const [next, previous] = [after[slot]!, before[slot]!];
    if (previous === none) this.first = next;
    else after[previous] = next;
    if (next === none) this.last = previous;
    else before[next] = previous;
    this.size--;
  }
}
