/** Follows the person's desktops by server-sent events, and comes back by itself when the connection is lost. */
import type { DesktopView } from '../../../core/wire/portal.ts';
import { portalApi } from './api.ts';

/** Seconds before the first, second, … try after a loss; the last holds for all that follow. */
const backoffS = [1, 2, 5, 10];
/** Seconds after which a stream counts as stale when one comes back to the page: a laptop that slept may hold a connection that is none. */
const staleS = 60;

export interface DesktopFeedOptions {
  /** The whole list, after each change. */
  readonly onDesktops: (desktops: readonly DesktopView[]) => void;
  /** The connection is there, or it is lost; told whenever this changes, and after each failed try. */
  readonly onConnection: (isConnected: boolean) => void;
}

export class DesktopFeed {
  readonly #options: DesktopFeedOptions;
  #stream: EventSource | null = null;
  #failures = 0;
  #timer = 0;
  #heardMs = Date.now();
  readonly #wake = (): void => {
    const isStale = Date.now() - this.#heardMs > staleS * 1000;
    if (!document.hidden && (this.#stream === null || isStale)) this.#open();
  };

  constructor(options: DesktopFeedOptions) {
    this.#options = options;
    document.addEventListener('visibilitychange', this.#wake);
    addEventListener('online', this.#wake);
    this.#open();
  }

  close(): void {
    clearTimeout(this.#timer);
    document.removeEventListener('visibilitychange', this.#wake);
    removeEventListener('online', this.#wake);
    this.#stream?.close();
  }

  #open(): void {
    clearTimeout(this.#timer);
    this.#stream?.close();
    this.#heardMs = Date.now();
    const stream = new EventSource(portalApi.eventsUrl);
    this.#stream = stream;
    stream.addEventListener('desktops', (event) => {
      const { desktops } = JSON.parse(event.data) as { desktops: DesktopView[] };
      this.#failures = 0;
      this.#heardMs = Date.now();
      this.#options.onConnection(true);
      this.#options.onDesktops(desktops);
    });
    // The browser's own reconnecting gives up for good on an answer that is no stream, such as a 502 of a proxy; so it is done here.
    stream.addEventListener('error', () => {
      stream.close();
      this.#stream = null;
      const waitS = backoffS[Math.min(this.#failures, backoffS.length - 1)]!;
      this.#failures++;
      this.#timer = window.setTimeout(() => this.#open(), waitS * 1000);
      this.#options.onConnection(false);
    });
  }
}
