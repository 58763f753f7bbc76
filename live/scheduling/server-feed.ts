/** The cloud's servers as they are now: a full list now and then, in between what has changed. */
import { type Observable, Subject } from 'rxjs';
import { isNotFound, type Nova, type Server } from '../openstack/index.ts';

/** Nova's `changes-since` is to the second, and a server's change is visible a moment after its time. */
const overlapS = 5;

/** Servers of one answer: each is taken in without a pause, and decisions wait. */
const pageSize = 250;

export interface FeedListener {
  /** A server is new or different. */
  readonly changed: (server: Server) => void;
  readonly gone: (server: Server) => void;
}

export class ServerFeed {
  readonly #nova: Pick<Nova, 'listServers' | 'showServer'>;
  readonly #listener: FeedListener;
  #servers = new Map<string, Server>();
  #newestS = 0;
  readonly #lists = new Subject<void>();
  #reading: Promise<unknown> = Promise.resolve();
  #next: Promise<void> | null = null;

  constructor(nova: Pick<Nova, 'listServers' | 'showServer'>, listener: FeedListener) {
    this.#nova = nova;
    this.#listener = listener;
  }

  get servers(): ReadonlyMap<string, Server> {
    return this.#servers;
  }

  /** Lists all servers, those too that were deleted and can be restored. A server that is no longer there is gone. */
  async readAll(): Promise<void> {
    const before = new Set(this.#servers.keys());
    for (const filter of [{}, { status: 'SOFT_DELETED', isDeleted: true }]) {
      for await (const server of this.#nova.listServers({ allProjects: true, pageSize, ...filter })) {
        before.delete(server.id);
        this.#note(server);
      }
    }
    for (const id of before) {
      // Lists come in pages, between which a server may slip through.
      const server = await this.#show(id);
      if (server === null) this.#end(id);
      else this.#note(server);
    }
    this.#lists.next();
  }

  /** Lists what has changed, in a list that begins after the call; callers at the same time share one. */
  async refresh(): Promise<void> {
    this.#next ??= this.#reading.then(async () => {
      this.#next = null;
      await this.#readChanged();
    });
    const mine = this.#next;
    this.#reading = mine.catch(() => undefined);
    await mine;
  }

  async #readChanged(): Promise<void> {
    const changesSinceS = this.#newestS - overlapS;
    for await (const server of this.#nova.listServers({ allProjects: true, changesSinceS })) this.#note(server);
    this.#lists.next();
  }

  /** Emits after each list. */
  get lists(): Observable<void> {
    return this.#lists;
  }

  /** Whether somebody waits for the next list. */
  get isAwaited(): boolean {
    return this.#lists.observed;
  }

  /** A server as last listed, else as Nova shows it; null when it is gone. */
  async find(id: string): Promise<Server | null> {
    return this.#servers.get(id) ?? (await this.#show(id));
  }

  /** Asks Nova now. @returns null when it is gone */
  async ask(id: string): Promise<Server | null> {
    const server = await this.#show(id);
    if (server === null) this.#end(id);
    else this.#note(server);
    return server;
  }

  /** Servers that have changed since then, asked for now. */
  async changedSince(changesSinceS: number): Promise<Server[]> {
    const found: Server[] = [];
    for await (const server of this.#nova.listServers({ allProjects: true, changesSinceS })) {
      this.#note(server);
      if (server.status !== 'DELETED') found.push(server);
    }
    return found;
  }

  #note(server: Server): void {
    this.#newestS = Math.max(this.#newestS, server.updatedAtS);
    if (server.status === 'DELETED') {
      this.#end(server.id);
      return;
    }
    const before = this.#servers.get(server.id);
    this.#servers.set(server.id, server);
    if (before === undefined || !isSame(before, server)) this.#listener.changed(server);
  }

  #end(id: string): void {
    const server = this.#servers.get(id);
    if (server === undefined) return;
    this.#servers.delete(id);
    this.#listener.gone(server);
  }

  async #show(id: string): Promise<Server | null> {
    try {
      const server = await this.#nova.showServer(id);
      return server.status === 'DELETED' ? null : server;
    } catch (error) {
      if (isNotFound(error)) return null;
      throw error;
    }
  }
}

/** Nova raises a server's time with most of what happens to it, but not with all. */
function isSame(one: Server, other: Server): boolean {
  const shown = ({ status, taskState, host, updatedAtS, isLocked, flavor, metadata }: Server): unknown[] => [
    status,
    taskState,
    host,
    updatedAtS,
    isLocked,
    flavor,
    metadata,
  ];
  return JSON.stringify(shown(one)) === JSON.stringify(shown(other));
}
