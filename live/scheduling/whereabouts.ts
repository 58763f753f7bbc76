/**
 * Where servers are by Placement, for those whose place does not follow from Nova's list: while they move, until a resize is confirmed, after an
 * evacuation. A round over the hosts finds what nobody has announced: places of servers elsewhere, or of none at all.
 */
import { inParallel } from '../openstack/in-parallel.ts';
import {
  isMoveOpen,
  isNotFound,
  type Move,
  type Nova,
  type Placement,
  pciProviders,
  type Resources,
  type Server,
} from '../openstack/index.ts';
import type { Aliases } from './aliases.ts';
import type { CloudHosts } from './cloud-hosts.ts';
import type { WantedCards } from './holding.ts';
import { cardsOfFlavor, isSameSize, type Ledger, type Place, type Size, sizeOf } from './ledger.ts';
import type { ServerFeed } from './server-feed.ts';

export interface WhereaboutsParts {
  readonly nova: Pick<Nova, 'listMoves' | 'listFlavors'>;
  readonly placement: Pick<Placement, 'showAllocations' | 'showHolders' | 'listProviders'>;
  readonly hosts: Pick<CloudHosts, 'nameOf' | 'hypervisorOf'>;
  readonly feed: ServerFeed;
  readonly ledger: Ledger;
  readonly aliases: Aliases;
}

/** Hosts of one round, of those with cards and of the others: all of them in a small cloud, in a large one the next ones of the row. */
const hostsOfRound = 64;

/** Statuses in which a server may hold more than its own place. */
const movingStatuses: readonly string[] = ['RESIZE', 'VERIFY_RESIZE', 'REVERT_RESIZE', 'MIGRATING', 'REBUILD', 'ERROR'];

export class Whereabouts {
  readonly #parts: WhereaboutsParts;
  /** Servers whose place was not where the list has it, when last looked at. */
  readonly #odd = new Set<string>();
  /** Addresses of devices by provider, of the hosts whose tree was read. */
  readonly #devices = new Map<string, ReadonlyMap<string, string>>();
  #sizes: readonly (Size & { readonly cards: readonly WantedCards[] })[] = [];
  /** Rounds over hosts with cards, and over the others. */
  readonly #nextHosts = [0, 0];
  /** Servers that are being looked for; true where it has changed meanwhile. */
  readonly #locating = new Map<string, boolean>();

  constructor(parts: WhereaboutsParts) {
    this.#parts = parts;
  }

  /** Whether Placement has to be asked where it is. */
  isUnsettled({ id, status, host, taskState, launchedAtS }: Server): boolean {
    if (this.#odd.has(id)) return true;
    if (status === 'ERROR') return host !== null && launchedAtS !== null;
    return (
      movingStatuses.includes(status) || /^(?:resize|migrat|rebuild|shelving_offload|unshelv)/.test(taskState ?? '')
    );
  }

  /** Looks at all servers that move, and at the next hosts. @param withCards those of the hosts that have cards */
  async round(hostNames: readonly string[], withCards: ReadonlySet<string>): Promise<void> {
    const { nova, feed } = this.#parts;
    this.#sizes = [];
    for await (const move of nova.listMoves({ type: 'evacuation', status: 'done' })) {
      if (feed.servers.has(move.serverId)) this.#odd.add(move.serverId);
    }
    await inParallel(this.#chosen(hostNames, withCards), (name) => this.#lookAtHost(name));
    const unsettled = [...feed.servers.values()].filter((server) => this.isUnsettled(server));
    await inParallel(unsettled, (server) => this.locate(server.id));
  }

  /** Asks Placement where a server is, and notes it. */
  async locate(serverId: string): Promise<void> {
    if (this.#locating.has(serverId)) {
      this.#locating.set(serverId, true);
      return;
    }
    try {
      do {
        this.#locating.set(serverId, false);
        await this.#locateNow(serverId);
      } while (this.#locating.get(serverId));
    } finally {
      this.#locating.delete(serverId);
    }
  }

  async #locateNow(serverId: string): Promise<void> {
    const { nova, ledger, feed } = this.#parts;
    const moves: Move[] = [];
    for await (const move of nova.listMoves({ serverId })) if (isMoveOpen(move)) moves.push(move);
    const places: Place[] = [];
    for (const consumerId of [serverId, ...moves.map(({ id }) => id)])
      places.push(...(await this.#placesOf(consumerId)));
    const server = feed.servers.get(serverId);
    if (server === undefined) return; // it has ended meanwhile
    const [only] = places;
    // No place while Nova names a host: it has just been taken away, or Placement has lost it. The list counts.
    const isPlain =
      only === undefined || (places.length === 1 && only.host === server.host && isSameSize(only, sizeOf(server)));
    if (isPlain) {
      this.#odd.delete(serverId);
      if (server.taskState === null) ledger.settle(server);
    } else this.#odd.add(serverId);
    const namesCards = only?.addresses != null && only.addresses.length > 0;
    ledger.notePlaces(serverId, isPlain && !namesCards ? null : places);
  }

  /** Forgets what was odd about a server that is gone. */
  forget(serverId: string): void {
    this.#odd.delete(serverId);
  }

  #chosen(hostNames: readonly string[], withCards: ReadonlySet<string>): string[] {
    const groups = [hostNames.filter((name) => withCards.has(name)), hostNames.filter((name) => !withCards.has(name))];
    return groups.flatMap((names, group) => {
      const next = this.#nextHosts[group]!;
      const count = Math.min(hostsOfRound, names.length);
      this.#nextHosts[group] = names.length === 0 ? 0 : (next + count) % names.length;
      return Array.from({ length: count }, (_, index) => names[(next + index) % names.length]!);
    });
  }

  async #lookAtHost(host: string): Promise<void> {
    const { nova, placement, feed, ledger, hosts } = this.#parts;
    const provider = hosts.hypervisorOf(host);
    if (provider === undefined) return ledger.noteOrphans(host, []);
    let holders: Readonly<Record<string, Resources>>;
    try {
      this.#devices.delete(host);
      await this.#readDevices(host);
      holders = await placement.showHolders(provider.id);
    } catch (error) {
      if (isNotFound(error)) return ledger.noteOrphans(host, []);
      throw error;
    }
    const strange: string[] = [];
    for (const [consumerId, resources] of Object.entries(holders)) {
      const server = feed.servers.get(consumerId);
      if (server === undefined) strange.push(consumerId);
      else if (
        server.host !== host ||
        !isSameSize(sizeIn(resources), sizeOf(server)) ||
        this.#hasUnnamedCards(server)
      ) {
        this.#odd.add(server.id);
      }
    }
    if (strange.length === 0) return ledger.noteOrphans(host, []);
    const moves = new Map<string, Move>();
    for await (const move of nova.listMoves({ host })) moves.set(move.id, move);
    const orphans: Place[] = [];
    for (const consumerId of strange) {
      const serverId = moves.get(consumerId)?.serverId ?? consumerId;
      const server = feed.servers.get(serverId) ?? (await feed.ask(serverId));
      if (server !== null) this.#odd.add(server.id);
      else orphans.push(...(await this.#placesOf(consumerId)).filter((place) => place.host === host));
    }
    ledger.noteOrphans(host, orphans);
  }

  /** Placement could say which cards it has, and was not asked yet. */
  #hasUnnamedCards(server: Server): boolean {
    const { ledger } = this.#parts;
    const { id, host } = server;
    return (
      (this.#devices.get(host ?? '')?.size ?? 0) > 0 && ledger.wantedOf(server).length > 0 && !ledger.hasPlaces(id)
    );
  }

  async #placesOf(consumerId: string): Promise<Place[]> {
    const { placement, hosts } = this.#parts;
    const allocations = await placement.showAllocations(consumerId);
    const byHost = new Map<string, { resources: Resources; addresses: string[] }>();
    const on = (host: string) => {
      const known = byHost.get(host) ?? { resources: {}, addresses: [] };
      byHost.set(host, known);
      return known;
    };
    for (const [providerId, resources] of Object.entries(allocations)) {
      const host = hosts.nameOf(providerId);
      if (host !== null) {
        on(host).resources = resources;
        await this.#readDevices(host);
      }
    }
    for (const [host, place] of byHost) {
      for (const [providerId, address] of this.#devices.get(host) ?? []) {
        if (allocations[providerId] !== undefined) place.addresses.push(address);
      }
    }
    return await Promise.all(
      Array.from(byHost, async ([host, { resources, addresses }]) => ({
        consumerId,
        host,
        ...sizeIn(resources),
        addresses: (this.#devices.get(host)?.size ?? 0) > 0 ? addresses.sort() : null,
        cardsOfSize: await this.#cardsOfSize(sizeIn(resources)),
      })),
    );
  }

  /** Devices below the host's provider, as Nova reports them where it is told to. */
  async #readDevices(host: string): Promise<void> {
    const { placement, hosts } = this.#parts;
    const provider = hosts.hypervisorOf(host);
    if (provider === undefined || this.#devices.has(host)) return;
    const devices = pciProviders([provider], await placement.listProviders({ inTree: provider.id }));
    this.#devices.set(host, new Map(devices.map(({ id, address }) => [id, address])));
  }

  /** The most cards that a flavor of that size has. */
  async #cardsOfSize(size: Size): Promise<readonly WantedCards[]> {
    const { nova, aliases } = this.#parts;
    if (this.#sizes.length === 0) {
      const sizes: (Size & { readonly cards: readonly WantedCards[] })[] = [];
      for await (const { vcpus, ramMib, diskGib, extraSpecs } of nova.listFlavors()) {
        sizes.push({ vcpus, ramMib, diskGib, cards: cardsOfFlavor(extraSpecs, aliases) });
      }
      this.#sizes = sizes;
    }
    const countOf = (cards: readonly WantedCards[]): number => cards.reduce((sum, { count }) => sum + count, 0);
    const fitting = this.#sizes.filter((each) => isSameSize(each, size)).map(({ cards }) => cards);
    return fitting.reduce<readonly WantedCards[]>((most, cards) => (countOf(cards) > countOf(most) ? cards : most), []);
  }
}

/** Dedicated vCPUs are a class of their own. */
function sizeIn(resources: Resources): Size {
  const { VCPU = 0, PCPU = 0, MEMORY_MB = 0, DISK_GB = 0 } = resources;
  return { vcpus: VCPU + PCPU, ramMib: MEMORY_MB, diskGib: DISK_GB };
}
