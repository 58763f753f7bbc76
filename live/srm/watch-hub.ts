/** `GET /v1/srm?watch`: everyone who watches gets the records of all hosts, then what changes, as server-sent events. */
import type { ServerResponse } from 'node:http';
import { auditTime, buffer, filter, fromEvent, interval, type SchedulerLike, Subject, takeUntil } from 'rxjs';
import type { Clock } from '../../core/clock.ts';
import { schedulerOf } from '../clock-scheduler.ts';
import { ChangeRing, type Chunk } from './change-ring.ts';
import { type HostState, hostJson } from './host-state.ts';
import type { RegistryChange, SrmRegistry } from './registry.ts';

export interface WatchOptions {
  /** Bytes of changes that are kept for those who come back. Defaults to 8 MiB. */
  readonly ringBytes?: number;
  /** Part of each event's id; a new one after every start, since numbers begin again. */
  readonly epoch: string;
  readonly clock: Clock;
}

interface Watcher {
  readonly response: ServerResponse;
  /** The last change that was written to it. */
  sequence: number;
  /** Hosts that are still to be written to it before changes go on; null in the middle of the changes. */
  snapshot: Iterator<HostState> | null;
  /** Beats in a row at which it had not taken what was sent. */
  blockedBeats: number;
}

/** Seconds for which changes are gathered before they are sent. */
const gatherS = 0.25;
/** Seconds between two comments that say that the connection is alive. */
const beatS = 15;
/** Beats after which a watcher that takes nothing is let go. */
const mostBlockedBeats = 4;

export class WatchHub {
  readonly #registry: SrmRegistry;
  readonly #epoch: string;
  readonly #ring: ChangeRing;
  readonly #scheduler: SchedulerLike;
  readonly #watchers = new Set<Watcher>();
  readonly #closing = new Subject<void>();

  constructor(registry: SrmRegistry, { ringBytes = 8 * 2 ** 20, epoch, clock }: WatchOptions) {
    this.#registry = registry;
    this.#epoch = epoch;
    this.#ring = new ChangeRing(ringBytes);
    this.#scheduler = schedulerOf(clock);
    const news = registry.changes.pipe(
      // 2 000 reports a second that say nothing new, to 2 000 watchers, would be 4 million events.
      filter(({ kind }) => kind !== 'seen'),
      takeUntil(this.#closing),
    );
    news.pipe(buffer(news.pipe(auditTime(gatherS * 1000, this.#scheduler)))).subscribe((changes) => {
      if (changes.length > 0) this.#send(latestOf(changes));
    });
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  /** Takes a watcher on. @param lastEventId id of the last event it had, if it comes back */
  attach(response: ServerResponse, lastEventId: string | undefined): void {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    const sequence = this.#sequenceOf(lastEventId);
    const watcher: Watcher = { response, sequence: sequence ?? 0, snapshot: null, blockedBeats: 0 };
    if (sequence === null) this.#beginSnapshot(watcher);
    else response.write(': resumed\n\n');
    this.#watchers.add(watcher);
    response.on('drain', () => this.#pump(watcher));
    response.on('close', () => this.#watchers.delete(watcher));
    interval(beatS * 1000, this.#scheduler)
      .pipe(takeUntil(fromEvent(response, 'close')))
      .subscribe(() => this.#beat(watcher));
    this.#pump(watcher);
  }

  /** Sends what is left and ends all streams. */
  close(): void {
    this.#closing.next();
    for (const { response } of this.#watchers) response.end();
  }

  #send(changes: readonly RegistryChange[]): void {
    this.#ring.push(chunkOf(changes, this.#ring.last + 1, this.#epoch));
    for (const watcher of this.#watchers) this.#pump(watcher);
  }

  /** A comment, so that both sides notice a dead connection; lets go of a watcher that takes nothing. */
  #beat(watcher: Watcher): void {
    watcher.blockedBeats = watcher.response.writableNeedDrain ? watcher.blockedBeats + 1 : 0;
    if (watcher.blockedBeats >= mostBlockedBeats) watcher.response.destroy();
    else if (watcher.blockedBeats === 0) watcher.response.write(': here\n\n');
  }

  /** Writes until the watcher has everything, or does not take more: it goes on at `drain`, so that nobody's lag fills the memory. */
  #pump(watcher: Watcher): void {
    const { response } = watcher;
    while (!response.writableNeedDrain && !response.destroyed) {
      if (watcher.snapshot !== null) {
        const { done, value } = watcher.snapshot.next();
        if (done) {
          watcher.snapshot = null;
          response.write(
            `event: complete\nid: ${this.#epoch}-${watcher.sequence}\ndata: {"hosts":${this.#registry.hosts.size}}\n\n`,
          );
        } else response.write(`event: record\ndata: ${hostJson(value)}\n\n`);
        continue;
      }
      const chunk = this.#ring.after(watcher.sequence);
      if (chunk === undefined) return;
      if (chunk === 'forgotten') {
        this.#beginSnapshot(watcher);
        continue;
      }
      response.write(chunk.bytes());
      watcher.sequence = chunk.last;
    }
  }

  /** Changes during it follow it, and may be in it already: a reader takes the higher version. */
  #beginSnapshot(watcher: Watcher): void {
    watcher.sequence = this.#ring.last;
    watcher.snapshot = this.#registry.hosts.values();
    watcher.response.write('event: reset\ndata: {}\n\n');
  }

  /** The number in an id of ours that can be followed on; null for any other. */
  #sequenceOf(eventId: string | undefined): number | null {
    const match = /^(.+)-(\d{1,15})$/.exec(eventId ?? '');
    if (match === null || match[1] !== this.#epoch) return null;
    const sequence = Number(match[2]);
    return this.#ring.after(sequence) === 'forgotten' ? null : sequence;
  }
}

/** Of several changes of a host only the last matters; what was news stays news. */
function latestOf(changes: readonly RegistryChange[]): RegistryChange[] {
  const latest = new Map<string, RegistryChange>();
  const forgotten: RegistryChange[] = [];
  for (const change of changes) {
    const { host } = change.state;
    const before = latest.get(host)?.kind;
    // What comes after it is the host's first report again, whose version is lower.
    if (before === 'forgotten') forgotten.push(latest.get(host)!);
    const staysNews = before === 'changed' && change.kind !== 'forgotten';
    latest.set(host, staysNews ? { ...change, kind: 'changed' } : change);
  }
  return [...forgotten, ...latest.values()];
}

/** Put together when the first watcher takes it: while nobody watches, changes cost next to nothing. */
function chunkOf(changes: readonly RegistryChange[], first: number, epoch: string): Chunk {
  let waiting: readonly RegistryChange[] | null = changes;
  let bytes = Buffer.alloc(0);
  return {
    first,
    last: first + changes.length - 1,
    length: changes.reduce((sum, { state }) => sum + state.inventory.length + state.usage.length, 0),
    bytes() {
      if (waiting !== null)
        bytes = Buffer.from(waiting.map((change, index) => eventOf(change, `${epoch}-${first + index}`)).join(''));
      waiting = null;
      return bytes;
    },
  };
}

function eventOf(change: RegistryChange, id: string): string {
  const type = change.kind === 'changed' ? 'record' : change.kind;
  return `event: ${type}\nid: ${id}\ndata: ${dataOf(change)}\n\n`;
}

function dataOf({ kind, state }: RegistryChange): string {
  if (kind === 'changed') return hostJson(state);
  const { host, version, receivedAtS } = state;
  return JSON.stringify({ host, version, receivedAtS });
}
