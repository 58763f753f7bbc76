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
  status: 'BUILD' | 'ACTIVE' | 'SHUTOFF' | 'ERROR' | 'DELETED';
  /** Of its one network. */
  address: string;
  /** Holds what its flavor says there; null before it was placed and when it could not be. */
  host: string | null;
  cards: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly flavor: MemoryFlavor;
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

interface HostState {
  readonly spec: MemoryHost;
  readonly id: string;
  isUp: boolean;
  isDisabled: boolean;
  /** Builds there end in ERROR. */
  refuses: boolean;
  generation: number;
  readonly servers: Set<MemoryServer>;
}

const noHost = { code: 500, message: 'No valid host was found. There are not enough hosts available.' };

export class CloudState {
  readonly hosts = new Map<string, HostState>();
  readonly servers = new Map<string, MemoryServer>();
  readonly flavors = new Map<string, MemoryFlavor>();
  /** Of the servers' `updated`. Defaults to the real time. */
  readonly nowMs: () => number;
  /** What only Nova knows: filters of its own. Defaults to letting every host pass. */
  passesFilters: (server: MemoryServer, host: string) => boolean = () => true;

  constructor(hosts: readonly MemoryHost[], nowMs: () => number = Date.now) {
    this.nowMs = nowMs;
    for (const spec of hosts) {
      const state = { spec, id: randomUUID(), isUp: true, isDisabled: false, refuses: false, generation: 1 };
      this.hosts.set(spec.name, { ...state, servers: new Set() });
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
    const candidates = wanted === null ? [...this.hosts.values()] : [this.hosts.get(wanted)!];
    const fitting = candidates
      .map((host) => ({ host, cards: this.#cardsFor(host, server) }))
      .filter(({ host, cards }) => cards !== null && host.isUp && !host.isDisabled && this.#fits(host, server))
      .filter(({ host }) => this.#allows(host, server) && this.passesFilters(server, host.spec.name))
      .sort((one, other) => this.free(other.host).ramMib - this.free(one.host).ramMib);
    const [best] = fitting;
    if (best === undefined || best.host.refuses) {
      this.#update(server, { status: 'ERROR', fault: noHost });
      return;
    }
    this.#update(server, { host: best.host.spec.name, cards: best.cards! });
    best.host.servers.add(server);
    best.host.generation++;
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
    const host = server.host === null ? undefined : this.hosts.get(server.host);
    host?.servers.delete(server);
    if (host !== undefined) host.generation++;
    this.#update(server, { status: 'DELETED', terminatedAtMs: this.nowMs() });
  }

  free({ spec, servers }: HostState): { vcpus: number; ramMib: number; diskGib: number } {
    const free = { vcpus: spec.vcpus, ramMib: spec.ramMib, diskGib: spec.diskGib };
    for (const { flavor } of servers) {
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
      const held = [...host.servers].flatMap(({ cards }) => cards);
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
  #cardsFor({ spec, servers }: HostState, { flavor }: MemoryServer): string[] | null {
    const taken = new Set([...servers].flatMap(({ cards }) => cards));
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
