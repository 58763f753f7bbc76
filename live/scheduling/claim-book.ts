/** Claims on hosts: decided on the view, written to the database, and only then held. */
import type { VmRequest } from '../../core/request.ts';
import type { CloudView, Excluded, NamedDecision } from './cloud-view.ts';
import type { Ledger } from './ledger.ts';
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
  readonly #store: Pick<RequestStore, 'read' | 'readHost' | 'readVersions' | 'readLive'>;
  readonly #view: Pick<CloudView, 'decide'>;
  readonly #ledger: Pick<Ledger, 'noteRow' | 'forgetRow'>;
  readonly #rows = new Map<string, ServerRequest>();
  readonly #versions = new Map<string, number>();
  /** How often something was noted of a host: what was read before that is old. */
  readonly #notes = new Map<string, number>();
  /** One claim after the other: each decides on what the one before it holds. */
  #last: Promise<unknown> = Promise.resolve();

  /** How often something was noted. */
  #changes = 0;

  constructor(
    store: Pick<RequestStore, 'read' | 'readHost' | 'readVersions' | 'readLive'>,
    view: Pick<CloudView, 'decide'>,
    ledger: Pick<Ledger, 'noteRow' | 'forgetRow'>,
  ) {
    this.#store = store;
    this.#view = view;
    this.#ledger = ledger;
  }

  /** Requests that hold something or are under way, by id. */
  get rows(): ReadonlyMap<string, ServerRequest> {
    return this.#rows;
  }

  /** Rises whenever a request has changed. */
  get changes(): number {
    return this.#changes;
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
    this.#changes++;
    if (row.host === null && (row.state === 'failed' || row.state === 'deleted')) {
      this.#forget(row.id);
      return;
    }
    this.#rows.set(row.id, row);
    this.#ledger.noteRow(row);
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
    const left = [...this.#rows.values()].filter((row) => row.host === host && !there.has(row.id));
    // One that holds nothing here any more may be on another host, or on a shelf.
    const elsewhere = await Promise.all(left.map(({ id }) => this.#store.read(id)));
    if (this.#notes.get(host) !== notes) return await this.#readHost(host);
    left.forEach(({ id }, index) => {
      const now = elsewhere[index];
      if (now === undefined || now.host === host) this.#forget(id);
      else this.note(now);
    });
    for (const row of requests) this.note(row);
    this.#versions.set(host, version);
  }

  #forget(id: string): void {
    this.#rows.delete(id);
    this.#ledger.forgetRow(id);
  }
}
