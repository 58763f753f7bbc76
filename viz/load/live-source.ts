/** Follows the stream of a live cloud: snapshot, changes and ticks, none of them missing. Free of the DOM: see live-connection.ts. */
import { asyncScheduler, defer, distinctUntilChanged, type Observable, scan, tap } from 'rxjs';
import {
  checkLiveChange,
  checkLiveSnapshot,
  checkLiveTick,
  type LiveChange,
  type LiveSnapshot,
  type LiveTick,
} from '../../core/wire/live-stream.ts';
import {
  type EventStream,
  type Followed,
  follow,
  readable,
  type ServerEvent,
  serverEvents,
} from '../page/server-events.ts';

/** How things stand with the connection. */
export interface LiveStatus {
  /** `offline`: not connected, and waiting for the next try. */
  readonly kind: 'connecting' | 'live' | 'offline';
  /** When the connection was made (`live`) or lost; the start, where there never was one. Milliseconds since the epoch. */
  readonly sinceMs: number;
  /** When it will be tried again; null unless offline. */
  readonly nextTryMs: number | null;
  /** What went wrong last; '' while live. */
  readonly message: string;
}

/** Takes what the stream brings. An error that one of these throws counts as a fault of the stream. */
export interface LiveHandlers {
  readonly onSnapshot: (snapshot: LiveSnapshot) => void;
  readonly onChange: (change: LiveChange) => void;
  /** Whenever anything has been heard from the server: its time, Unix seconds. */
  readonly onTime: (atS: number) => void;
}

/** Heartbeats missed until a silent connection counts as lost. */
const missedHeartbeats = 3;
/** Seconds between heartbeats, before a snapshot has said it. */
const firstHeartbeatS = 5;

/**
 * Follows the stream while subscribed.
 *
 * @param returns$ emits when the reader or the network comes back
 * @returns the status at once, and whenever it changes
 */
export function liveStatus(
  open: () => EventStream,
  handlers: LiveHandlers,
  returns$: Observable<unknown>,
): Observable<LiveStatus> {
  return defer(() => {
    const start: LiveStatus = { kind: 'offline', sinceMs: asyncScheduler.now(), nextTryMs: null, message: '' };
    let reader = new LiveReader(handlers);
    const connection = defer(() => {
      reader = new LiveReader(handlers);
      return serverEvents(open, ['snapshot', 'change', 'tick']).pipe(tap((event) => reader.read(event)));
    });
    return follow(connection, {
      returns$,
      patienceS: () => missedHeartbeats * reader.heartbeatS,
      hasHeartbeat: true,
    }).pipe(scan(nextStatus, start), distinctUntilChanged());
  });
}

/** The status after what the connection told; the same object where nothing has changed. */
function nextStatus(status: LiveStatus, told: Followed<unknown>): LiveStatus {
  const nowMs = asyncScheduler.now();
  const lostMs = status.kind === 'live' ? nowMs : status.sinceMs;
  switch (told.kind) {
    case 'connecting':
      return { ...status, kind: 'connecting', sinceMs: lostMs, nextTryMs: null };
    case 'event':
      return status.kind === 'live' ? status : { kind: 'live', sinceMs: nowMs, nextTryMs: null, message: '' };
    case 'offline':
      return { kind: 'offline', sinceMs: lostMs, nextTryMs: told.nextTryMs, message: told.message };
  }
}

/** Reads the events of one connection: first a snapshot, then changes in their order. */
class LiveReader {
  readonly #handlers: LiveHandlers;
  /** Of the last change; null before the snapshot. */
  #sequence: number | null = null;
  #heartbeatS = firstHeartbeatS;

  constructor(handlers: LiveHandlers) {
    this.#handlers = handlers;
  }

  /** Seconds between signs of life, as the snapshot says. */
  get heartbeatS(): number {
    return this.#heartbeatS;
  }

  /** @throws Error naming what cannot be read, or which changes are missing */
  read({ type, value }: ServerEvent): void {
    if (type === 'snapshot') readable(type, () => this.#takeSnapshot(checkLiveSnapshot(value)));
    else if (type === 'change') this.#readChange(readable(type, () => checkLiveChange(value)));
    else this.#readTick(readable(type, () => checkLiveTick(value)));
  }

  #takeSnapshot(snapshot: LiveSnapshot): void {
    this.#handlers.onSnapshot(snapshot);
    this.#sequence = snapshot.sequence;
    this.#heartbeatS = snapshot.heartbeatS;
    this.#handlers.onTime(snapshot.atS);
  }

  #readChange(change: LiveChange): void {
    const expected = this.#sequenceAt('change') + 1;
    if (change.sequence !== expected) throw new Error(`changes ${expected} to ${change.sequence - 1} were lost`);
    readable('change', () => this.#handlers.onChange(change));
    this.#sequence = change.sequence;
    this.#handlers.onTime(change.atS);
  }

  #readTick({ sequence, atS }: LiveTick): void {
    if (sequence !== this.#sequenceAt('tick')) throw new Error(`the last changes before number ${sequence} were lost`);
    this.#handlers.onTime(atS);
  }

  #sequenceAt(type: string): number {
    if (this.#sequence === null) throw new Error(`the server sent a ${type} before the snapshot`);
    return this.#sequence;
  }
}
