/** `GET /events`: the live view of a browser, `heps-live/1` (docs/formats.md), fed from the registry. */
import type { ServerResponse } from 'node:http';
import type { Clock } from '../../core/clock.ts';
import type { HostState } from './host-state.ts';
import { LiveView } from './live-view.ts';
import type { SrmRegistry } from './registry.ts';

/** Bytes that a viewer may have waiting beyond its snapshot before it is let go; it connects anew by itself. */
const mostBehindBytes = 4 * 2 ** 20;

/** Seconds between ticks. */
const heartbeatS = 5;

export class LiveEvents {
  readonly #registry: SrmRegistry;
  readonly #clock: Pick<Clock, 'nowS'>;
  readonly #policy: string;
  readonly #viewers = new Map<ServerResponse, { mostWaitingBytes: number }>();
  /** Not sent yet, by host. */
  readonly #gathered = new Map<string, HostState>();
  /** Made for the first viewer, dropped with the last. */
  #view: LiveView | null = null;
  #tickedAtS = 0;

  constructor(registry: SrmRegistry, clock: Pick<Clock, 'nowS'>, policy: string) {
    this.#registry = registry;
    this.#clock = clock;
    this.#policy = policy;
    registry.subscribe(({ state }) => {
      if (this.#view !== null) this.#gathered.set(state.host, state);
    });
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  /** Takes a viewer on. @returns false while there is no host to show */
  attach(response: ServerResponse): boolean {
    if (this.#registry.hosts.size === 0) return false;
    this.#send();
    this.#view ??= new LiveView(
      { policy: this.#policy, srmIntervalS: this.#registry.intervalS, heartbeatS },
      this.#registry.hosts.values(),
    );
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    const snapshot = eventText('snapshot', this.#view.snapshot(this.#clock.nowS));
    this.#viewers.set(response, { mostWaitingBytes: snapshot.length + mostBehindBytes });
    response.on('close', () => this.#forget(response));
    response.write(snapshot);
    return true;
  }

  /** Sends what was gathered, and a tick when one is due; to be called once a second. */
  flush(): void {
    this.#send();
    const { nowS } = this.#clock;
    if (this.#view === null || nowS - this.#tickedAtS < heartbeatS) return;
    this.#tickedAtS = nowS;
    this.#broadcast(eventText('tick', { sequence: this.#view.sequence, atS: nowS }));
  }

  close(): void {
    for (const response of this.#viewers.keys()) response.end();
  }

  #send(): void {
    if (this.#view === null || this.#gathered.size === 0) return;
    const change = this.#view.update(this.#gathered.values(), this.#clock.nowS);
    this.#gathered.clear();
    if (change === 'other-cluster') {
      // The stream has no event for other hosts: whoever connects anew gets them.
      this.close();
      this.#viewers.clear();
      this.#view = null;
    } else if (change !== null) this.#broadcast(eventText('change', change));
  }

  #broadcast(text: string): void {
    const bytes = Buffer.from(text);
    for (const [response, { mostWaitingBytes }] of this.#viewers) {
      if (response.writableLength > mostWaitingBytes) response.destroy();
      else response.write(bytes);
    }
  }

  #forget(response: ServerResponse): void {
    this.#viewers.delete(response);
    if (this.#viewers.size > 0) return;
    this.#view = null;
    this.#gathered.clear();
  }
}

function eventText(name: string, value: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(value)}\n\n`;
}
