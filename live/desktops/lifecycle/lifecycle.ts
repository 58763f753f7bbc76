/**
 * Takes desktops from their application to their end. Every step begins from the row in the database and from what the machine's status says,
 * so that it can be resumed after the process was killed at any instant. A step taken twice has the effect of one taken once: the
 * machine has the desktop's id. Among several servers only the one with the lease does it.
 */
import {
  BehaviorSubject,
  catchError,
  connect,
  defer,
  EMPTY,
  exhaustMap,
  filter,
  firstValueFrom,
  from,
  lastValueFrom,
  merge,
  mergeMap,
  type Observable,
  race,
  repeat,
  takeWhile,
  timer,
} from 'rxjs';
import type { Clock } from '../../../core/clock.ts';
import { InputError } from '../../../core/input-error.ts';
import type { DesktopState } from '../../../core/wire/portal.ts';
import { schedulerOf } from '../../clock-scheduler.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { type CountedDesktop, objectionOf, type SharedLimits, useOf } from '../catalogue/limits.ts';
import { graceOf } from '../catalogue/station.ts';
import type { MachineStatus, Machines } from '../machines/machines.ts';
import type { VncAnswer } from '../machines/vnc-probe.ts';
import type { AuditEntry } from '../records/audit-trail.ts';
import type { Desktop, DesktopChanges } from '../records/desktop.ts';
import type { DesktopStore } from '../records/desktop-store.ts';
import { DesktopChanged } from '../records/desktop-store.ts';
import { changesBy, deleting, hasSettled, into, restlessStates } from './desktop-state.ts';
import { idleEndOf } from './idle-end.ts';
import type { Lease } from './lease.ts';
import { asksNoLess, type Holder, type Waiting, waitingFor } from './waiting.ts';

export interface LifecycleSettings {
  /** Of each person. */
  readonly limits: SharedLimits;
  readonly windowDays: number;
  /** Seconds from the machine's running until its desktop must answer. */
  readonly startLimitS: number;
}

export interface LifecycleParts {
  readonly store: DesktopStore;
  readonly machines: Machines;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly lease: Pick<Lease, 'isHeld' | 'take' | 'letGo'>;
  /** Whether a VNC server answers there, and takes that password. */
  readonly probe: (address: string, port: number, password: string) => Promise<VncAnswer>;
  /** Why a desktop's address may not be used, in a sentence; null when it may. */
  readonly objectionTo: (address: string) => string | null;
  readonly settings: LifecycleSettings;
  readonly log: (level: 'info' | 'warn', fields: object, text: string) => void;
  /** Told after each change. */
  readonly onChange: () => void;
  /** Told how long it took from the application to the first picture. */
  readonly onReady: (tookS: number) => void;
}

/** Seconds from one reading of the desktops to the next, and between two looks at a machine by how its desktop is. */
const passS = 1;
const lookS = { restless: 1, refusing: 15, ready: 20, quiet: 60 } as const;
/** Seconds between two tries to find a host. */
const retryS = 15;
/** Seconds between two orders to stop a machine. */
const stopAgainS = 15;
const longestBackoffS = 60;
/** States in which a desktop whose time is over is stopped and kept; in others nothing is lost with it. */
const keptStates: readonly DesktopState[] = ['starting', 'ready', 'stopped'];
const overReason = 'Its time was over.';
/** Desktops handled at a time: a call that hangs keeps one place until it is abandoned. */
const mostAtOnce = 16;
/** Seconds after which an order that has no answer is overtaken by those who ask for less. */
const orderPatienceS = 5;

export class Lifecycle {
  readonly #parts: LifecycleParts;
  /** When a desktop of that revision is handled next, and how often in a row that failed. */
  readonly #due = new Map<string, { atS: number; failures: number; revision: number }>();
  /** When machines were last told to stop. */
  readonly #stopTold = new Map<string, number>();
  /** Desktops on which a step is under way or about to begin: there is never a second one. */
  readonly #taken = new Set<string>();
  /** Revisions that were written here: a reading that began before has older ones. */
  readonly #written = new Map<string, number>();
  readonly #isWoken = new BehaviorSubject(false);
  #isStopped = false;
  #running: Promise<unknown> = Promise.resolve();

  constructor(parts: LifecycleParts) {
    this.#parts = parts;
  }

  /** Works until `stop`. What fails is logged, and tried again. */
  start(): void {
    const readings = defer(() => {
      this.#isWoken.next(false);
      return this.#read();
    }).pipe(
      catchError((error: unknown) => this.#failed(error)),
      repeat({ delay: () => this.#nextReading() }),
    );
    this.#running = lastValueFrom(this.#workOn(readings), { defaultValue: undefined });
  }

  /** Somebody has changed something: looks at once. */
  wake(): void {
    this.#isWoken.next(true);
  }

  /** Leaves what is under way to the next process. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.wake();
    await this.#running;
    await this.#parts.lease.letGo().catch((error: unknown) => {
      this.#parts.log('warn', { err: error }, 'the lease of the desktops stays until it ends');
    });
  }

  /** One pass over all desktops; resolves when all its steps are over. */
  async pass(): Promise<void> {
    await lastValueFrom(this.#workOn(defer(() => this.#read())), { defaultValue: undefined });
  }

  /** The desktops as they are now, without those that were changed here meanwhile; none while another server has the lease. */
  async #read(): Promise<readonly Desktop[]> {
    const { store, lease } = this.#parts;
    if (!lease.isHeld && !(await lease.take())) return [];
    const rows = await store.readUnsettled();
    this.#forgetAllBut(rows);
    return rows.filter(({ id, revision }) => revision >= (this.#written.get(id) ?? 0));
  }

  /** Emits when the desktops are to be read again, and ends without that when stopped. */
  #nextReading(): Observable<unknown> {
    const woken = this.#isWoken.pipe(filter((isWoken) => isWoken));
    return merge(timer(passS * 1000, schedulerOf(this.#parts.clock)), woken).pipe(takeWhile(() => !this.#isStopped));
  }

  /** Places those who wait, one after the other, and looks at each of the others in its own time. */
  #workOn(readings: Observable<readonly Desktop[]>): Observable<unknown> {
    const place = (rows: readonly Desktop[]): Observable<readonly Promise<void>[]> =>
      from(this.#placeWaiting(rows)).pipe(catchError((error: unknown) => this.#failed(error)));
    return readings.pipe(
      connect((shared) =>
        merge(
          shared.pipe(
            exhaustMap(place),
            mergeMap((slow) => Promise.all(slow)),
          ),
          shared.pipe(
            mergeMap((rows) => this.#takeDue(rows)),
            mergeMap((turn) => this.#look(turn), mostAtOnce),
          ),
        ),
      ),
    );
  }

  #failed(error: unknown): Observable<never> {
    this.#parts.log('warn', { err: error }, 'lifecycle pass failed');
    return EMPTY;
  }

  /**
   * In order of application: nobody is overtaken by one who asks for as much. Those who ask for less are tried when an order has no answer for
   * a while.
   *
   * @returns the orders that have no answer yet
   */
  async #placeWaiting(rows: readonly Desktop[]): Promise<readonly Promise<void>[]> {
    const waiting = rows.filter(({ state }) => state === 'waiting');
    const slow: Promise<void>[] = [];
    if (waiting.length === 0) return slow;
    const { store, clock, settings, lease } = this.#parts;
    const fromS = clock.nowS - settings.windowDays * 86_400;
    const counted = await store.readCounted(fromS);
    const ordered: Counted[] = counted.filter(({ heldFromS }) => heldFromS !== null);
    const groupsOf = new Map(counted.map(({ id, groups }) => [id, groups]));
    const holders = holdersAmong(rows);
    const blocked: Desktop[] = [];
    for (const row of waiting) {
      if (this.#isStopped || !lease.isHeld) break;
      const groups = groupsOf.get(row.id) ?? [];
      const countAsOrdered = () => ordered.push({ ...row, groups, isAlive: true, heldFromS: clock.nowS });
      const place = async (): Promise<void> => {
        const limit = this.#limitOn(row, groups, ordered, fromS);
        if (limit !== null) return void (await this.#wait(row, { reason: limit, expectedAtS: null }));
        const isBehind = blocked.some((other) => asksNoLess(row, other));
        if (isBehind || !this.#isDue(row, clock.nowS)) {
          blocked.push(row);
          if (isBehind && row.reason === null) await this.#wait(row, waitingFor(row, { 'cards-busy': 1 }, holders));
          return;
        }
        const status = await this.#order(row);
        if (status.kind === 'no-room') {
          blocked.push(row);
          this.#postpone(await this.#wait(row, waitingFor(row, status.rejectedBy, holders)), retryS);
        } else {
          await this.#applyOrder(row, status);
          countAsOrdered();
        }
      };
      if (!this.#taken.has(row.id)) {
        const placed = this.#guarded(row, place);
        await firstValueFrom(race(placed, timer(orderPatienceS * 1000, schedulerOf(clock))));
        if (!this.#taken.has(row.id)) continue;
        slow.push(placed);
      }
      blocked.push(row);
      countAsOrdered();
    }
    return slow;
  }

  /** Asks for the machine, at each try in the same words. */
  async #order(row: Desktop): Promise<MachineStatus> {
    const { store, machines } = this.#parts;
    const order = await store.readOrder(row.id);
    try {
      return await machines.order(order);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return { kind: 'failed', reason: `The machine cannot be ordered (${error.message}).` };
    }
  }

  /** Somebody may have deleted it while its machine was ordered, and another server have seen it to its end by now. */
  async #applyOrder(row: Desktop, status: MachineStatus): Promise<void> {
    const { store, machines } = this.#parts;
    try {
      await this.#apply(row, status);
    } catch (error) {
      const isDeleted = error instanceof DesktopChanged && (await store.read(row.id))?.state === 'deleted';
      if (isDeleted) await machines.remove(row.id);
      throw error;
    }
  }

  /** Why limits do not let it be placed now. */
  #limitOn(row: Desktop, groups: readonly string[], ordered: readonly Counted[], fromS: number): string | null {
    const { catalogue, settings, clock } = this.#parts;
    const asked = { desktops: 1, cards: row.cards };
    const useBy = (isTheirs: (desktop: Counted) => boolean) => useOf(ordered.filter(isTheirs), fromS, clock.nowS);
    const own = objectionOf(
      null,
      settings.limits,
      useBy(({ owner }) => owner === row.owner),
      asked,
    );
    if (own !== null) return own;
    for (const name of groups) {
      const limits = catalogue.groupLimits.get(name);
      if (limits === undefined) continue;
      const objection = objectionOf(
        { group: name },
        limits,
        useBy((other) => other.groups.includes(name)),
        asked,
      );
      if (objection !== null) return objection;
    }
    return null;
  }

  async #wait(row: Desktop, { reason, expectedAtS }: Waiting): Promise<Desktop> {
    if (row.reason === reason && row.expectedAtS === expectedAtS) return row;
    return await this.#change(row, { reason, expectedAtS });
  }

  /** The desktops that do not wait for a host and whose time has come; they are taken from now on. */
  #takeDue(rows: readonly Desktop[]): readonly Turn[] {
    const { nowS } = this.#parts.clock;
    const due = rows.filter((row) => row.state !== 'waiting' && !this.#taken.has(row.id) && this.#isDue(row, nowS));
    for (const { id } of due) this.#taken.add(id);
    return due.map((row) => ({ row, readAtS: nowS }));
  }

  /** Makes the next step of a desktop. Where it had to wait for its turn and was changed meanwhile, the next reading does. */
  async #look({ row, readAtS }: Turn): Promise<void> {
    const { store, clock, lease } = this.#parts;
    await this.#guarded(row, async () => {
      if (this.#isStopped || !lease.isHeld) return;
      const isOld = clock.nowS > readAtS + passS;
      const now = isOld ? await store.read(row.id) : row;
      if (now?.revision === row.revision) await this.#step(now);
    });
  }

  async #step(row: Desktop): Promise<void> {
    const { clock, machines } = this.#parts;
    this.#postpone(row, paceOf(row));
    const end = this.#endOf(row, clock.nowS);
    if (end !== null) {
      const entries = end.entry === null ? [] : [{ ...end.entry, person: row.owner }];
      return void (await this.#change(row, end.changes, ...entries));
    }
    if (row.state === 'failed' && row.heldUntilS !== null) return;
    if (row.state === 'deleting' || row.state === 'failed') {
      const status = await machines.status(row.id);
      if (status.kind !== 'gone') await machines.remove(row.id);
      return await this.#apply(row, status);
    }
    if (row.wish === 'start' || row.wish === 'restart') {
      await (row.wish === 'start' ? machines.start(row.id) : machines.restart(row.id));
      return void (await this.#change(row, { ...into('starting', clock.nowS), wish: null }));
    }
    const status = await machines.status(row.id);
    if (row.wish === 'stop' && status.kind === 'running') return await this.#tellToStop(row.id);
    await this.#apply(row, status);
  }

  async #tellToStop(id: string): Promise<void> {
    const { clock, machines } = this.#parts;
    if (clock.nowS < (this.#stopTold.get(id) ?? Number.NEGATIVE_INFINITY) + stopAgainS) return;
    this.#stopTold.set(id, clock.nowS);
    await machines.stop(id);
  }

  /** What its time, or nobody's using it, makes of a desktop. */
  #endOf(row: Desktop, nowS: number): { changes: DesktopChanges; entry: AuditEntry | null } | null {
    const entry = (action: AuditEntry['action']): AuditEntry => ({ atS: nowS, action, desktop: row.id });
    if (row.state === 'deleting') return null;
    const station = this.#stationOf(row);
    if (row.deleteAtS !== null && keptStates.includes(row.state)) {
      if (row.deleteAtS <= nowS) return { changes: deleting(overReason, nowS), entry: entry('end-of-life') };
      // Somebody started it by other means.
      return row.state === 'stopped' || row.wish === 'stop' ? null : { changes: { wish: 'stop' }, entry: null };
    }
    if (row.endsAtS !== null && row.endsAtS <= nowS) {
      const graceS = graceOf(station);
      if (graceS === 0 || !keptStates.includes(row.state)) {
        return {
          changes: deleting(row.state === 'failed' ? row.reason : overReason, nowS),
          entry: entry('end-of-life'),
        };
      }
      const changes = { deleteAtS: nowS + graceS, wish: row.state === 'stopped' ? null : ('stop' as const) };
      return { changes, entry: entry('time-over') };
    }
    const idleEndAtS = idleEndOf(row, station);
    if (idleEndAtS === null || idleEndAtS > nowS) return null;
    return station!.idle!.action === 'stop'
      ? { changes: { wish: 'stop' }, entry: entry('idle-stop') }
      : { changes: deleting('Nobody used it.', nowS), entry: entry('idle-delete') };
  }

  /** Writes what the status makes of a desktop. */
  async #apply(row: Desktop, status: MachineStatus): Promise<void> {
    const { clock, objectionTo, settings } = this.#parts;
    const isStarting = status.kind === 'running' && row.state === 'starting' && hasSettled(row, clock.nowS);
    const address = isStarting ? status.address : null;
    const objection = address === null ? null : objectionTo(address);
    const answers = address === null || objection !== null ? null : await this.#ask(row, address);
    const longestLifetimeS = this.#stationOf(row)?.longestLifetimeS ?? row.lifetimeS;
    const { startLimitS } = settings;
    const changes = changesBy(row, { status, answers, objection }, clock.nowS, { startLimitS, longestLifetimeS });
    if (Object.keys(changes).length === 0) return;
    const next = await this.#change(row, changes);
    if (row.readyAtS === null && next.readyAtS !== null) this.#parts.onReady(next.readyAtS - row.createdAtS);
    // There may be room now for those who wait.
    if (changes.heldUntilS !== undefined) this.#due.clear();
  }

  /** A server that refuses would let nobody in for a while if it were asked every second. */
  async #ask(row: Desktop, address: string): Promise<VncAnswer> {
    const { vncPort, vncPassword } = await this.#parts.store.readOrder(row.id);
    const answer = await this.#parts.probe(address, vncPort, vncPassword);
    if (answer === 'refuses') this.#postpone(row, lookS.refusing);
    return answer;
  }

  async #change(row: Desktop, changes: DesktopChanges, ...entries: readonly AuditEntry[]): Promise<Desktop> {
    const { store, clock, onChange, log } = this.#parts;
    const { nowS } = clock;
    const { state, reason } = changes;
    const isOther = state !== undefined && state !== row.state;
    const detail = reason == null ? state : `${state}: ${reason}`;
    const entry: AuditEntry = {
      atS: nowS,
      action: 'state',
      desktop: row.id,
      person: row.owner,
      detail: detail ?? null,
    };
    const next = await store.change(row, changes, nowS, ...(isOther ? [entry] : []), ...entries);
    this.#written.set(row.id, next.revision);
    if (isOther) log('info', { desktop: row.id, state, ...(reason != null && { reason }) }, 'desktop changed state');
    onChange();
    return next;
  }

  /** A failed step is retried, later each time; one that came too late is redone from the current state. */
  async #guarded(row: Desktop, step: () => Promise<void>): Promise<void> {
    const { log } = this.#parts;
    this.#taken.add(row.id);
    try {
      await step();
      const due = this.#due.get(row.id);
      if (due !== undefined) due.failures = 0;
    } catch (error) {
      if (error instanceof DesktopChanged) return void this.#due.delete(row.id);
      const failures = (this.#due.get(row.id)?.failures ?? 0) + 1;
      this.#postpone(row, Math.min(longestBackoffS, 2 ** failures), failures);
      log('warn', { err: error, desktop: row.id }, 'step failed; will retry');
      if (error instanceof InputError && row.wish !== null) {
        await this.#change(row, { wish: null, reason: `That cannot be done (${error.message}).` }).catch(
          (later: unknown) => log('warn', { err: later, desktop: row.id }, 'the reason could not be stored'),
        );
      }
    } finally {
      this.#taken.delete(row.id);
    }
  }

  #isDue(row: Desktop, nowS: number): boolean {
    const due = this.#due.get(row.id);
    if (due === undefined || nowS >= due.atS) return true;
    return due.failures === 0 && (due.revision !== row.revision || this.#endOf(row, nowS) !== null);
  }

  #postpone({ id, revision }: Desktop, delayS: number, failures = this.#due.get(id)?.failures ?? 0): void {
    this.#due.set(id, { atS: this.#parts.clock.nowS + delayS, failures, revision });
  }

  #forgetAllBut(rows: readonly Desktop[]): void {
    const ids = new Set(rows.map(({ id }) => id));
    for (const known of [this.#due, this.#stopTold, this.#written]) {
      for (const id of known.keys()) if (!ids.has(id)) known.delete(id);
    }
  }

  #stationOf({ station }: Desktop) {
    return this.#parts.catalogue.stations.find(({ id }) => id === station);
  }
}

/** A desktop due to be handled, as it was read at that time. */
interface Turn {
  readonly row: Desktop;
  readonly readAtS: number;
}

/** With the names of its owner's groups. */
type Counted = CountedDesktop & { readonly groups: readonly string[] };

function paceOf({ state, wish, heldUntilS }: Desktop): number {
  if (restlessStates.includes(state) || wish !== null) return lookS.restless;
  if (state === 'failed' && heldUntilS === null) return lookS.restless;
  return state === 'ready' ? lookS.ready : lookS.quiet;
}

function holdersAmong(rows: readonly Desktop[]): Holder[] {
  return rows.flatMap((row) => {
    const { host, endsAtS, heldUntilS } = row;
    if (host === null || endsAtS === null || heldUntilS !== null) return [];
    return [{ ...row, host, endsAtS }];
  });
}
