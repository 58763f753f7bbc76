/** Claims on hosts: decided on the view, written to the database, and only then held. */
import type { VmRequest } from '../../core/request.ts';
import type { CloudView, Excluded, NamedDecision } from './cloud-view.ts';
import { type Holding, wantedCards } from './holding.ts';
import { HostChanged, type RequestStore } from './request-store.ts';
import type { ServerRequest } from './server-request.ts';

/** What a claim is made with. */
export interface Claim {
  readonly named: NamedDecision;
  /** Null where there is no host for it. */
  readonly on: { readonly host: string; readonly version: number } | null;
}

/** Times that a decision is retried because another process was faster. */
const mostRepeats = 20;

export class ClaimBook {
  readonly #store: Pick<RequestStore, 'readHost' | 'readVersions' | 'readLive'>;
  readonly #view: CloudView;
  readonly #rows = new Map<string, ServerRequest>();
  readonly #versions = new Map<string, number>();
  /** How often something was noted of a host: what was read before that is old. */
  readonly #notes = new Map<string, number>();
  /** One claim after the other: each decides on what the one before it holds. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(store: Pick<RequestStore, 'readHost' | 'readVersions' | 'readLive'>, view: CloudView) {
    this.#store = store;
    this.#view = view;
  }

  /** Requests that hold something or are under way, by id. */
  get rows(): ReadonlyMap<string, ServerRequest> {
    return this.#rows;
  }

  /** Reads everything from the database. */
  async load(): Promise<void> {
    for (const [host, version] of await this.#store.readVersions()) this.#versions.set(host, version);
    for (const row of await this.#store.readLive()) this.note(row);
  }

  /** Takes over what other processes have claimed and let go since. */
  async catchUp(): Promise<void> {
    for (const [host, version] of await this.#store.readVersions()) {
      if (this.#versions.get(host) !== version) await this.#readHost(host);
    }
  }

  /** Notes a request as it was written, unless a later state of it is known. */
  note(row: ServerRequest): void {
    const known = this.#rows.get(row.id);
    if ((known?.revision ?? 0) > row.revision) return;
    for (const host of new Set([known?.host ?? null, row.host])) {
      if (host !== null) this.#notes.set(host, (this.#notes.get(host) ?? 0) + 1);
    }
    if (row.host === null && (row.state === 'failed' || row.state === 'deleted')) this.#rows.delete(row.id);
    else this.#rows.set(row.id, row);
    if (row.host === null) this.#view.letGo(row.id);
    else this.#view.hold(holdingOf(row, row.host));
  }

  /**
   * Decides and writes, again while another process changes what is held on the chosen host.
   *
   * @param write writes the request with that claim, null where there is no host; what it throws is thrown
   */
  async claim(
    request: VmRequest,
    excluded: Excluded,
    write: (claim: Claim) => Promise<ServerRequest>,
  ): Promise<ServerRequest> {
    const mine = this.#last.then(() => this.#claimNow(request, excluded, write));
    this.#last = mine.catch(() => undefined);
    return await mine;
  }

  async #claimNow(
    request: VmRequest,
    excluded: Excluded,
    write: (claim: Claim) => Promise<ServerRequest>,
  ): Promise<ServerRequest> {
    for (let left = mostRepeats; ; left--) {
      const named = this.#view.decide(request, excluded);
      const { host } = named;
      const version = host === null ? 0 : (this.#versions.get(host) ?? 0);
      try {
        const row = await write({ named, on: host === null ? null : { host, version } });
        if (row.host !== null && row.host === host) this.#versions.set(host, version + 1);
        this.note(row);
        return row;
      } catch (error) {
        if (!(error instanceof HostChanged) || left === 0) throw error;
        await this.#readHost(error.host);
      }
    }
  }

  async #readHost(host: string): Promise<void> {
    const notes = this.#notes.get(host);
    const { version, requests } = await this.#store.readHost(host);
    if (this.#notes.get(host) !== notes) return await this.#readHost(host);
    const there = new Set(requests.map(({ id }) => id));
    for (const row of [...this.#rows.values()]) {
      if (row.host === host && !there.has(row.id)) this.#forget(row.id);
    }
    for (const row of requests) this.note(row);
    this.#versions.set(host, version);
  }

  #forget(id: string): void {
    this.#rows.delete(id);
    this.#view.letGo(id);
  }
}

/** What a request holds on its host. */
export function holdingOf({ id, serverId, spec, cards }: ServerRequest, host: string): Holding {
  const { vcpus, ramMib, diskGib } = spec.request;
  return { id, serverId, host, vcpus, ramMib, diskGib, cards: wantedCards(cards) };
}
