/** Keeps what is held, and what the database says of it, in step with the servers that Nova has: ours, those of others, those of attempts given up. */

import type { Identity, Server } from '../openstack/index.ts';
import type { Aliases } from './aliases.ts';
import { type BinderParts, byOurselves } from './binder.ts';
import type { CloudView } from './cloud-view.ts';
import { compare } from './comparison.ts';
import type { HeldCard, WantedCards } from './holding.ts';
import type { Ledger } from './ledger.ts';
import { attemptOf, canBeOf, isMadeBy, judge } from './ownership.ts';
import type { Removals } from './removals.ts';
import { openStates, RequestChanged, type RequestChanges } from './request-store.ts';
import type { Review } from './review.ts';
import type { ServerFeed } from './server-feed.ts';
import { installationKey, requestKey } from './server-metadata.ts';
import type { ServerRequest } from './server-request.ts';
import type { Whereabouts } from './whereabouts.ts';

export interface ReconcilerParts extends Pick<BinderParts, 'store' | 'book' | 'clock' | 'log'> {
  readonly view: CloudView;
  readonly ledger: Ledger;
  readonly aliases: Aliases;
  readonly whereabouts: () => Whereabouts;
  readonly removals: Removals;
  readonly review: Review;
  /** Of the login; null where it has no project. */
  readonly login: Identity | null;
  /** Of this database. */
  readonly installation: string;
  /** Whether servers of attempts that were given up are removed. */
  readonly mayRemove: boolean;
  /** Unix seconds: servers that others booted later are compared with what the policy would have done. */
  readonly comparesSinceS: number;
  /** By server: its cards by its host's report. */
  readonly cardsReported: (host: string) => ReadonlyMap<string, readonly HeldCard[]>;
}

export class Reconciler {
  readonly #parts: ReconcilerParts;
  readonly #seen = new Set<string>();

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
  }

  /** A server is new or different: holds what it has, where it is. */
  noteServer(server: Server): void {
    const { ledger, whereabouts, comparesSinceS, log } = this.#parts;
    const row = ledger.requestOf(server.id);
    const isNamed = server.metadata[requestKey] !== undefined;
    if (row === undefined && !isNamed && server.host !== null && !this.#seen.has(server.id)) {
      this.#seen.add(server.id);
      if (server.createdAtS >= comparesSinceS - 1) this.#compare(server);
    }
    ledger.noteServer(server);
    const warn = (text: string) => (error: unknown) => log('warn', { err: error, serverId: server.id }, text);
    if (whereabouts().isUnsettled(server) || ledger.hasPlaces(server.id)) {
      void whereabouts().locate(server.id).catch(warn('where a server is could not be read from Placement'));
    }
    if (row !== undefined) void this.#follow(row, server).catch(warn('a request could not follow its server'));
    else if (isNamed) void this.#checkNamed(server).catch(warn('a server that names a request could not be looked up'));
  }

  /** A server has ended: its cards are free. */
  noteGone(server: Server): void {
    const { ledger, whereabouts, review } = this.#parts;
    this.#seen.delete(server.id);
    whereabouts().forget(server.id);
    ledger.goneServer(server.id);
    review.noteGone(server.id);
  }

  /** Servers of ours that ran and are gone, or are elsewhere now; servers that name a request and are not its own. @param listedAtS when `feed` last read all */
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
        await this.#change(row, changes, row.host === null ? [] : [row.host]);
      } else await this.#follow(row, server);
    }
    for (const server of [...feed.servers.values()]) {
      const isNamed = server.metadata[requestKey] !== undefined;
      if (isNamed && this.#parts.ledger.requestOf(server.id) === undefined) await this.#checkNamed(server);
    }
  }

  /** Where the reports of these hosts name the cards of servers, what is known of them follows. */
  async correctCards(hosts: ReadonlySet<string>): Promise<void> {
    const { ledger, cardsReported, book } = this.#parts;
    for (const host of hosts) {
      for (const [serverId, cards] of cardsReported(host)) {
        ledger.learn(serverId, host, cards);
        const row = ledger.requestOf(serverId);
        if (row?.state !== 'active' || row.host !== host || areSame(cards, row.cards)) continue;
        // Only where all of them are named.
        if (cards.length === row.cards.length) await this.#change(book.rows.get(row.id) ?? row, { cards }, [host]);
      }
    }
  }

  /** The request is where its server is, with the cards that its flavor has now. */
  async #follow(row: ServerRequest, server: Server): Promise<void> {
    if (row.state !== 'active') return;
    const { ledger } = this.#parts;
    const { host } = server;
    const wanted = host === null ? [] : ledger.wantedOf(server);
    if (host === row.host && hasJust(row.cards, wanted)) return;
    const touched = [row.host, host].flatMap((name) => name ?? []);
    await this.#change(row, { host, cards: host === null ? [] : this.#cardsOn(host, server.id) }, touched);
  }

  /** Cards that the server is thought to have there. */
  #cardsOn(host: string, serverId: string): HeldCard[] {
    const { view } = this.#parts;
    return Array.from(view.cardHolders(host)).flatMap(([address, holder]) => {
      const model = view.cardAt(host, address)?.model;
      return holder === serverId && model !== undefined ? [{ address, model }] : [];
    });
  }

  /** A server that names a request, and is not known to be its own: removed where the attempt was given up, else in doubt, for an operator. */
  async #checkNamed(server: Server): Promise<void> {
    const { store, book, review, removals, login, installation, mayRemove } = this.#parts;
    const requestId = server.metadata[requestKey]!;
    const attempt = attemptOf(server);
    const row = await store.read(requestId);
    if (row?.serverId === server.id) {
      book.note(row);
      return;
    }
    if (row === undefined && !isMadeBy(server, login)) return; // of another installation
    if (await review.isDecided(server.id)) return review.noteGone(server.id);
    if (isMadeBy(server, login) && server.metadata[installationKey] === installation) {
      // The database has always known a request, and that its create was sent, before Nova did.
      const isUnknown = row === undefined || attempt > row.attempt;
      const isUnsent =
        row?.state === 'claimed' && row.attempt === attempt && row.sentAtS === null && row.fault === null;
      if (isUnknown || (isUnsent && server.launchedAtS !== null)) {
        review.begin(
          `server ${server.id} was made for attempt ${attempt} of request ${requestId}, which the database does not know`,
        );
      }
    }
    const isPresent =
      row !== undefined && openStates.includes(row.state) && row.serverId === null && attempt === row.attempt;
    if (isPresent && canBeOf(server, row, login) && !review.isOpen) return; // found by those who work on the request
    const judgement = judge(server, row, login);
    if (!judgement.isProven || !mayRemove || review.isOpen) {
      review.noteDoubt(server, judgement);
      return;
    }
    review.noteGone(server.id);
    await removals.remove(server.id, requestId);
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

/** Whether the cards are of the models and as many as the flavor asks for. */
function hasJust(cards: readonly HeldCard[], wanted: readonly WantedCards[]): boolean {
  const total = wanted.reduce((sum, { count }) => sum + count, 0);
  const ofModel = (model: string): number => cards.filter((card) => card.model === model).length;
  return cards.length === total && wanted.every(({ model, count }) => model === null || ofModel(model) >= count);
}
