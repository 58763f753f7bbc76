/** The one way in which the scheduler removes servers: looked at once more, proved, written down, and only so many in a minute. */
import type { Clock } from '../../core/clock.ts';
import { type Identity, isNotFound, type Nova, OpenStackError, type Server } from '../openstack/index.ts';
import { type Judgement, judge } from './ownership.ts';
import type { Asker, RequestStore } from './request-store.ts';
import type { ReviewStore } from './review-store.ts';
import type { RequestAction } from './tables.ts';

export interface RemovalsParts {
  readonly nova: Pick<Nova, 'showServer' | 'deleteServer'>;
  readonly store: Pick<RequestStore, 'read' | 'note'>;
  readonly reviews: Pick<ReviewStore, 'readDecision'>;
  /** Of the login with which servers are made. */
  readonly identity: () => Promise<Identity | null>;
  readonly clock: Clock;
  /** Servers that are removed within a minute. */
  readonly mostPerMinute: number;
  readonly log: (level: 'info' | 'warn' | 'error', fields: object, text: string) => void;
}

/** `gone`: there is none, or Nova has taken the order; `kept`: not ours to remove, and why; `later`: too many in this minute. */
export type Removal =
  | { readonly kind: 'gone' | 'later' }
  | { readonly kind: 'kept'; readonly because: string; readonly server: Server };

const windowS = 60;

export class Removals {
  readonly #parts: RemovalsParts;
  /** Servers removed within the last minute, and when, in order of time. */
  readonly #ordered = new Map<string, number>();
  #isWithheld = false;
  #removed = 0;
  readonly #refused = new Set<string>();

  constructor(parts: RemovalsParts) {
    this.#parts = parts;
  }

  /** Why servers are not being removed now; null when they are. */
  get withheldBecause(): string | null {
    if (!this.#isWithheld || this.#leftS() <= 0) return null;
    return `removing servers has stopped: ${this.#parts.mostPerMinute} were removed within a minute (scheduling.mostRemovalsPerMinute)`;
  }

  /** Servers whose removal was ordered of Nova so far. */
  get removed(): number {
    return this.#removed;
  }

  /** Servers that were to be removed, and could not be proved to be our own. */
  get refused(): number {
    return this.#refused.size;
  }

  /** Removes a server for a request, if that can be proved to be right. @throws OpenStackError, NoAnswerError, or what the database threw */
  async remove(serverId: string, requestId: string): Promise<Removal> {
    const { store, reviews, identity } = this.#parts;
    const server = await this.#show(serverId);
    if (server === null) return { kind: 'gone' };
    const isAdopted = (await reviews.readDecision(serverId)) === 'adopt';
    const row = await store.read(requestId);
    const judgement = judge(server, row, await identity(), isAdopted);
    if (!judgement.isProven) return this.#keep(server, requestId, judgement);
    // Of its own server the change of the request's state has been written down, with what is removed by it.
    const action = row?.serverId === serverId ? null : 'server-stray';
    return await this.#order(server, requestId, judgement.because, { action, asker: { tokenId: null } });
  }

  /** Removes a server on an operator's word. @throws as above */
  async removeByOperator(serverId: string, asker: Asker): Promise<Removal> {
    const server = await this.#show(serverId);
    if (server === null) return { kind: 'gone' };
    if (server.isLocked) return { kind: 'kept', because: 'it is locked', server };
    return await this.#order(server, serverId, 'an operator says so', { action: 'server-removing', asker });
  }

  async #order(
    server: Server,
    subject: string,
    because: string,
    { action, asker }: { readonly action: RequestAction | null; readonly asker: Asker },
  ): Promise<Removal> {
    const { nova, store, clock, log, mostPerMinute } = this.#parts;
    const { id: serverId, name, status, host, projectId, userId } = server;
    if (this.#leftS() > 0) {
      if (!this.#isWithheld) log('error', { serverId, mostPerMinute }, this.#stopText());
      this.#isWithheld = true;
      return { kind: 'later' };
    }
    if (this.#isWithheld) log('warn', {}, 'removing servers goes on');
    this.#isWithheld = false;
    // An order that is repeated, since the server was not gone yet, is none of its own.
    if (!this.#ordered.has(serverId)) {
      this.#ordered.set(serverId, clock.nowS);
      const write = { nowS: clock.nowS, requestId: '', ...asker };
      const detail = `removes server ${serverId} (${name}, ${status}): ${because}`;
      try {
        if (action !== null) await store.note(action, subject, write, detail);
      } catch (error) {
        this.#ordered.delete(serverId); // Nothing is removed of which no row tells.
        throw error;
      }
      this.#removed++;
      log(
        'warn',
        { request: subject, serverId, server: name, status, host, projectId, userId, proof: because },
        'removing a server',
      );
    }
    try {
      await nova.deleteServer(serverId);
    } catch (error) {
      // 409: it is being deleted, or a task holds it: look again.
      if (!isNotFound(error) && !(error instanceof OpenStackError && error.status === 409)) throw error;
    }
    return { kind: 'gone' };
  }

  #keep(server: Server, requestId: string, { because }: Judgement): Removal {
    const { id: serverId, name, status } = server;
    if (!this.#refused.has(serverId)) {
      this.#refused.add(serverId);
      this.#parts.log(
        'warn',
        { request: requestId, serverId, server: name, status, because },
        'a server is not removed: no proof that it is ours',
      );
    }
    return { kind: 'kept', because, server };
  }

  #stopText(): string {
    return `removing servers stops: ${this.#parts.mostPerMinute} were removed within a minute (scheduling.mostRemovalsPerMinute)`;
  }

  /** Seconds until a further one may be removed. */
  #leftS(): number {
    const { clock, mostPerMinute } = this.#parts;
    for (const [serverId, atS] of this.#ordered) {
      if (atS > clock.nowS - windowS) return this.#ordered.size < mostPerMinute ? 0 : atS + windowS - clock.nowS;
      this.#ordered.delete(serverId);
    }
    return 0;
  }

  async #show(id: string): Promise<Server | null> {
    try {
      const server = await this.#parts.nova.showServer(id);
      return server.status === 'DELETED' ? null : server;
    } catch (error) {
      if (isNotFound(error)) return null;
      throw error;
    }
  }
}
