/** The current SRM record of every host, in memory, each change on disk before it is seen. */
import { type Observable, Subject } from 'rxjs';
import type { Clock } from '../../core/clock.ts';
import { GroupCommit, type GroupCommitOptions } from '../database/group-commit.ts';
import type { HostState } from './host-state.ts';
import type { RecordStore, RecordWrite } from './record-store.ts';
import type { HostReport } from './report.ts';
import { SharedTexts } from './shared-texts.ts';
import { mostAheadS, type RecordTable } from './tables.ts';

/** What became of a report; `version` is the one that the registry has now, 0 for none. */
export type ReportOutcome = { readonly kind: 'taken' | 'conflict'; readonly version: number };

/** What became of an order to forget a host. */
export type ForgetOutcome = 'forgotten' | 'unknown' | 'reporting';

/**
 * What happened to a host: `changed` is a first report or another inventory or use; `seen` a report that says nothing new; `stale` three
 * missed intervals; `forgotten` an order: the state is the last one.
 */
export interface RegistryChange {
  readonly kind: 'changed' | 'seen' | 'stale' | 'forgotten';
  readonly state: HostState;
}

export interface RegistryOptions {
  readonly store: Pick<RecordStore, 'readRecords' | 'writeRecords' | 'readHosts' | 'countHosts' | 'forget'>;
  readonly clock: Pick<Clock, 'nowS'>;
  /** Seconds between the reports of a host. */
  readonly intervalS: number;
  /** How writes are gathered. */
  readonly commit?: Omit<GroupCommitOptions<RecordWrite>, 'write'>;
}

/** Intervals without a report after which a host is stale. */
export const missedIntervals = 3;

/** Seconds by which the clocks of processes that share a database may differ, and a write may be late. */
const clockSkewS = 30;

export class SrmRegistry {
  readonly intervalS: number;
  readonly #store: RegistryOptions['store'];
  readonly #clock: RegistryOptions['clock'];
  readonly #commit: GroupCommit<RecordWrite>;
  readonly #hosts = new Map<string, HostState>();
  readonly #inventories = new SharedTexts();
  /** Hosts whose report is being written: the next one waits for it. */
  readonly #writing = new Map<string, Promise<void>>();
  readonly #changes = new Subject<RegistryChange>();
  #isReady = false;

  constructor({ store, clock, intervalS, commit }: RegistryOptions) {
    this.intervalS = intervalS;
    this.#store = store;
    this.#clock = clock;
    this.#commit = new GroupCommit({ ...commit, write: (writes) => store.writeRecords(writes) });
  }

  /** Whether the records are loaded. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Reads what the database has. */
  async load(): Promise<void> {
    const nowS = this.#clock.nowS;
    for (const row of await this.#store.readRecords()) {
      const inventory = this.#inventories.share(row.inventory);
      this.#hosts.set(row.host, { ...row, inventory, isStale: this.#isLate(row, nowS) });
    }
    this.#isReady = true;
  }

  /** Takes over what other processes have written to the database; to be called about once a second where there are any. */
  async catchUp(): Promise<void> {
    const nowS = this.#clock.nowS;
    let newestS = 0;
    for (const { receivedAtS } of this.#hosts.values()) newestS = Math.max(newestS, receivedAtS);
    for (const row of await this.#store.readRecords(newestS - clockSkewS)) {
      const known = this.#hosts.get(row.host);
      if (known !== undefined && known.receivedAtS >= row.receivedAtS) continue;
      const isSame = known?.inventory === row.inventory && known.usage === row.usage;
      const isStale = this.#isLate(row, nowS);
      const kind = isStale ? 'stale' : isSame && !known.isStale ? 'seen' : 'changed';
      this.#set({ kind, state: { ...row, inventory: this.#inventories.share(row.inventory), isStale } });
    }
    await this.#dropForgotten();
  }

  /** Hosts that another process has forgotten. */
  async #dropForgotten(): Promise<void> {
    const before = new Set(this.#hosts.keys());
    if ((await this.#store.countHosts()) === before.size) return;
    const there = new Set(await this.#store.readHosts());
    for (const host of before) {
      const state = this.#hosts.get(host);
      if (state !== undefined && !there.has(host) && !this.#writing.has(host)) this.#drop(state);
    }
  }

  /** All hosts, in no order that means anything. */
  get hosts(): ReadonlyMap<string, HostState> {
    return this.#hosts;
  }

  /** Every change from now on, after it is on disk; it never ends. */
  get changes(): Observable<RegistryChange> {
    return this.#changes;
  }

  /**
   * Takes a report as the successor of a version, 0 for the first. Resolves when it is on disk.
   *
   * @returns `conflict` when the registry has another version, or a record of that sequence or a higher one
   * @throws what the database threw; the report is then not taken
   */
  report(
    { inventory, record }: HostReport,
    successorOf: number,
    sender: Pick<RecordWrite, 'tokenId' | 'requestId'>,
  ): Promise<ReportOutcome> {
    const { host, observedAtS, sequence, ...usage } = record;
    // Hundreds of reports wait for the disk at a time: as texts only, and where those are the ones that are kept already, as nothing.
    const kept = this.#hosts.get(host)?.usage;
    const usageText = JSON.stringify(usage);
    const texts = {
      inventory: this.#inventories.share(JSON.stringify(inventory)),
      usage: usageText === kept ? kept : usageText,
    };
    return this.#take({ host, observedAtS, sequence, ...texts }, successorOf, sender);
  }

  async #take(
    report: Omit<RecordTable, 'version' | 'receivedAtS'>,
    successorOf: number,
    sender: Pick<RecordWrite, 'tokenId' | 'requestId'>,
  ): Promise<ReportOutcome> {
    const { host, sequence } = report;
    for (let earlier = this.#writing.get(host); earlier !== undefined; earlier = this.#writing.get(host)) await earlier;
    const known = this.#hosts.get(host);
    const version = known?.version ?? 0;
    if (successorOf !== version || (known !== undefined && this.#isBefore(sequence, known))) {
      return { kind: 'conflict', version };
    }
    const isSame = known?.inventory === report.inventory && known.usage === report.usage;
    const row: RecordTable = { ...report, version: version + 1, receivedAtS: this.#clock.nowS };
    const written = this.#commit.add({ record: row, ...sender });
    const over = (): void => void this.#writing.delete(host);
    this.#writing.set(host, written.then(over, over));
    await written;
    this.#set({ kind: isSame && !known.isStale ? 'seen' : 'changed', state: { ...row, isStale: false } });
    return { kind: 'taken', version: row.version };
  }

  /**
   * Forgets a host that does not report any more; a later report of it is its first.
   *
   * @returns `reporting` for one that is not stale: its record would come back
   */
  async forget(
    host: string,
    sender: { readonly tokenId: number | null; readonly requestId: string },
  ): Promise<ForgetOutcome> {
    for (let earlier = this.#writing.get(host); earlier !== undefined; earlier = this.#writing.get(host)) await earlier;
    const state = this.#hosts.get(host);
    if (state === undefined) return 'unknown';
    if (!state.isStale) return 'reporting';
    const isGone = await this.#store.forget(state, { ...sender, nowS: this.#clock.nowS });
    if (!isGone) return 'reporting';
    this.#drop(state);
    return 'forgotten';
  }

  #drop(state: HostState): void {
    this.#hosts.delete(state.host);
    this.#changes.next({ kind: 'forgotten', state });
  }

  /** Marks hosts that have missed three intervals; to be called about once a second. */
  markStale(): void {
    const nowS = this.#clock.nowS;
    for (const state of this.#hosts.values()) {
      if (!state.isStale && this.#isLate(state, nowS)) this.#set({ kind: 'stale', state: { ...state, isStale: true } });
    }
  }

  /** Sequences rise, unless the last one is beyond any clock: a host whose clock was once far in the future would be locked out. */
  #isBefore(sequence: number, known: RecordTable): boolean {
    return sequence <= known.sequence && known.sequence <= (this.#clock.nowS + mostAheadS) * 1000;
  }

  /** By the time of receipt: clocks of hosts may be wrong. */
  #isLate({ receivedAtS }: RecordTable, nowS: number): boolean {
    return nowS - receivedAtS > missedIntervals * this.intervalS;
  }

  #set(change: RegistryChange): void {
    this.#hosts.set(change.state.host, change.state);
    this.#changes.next(change);
  }
}
