/** `GET /events`: the live view of a browser, `heps-live/1` (docs/formats.md), fed from the registry. */
import type { ServerResponse } from 'node:http';
import {
  auditTime,
  buffer,
  defer,
  endWith,
  filter,
  finalize,
  interval,
  map,
  merge,
  type Observable,
  Subject,
  share,
  takeUntil,
  takeWhile,
} from 'rxjs';
import type { Clock } from '../../core/clock.ts';
import { schedulerOf } from '../clock-scheduler.ts';
import { LiveView } from './live-view.ts';
import type { SrmRegistry } from './registry.ts';

/** Bytes that a viewer may have waiting beyond its snapshot before it is dropped; it reconnects on its own. */
const mostBehindBytes = 4 * 2 ** 20;

/** Seconds for which changes are gathered before they are sent. */
const gatherS = 1;
/** Seconds between ticks. */
const heartbeatS = 5;

export class LiveEvents {
  readonly #registry: SrmRegistry;
  readonly #clock: Clock;
  readonly #policy: string;
  readonly #closing = new Subject<void>();
  /** What all viewers are sent after their snapshots. It ends when there are other hosts, for which the stream has no event. */
  readonly #events = defer(() => this.#eventsOf(this.#open())).pipe(share());
  /** Made for the first viewer, and remade for the next one after the last has gone. */
  #view: LiveView | null = null;
  #viewers = 0;

  constructor(registry: SrmRegistry, clock: Clock, policy: string) {
    this.#registry = registry;
    this.#clock = clock;
    this.#policy = policy;
  }

  get viewers(): number {
    return this.#viewers;
  }

  /** Takes a viewer on. @returns false while there is no host to show */
  attach(response: ServerResponse): boolean {
    if (this.#registry.hosts.size === 0) return false;
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    let mostWaitingBytes = mostBehindBytes;
    this.#viewers++;
    const sending = this.#events
      .pipe(
        takeUntil(this.#closing),
        finalize(() => this.#viewers--),
      )
      .subscribe({
        next(bytes) {
          if (response.writableLength > mostWaitingBytes) response.destroy();
          else response.write(bytes);
        },
        complete: () => response.end(),
      });
    response.on('close', () => sending.unsubscribe());
    const snapshot = bytesOf('snapshot', this.#view!.snapshot(this.#clock.nowS));
    mostWaitingBytes += snapshot.length;
    response.write(snapshot);
    return true;
  }

  close(): void {
    this.#closing.next();
  }

  #open(): LiveView {
    this.#view = new LiveView(
      { policy: this.#policy, srmIntervalS: this.#registry.intervalS, heartbeatS },
      this.#registry.hosts.values(),
    );
    return this.#view;
  }

  #eventsOf(view: LiveView): Observable<Buffer> {
    const clock = this.#clock;
    const scheduler = schedulerOf(clock);
    const all = this.#registry.changes;
    const changes = all.pipe(
      buffer(all.pipe(auditTime(gatherS * 1000, scheduler))),
      map((gathered) =>
        gathered.some(({ kind }) => kind === 'forgotten')
          ? 'other-cluster'
          : view.update(new Map(gathered.map(({ state }) => [state.host, state])).values(), clock.nowS),
      ),
      takeWhile((change) => change !== 'other-cluster'),
      filter((change) => change !== null),
      map((change) => bytesOf('change', change)),
      endWith(null),
    );
    const ticks = interval(heartbeatS * 1000, scheduler).pipe(
      map(() => bytesOf('tick', { sequence: view.sequence, atS: clock.nowS })),
    );
    return merge(changes, ticks).pipe(takeWhile((bytes) => bytes !== null));
  }
}

function bytesOf(event: string, value: unknown): Buffer {
  return Buffer.from(`event: ${event}\ndata: ${JSON.stringify(value)}\n\n`);
}
