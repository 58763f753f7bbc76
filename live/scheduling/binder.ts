/**
 * Takes a request from its claim to a running server, or to the next host. Every step begins from the row in the database and from what Nova
 * says, so that it can be resumed after the process was killed at any instant:
 *
 *     claimed ──create──▶ building ──ACTIVE──▶ active ──(gone)──▶ deleted
 *        ▲                   │ ERROR, too slow                      ▲
 *        │ next host         ▼                                      │
 *        └──────────────── failing ──no further host──▶ failed   deleting
 *
 * The id of the request and the number of the attempt are in the server's metadata before the create is sent. Whether a create that has no
 * answer was taken is found by them, among the servers that our own login made. A server is removed only where it can be proved that nobody has
 * had it, or that its removal was ordered (ownership.ts): one that turns out to run is kept, and the request is active.
 */
import { BehaviorSubject, filter, firstValueFrom, NEVER, type ObservableInput, race, Subject, timer } from 'rxjs';
import type { Clock } from '../../core/clock.ts';
import { schedulerOf } from '../clock-scheduler.ts';
import {
  type Identity,
  mayHaveTakenEffect,
  type NewServer,
  type Nova,
  OpenStackError,
  type Server,
} from '../openstack/index.ts';
import type { Aliases } from './aliases.ts';
import type { Claim, ClaimBook } from './claim-book.ts';
import { type FlavorCache, FlavorMisused, flavorFor, isFlavorGone } from './flavors.ts';
import type { HeldCard } from './holding.ts';
import type { Ledger } from './ledger.ts';
import { attemptOf, canBeOf } from './ownership.ts';
import { leftToNova } from './placement-question.ts';
import type { Removals } from './removals.ts';
import {
  openStates,
  RequestChanged,
  type RequestChanges,
  type RequestStore,
  type RequestWrite,
} from './request-store.ts';
import { decisionRecord, noValidHostText } from './request-view.ts';
import type { ServerFeed } from './server-feed.ts';
import { attemptKey, installationKey, requestKey } from './server-metadata.ts';
import type { PastAttempt, ServerRequest } from './server-request.ts';
import type { ServerSpec } from './server-spec.ts';
import type { RequestState } from './tables.ts';

export interface BinderSettings {
  /** Hosts that are tried for one request. */
  readonly mostHosts: number;
  /** Seconds in which a create without an answer may still turn up as a server. */
  readonly createGraceS: number;
  /** Seconds until a server must be ACTIVE. */
  readonly buildLimitS: number;
  /** Seconds for which a process has a request for itself. */
  readonly leaseS: number;
}

export interface BinderParts {
  readonly store: RequestStore;
  readonly book: ClaimBook;
  /** Decides and claims on a host that Placement allows, other than those that were tried. */
  readonly claim: (
    spec: ServerSpec,
    tried: ReadonlySet<string>,
    write: (claim: Claim) => Promise<ServerRequest>,
  ) => Promise<ServerRequest>;
  /** Why a host that Nova chose must not have it; null where it may. */
  readonly objectionTo: (host: string, request: ServerSpec['request']) => string | null;
  readonly feed: ServerFeed;
  readonly nova: Pick<Nova, 'createServer'>;
  /** With the token of the person who asked; null where that is not there, as after a restart, or over. */
  readonly novaFor: (requestId: string) => Pick<Nova, 'createServer'> | null;
  /** Her token is not needed any more, or does not serve. */
  readonly forgetPerson: (requestId: string) => void;
  readonly removals: Pick<Removals, 'remove'>;
  readonly ledger: Pick<Ledger, 'serversNaming'>;
  /** Of the login; null where it has no project. */
  readonly login: Identity | null;
  /** Of this database; in the metadata of its servers. */
  readonly installation: string;
  readonly flavors: FlavorCache;
  readonly aliases: Aliases;
  /** Where a server's cards really are; null where nobody can tell yet. */
  readonly readCards: (server: Server, claimed: readonly HeldCard[]) => Promise<readonly HeldCard[] | null>;
  readonly clock: Clock;
  readonly policy: string;
  /** Of this process; another one after each start. */
  readonly owner: string;
  readonly settings: BinderSettings;
  readonly log: (level: 'info' | 'warn' | 'error', fields: object, text: string) => void;
}

/** Seconds between Nova's clock and ours that are allowed for. */
const clockSkewS = 120;
const longestWaitS = 15;
/** Seconds for which `stop` waits for steps that are under way. */
const stopLimitS = 5;

export class Binder {
  readonly #parts: BinderParts;
  readonly #driven = new Set<string>();
  readonly #isStopped = new BehaviorSubject(false);
  /** When a request is no longer worked on. */
  readonly #ended = new Subject<void>();
  #failures = 0;

  constructor(parts: BinderParts) {
    this.#parts = parts;
  }

  /** Requests that ended without a server in this process although a place had been found for them. */
  get failures(): number {
    return this.#failures;
  }

  /** Requests that are being worked on. */
  get driven(): ReadonlySet<string> {
    return this.#driven;
  }

  /** Begins no further step; resolves when those under way are over, within some seconds. */
  async stop(): Promise<void> {
    this.#isStopped.next(true);
    if (this.#driven.size === 0) return;
    const allEnded = this.#ended.pipe(filter(() => this.#driven.size === 0));
    await firstValueFrom(race(allEnded, timer(stopLimitS * 1000, schedulerOf(this.#parts.clock))));
  }

  /** Fields that keep a request for this process. */
  lease(): { owner: string; leaseUntilS: number } {
    const { owner, clock, settings } = this.#parts;
    return { owner, leaseUntilS: clock.nowS + settings.leaseS };
  }

  /** Works on a request until it is settled, whatever fails on the way. */
  async drive(id: string): Promise<void> {
    if (this.#driven.has(id)) return;
    this.#driven.add(id);
    const { store, book, log, owner } = this.#parts;
    let failures = 0;
    let row = book.rows.get(id);
    try {
      while (!this.#isStopped.value) {
        try {
          row ??= await store.read(id);
          if (row === undefined || !openStates.includes(row.state)) return;
          if (row.owner !== owner) return; // somebody else has taken it over
          row = await this.#step(row);
          failures = 0;
        } catch (error) {
          row = undefined;
          if (error instanceof RequestChanged) continue;
          failures++;
          log('warn', { err: error, server: id }, 'step failed; will retry');
          await this.#wait(Math.min(longestWaitS, 0.5 * 2 ** failures));
        }
        if (row !== undefined) {
          book.note(row);
          // Somebody may have asked for its deletion meanwhile.
          row = book.rows.get(id) ?? row;
        }
      }
    } finally {
      this.#driven.delete(id);
      this.#ended.next();
    }
  }

  async #step(row: ServerRequest): Promise<ServerRequest> {
    switch (row.state) {
      case 'claimed':
        return row.sentAtS === null ? await this.#create(row) : await this.#look(row);
      case 'building':
        return await this.#watch(row);
      case 'failing':
        return await this.#tryNext(row);
      default:
        return await this.#delete(row);
    }
  }

  /** Sends the create of this attempt, once. */
  async #create(row: ServerRequest): Promise<ServerRequest> {
    const { novaFor, forgetPerson, flavors, aliases, installation, clock, log } = this.#parts;
    const { spec } = row;
    const there = this.#madeBefore(row);
    if (there !== undefined) {
      log('warn', { server: row.id, serverId: there.id }, 'a request without a server has one already');
      const sentAtS = row.sentAtS ?? there.createdAtS;
      return await this.#change(row, { state: 'building', attempt: attemptOf(there), sentAtS, serverId: there.id });
    }
    const nova = row.byPerson === 1 ? novaFor(row.id) : this.#parts.nova;
    if (nova === null) return await this.#withoutPerson(row);
    let flavorId: string;
    try {
      const wanted = flavorFor(spec, row.cards, aliases);
      flavorId = await (row.byPerson === 1 ? flavors.idFor(wanted, row.projectId!) : flavors.idOf(wanted));
    } catch (error) {
      if (error instanceof FlavorMisused || isRefusal(error))
        return await this.#end(row, 'failed', (error as Error).message);
      return await this.#later(row, error);
    }
    const sent = await this.#change(row, { sentAtS: clock.nowS });
    const { name, imageId, networks, userData, keyName, configDrive, securityGroups, volumes, metadata } = spec;
    const { availabilityZone, serverGroup } = spec;
    try {
      const order: NewServer = {
        name,
        imageId,
        flavorId,
        networks,
        ...(row.decision.chooser !== 'nova' && { host: row.host! }),
        metadata: {
          ...metadata,
          ...askedOf(spec),
          [requestKey]: row.id,
          [attemptKey]: String(row.attempt),
          [installationKey]: installation,
        },
        ...(userData !== undefined && { userData }),
        ...(keyName !== undefined && { keyName }),
        ...(configDrive !== undefined && { configDrive }),
        ...(availabilityZone !== undefined && { availabilityZone }),
        ...(serverGroup !== undefined && { serverGroup }),
        ...(securityGroups !== undefined && { securityGroups }),
        ...(volumes !== undefined && { volumes }),
      };
      const { id: serverId } = await nova.createServer(order).catch(async (error: unknown) => {
        if (row.byPerson === 0 || !isHostForbidden(error)) throw error;
        // Few may name a host. By the request in its metadata Nova's filter asks for that very one (live/nova-plugin).
        const { host: _, ...anywhere } = order;
        return await nova.createServer(anywhere);
      });
      return await this.#change(sent, { state: 'building', serverId });
    } catch (error) {
      if (error instanceof RequestChanged) throw error;
      if (mayHaveTakenEffect(error)) {
        log('warn', { err: error, server: row.id }, 'no clear answer to a create; searching for the server');
        return sent;
      }
      const unsent = await this.#change(sent, { sentAtS: null });
      if (row.byPerson === 1 && error instanceof OpenStackError && error.status === 401) {
        forgetPerson(row.id);
        return unsent;
      }
      if (isFlavorGone(error)) {
        flavors.forget();
        return await this.#later(unsent, error);
      }
      if (!isRefusal(error)) return await this.#later(unsent, error);
      const { status, message } = error as OpenStackError;
      // 400 names a host that Nova does not know: another one may do. What else is refused would be refused anywhere.
      return status === 400 && /host/i.test(message)
        ? await this.#change(unsent, { state: 'failing', fault: message })
        : await this.#end(unsent, 'failed', message);
    }
  }

  /** Waits a while for the person to ask again with the same key and a token that serves. */
  async #withoutPerson(row: ServerRequest): Promise<ServerRequest> {
    const { clock, settings } = this.#parts;
    if (clock.nowS > row.changedAtS + settings.createGraceS) {
      return await this.#end(
        row,
        'failed',
        'the Keystone token with which it was to be created is over: ask for it again',
      );
    }
    await this.#wait(1);
    return row;
  }

  /** Whether the create of this attempt, which may have been sent, has become a server. */
  async #look(row: ServerRequest): Promise<ServerRequest> {
    const { clock, settings } = this.#parts;
    const server = await this.#serverOf(row);
    if (server !== undefined) return await this.#change(row, { state: 'building', serverId: server.id });
    const leftS = row.sentAtS! + settings.createGraceS - clock.nowS;
    if (leftS > 0) {
      await this.#wait(Math.min(1, leftS));
      return row;
    }
    return await this.#change(row, { attempt: row.attempt + 1, sentAtS: null });
  }

  async #serverOf(row: ServerRequest): Promise<Server | undefined> {
    const servers = await this.#parts.feed.changedSince(row.sentAtS! - clockSkewS);
    return servers.find(
      (server) =>
        server.metadata[requestKey] === row.id &&
        attemptOf(server) === row.attempt &&
        canBeOf(server, row, this.#parts.login),
    );
  }

  /** A server of this attempt or a later one, where the database has fallen behind. */
  #madeBefore(row: ServerRequest): Server | undefined {
    const { ledger, login } = this.#parts;
    return ledger
      .serversNaming(row.id)
      .find((server) => attemptOf(server) >= row.attempt && canBeOf(server, row, login));
  }

  async #watch(row: ServerRequest): Promise<ServerRequest> {
    const { feed, clock, settings, readCards } = this.#parts;
    const server = await feed.find(row.serverId!);
    if (server === null) return await this.#end(row, 'deleted', 'the server was deleted while it was built');
    if (server.status === 'ERROR') {
      let { fault } = server;
      if (fault === null) {
        await this.#wait(0.5); // Nova writes the reason a moment after the status
        fault = (await feed.ask(server.id))?.fault ?? null;
      }
      return await this.#change(row, { state: 'failing', fault: fault?.message ?? 'ERROR' });
    }
    if (server.host !== null && server.host !== row.host) {
      return await this.#follow(row, server.host);
    }
    if (server.status !== 'BUILD') {
      const cards = row.cards.length === 0 ? null : await readCards(server, row.cards);
      // Without a host that was named Nova may have taken another one.
      const host = server.host ?? row.host;
      const place = { host, ...(cards !== null && { cards }) };
      this.#parts.forgetPerson(row.id);
      return await this.#change(row, { state: 'active', ...place }, hostsOf(row.host, host));
    }
    if (clock.nowS > row.sentAtS! + settings.buildLimitS) {
      return await this.#change(row, { state: 'failing', fault: `not ACTIVE after ${settings.buildLimitS} s` });
    }
    await this.#wait(5, feed.lists);
    return row;
  }

  /** Takes the claim to the host that Nova chose. */
  async #follow(row: ServerRequest, host: string): Promise<ServerRequest> {
    const objection = this.#parts.objectionTo(host, row.spec.request);
    if (objection !== null) {
      return await this.#change(row, { state: 'failing', fault: `Nova chose ${host}, which is kept: ${objection}` });
    }
    const decision = { ...row.decision, host };
    return await this.#change(row, { host, decision }, hostsOf(row.host, host));
  }

  /**
   * Removes the server that came to nothing, and claims on the next host. Where Nova's filters refused the host, for a reason that only Nova
   * knows, the next one is left to Nova: then nothing is refused here that it would have placed.
   */
  async #tryNext(row: ServerRequest): Promise<ServerRequest> {
    const { store, claim, clock, settings, policy } = this.#parts;
    const removal = await this.#removed(row);
    if (removal === 'later') return row;
    if (removal !== 'gone') {
      const { because, server } = removal;
      // It runs after all.
      if (server.launchedAtS !== null && canBeOf(server, row, this.#parts.login)) {
        return await this.#change(row, { state: 'active', fault: null }, hostsOf(row.host));
      }
      return await this.#end(row, 'failed', `${row.fault}; its server ${server.id} was left: ${because}`);
    }
    const { attempt, serverId, spec } = row;
    const wasLeft = row.decision.chooser === 'nova';
    const isRefused = /no valid host/i.test(row.fault ?? '');
    const place = wasLeft && isRefused ? anyHost : (row.host ?? anyHost);
    const history = [...row.history, { attempt, host: place, serverId, fault: row.fault ?? '' }];
    const wereLeft = history.some(({ host }) => host === anyHost);
    const mayBeOthers = spec.request.cards > 0 && spec.request.cardModels.length !== 1;
    // Of another model Nova was not asked for: its alias is another one.
    if (wasLeft && isRefused && !(mayBeOthers && history.length < settings.mostHosts)) {
      const judged = leftToNova(spec).join(', ');
      const fault = `Nova's filters left no host (${row.fault}): of this request it judges ${judged}`;
      return await this.#end(row, 'failed', `${fault}; ${history.length} hosts tried`, history);
    }
    const isLeft = isRefused && !wereLeft;
    if (history.length >= settings.mostHosts && !isLeft) {
      return await this.#end(row, 'failed', `${row.fault}; ${history.length} hosts tried`, history);
    }
    const tried = new Set(history.map(({ host }) => host));
    return await claim(spec, tried, async ({ named, on }) => {
      const decision = { ...decisionRecord(policy, named), ...(isLeft && { chooser: 'nova' as const }) };
      if (on === null) {
        return await this.#end(row, 'failed', `${row.fault}; then ${noValidHostText(decision.rejectedBy)}`, history);
      }
      const next: RequestChanges = {
        state: 'claimed',
        attempt: attempt + 1,
        host: on.host,
        cards: named.cards,
        sentAtS: null,
        serverId: null,
        decision,
        history,
        fault: null,
        ...this.lease(),
      };
      return await store.change(row, next, { ...byOurselves(clock.nowS), claim: on, touched: hostsOf(row.host) });
    });
  }

  async #delete(row: ServerRequest): Promise<ServerRequest> {
    const { clock, settings } = this.#parts;
    if (row.serverId === null && row.sentAtS !== null) {
      const server = await this.#serverOf(row);
      if (server !== undefined) return await this.#change(row, { serverId: server.id });
      if (clock.nowS < row.sentAtS + settings.createGraceS) {
        await this.#wait(1);
        return row;
      }
    }
    const removal = await this.#removed(row);
    if (removal === 'later') return row;
    if (removal === 'gone') return await this.#end(row, 'deleted', null);
    const { because, server } = removal;
    const state = server.launchedAtS === null ? 'building' : 'active';
    return await this.#change(row, { state, fault: `not removed: ${because}` });
  }

  /** Has the request's server removed, and waits a while for it to be gone; or says why it is kept. */
  async #removed({ id, serverId }: ServerRequest): Promise<'gone' | 'later' | { because: string; server: Server }> {
    if (serverId === null) return 'gone';
    const { feed, removals } = this.#parts;
    const removal = await removals.remove(serverId, id);
    if (removal.kind === 'kept') return removal;
    if (removal.kind === 'later') {
      await this.#wait(1);
      return 'later';
    }
    for (let tries = 0; tries < 20 && !this.#isStopped.value; tries++) {
      const server = await feed.ask(serverId);
      // One that can be restored for a while is gone for whoever asked.
      if (server === null || server.status === 'SOFT_DELETED') return 'gone';
      await this.#wait(0.25 * Math.min(tries + 1, 4));
    }
    return 'later';
  }

  /** For as long as a build may take, what is away may come back. */
  async #later(row: ServerRequest, error: unknown): Promise<ServerRequest> {
    const { clock, settings } = this.#parts;
    const { message } = error as Error;
    if (clock.nowS > row.createdAtS + settings.buildLimitS) return await this.#end(row, 'failed', message);
    throw error;
  }

  async #end(
    row: ServerRequest,
    state: RequestState & ('failed' | 'deleted'),
    fault: string | null,
    history?: readonly PastAttempt[],
  ): Promise<ServerRequest> {
    this.#parts.forgetPerson(row.id);
    const changes = {
      state,
      fault,
      host: null,
      cards: [],
      ...(history !== undefined && { history }),
    };
    const ended = await this.#change(row, changes, hostsOf(row.host));
    if (state === 'failed') this.#failures++;
    return ended;
  }

  async #change(row: ServerRequest, changes: RequestChanges, touched: readonly string[] = []): Promise<ServerRequest> {
    const { store, book, clock } = this.#parts;
    const write: RequestWrite = { ...byOurselves(clock.nowS), claim: null, touched };
    const next = await store.change(row, { ...changes, ...this.lease() }, write);
    book.note(next);
    return next;
  }

  /** Resolves after so long, when stopped, or with the first of `until`. */
  async #wait(delayS: number, until: ObservableInput<unknown> = NEVER): Promise<void> {
    const stopped = this.#isStopped.pipe(filter((isStopped) => isStopped));
    await firstValueFrom(race(stopped, until, timer(delayS * 1000, schedulerOf(this.#parts.clock))));
  }
}

/** In place of the host's name where Nova had the choice and found none. */
const anyHost = 'any host';

/** Those that there are, each once: a request whose server was put on a shelf is on none. */
function hostsOf(...hosts: readonly (string | null)[]): string[] {
  return [...new Set(hosts.filter((host) => host !== null))];
}

/** What is written by the scheduler itself. */
export function byOurselves(nowS: number): Pick<RequestWrite, 'nowS' | 'requestId' | 'tokenId'> {
  return { nowS, requestId: '', tokenId: null };
}

/** What was asked of cards, for readers of the server's metadata; the keys of the namespace OS::HEPS::GPU. */
function askedOf({ request: { cards, cardMemoryMib, cardCores, cardModels } }: ServerSpec): Record<string, string> {
  if (cards === 0) return {};
  return {
    'heps:gpu_num': String(cards),
    ...(cardMemoryMib > 0 && { 'heps:gpu_mem_mib': String(cardMemoryMib) }),
    ...(cardCores > 0 && { 'heps:gpu_cores': String(cardCores) }),
    ...(cardModels.length > 0 && { 'heps:gpu_model': wholeNames(cardModels) }),
  };
}

/** As many as fit into a value: a name that is cut would be another one. */
function wholeNames(models: readonly string[]): string {
  const text = models.join('|');
  return text.length <= 255 ? text : text.slice(0, text.slice(0, 256).lastIndexOf('|'));
}

/** Whoever asked may not say on which host. */
function isHostForbidden(error: unknown): boolean {
  return error instanceof OpenStackError && error.status === 403 && /requested_destination/.test(error.detail);
}

/** Nova has said no, and would say no again. */
function isRefusal(error: unknown): boolean {
  return (
    error instanceof OpenStackError &&
    error.status >= 400 &&
    error.status < 500 &&
    ![401, 408, 429].includes(error.status)
  );
}
