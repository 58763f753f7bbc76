/** Keeps what is held in step with the servers that Nova has: ours, those of others, those of attempts that were given up. */

import { isNotFound, type Nova, type Server } from '../openstack/index.ts';
import type { Aliases } from './aliases.ts';
import { aliasesIn } from './asked-request.ts';
import { type BinderParts, byOurselves } from './binder.ts';
import type { CloudView } from './cloud-view.ts';
import { compare } from './comparison.ts';
import type { HeldCard, Holding } from './holding.ts';
import { openStates, RequestChanged, type RequestChanges } from './request-store.ts';
import type { ServerFeed } from './server-feed.ts';
import { attemptKey, requestKey } from './server-metadata.ts';
import type { ServerRequest } from './server-request.ts';

export interface ReconcilerParts extends Pick<BinderParts, 'store' | 'book' | 'aliases' | 'clock' | 'log'> {
  readonly view: CloudView;
  readonly nova: Pick<Nova, 'deleteServer'>;
  /** Whether strays are removed. */
  readonly mayRemove: boolean;
  /** Unix seconds: servers that others booted later are compared with what the policy would have done. */
  readonly comparesSinceS: number;
  /** Where a server's cards are by its host's report; null where that does not say. */
  readonly cardsInReport: (serverId: string, host: string, count: number) => readonly HeldCard[] | null;
}

export class Reconciler {
  readonly #parts: ReconcilerParts;

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
  }

  /** A server is new or different: holds what it has, unless it is one of ours, which hold by their claim. */
  noteServer(server: Server): void {
    const { view, aliases, comparesSinceS, log } = this.#parts;
    const ours = this.#requestOf(server);
    if (ours === 'current') {
      view.letGo(server.id);
      return;
    }
    if (ours === 'unknown') {
      void this.#checkStray(server).catch((error: unknown) =>
        log('warn', { err: error, serverId: server.id }, 'a server of ours could not be looked up'),
      );
    }
    if (server.host === null) {
      view.letGo(server.id);
      return;
    }
    const isNews = !view.holdings.has(server.id) && server.createdAtS >= comparesSinceS - 1;
    if (ours === 'foreign' && isNews) this.#compare(server);
    view.hold(foreignHolding(server, server.host, aliases));
  }

  /** Servers of ours that ran and are gone, or are on another host now; strays that are left. @param listedAtS when `feed` last read all */
  async check(feed: ServerFeed, listedAtS: number): Promise<void> {
    for (const row of [...this.#parts.book.rows.values()]) {
      // What became active later is not in the list.
      if (row.state !== 'active' || row.serverId === null || row.changedAtS >= listedAtS) continue;
      const server = await feed.find(row.serverId);
      if (server === null) {
        const changes = {
          state: 'deleted',
          host: null,
          cards: [],
          fault: 'the server was deleted by others',
        } satisfies RequestChanges;
        await this.#change(row, changes, [row.host!]);
      } else if (server.host !== null && server.host !== row.host) {
        await this.#change(row, { host: server.host }, [row.host!, server.host]);
      }
    }
    for (const server of feed.servers.values()) {
      if (this.#requestOf(server) === 'unknown') await this.#checkStray(server);
    }
  }

  /** Where the reports of these hosts name the cards of our servers, the claims follow. */
  async correctCards(hosts: ReadonlySet<string>): Promise<void> {
    const { book, cardsInReport } = this.#parts;
    if (hosts.size === 0) return;
    for (const row of [...book.rows.values()]) {
      const { state, serverId, host, cards: claimed } = row;
      if (state !== 'active' || serverId === null || host === null || !hosts.has(host) || claimed.length === 0)
        continue;
      const cards = cardsInReport(serverId, host, claimed.length);
      if (cards !== null && !areSame(cards, claimed)) await this.#change(row, { cards }, [host]);
    }
  }

  /** Whether a server is that of a live request's present attempt, names another request of ours perhaps, or is somebody else's. */
  #requestOf({ id, metadata }: Server): 'current' | 'unknown' | 'foreign' {
    const requestId = metadata[requestKey];
    if (requestId === undefined) return 'foreign';
    const row = this.#parts.book.rows.get(requestId);
    return row !== undefined && isCurrent(row, id, metadata[attemptKey]) ? 'current' : 'unknown';
  }

  /** Removes a server of an attempt that was given up, as when its create arrived late. */
  async #checkStray(server: Server): Promise<void> {
    const { store, book, view, clock, log, mayRemove, nova } = this.#parts;
    const row = await store.read(server.metadata[requestKey]!);
    if (row === undefined) return; // of another installation
    if (isCurrent(row, server.id, server.metadata[attemptKey])) {
      book.note(row);
      view.letGo(server.id);
      return;
    }
    if (!mayRemove) return;
    log('warn', { server: row.id, serverId: server.id }, 'removing a server of an abandoned attempt');
    await store.note('server-stray', row.id, byOurselves(clock.nowS));
    await nova.deleteServer(server.id).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }

  #compare(server: Server): void {
    const { store, view, aliases, clock, log } = this.#parts;
    const row = compare(view, server, aliases, clock.nowS);
    if (row === null) return;
    const { serverId, novaHost, host, objection } = row;
    log('info', { serverId, novaHost, host, objection }, 'compared');
    store.addComparison(row).catch((error: unknown) => log('warn', { err: error }, 'a comparison could not be stored'));
  }

  /** Unless somebody else has changed it. */
  async #change(row: ServerRequest, changes: RequestChanges, touched: readonly string[]): Promise<void> {
    const { store, book, clock } = this.#parts;
    try {
      book.note(await store.change(row, changes, { ...byOurselves(clock.nowS), claim: null, touched }));
    } catch (error) {
      if (!(error instanceof RequestChanged)) throw error;
      const now = await store.read(row.id);
      if (now !== undefined) book.note(now);
    }
  }
}

function areSame(some: readonly HeldCard[], others: readonly HeldCard[]): boolean {
  const isSame = (card: HeldCard, other: HeldCard | undefined): boolean =>
    card.address === other?.address && card.model === other.model;
  return some.length === others.length && some.every((card, index) => isSame(card, others[index]));
}

/** Whether it is the server of the request's present attempt. */
function isCurrent(row: ServerRequest, serverId: string, attempt: string | undefined): boolean {
  if (row.serverId !== null) return row.serverId === serverId;
  return openStates.includes(row.state) && String(row.attempt) === attempt;
}

/** What a server that others booted holds. Which cards is not known: some of the alias's model. */
function foreignHolding(server: Server, host: string, aliases: Aliases): Holding {
  const { id, flavor } = server;
  const { vcpus, ramMib, diskGib, extraSpecs } = flavor;
  const named = aliasesIn(extraSpecs['pci_passthrough:alias'] ?? '');
  const cards = named.map(({ alias, count }) => ({ model: aliases.modelOf(alias) ?? null, count, addresses: [] }));
  return { id, serverId: id, host, vcpus, ramMib, diskGib, cards };
}
