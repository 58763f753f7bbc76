/**
 * What every server and every claim holds, and where. Nova's word counts where it has the server; a claim counts until then; Placement's
 * where a server holds more than one place, as while it moves.
 */
import type { Clock } from '../../core/clock.ts';
import type { Server } from '../openstack/index.ts';
import type { Aliases } from './aliases.ts';
import { aliasesIn } from './asked-request.ts';
import type { CloudView } from './cloud-view.ts';
import { type HeldCard, type Holding, type WantedCards, wantedCards } from './holding.ts';
import { openStates } from './request-store.ts';
import { requestKey } from './server-metadata.ts';
import type { ServerRequest } from './server-request.ts';

/** What Placement has of one consumer on one host. */
export interface Place {
  /** The server; or the move under which it keeps the place that it leaves. */
  readonly consumerId: string;
  readonly host: string;
  readonly vcpus: number;
  readonly ramMib: number;
  readonly diskGib: number;
  /** Of its cards; null where Placement does not list cards. */
  readonly addresses: readonly string[] | null;
  /** What a flavor of that size has of cards, for a place whose flavor is not told. */
  readonly cardsOfSize: readonly WantedCards[];
}

/** How much of a host, without its cards. */
export type Size = Pick<Place, 'vcpus' | 'ramMib' | 'diskGib'>;

export interface LedgerParts {
  readonly view: Pick<CloudView, 'hold' | 'letGo' | 'cardAt' | 'cardsNamed' | 'noteLeft' | 'noteThere'>;
  readonly clock: Pick<Clock, 'nowS'>;
  readonly aliases: Aliases;
  /** Whether a server may be that of the request's present attempt, whose id is not known yet. */
  readonly canBeOf: (server: Server, row: ServerRequest) => boolean;
  /** Told of the cards that a server is known to have there, to be kept for the next start. Defaults to nothing. */
  readonly learned?: (serverId: string, host: string, cards: readonly HeldCard[]) => void;
  /** Told of a server whose cards need not be kept any more. Defaults to nothing. */
  readonly forgotten?: (serverId: string, host: string | null) => void;
}

const noPlaces: readonly Place[] = [];

/** Servers that are gone whose cards are remembered. */
const mostLate = 1000;

export class Ledger {
  readonly #parts: LedgerParts;
  readonly #rows = new Map<string, ServerRequest>();
  readonly #requestOfServer = new Map<string, string>();
  readonly #servers = new Map<string, Server>();
  /** Servers whose metadata name a request. */
  readonly #naming = new Map<string, Set<string>>();
  readonly #ended = new Set<string>();
  readonly #places = new Map<string, readonly Place[]>();
  /** Known cards, by server and host. */
  readonly #cards = new Map<string, Map<string, readonly HeldCard[]>>();
  /** The same of servers that are gone. */
  readonly #late = new Map<string, ReadonlyMap<string, readonly HeldCard[]>>();
  /** What is held, by request, else by server. */
  readonly #held = new Map<string, readonly Holding[]>();
  /** Consumers that are no server, by host. */
  readonly #orphans = new Map<string, readonly Place[]>();

  constructor(parts: LedgerParts) {
    this.#parts = parts;
  }

  /** A request as it is now. */
  noteRow(row: ServerRequest): void {
    const before = this.#rows.get(row.id);
    this.#rows.set(row.id, row);
    if (before?.serverId !== row.serverId) {
      if (before?.serverId != null) this.#part(before.serverId);
      if (row.serverId !== null) {
        this.#requestOfServer.set(row.serverId, row.id);
        this.#letGo(row.serverId);
      }
    }
    const { serverId, host, cards } = row;
    if (serverId !== null && host !== null && cards.length > 0 && !this.#cards.get(serverId)?.has(host)) {
      // Where it leaves the host, this is what it leaves behind, unless the host has named others.
      this.recall(serverId, host, cards);
    }
    this.#refresh(row.id);
    for (const { id } of this.serversNaming(row.id)) if (id !== row.serverId) this.#refreshServer(id);
  }

  /** A request that is over, or somebody else's now: what is left of its server is held as any other. */
  forgetRow(id: string): void {
    const row = this.#rows.get(id);
    if (row === undefined) return;
    this.#rows.delete(id);
    this.#letGo(id);
    if (row.serverId !== null) this.#part(row.serverId);
    for (const server of this.serversNaming(id)) this.#refreshServer(server.id);
  }

  noteServer(server: Server): void {
    const before = this.#servers.get(server.id);
    this.#servers.set(server.id, server);
    this.#ended.delete(server.id);
    const named = server.metadata[requestKey];
    const namedBefore = before?.metadata[requestKey];
    if (namedBefore !== undefined && namedBefore !== named) this.#naming.get(namedBefore)?.delete(server.id);
    if (named !== undefined) {
      const naming = this.#naming.get(named) ?? new Set();
      this.#naming.set(named, naming.add(server.id));
    }
    const { id, host } = server;
    if (host !== null && !this.#cards.get(id)?.has(host) && this.wantedOf(server).length > 0) {
      // Its host may have named it before Nova's list did.
      const cards = this.#parts.view.cardsNamed(host, id);
      if (cards.length > 0) this.learn(id, host, cards);
    }
    this.#refreshServer(id);
  }

  goneServer(id: string): void {
    const named = this.#servers.get(id)?.metadata[requestKey];
    if (named !== undefined && this.#naming.get(named)?.delete(id) && this.#naming.get(named)!.size === 0) {
      this.#naming.delete(named);
    }
    this.#servers.delete(id);
    this.#places.delete(id);
    this.#keepLate(id);
    this.#parts.forgotten?.(id, null);
    // Its request may be a while in coming to its end.
    if (this.#requestOfServer.has(id)) this.#ended.add(id);
    this.#refreshServer(id);
  }

  /** Where Placement has it, in place of what follows from the server alone; null: that is enough again. */
  notePlaces(serverId: string, places: readonly Place[] | null): void {
    if (places === null ? !this.#places.delete(serverId) : isEqual(places, this.#places.get(serverId))) return;
    if (places !== null) this.#places.set(serverId, places);
    this.#refreshServer(serverId);
  }

  /** Whether Placement was asked where it is, and what it said counts. */
  hasPlaces(serverId: string): boolean {
    return this.#places.has(serverId);
  }

  /** What Placement has on the host for nobody that Nova knows. */
  noteOrphans(host: string, places: readonly Place[]): void {
    const before = this.#orphans.get(host) ?? [];
    if (isEqual(before, places)) return;
    for (const { consumerId } of before) this.#parts.view.letGo(orphanId(consumerId, host));
    if (places.length === 0) this.#orphans.delete(host);
    else this.#orphans.set(host, places);
    for (const place of places) {
      const { consumerId, vcpus, ramMib, diskGib } = place;
      const cards = this.#atAddresses(place) ?? this.#remembered(consumerId, host) ?? [];
      const id = orphanId(consumerId, host);
      this.#parts.view.hold({ id, serverId: consumerId, host, vcpus, ramMib, diskGib, cards, kind: 'orphan' });
    }
  }

  /** By host: what Placement has there for nobody that Nova knows. */
  get orphans(): ReadonlyMap<string, readonly Place[]> {
    return this.#orphans;
  }

  /** The host, or Placement, has named the cards of a server. */
  learn(serverId: string, host: string, cards: readonly HeldCard[]): void {
    if (!this.#servers.has(serverId)) return;
    const known = this.#cards.get(serverId) ?? new Map<string, readonly HeldCard[]>();
    if (isEqual(known.get(host), cards)) return;
    this.#cards.set(serverId, known.set(host, cards));
    this.#parts.learned?.(serverId, host, cards);
    this.#refreshServer(serverId);
  }

  /** As `learn`, of an earlier process: for servers that are not known yet too. */
  recall(serverId: string, host: string, cards: readonly HeldCard[]): void {
    const known = this.#cards.get(serverId) ?? new Map<string, readonly HeldCard[]>();
    this.#cards.set(serverId, known.set(host, cards));
  }

  /** Forgets the cards that it had elsewhere: it moves no more. */
  settle({ id, host }: Server): void {
    const known = this.#cards.get(id);
    for (const other of known?.keys() ?? []) {
      if (other === host) continue;
      known!.delete(other);
      this.#parts.forgotten?.(id, other);
    }
  }

  /** The request whose server that is. */
  requestOf(serverId: string): ServerRequest | undefined {
    const id = this.#requestOfServer.get(serverId);
    return id === undefined ? undefined : this.#rows.get(id);
  }

  /** Servers whose metadata name that request. */
  serversNaming(requestId: string): readonly Server[] {
    return [...(this.#naming.get(requestId) ?? [])].flatMap((id) => this.#servers.get(id) ?? []);
  }

  /** Cards that a server's flavor gives it, by model. */
  wantedOf({ flavor }: Pick<Server, 'flavor'>): WantedCards[] {
    return cardsOfFlavor(flavor.extraSpecs, this.#parts.aliases);
  }

  /** Nova may hold cards for a server that is gone: which ones those are is remembered of the latest. */
  #keepLate(id: string): void {
    const known = this.#cards.get(id);
    if (known === undefined) return;
    this.#cards.delete(id);
    this.#late.set(id, known);
    if (this.#late.size <= mostLate) return;
    for (const oldest of this.#late.keys()) {
      this.#late.delete(oldest);
      return;
    }
  }

  #part(serverId: string): void {
    this.#requestOfServer.delete(serverId);
    this.#ended.delete(serverId);
    this.#refreshServer(serverId);
  }

  #refreshServer(serverId: string): void {
    const mine = this.#requestOfServer.get(serverId);
    const server = this.#servers.get(serverId);
    const row =
      mine === undefined && server !== undefined ? this.#rows.get(server.metadata[requestKey] ?? '') : undefined;
    if (row !== undefined && row.serverId === null && this.#parts.canBeOf(server!, row)) {
      // Nova has taken its create, whose answer is on its way: it is not to be counted twice.
      this.#letGo(serverId);
      this.#refresh(row.id);
    } else this.#refresh(mine ?? serverId);
  }

  /** The server of a request; before its id is known, the one that was made for its present attempt. */
  #serverOf(row: ServerRequest): Server | undefined {
    if (row.serverId !== null) return this.#servers.get(row.serverId);
    return this.serversNaming(row.id).find((server) => this.#parts.canBeOf(server, row));
  }

  /** @param key of a request, else of a server */
  #refresh(key: string): void {
    const row = this.#rows.get(key);
    const server = row === undefined ? this.#servers.get(key) : this.#serverOf(row);
    const holdings =
      server === undefined
        ? row === undefined || this.#ended.has(row.serverId ?? '')
          ? []
          : claimed(row)
        : this.#holdingsOf(key, row, server);
    const ids = new Set(holdings.map(({ id }) => id));
    const { view, clock } = this.#parts;
    const before = this.#held.get(key) ?? [];
    for (const { id } of before) if (!ids.has(id)) view.letGo(id);
    for (const holding of holdings) {
      view.hold(holding);
      if (holding.serverId !== null) view.noteThere(holding.serverId, holding.host);
    }
    for (const { serverId, host } of before) {
      const isThere = holdings.some((holding) => holding.host === host);
      if (serverId !== null && !isThere) view.noteLeft(serverId, host, clock.nowS);
    }
    if (ids.size === 0) this.#held.delete(key);
    else this.#held.set(key, holdings);
  }

  #holdingsOf(key: string, row: ServerRequest | undefined, server: Server): Holding[] {
    const places = this.#places.get(server.id) ?? noPlaces;
    const { id: serverId, host, launchedAtS, status } = server;
    // Placement hears of it a moment later.
    if (status === 'SHELVED_OFFLOADED') return [];
    if (places.length > 0) {
      const own = places.filter(({ consumerId }) => consumerId === serverId);
      const main = own.find((place) => place.host === host) ?? own[0];
      return places.map((place) => {
        const isMain = place === main;
        const { vcpus, ramMib, diskGib } = place;
        return {
          id: isMain ? key : `${place.consumerId}@${place.host}`,
          serverId,
          host: place.host,
          vcpus,
          ramMib,
          diskGib,
          cards: this.#cardsAt(place, server, row),
          ...(!isMain && { kind: 'left-behind' as const }),
        };
      });
    }
    if (host === null) {
      // Until Nova has placed it the claim counts; one that was put on a shelf, or came to nothing later, holds nothing.
      const isOnItsWay = row !== undefined && openStates.includes(row.state) && launchedAtS === null;
      return isOnItsWay ? claimed(row) : [];
    }
    const wanted = this.wantedOf(server);
    const known = this.#cards.get(serverId)?.get(host) ?? (row?.host === host ? row.cards : []);
    return [{ id: key, serverId, host, ...sizeOf(server), cards: wanted.map((each) => located(each, known)) }];
  }

  #cardsAt(place: Place, server: Server, row: ServerRequest | undefined): readonly WantedCards[] {
    const { host, cardsOfSize } = place;
    const named = this.#atAddresses(place);
    if (named !== null) return named;
    const known = this.#cards.get(server.id)?.get(host) ?? (row?.host === host ? row.cards : []);
    const wanted = this.wantedOf(server);
    if (host === server.host && place.consumerId === server.id) return wanted.map((each) => located(each, known));
    // What it had there before it moved; else what a server of that size has.
    if (known.length > 0 && host !== server.host) return wantedCards(known);
    return isSameSize(place, sizeOf(server)) ? wanted : cardsOfSize;
  }

  #atAddresses({ host, addresses }: Place): WantedCards[] | null {
    if (addresses === null) return null;
    return wantedCards(
      addresses.flatMap((address) => {
        const model = this.#parts.view.cardAt(host, address)?.model;
        return model === undefined ? [] : [{ address, model }];
      }),
    );
  }

  #remembered(serverId: string, host: string): WantedCards[] | null {
    const known = this.#late.get(serverId)?.get(host);
    return known === undefined ? null : wantedCards(known);
  }

  #letGo(key: string): void {
    for (const { id } of this.#held.get(key) ?? []) this.#parts.view.letGo(id);
    this.#held.delete(key);
  }
}

/** What a server takes of its host, as Nova asks Placement for it. */
export function sizeOf({ flavor, otherDiskGib, imageId }: Server): Size {
  const { vcpus, ramMib, diskGib, extraSpecs } = flavor;
  const given = (resource: string): number | undefined => {
    const text = extraSpecs[`resources:${resource}`];
    return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
  };
  return {
    vcpus: given('VCPU') ?? vcpus,
    ramMib: given('MEMORY_MB') ?? ramMib,
    diskGib: given('DISK_GB') ?? (imageId === null ? 0 : diskGib) + otherDiskGib,
  };
}

export function isSameSize(one: Size, other: Size): boolean {
  return one.vcpus === other.vcpus && one.ramMib === other.ramMib && one.diskGib === other.diskGib;
}

/** Cards that a flavor's PCI alias gives; the model is null for an alias that nobody told us of. */
export function cardsOfFlavor(extraSpecs: Readonly<Record<string, string>>, aliases: Aliases): WantedCards[] {
  const named = aliasesIn(extraSpecs['pci_passthrough:alias'] ?? '');
  return named.map(({ alias, count }) => ({ model: aliases.modelOf(alias) ?? null, count, addresses: [] }));
}

/** With the addresses of those that are known. */
function located(wanted: WantedCards, known: readonly HeldCard[]): WantedCards {
  const addresses = known.filter(({ model }) => wanted.model === null || wanted.model === model);
  return { ...wanted, addresses: addresses.slice(0, wanted.count).map(({ address }) => address) };
}

/** What a request holds on its host before there is a server. */
function claimed({ id, serverId, spec, cards, host }: ServerRequest): Holding[] {
  if (host === null) return [];
  const { vcpus, ramMib, diskGib } = spec.request;
  return [{ id, serverId, host, vcpus, ramMib, diskGib, cards: wantedCards(cards) }];
}

function orphanId(consumerId: string, host: string): string {
  return `${consumerId}@${host}`;
}

function isEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
