/** Requests at places in a row, and which of them is the first that could fit into given room: a tree whose nodes know the least asked for below them. */
import { isGpuRequest, type VmRequest } from '../../core/request.ts';

/** Free room of a host. */
export interface Room {
  readonly vcpus: number;
  readonly ramMib: number;
  readonly diskGib: number;
  /** Cards that may still serve somebody. */
  readonly cards: number;
}

/** Of each node: the least vCPUs, RAM and disk of CPU VMs below it, then of GPU VMs, then their least cards; Infinity where there are none. */
const figures = 7;
const leastPlaces = 64;

/** The children of node `n` are `2n` and `2n + 1`, the root is 1, place `p` is node `length + p`. */
export class AskedTree {
  #length = leastPlaces;
  #least = new Float64Array(2 * leastPlaces * figures).fill(Infinity);

  /** Places there are. */
  get length(): number {
    return this.#length;
  }

  /** Removes everything, and makes that many places at least. */
  reset(places: number): void {
    let length = leastPlaces;
    while (length < places) length *= 2;
    this.#least = length === this.#length ? this.#least : new Float64Array(2 * length * figures);
    this.#least.fill(Infinity);
    this.#length = length;
  }

  /** Puts a request at a place, instead of any that is there. */
  set(place: number, request: VmRequest): void {
    const { vcpus, ramMib, diskGib, cards } = request;
    const at = (this.#length + place) * figures;
    const least = this.#least.fill(Infinity, at, at + figures);
    const first = isGpuRequest(request) ? at + 3 : at;
    least[first] = vcpus;
    least[first + 1] = ramMib;
    least[first + 2] = diskGib;
    if (isGpuRequest(request)) least[first + 3] = cards;
    this.#climb(this.#length + place);
  }

  /** Empties a place. */
  clear(place: number): void {
    const at = (this.#length + place) * figures;
    this.#least.fill(Infinity, at, at + figures);
    this.#climb(this.#length + place);
  }

  /** The first place from `from` on whose request could fit into one of the rooms; -1 when there is none. */
  next(from: number, rooms: readonly Room[]): number {
    if (from >= this.#length) return -1;
    let node = this.#length + from;
    for (;;) {
      if (this.#mayFit(node, rooms)) {
        if (node >= this.#length) return node - this.#length;
        node *= 2;
        continue;
      }
      // On to what is right of it, as high up as that goes.
      while ((node & 1) === 1) node >>= 1;
      if (node === 0) return -1;
      node++;
    }
  }

  /** Whether a request anywhere could fit into the room. */
  mayFit(room: Room): boolean {
    return this.#mayFit(1, [room]);
  }

  #mayFit(node: number, rooms: readonly Room[]): boolean {
    const least = this.#least;
    const at = node * figures;
    for (let index = 0; index < rooms.length; index++) {
      const { vcpus, ramMib, diskGib, cards } = rooms[index]!;
      if (least[at]! <= vcpus && least[at + 1]! <= ramMib && least[at + 2]! <= diskGib) return true;
      if (least[at + 6]! <= cards && least[at + 3]! <= vcpus && least[at + 4]! <= ramMib && least[at + 5]! <= diskGib) {
        return true;
      }
    }
    return false;
  }

  /** Brings what the nodes above one know up to date, as far up as anything changes. */
  #climb(from: number): void {
    const least = this.#least;
    for (let node = from >> 1; node >= 1; node >>= 1) {
      let isChanged = false;
      const left = 2 * node * figures;
      for (let figure = 0; figure < figures; figure++) {
        const smaller = Math.min(least[left + figure]!, least[left + figures + figure]!);
        if (smaller === least[node * figures + figure]!) continue;
        least[node * figures + figure] = smaller;
        isChanged = true;
      }
      if (!isChanged) return;
    }
  }
}
