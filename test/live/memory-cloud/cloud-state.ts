/** What an in-memory cloud has: hosts, cards, flavors, servers; it places and runs out as Nova does. Changes of a moment are all or none. */
import { randomUUID } from 'node:crypto';

export interface MemoryHost {
  readonly name: string;
  readonly vcpus: number;
  readonly ramMib: number;
  readonly diskGib: number;
  readonly cards: readonly { readonly alias: string; readonly address: string }[];
  /** Of its provider in Placement. Defaults to none. */
  readonly traits?: readonly string[];
  /** Zone of an aggregate that it is in. Defaults to none. */
  readonly zone?: string;
}

export interface MemoryFlavor {
  readonly id: string;
  readonly name: string;
  readonly vcpus: number;
  readonly ram: number;
  readonly disk: number;
  readonly isPublic: boolean;
  readonly description: string | null;
  readonly extraSpecs: Record<string, string>;
}

export interface MemoryServer {
  readonly id: string;
  readonly name: string;
  status:
    | 'BUILD'
    | 'ACTIVE'
    | 'SHUTOFF'
    | 'ERROR'
    | 'DELETED'
    | 'SOFT_DELETED'
    | 'SHELVED_OFFLOADED'
    | 'VERIFY_RESIZE'
    | 'RESCUE';
  /** Of its one network. */
  address: string;
  /** Holds what its flavor says there; null before it was placed and when it could not be. */
  host: string | null;
  cards: readonly string[];
  metadata: Readonly<Record<string, string>>;
  flavor: MemoryFlavor;
  isLocked: boolean;
  readonly projectId: string;
  readonly userId: string;
  readonly zone: string | null;
  /** Id of its server group. */
  readonly group: string | null;
  readonly createdAtMs: number;
  updatedAtMs: number;
  launchedAtMs: number | null;
  terminatedAtMs: number | null;
  fault: { code: number; message: string } | null;
}

/** What somebody holds of a host: a server, or a move for it of the place that it leaves, or nobody that Nova knows any more. */
interface Claim {
  readonly flavor: MemoryFlavor;
  readonly cards: readonly string[];
}

/** A move of a server, as Nova's os-migrations tells it. */
export interface MemoryMove {
  readonly id: string;
  readonly serverId: string;
  readonly type: 'resize' | 'migration' | 'evacuation' | 'live-migration';
  status: 'finished' | 'confirmed' | 'reverted' | 'done' | 'completed';
  readonly source: string;
  readonly target: string;
}

interface HostState {
  readonly spec: MemoryHost;
  readonly id: string;
  isUp: boolean;
  isDisabled: boolean;
  /** Builds there end in ERROR. */
  refuses: boolean;
  generation: number;
  /** By consumer: id of a server or of a move. */
  readonly claims: Map<string, Claim>;
}

const noHost = { code: 500, message: 'No valid host was found. There are not enough hosts available.' };

export class CloudState {
  readonly hosts = new Map<string, HostState>();
  readonly servers = new Map<string, MemoryServer>();
  readonly flavors = new Map<string, MemoryFlavor>();
  readonly moves = new Map<string, MemoryMove>();
  /** Of the servers' `updated`. Defaults to the real time. */
  readonly nowMs: () => number;
  /** What only Nova knows: filters of its own. Defaults to letting every host pass. */
  passesFilters: (server: MemoryServer, host: string) => boolean = () => true;

  constructor(hosts: readonly MemoryHost[], nowMs: () => number = Date.now) {
    this.nowMs = nowMs;
    for (const spec of hosts) {
      const state = { spec, id: randomUUID(), isUp: true, isDisabled: false, refuses: false, generation: 1 };
      this.hosts.set(spec.name, { ...state, claims: new Map() });
    }
  }

  /** Takes the order; the server is built by `build`. */
  create(
    name: string,
    flavor: MemoryFlavor,
    metadata: Record<string, string>,
    owner: Partial<Pick<MemoryServer, 'projectId' | 'userId' | 'zone' | 'group'>> = {},
  ): MemoryServer {
    const nowMs = this.nowMs();
    const server: MemoryServer = {
      id: randomUUID(),
      name,
      status: 'BUILD',
      address: `10.20.0.${this.servers.size + 1}`,
      host: null,
      cards: [],
      metadata,
      // A server keeps the flavor as it was.
      flavor: { ...flavor, extraSpecs: { ...flavor.extraSpecs } },
      projectId: 'project',
      userId: 'user',
      zone: null,
      group: null,
      isLocked: false,
      ...owner,
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
      launchedAtMs: null,
      terminatedAtMs: null,
      fault: null,
    };
    this.servers.set(server.id, server);
    return server;
  }

  /** Places a server that was ordered: on that host or, without one, on the emptiest; ERROR where it does not fit. */
  place(server: MemoryServer, wanted: string | null): void {
    if (server.status !== 'BUILD' || server.host !== null) return;
    if (!this.#takePlace(server, wanted)) this.#update(server, { status: 'ERROR', fault: noHost });
  }

  /** @returns false where it does not fit */
  #takePlace(server: MemoryServer, wanted: string | null, except: string | null = null): boolean {
    const candidates = wanted === null ? [...this.hosts.values()] : [this.hosts.get(wanted)!];
    const fitting = candidates
      .map((host) => ({ host, cards: this.#cardsFor(host, server) }))
      .filter(({ host, cards }) => cards !== null && host.isUp && !host.isDisabled && this.#fits(host, server))
      .filter(({ host }) => host.spec.name !== except)
      .filter(({ host }) => this.#allows(host, server) && this.passesFilters(server, host.spec.name))
      .sort((one, other) => this.free(other.host).ramMib - this.free(one.host).ramMib);
    const [best] = fitting;
    if (best === undefined || best.host.refuses) return false;
    this.#update(server, { host: best.host.spec.name, cards: best.cards! });
    best.host.claims.set(server.id, { flavor: server.flavor, cards: best.cards! });
    best.host.generation++;
    return true;
  }

  #release(host: string | null, consumerId: string): void {
    const state = host === null ? undefined : this.hosts.get(host);
    if (state?.claims.delete(consumerId)) state.generation++;
  }

  /** To another host, with another flavor or the same: waits to be confirmed. */
  resize(server: MemoryServer, flavor: MemoryFlavor, target: string | null = null): MemoryMove {
    const { host, flavor: old, cards } = server;
    const type = flavor === old ? 'migration' : 'resize';
    const move = this.#leave(server, type);
    Object.assign(server, { flavor: { ...flavor, extraSpecs: { ...flavor.extraSpecs } } });
    if (!this.#takePlace(server, target, target === null ? host : null)) throw new Error('no host for the resize');
    this.#olds.set(move.id, { flavor: old, cards });
    this.#moved(move, server.host!, 'finished');
    this.#update(server, { status: 'VERIFY_RESIZE' });
    return this.moves.get(move.id)!;
  }

  confirmResize(server: MemoryServer): void {
    const move = this.#openMove(server);
    this.#release(move.source, move.id);
    move.status = 'confirmed';
    this.#update(server, { status: 'ACTIVE' });
  }

  revertResize(server: MemoryServer): void {
    const move = this.#openMove(server);
    const old = this.#olds.get(move.id)!;
    this.#release(server.host, server.id);
    this.#release(move.source, move.id);
    this.hosts.get(move.source)!.claims.set(server.id, old);
    move.status = 'reverted';
    this.#update(server, { status: 'ACTIVE', host: move.source, ...old });
  }

  /** Its host is lost: it is rebuilt elsewhere, and what it had there stays its own until that host is back. */
  evacuate(server: MemoryServer, target: string): MemoryMove {
    const source = server.host!;
    const id = randomUUID();
    if (!this.#takePlace(server, target)) throw new Error('no host for the evacuation');
    const move: MemoryMove = { id, serverId: server.id, type: 'evacuation', status: 'done', source, target };
    this.moves.set(id, move);
    this.#update(server, {});
    return move;
  }

  /** The lost host is back, and gives up what was evacuated. */
  comeBack(move: MemoryMove): void {
    this.#release(move.source, move.serverId);
    move.status = 'completed';
  }

  /** At once, as Nova ends one. */
  liveMigrate(server: MemoryServer, target: string): void {
    const source = server.host;
    if (!this.#takePlace(server, target)) throw new Error('no host for the migration');
    this.#release(source, server.id);
  }

  shelve(server: MemoryServer): void {
    this.#release(server.host, server.id);
    this.#update(server, { status: 'SHELVED_OFFLOADED', host: null, cards: [] });
  }

  unshelve(server: MemoryServer, target: string | null = null): void {
    if (!this.#takePlace(server, target)) throw new Error('no host for the unshelve');
    this.#update(server, { status: 'ACTIVE' });
  }

  /** Holds what it has until it is reclaimed, and can be restored. */
  softDelete(server: MemoryServer): void {
    this.#update(server, { status: 'SOFT_DELETED' });
  }

  /** What an admin changes of a server without moving it. */
  change(server: MemoryServer, changes: Partial<Pick<MemoryServer, 'status' | 'metadata' | 'isLocked'>>): void {
    this.#update(server, changes);
  }

  /** Something is held for a consumer that Nova does not know. */
  leak(host: string, consumerId: string, flavor: MemoryFlavor, cards: readonly string[]): void {
    this.hosts.get(host)!.claims.set(consumerId, { flavor, cards });
  }

  /** Where the server's cards are by Nova, and those of its moves: by host and address. */
  devices(): Record<string, string> {
    const found: Record<string, string> = {};
    for (const [host, { claims }] of this.hosts) {
      for (const [consumer, { cards }] of claims) {
        for (const address of cards) found[`${host} ${address}`] = this.moves.get(consumer)?.serverId ?? consumer;
      }
    }
    return found;
  }

  readonly #olds = new Map<string, Claim>();

  /** What it has goes over to a move. */
  #leave(
    server: MemoryServer,
    type: MemoryMove['type'],
  ): { id: string; source: string; serverId: string; type: MemoryMove['type'] } {
    const id = randomUUID();
    const source = server.host!;
    const { claims } = this.hosts.get(source)!;
    claims.set(id, claims.get(server.id)!);
    claims.delete(server.id);
    return { id, source, serverId: server.id, type };
  }

  #moved(move: Omit<MemoryMove, 'target' | 'status'>, target: string, status: MemoryMove['status']): void {
    this.moves.set(move.id, { ...move, target, status });
  }

  #openMove({ id }: MemoryServer): MemoryMove {
    return [...this.moves.values()].find(({ serverId, status }) => serverId === id && status === 'finished')!;
  }

  /** Ends the build of a placed server. */
  finish(server: MemoryServer): void {
    if (server.status !== 'BUILD' || server.host === null) return;
    this.#update(server, { status: 'ACTIVE', launchedAtMs: this.nowMs() });
  }

  /** Shuts the guest down, or starts it. @returns false where it is not in the other state */
  switchTo(server: MemoryServer, status: 'ACTIVE' | 'SHUTOFF'): boolean {
    if (server.status !== (status === 'ACTIVE' ? 'SHUTOFF' : 'ACTIVE')) return false;
    this.#update(server, { status });
    return true;
  }

  delete(server: MemoryServer): void {
    if (server.status === 'DELETED') return;
    for (const name of this.hosts.keys()) this.#release(name, server.id);
    for (const { id, serverId, source } of this.moves.values()) if (serverId === server.id) this.#release(source, id);
    this.#update(server, { status: 'DELETED', terminatedAtMs: this.nowMs() });
  }

  free({ spec, claims }: HostState): { vcpus: number; ramMib: number; diskGib: number } {
    const free = { vcpus: spec.vcpus, ramMib: spec.ramMib, diskGib: spec.diskGib };
    for (const { flavor } of claims.values()) {
      free.vcpus -= flavor.vcpus;
      free.ramMib -= flavor.ram;
      free.diskGib -= flavor.disk;
    }
    return free;
  }

  /** What should never be: a card held twice, a host over its size, a server without the cards of its flavor. One line each. */
  violations(): string[] {
    const found: string[] = [];
    for (const host of this.hosts.values()) {
      const free = this.free(host);
      if (Object.values(free).some((amount) => amount < 0)) found.push(`${host.spec.name} is over its size`);
      const held = [...host.claims.values()].flatMap(({ cards }) => cards);
      if (new Set(held).size < held.length) found.push(`a card of ${host.spec.name} is held twice`);
    }
    for (const { id, host, cards, flavor } of this.servers.values()) {
      const wanted = wantedCards(flavor).reduce((sum, { count }) => sum + count, 0);
      if (host !== null && cards.length !== wanted) found.push(`${id} has ${cards.length} of ${wanted} cards`);
    }
    return found;
  }

  /** Traits and zone, which Nova leaves to Placement. */
  #allows({ spec }: HostState, { flavor, zone }: MemoryServer): boolean {
    if (zone !== null && spec.zone !== zone) return false;
    return Object.entries(flavor.extraSpecs).every(([key, value]) => {
      if (!key.startsWith('trait:')) return true;
      return (spec.traits ?? []).includes(key.slice('trait:'.length)) === (value === 'required');
    });
  }

  #fits(host: HostState, { flavor }: MemoryServer): boolean {
    const free = this.free(host);
    return free.vcpus >= flavor.vcpus && free.ramMib >= flavor.ram && free.diskGib >= flavor.disk;
  }

  /** The lowest idle devices of each alias; null where there are too few. */
  #cardsFor({ spec, claims }: HostState, { flavor }: MemoryServer): string[] | null {
    const taken = new Set([...claims.values()].flatMap(({ cards }) => cards));
    const chosen: string[] = [];
    for (const { alias, count } of wantedCards(flavor)) {
      const idle = spec.cards.filter((card) => card.alias === alias && !taken.has(card.address));
      if (idle.length < count) return null;
      chosen.push(...idle.slice(0, count).map(({ address }) => address));
    }
    return chosen;
  }

  #update(server: MemoryServer, changes: Partial<MemoryServer>): void {
    Object.assign(server, changes, { updatedAtMs: this.nowMs() });
  }
}

function wantedCards({ extraSpecs }: MemoryFlavor): { alias: string; count: number }[] {
  const text = extraSpecs['pci_passthrough:alias'];
  if (text === undefined) return [];
  return text.split(',').map((part) => ({ alias: part.split(':')[0]!, count: Number(part.split(':')[1] ?? 1) }));
}
