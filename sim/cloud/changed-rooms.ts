/** The hosts on which something changed since those who wait were tried last, and what is free there: whoever fits on none of them still fits nowhere. */
import type { Cluster } from '../../core/cluster.ts';
import type { Policy } from '../../core/policy.ts';
import type { VmRequest } from '../../core/request.ts';
import type { Room } from './asked-tree.ts';

/** A host that changed. */
export interface ChangedRoom extends Room {
  /** Which scheduler sees this. */
  readonly view: number;
  readonly host: number;
}

/** Also changed by what the class below does. */
interface Known extends ChangedRoom {
  vcpus: number;
  ramMib: number;
  diskGib: number;
  cards: number;
  /** The drain in which, or after which, it changed last. */
  drain: number;
  isStale: boolean;
}

export class ChangedRooms {
  readonly #views: readonly Cluster[];
  readonly #policy: Policy;
  /** By host, of each view. */
  readonly #rooms: Map<number, Known>[];
  #stale: Known[] = [];
  #drain = 0;
  #isWatching = false;

  constructor(views: readonly Cluster[], policy: Policy) {
    this.#views = views;
    this.#policy = policy;
    this.#rooms = views.map(() => new Map());
    for (const [view, cluster] of views.entries()) cluster.watch((host) => this.#changed(view, host));
  }

  /** Somebody waits who fits nowhere now; nobody did before. */
  start(): void {
    this.#isWatching = true;
    this.#stale = [];
    for (const rooms of this.#rooms) rooms.clear();
  }

  /** Nobody waits any more. */
  stop(): void {
    this.#isWatching = false;
  }

  /** Those who wait are tried. @returns hosts that changed since the last time, what was bound in its course included */
  open(): ChangedRoom[] {
    this.#drain++;
    this.refresh();
    return this.#rooms.flatMap((rooms) => [...rooms.values()]);
  }

  /** All have been tried. */
  close(): void {
    this.refresh();
    for (const rooms of this.#rooms) {
      for (const [host, { drain }] of rooms) if (drain < this.#drain) rooms.delete(host);
    }
  }

  /** Brings the rooms that it gave up to date. @returns those that have changed */
  refresh(): readonly ChangedRoom[] {
    const changed = this.#stale;
    for (const room of changed) {
      const cluster = this.#views[room.view]!;
      const isUp = cluster.up[room.host] === 1;
      room.vcpus = isUp ? cluster.vcpusFree[room.host]! : -1;
      room.ramMib = cluster.ramFreeMib[room.host]!;
      room.diskGib = cluster.diskFreeGib[room.host]!;
      room.cards = cardsLeft(cluster, room.host);
      room.isStale = false;
    }
    if (changed.length > 0) this.#stale = [];
    return changed;
  }

  /** Whether the policy's filters let the request pass on that host. */
  passes({ view, host }: ChangedRoom, request: VmRequest): boolean {
    const seen = this.#views[view]!.hosts[host]!;
    return this.#policy.filters.every((filter) => filter.reject(seen, request) === undefined);
  }

  #changed(view: number, host: number): void {
    if (!this.#isWatching) return;
    const rooms = this.#rooms[view]!;
    let room = rooms.get(host);
    if (room === undefined) {
      room = { view, host, vcpus: 0, ramMib: 0, diskGib: 0, cards: 0, drain: 0, isStale: false };
      rooms.set(host, room);
    }
    room.drain = this.#drain;
    if (room.isStale) return;
    room.isStale = true;
    this.#stale.push(room);
  }
}

/** Cards of a host that work and are not wholly taken. */
function cardsLeft(cluster: Cluster, host: number): number {
  const { cardStart, cardHealthy, cardMemoryFreeMib, cardCoresFree } = cluster;
  let left = 0;
  for (let card = cardStart[host]!; card < cardStart[host + 1]!; card++) {
    if (cardHealthy[card] === 1 && (cardMemoryFreeMib[card]! > 0 || cardCoresFree[card]! > 0)) left++;
  }
  return left;
}
