/**
 * What is in doubt, and what an operator says of it. While the database is seen to be an older copy than the cloud, as after a restore or on a
 * replica that lags, nothing that it left unfinished is gone on with, and nothing of it is removed, until an operator has said so.
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { vmRequest } from '../../core/request.ts';
import type { Server } from '../openstack/index.ts';
import type { Aliases } from './aliases.ts';
import { requestOf } from './asked-request.ts';
import type { ClaimBook } from './claim-book.ts';
import { attemptOf, type Judgement } from './ownership.ts';
import type { Removals } from './removals.ts';
import { type Asker, openStates, type RequestStore } from './request-store.ts';
import type { ReviewDecision, ReviewStore } from './review-store.ts';
import { requestKey } from './server-metadata.ts';
import type { ServerRequest } from './server-request.ts';

/** A server, or an unfinished request, that is in doubt. */
export interface ReviewItem {
  readonly kind: 'server' | 'request';
  readonly id: string;
  readonly name: string;
  /** Nova's status; the request's state. */
  readonly status: string;
  readonly host: string | null;
  readonly projectId: string | null;
  readonly userId: string | null;
  /** The request that it is, or that its metadata name. */
  readonly requestId: string | null;
  readonly attempt: number | null;
  readonly createdAtS: number;
  /** When it was first ACTIVE; null where it never was. */
  readonly launchedAtS: number | null;
  /** Why it may not be removed, or gone on with. */
  readonly because: string;
  /** What can be said of it; the first is what is taken for it where nothing else is said. */
  readonly decisions: readonly ReviewDecision[];
}

export interface ReviewParts {
  readonly store: RequestStore;
  readonly reviews: ReviewStore;
  readonly book: ClaimBook;
  readonly removals: Removals;
  readonly aliases: Aliases;
  readonly clock: Clock;
  /** A server as Nova shows it now; null where it is gone. */
  readonly ask: (serverId: string) => Promise<Server | null>;
  /** Goes on with a request. */
  readonly resume: (row: ServerRequest) => void;
  readonly log: (level: 'info' | 'warn' | 'error', fields: object, text: string) => void;
}

/** What an operator said could not be done; the message says why. */
export class NotDecided extends Error {
  override readonly name = 'NotDecided';
}

export class Review {
  readonly #parts: ReviewParts;
  readonly #doubts = new Map<string, { readonly server: Server; readonly because: string }>();
  readonly #reasons = new Set<string>();
  #sinceS: number | null = null;
  #decided: Map<string, ReviewDecision> | null = null;
  /** To which the database's epoch is raised at the end. */
  #epoch = 0;

  constructor(parts: ReviewParts) {
    this.#parts = parts;
  }

  /** Whether the database is seen to be an older copy, and nobody has said yet how to go on. */
  get isOpen(): boolean {
    return this.#sinceS !== null;
  }

  get reasons(): readonly string[] {
    return [...this.#reasons];
  }

  /** Servers in doubt. */
  get doubts(): number {
    return this.#doubts.size;
  }

  /** @param epoch that the cloud has; 0 where the reason is another one */
  begin(reason: string, epoch = 0): void {
    this.#epoch = Math.max(this.#epoch, epoch);
    if (this.#reasons.has(reason)) return;
    this.#reasons.add(reason);
    this.#sinceS ??= this.#parts.clock.nowS;
    const text =
      'the database is older than the cloud: nothing of it is removed or gone on with before heps live reconcile --review';
    this.#parts.log('error', { reason }, text);
  }

  /** Whether somebody may go on with a request, or remove its server, of the scheduler's own accord. */
  mayTouch({ id, createdAtS }: Pick<ServerRequest, 'id' | 'createdAtS'>): boolean {
    return this.#sinceS === null || createdAtS >= this.#sinceS || this.#decided?.get(id) === 'accept';
  }

  async isDecided(subject: string): Promise<boolean> {
    this.#decided ??= await this.#parts.reviews.readDecisions();
    return this.#decided.has(subject);
  }

  /** Reads again what was decided: another process may have been told. */
  async catchUp(): Promise<void> {
    this.#decided = await this.#parts.reviews.readDecisions();
    for (const id of this.#decided.keys()) this.#doubts.delete(id);
    await this.#endIfDone(false);
  }

  noteDoubt(server: Server, { because, isProven }: Judgement): void {
    const text = isProven ? `${because}; waits for the review` : because;
    if (this.#doubts.get(server.id)?.because !== text) {
      this.#parts.log(
        'warn',
        { serverId: server.id, server: server.name, because: text },
        'a server is in doubt, and left alone',
      );
    }
    this.#doubts.set(server.id, { server, because: text });
  }

  noteGone(serverId: string): void {
    this.#doubts.delete(serverId);
  }

  /** All that is in doubt: servers, then requests that wait. */
  items(): ReviewItem[] {
    const servers = [...this.#doubts.values()].map(({ server, because }) => serverItem(server, because));
    return [...servers, ...this.#waiting().map(requestItem)];
  }

  /** @throws NotDecided, or what cloud or database threw */
  async decide(subject: string, decision: ReviewDecision, asker: Asker): Promise<void> {
    const item = this.items().find(({ id }) => id === subject);
    if (item === undefined) throw new NotDecided(`${subject} is not in doubt`);
    if (!item.decisions.includes(decision)) {
      throw new NotDecided(`${subject}: expected one of ${item.decisions.join(', ')}, got ${decision}`);
    }
    const { store, reviews, clock, log } = this.#parts;
    if (item.kind === 'request') await this.#decideRequest(subject, decision, asker);
    else await this.#decideServer(subject, decision, asker);
    const { nowS } = clock;
    await reviews.decide(subject, decision, nowS, asker.tokenId);
    await store.note('review', subject, { nowS, requestId: '', ...asker }, `${decision}: ${item.because}`);
    log('warn', { subject, kind: item.kind, decision, because: item.because, ...asker }, 'reviewed');
    this.#decided?.set(subject, decision);
    this.#doubts.delete(subject);
    if (item.kind === 'request' && decision === 'accept') {
      const row = this.#parts.book.rows.get(subject);
      if (row !== undefined) this.#parts.resume(row);
    }
    await this.#endIfDone(true);
  }

  /** Takes the first decision for all that is in doubt, which is to leave servers alone and to go on with requests. @throws as `decide` */
  async acceptAll(asker: Asker): Promise<void> {
    for (const { id, decisions } of this.items()) await this.decide(id, decisions[0]!, asker);
    await this.#endIfDone(true);
  }

  async #decideRequest(id: string, decision: ReviewDecision, asker: Asker): Promise<void> {
    const { store, book, clock } = this.#parts;
    const row = book.rows.get(id);
    if (decision !== 'drop' || row === undefined) return;
    const touched = row.host === null ? [] : [row.host];
    const changes = {
      state: 'deleted',
      host: null,
      cards: [],
      fault: 'dropped in a review: the database was older than the cloud',
    } as const;
    book.note(await store.change(row, changes, { nowS: clock.nowS, requestId: '', ...asker, claim: null, touched }));
  }

  async #decideServer(id: string, decision: ReviewDecision, asker: Asker): Promise<void> {
    const { removals, ask } = this.#parts;
    if (decision === 'accept') return;
    if (decision === 'delete') {
      const removal = await removals.removeByOperator(id, asker);
      if (removal.kind === 'kept') throw new NotDecided(`${id} is not removed: ${removal.because}`);
      if (removal.kind === 'later')
        throw new NotDecided(`${id} is not removed: ${removals.withheldBecause ?? 'ask again'}`);
      return;
    }
    const server = await ask(id);
    if (server === null) throw new NotDecided(`${id} is gone`);
    await this.#adopt(server, asker);
  }

  /** The server of its request, as far as there is one whose server it can be; else of a request that is made for it. */
  async #adopt(server: Server, asker: Asker): Promise<void> {
    const { store, book, clock } = this.#parts;
    const named = server.metadata[requestKey];
    const row = named === undefined ? undefined : await store.read(named);
    const attempt = attemptOf(server);
    const { nowS } = clock;
    const { id: serverId, host } = server;
    const running = {
      state: 'active',
      serverId,
      host,
      cards: [],
      fault: null,
      attempt: Number.isNaN(attempt) ? 1 : attempt,
    } as const;
    const touched = [row?.host, host].flatMap((name) => name ?? []);
    const write = { nowS, requestId: '', ...asker, claim: null, touched };
    if (row !== undefined && (row.serverId === null || row.state === 'failed' || row.state === 'deleted')) {
      book.note(await store.change(row, running, write));
      return;
    }
    const id = row === undefined && named !== undefined && /^[0-9a-f-]{36}$/.test(named) ? named : randomUUID();
    const fresh = adoptedRow(id, server, running, asker.tokenId ?? 0, this.#parts.aliases);
    const known = await store.add(fresh, write);
    book.note(known ?? fresh);
  }

  #waiting(): ServerRequest[] {
    if (this.#sinceS === null) return [];
    return [...this.#parts.book.rows.values()].filter((row) => openStates.includes(row.state) && !this.mayTouch(row));
  }

  /** @param isTold whether an operator has just said something here */
  async #endIfDone(isTold: boolean): Promise<void> {
    if (this.#sinceS === null || this.items().length > 0) return;
    const { reviews, log } = this.#parts;
    // That the database is an older copy is an operator's to hear, even where nothing is in doubt.
    if (!isTold && (await reviews.readInstallation()).epoch < this.#epoch) return;
    await reviews.raiseEpoch(this.#epoch);
    this.#sinceS = null;
    this.#reasons.clear();
    log('warn', {}, 'the review is over');
  }
}

function serverItem(server: Server, because: string): ReviewItem {
  const { id, name, status, host, projectId, userId, createdAtS, launchedAtS, metadata } = server;
  const attempt = attemptOf(server);
  return {
    kind: 'server',
    id,
    name,
    status,
    host,
    projectId,
    userId,
    requestId: metadata[requestKey] ?? null,
    attempt: Number.isNaN(attempt) ? null : attempt,
    createdAtS,
    launchedAtS,
    because,
    decisions: ['accept', 'adopt', 'delete'],
  };
}

function requestItem({ id, spec, state, host, attempt, createdAtS }: ServerRequest): ReviewItem {
  return {
    kind: 'request',
    id,
    name: spec.name,
    status: state,
    host,
    projectId: null,
    userId: null,
    requestId: id,
    attempt,
    createdAtS,
    launchedAtS: null,
    because: `the database, an older copy, has it unfinished: ${state}`,
    decisions: ['accept', 'drop'],
  };
}

function adoptedRow(
  id: string,
  server: Server,
  running: Pick<ServerRequest, 'state' | 'serverId' | 'host' | 'cards' | 'fault' | 'attempt'>,
  tokenId: number,
  aliases: Aliases,
): ServerRequest {
  const { name, imageId, flavor, createdAtS, metadata, projectId, userId } = server;
  const { vcpus, ramMib, diskGib } = flavor;
  const request = requestOf(server, aliases) ?? vmRequest({ id, vcpus, ramMib, diskGib });
  return {
    id,
    idempotencyKey: `adopted:${server.id}`,
    tokenId,
    spec: {
      name: name === '' ? server.id : name,
      imageId: imageId ?? 'volume',
      networks: 'none',
      metadata: Object.fromEntries(Object.entries(metadata).filter(([key]) => !key.startsWith('heps:'))),
      flavor: null,
      request: { ...request, id },
    },
    revision: 1,
    owner: randomUUID(),
    leaseUntilS: 0,
    sentAtS: createdAtS,
    decision: { policy: 'adopted', host: running.host, cards: [], score: null, terms: {}, rejectedBy: {} },
    history: [],
    createdAtS,
    changedAtS: createdAtS,
    projectId,
    projectName: null,
    userId,
    userName: null,
    byPerson: 0,
    ...running,
  };
}
