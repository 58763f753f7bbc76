/** A WebSocket of a web application: messages both ways as they are, until either side or the right ends. */
import type { RawData, WebSocket } from 'ws';
import type { Clock } from '../../../core/clock.ts';
import type { ConnectionReport, Grant } from '../authority/authority.ts';
import { closeCodes, closeReason, type EndKind } from '../connections/end-of-connection.ts';
import type { Traffic } from '../connections/gateway-metrics.ts';
import type { OpenConnection } from '../connections/open-rights.ts';

/** Bytes on their way to one side beyond which the other side is read no further. */
const mostBacklogBytes = 1024 * 1024;
/** Seconds that a side has to answer the end of the connection. */
const closeLimitS = 2;

export class AppSocket implements OpenConnection {
  readonly grant: Grant;
  readonly openedAtS: number;
  activeAtS: number | null = null;
  /** Resolves when the application has answered. */
  readonly opened: Promise<void>;
  /** Resolves when the browser's side is closed. */
  readonly ended: Promise<ConnectionReport>;
  readonly #inside: WebSocket;
  readonly #clock: Clock;
  readonly #traffic: Traffic;
  #browser: WebSocket | null = null;
  #resolveEnded!: (report: ConnectionReport) => void;
  #kind: EndKind | null = null;
  #bytesOut = 0;
  #bytesIn = 0;
  #hasAnswered = true;

  constructor(inside: WebSocket, grant: Grant, clock: Clock, traffic: Traffic) {
    this.#inside = inside;
    this.grant = grant;
    this.#clock = clock;
    this.#traffic = traffic;
    this.openedAtS = clock.nowS;
    this.opened = new Promise((resolve, reject) => {
      inside.once('open', () => {
        inside.pause(); // until the browser is there
        resolve();
      });
      inside.on('error', reject);
    });
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  /** An application is for the owner alone: with another role its right ends. */
  takeRole(): void {}

  /** From now on messages go through. */
  join(browser: WebSocket): void {
    this.#browser = browser;
    const inside = this.#inside;
    inside.on('message', (data, isBinary) => {
      const bytes = pass(data, isBinary, inside, browser);
      this.#bytesOut += bytes;
      this.#traffic.bytesOut += bytes;
    });
    browser.on('message', (data, isBinary) => {
      this.#hasAnswered = true;
      if (this.#kind !== null) return;
      this.activeAtS = this.#clock.nowS;
      const bytes = pass(data, isBinary, browser, inside);
      this.#bytesIn += bytes;
      this.#traffic.bytesIn += bytes;
    });
    browser.on('pong', () => {
      this.#hasAnswered = true;
    });
    browser.on('error', () => this.end('client-error', ''));
    inside.once('close', () => this.end('desktop-away', 'The application has ended the connection.'));
    browser.once('close', () => {
      this.end('client-closed', '');
      this.#resolveEnded({
        grantId: this.grant.id,
        reason: this.#kind!,
        openS: this.#clock.nowS - this.openedAtS,
        bytesOut: this.#bytesOut,
        bytesIn: this.#bytesIn,
        frames: 0,
      });
    });
    inside.resume();
    if (inside.readyState !== inside.OPEN) this.end('desktop-away', 'The application has ended the connection.');
  }

  end(kind: EndKind, sentence: string): void {
    if (this.#kind !== null) return;
    this.#kind = kind;
    const sides = [this.#inside, this.#browser!];
    for (const side of sides) {
      side.resume();
      side.close(closeCodes[kind], closeReason(sentence));
    }
    const cancel = this.#clock.after(closeLimitS, () => {
      for (const side of sides) side.terminate();
    });
    this.#browser!.once('close', () => {
      if (this.#inside.readyState === this.#inside.CLOSED) cancel();
    });
  }

  ping(): void {
    if (!this.#hasAnswered) {
      this.end('client-lost', '');
      return;
    }
    this.#hasAnswered = false;
    this.#browser!.ping();
  }
}

/** Reads on when the other side has taken enough. @returns bytes of the message */
function pass(data: RawData, isBinary: boolean, from: WebSocket, to: WebSocket): number {
  const message = data as Buffer;
  to.send(message, { binary: isBinary }, () => {
    if (from.isPaused && to.bufferedAmount <= mostBacklogBytes) from.resume();
  });
  if (to.bufferedAmount > mostBacklogBytes) from.pause();
  return message.length;
}
