/** Follows the stream of a live cloud and comes back by itself, whatever happens to the connection. Free of the DOM: see live-connection.ts. */
import {
  checkLiveChange,
  checkLiveSnapshot,
  checkLiveTick,
  type LiveChange,
  type LiveSnapshot,
} from '../../core/wire/live-stream.ts';

/** What of an `EventSource` is used. */
export interface EventStream {
  addEventListener(type: string, listener: (event: { readonly data?: unknown }) => void): void;
  close(): void;
}

/** How things stand with the connection. */
export interface LiveStatus {
  /** `offline`: not connected, and waiting for the next try. */
  readonly kind: 'connecting' | 'live' | 'offline';
  /** When the connection came to be (`live`) or was lost; the start, where there never was one. Milliseconds of `nowMs`. */
  readonly sinceMs: number;
  /** When it will be tried again; null unless offline. */
  readonly nextTryMs: number | null;
  /** What went wrong last; '' while live. */
  readonly message: string;
}

export interface LiveSourceOptions {
  /** Opens the stream. */
  readonly open: () => EventStream;
  /** Milliseconds on a clock that goes on while the computer sleeps. */
  readonly nowMs: () => number;
  /** An error that these throw counts as a fault of the stream. */
  readonly onSnapshot: (snapshot: LiveSnapshot) => void;
  readonly onChange: (change: LiveChange) => void;
  /** Whenever anything of the server has been heard: its time, Unix seconds. */
  readonly onTime: (atS: number) => void;
  readonly onStatus: (status: LiveStatus) => void;
}

/** Seconds before the first, second, … try after a loss; the last holds for all that follow. */
const backoffS = [1, 2, 5, 10];
/** A connection that lasted as long starts the backoff anew, seconds. */
const steadyS = 10;
/** Heartbeats missed until a silent connection counts as lost. */
const missedHeartbeats = 3;
/** Seconds between heartbeats, before a snapshot has said it. */
const firstHeartbeatS = 5;

export class LiveSource {
  readonly #options: LiveSourceOptions;
  #status: LiveStatus;
  #stream: EventStream | null = null;
  /** Of the last change; null before the snapshot. */
  #sequence: number | null = null;
  #heartbeatS = firstHeartbeatS;
  #lastHeardMs = 0;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LiveSourceOptions) {
    this.#options = options;
    this.#status = { kind: 'connecting', sinceMs: options.nowMs(), nextTryMs: null, message: '' };
    this.#connect();
  }

  get status(): LiveStatus {
    return this.#status;
  }

  /** Tries at once when offline, and looks whether a connection that seems open has gone silent: for a laptop that wakes up. */
  wake(): void {
    const silentS = (this.#options.nowMs() - this.#lastHeardMs) / 1000;
    if (this.#status.kind !== 'offline' && silentS > this.#patienceS()) this.#lose('nothing was heard from the server');
    if (this.#status.kind === 'offline') this.#connect();
  }

  /** Stops for good. */
  close(): void {
    clearTimeout(this.#timer);
    this.#stream?.close();
    this.#stream = null;
  }

  #connect(): void {
    this.close();
    this.#sequence = null;
    this.#heartbeatS = firstHeartbeatS;
    this.#say({ ...this.#status, kind: 'connecting', nextTryMs: null });
    this.#heard();
    let stream: EventStream;
    try {
      stream = this.#options.open();
    } catch (error) {
      this.#lose((error as Error).message);
      return;
    }
    this.#stream = stream;
    const on = (type: string, take: (value: unknown) => void): void => {
      stream.addEventListener(type, ({ data }) => {
        if (this.#stream === stream) this.#read(type, data, take);
      });
    };
    on('snapshot', (value) => this.#takeSnapshot(value));
    on('change', (value) => this.#takeChange(value));
    on('tick', (value) => this.#takeTick(value));
    stream.addEventListener('error', () => {
      if (this.#stream === stream) this.#lose('the server does not answer, or answers with an error');
    });
  }

  #read(type: string, data: unknown, take: (value: unknown) => void): void {
    this.#heard();
    try {
      take(JSON.parse(String(data)));
    } catch (error) {
      const why = error instanceof SyntaxError ? `not JSON: ${error.message}` : (error as Error).message;
      this.#lose(`the server sent a ${type} that cannot be read: ${why}`);
    }
  }

  #takeSnapshot(value: unknown): void {
    const snapshot = checkLiveSnapshot(value);
    this.#options.onSnapshot(snapshot);
    this.#sequence = snapshot.sequence;
    this.#heartbeatS = snapshot.heartbeatS;
    this.#heard();
    this.#options.onTime(snapshot.atS);
    this.#say({ kind: 'live', sinceMs: this.#options.nowMs(), nextTryMs: null, message: '' });
  }

  #takeChange(value: unknown): void {
    const change = checkLiveChange(value);
    if (this.#sequence === null) throw new Error('it came before the snapshot');
    if (change.sequence !== this.#sequence + 1) {
      this.#lose(`changes ${this.#sequence + 1} to ${change.sequence - 1} were lost`);
      return;
    }
    this.#options.onChange(change);
    this.#sequence = change.sequence;
    this.#options.onTime(change.atS);
  }

  #takeTick(value: unknown): void {
    const { sequence, atS } = checkLiveTick(value);
    if (this.#sequence === null) throw new Error('it came before the snapshot');
    if (sequence === this.#sequence) this.#options.onTime(atS);
    else this.#lose(`the last changes before number ${sequence} were lost`);
  }

  /** The connection is of no more use: closes it and plans the next try. */
  #lose(message: string): void {
    this.close();
    const nowMs = this.#options.nowMs();
    const { kind, sinceMs } = this.#status;
    const wasLive = this.#sequence !== null && kind === 'live';
    if (wasLive && nowMs - sinceMs >= steadyS * 1000) this.#failures = 0;
    const waitS = backoffS[Math.min(this.#failures, backoffS.length - 1)]!;
    this.#failures++;
    this.#timer = setTimeout(() => this.#connect(), waitS * 1000);
    this.#say({
      kind: 'offline',
      sinceMs: wasLive ? nowMs : sinceMs,
      nextTryMs: nowMs + waitS * 1000,
      message,
    });
  }

  #heard(): void {
    this.#lastHeardMs = this.#options.nowMs();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => this.#lose(`nothing was heard from the server for ${this.#patienceS()} s`),
      this.#patienceS() * 1000,
    );
  }

  #patienceS(): number {
    return missedHeartbeats * this.#heartbeatS;
  }

  #say(status: LiveStatus): void {
    this.#status = status;
    this.#options.onStatus(status);
  }
}
