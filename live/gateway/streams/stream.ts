/** One desktop on its way to one browser: the handshakes, then messages both ways, filtered, no faster than either side takes them. */
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Clock } from '../../../core/clock.ts';
import type { DesktopRole, GatewayNote } from '../../../core/wire/portal.ts';
import type { Grant } from '../authority/authority.ts';
import { closeCodes, closeReason, type EndKind } from '../connections/end-of-connection.ts';
import type { GatewayMetrics } from '../connections/gateway-metrics.ts';
import type { OpenConnection } from '../connections/open-rights.ts';
import { ByteSource } from '../rfb/byte-source.ts';
import { ClientMessages } from '../rfb/client-messages.ts';
import { letIn, logInAt } from '../rfb/handshake.ts';
import { ItemStream } from '../rfb/item-stream.ts';
import { ProtocolError } from '../rfb/protocol-error.ts';
import type { RfbState } from '../rfb/rfb-state.ts';
import { ServerMessages } from '../rfb/server-messages.ts';
import type { Link, LinkUser } from './link.ts';

/** Bytes on their way to one side beyond which the other side is read no further. */
const mostBacklogBytes = 65_536;
/** Seconds that a browser has to answer the end of its connection. */
const closeLimitS = 2;

export interface StreamParts {
  readonly ws: WebSocket;
  /** Below the WebSocket. */
  readonly socket: Duplex;
  readonly grant: Grant;
  /** Whether the page understands texts beside the stream. */
  readonly takesNotes: boolean;
  /** Connects to where the desktop is. */
  readonly connect: (user: LinkUser, signal: AbortSignal) => Promise<Link>;
  /** Seconds until both handshakes must be over. */
  readonly connectLimitS: number;
  readonly clock: Clock;
  readonly metrics: GatewayMetrics;
}

/** How a stream has ended. */
export interface StreamEnd {
  readonly kind: EndKind;
  /** For the log; null where the kind says all. */
  readonly error: unknown;
  readonly openS: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly frames: number;
}

export class Stream implements OpenConnection {
  readonly grant: Grant;
  readonly openedAtS: number;
  activeAtS: number | null = null;
  /** Resolves when both sides are closed; never rejects. */
  readonly ended: Promise<StreamEnd>;
  readonly #parts: StreamParts;
  readonly #fromBrowser = new ByteSource();
  readonly #fromDesktop = new ByteSource();
  readonly #connecting = new AbortController();
  #link: Link | null = null;
  /** Null until the handshakes are over. */
  #messages: { readonly state: RfbState; readonly client: ClientMessages; readonly server: ServerMessages } | null =
    null;
  #role: DesktopRole;
  #toDesktop!: ItemStream;
  #toBrowser!: ItemStream;
  #bytesOut = 0;
  #bytesIn = 0;
  #end: { readonly kind: EndKind; readonly error: unknown } | null = null;
  /** `performance.now()` since when the desktop waits for the browser; null: it does not. */
  #heldSinceMs: number | null = null;
  #hasAnswered = true;

  constructor(parts: StreamParts) {
    this.#parts = parts;
    this.grant = parts.grant;
    this.#role = parts.grant.role;
    this.openedAtS = parts.clock.nowS;
    const { ws, socket } = parts;
    ws.on('message', (bytes: Buffer, isBinary) => this.#onMessage(bytes, isBinary));
    ws.on('pong', () => {
      this.#hasAnswered = true;
    });
    ws.on('error', (error) => this.#fail(error)); // not a WebSocket's frames, or too large ones
    socket.on('drain', () => this.#onBrowserDrain());
    this.ended = new Promise((resolve) => {
      ws.once('close', () => {
        this.end('client-closed', '');
        this.#fromBrowser.fail(new Error('the browser is gone'));
        const { kind, error } = this.#end!;
        const openS = parts.clock.nowS - this.openedAtS;
        const frames = this.#messages?.server.frames ?? 0;
        resolve({ kind, error, openS, frames, bytesOut: this.#bytesOut, bytesIn: this.#bytesIn });
      });
    });
  }

  /** Holds from the next message on, in both directions. */
  takeRole(role: DesktopRole): void {
    if (role === this.#role) return;
    this.#role = role;
    if (this.#messages === null) return;
    this.#messages.state.role = role;
    this.#tellRole();
  }

  #tellRole(): void {
    const note: GatewayNote = { role: this.#role };
    if (this.#parts.takesNotes && this.#end === null) this.#parts.ws.send(JSON.stringify(note));
  }

  /** Both handshakes are over, and nobody has ended it. */
  get isOpen(): boolean {
    return this.#messages !== null && this.#end === null;
  }

  /** Resolves when pictures may come, or when it has come to nothing; never rejects. */
  async open(): Promise<void> {
    const { ws, grant, connect, connectLimitS, clock } = this.#parts;
    const cancelLimit = clock.after(connectLimitS, () => this.#away(new Error(`not open after ${connectLimitS} s`)));
    try {
      const atBrowser = letIn({ source: this.#fromBrowser, send: (bytes) => ws.send(bytes) });
      const atDesktop = this.#logIn(connect);
      // The one that fails first ends the other as well.
      atBrowser.catch((error: unknown) => this.#fail(error));
      atDesktop.catch((error: unknown) => this.#away(error));
      const [{ message, format }] = await Promise.all([atDesktop, atBrowser]);
      if (this.#end !== null) return;
      const state: RfbState = {
        role: this.#role,
        clipboard: grant.clipboard,
        format,
        takesExtendedClipboard: false,
        takesExtendedMouse: false,
      };
      this.#messages = { state, client: new ClientMessages(state), server: new ServerMessages(state) };
      this.#toDesktop = new ItemStream(this.#messages.client);
      this.#toBrowser = new ItemStream(this.#messages.server);
      ws.send(message);
      this.#tellRole();
      this.#onLinkBytes(this.#fromDesktop.rest());
      this.#onMessage(this.#fromBrowser.rest(), true);
    } catch (error) {
      this.#fail(error); // after what either side has said, which ended the stream, it changes nothing
    } finally {
      cancelLimit();
    }
  }

  async #logIn(connect: StreamParts['connect']) {
    const { upstream } = this.grant;
    const user: LinkUser = {
      onBytes: (bytes) => this.#onLinkBytes(bytes),
      isDone: () => this.#backlog === 0,
      onDrain: () => this.#parts.ws.resume(),
      onEnd: () => {
        this.#fromDesktop.fail(new Error('the desktop is gone'));
        this.#away(null);
      },
    };
    const link = await connect(user, this.#connecting.signal);
    this.#link = link;
    if (this.#end !== null) link.close();
    const send = (bytes: Buffer): void => link.write(bytes);
    return logInAt({ source: this.#fromDesktop, send }, upstream.kind === 'vnc' ? upstream.password : null);
  }

  end(kind: EndKind, sentence: string): void {
    this.#finish(kind, sentence, null);
  }

  ping(): void {
    if (!this.#hasAnswered) {
      this.#end ??= { kind: 'client-lost', error: null };
      this.#parts.ws.terminate();
      return;
    }
    this.#hasAnswered = false;
    this.#parts.ws.ping();
  }

  #finish(kind: EndKind, sentence: string, error: unknown): void {
    if (this.#end !== null) return;
    this.#end = { kind, error };
    this.#connecting.abort();
    this.#link?.close();
    const { ws, clock } = this.#parts;
    ws.resume(); // what answers the close must be read
    ws.close(closeCodes[kind], closeReason(sentence));
    const cancel = clock.after(closeLimitS, () => ws.terminate());
    ws.once('close', cancel);
  }

  #away(error: unknown): void {
    this.#finish('desktop-away', 'The desktop does not answer.', error);
  }

  #fail(error: unknown): void {
    this.#finish('client-error', 'The browser sent what this gateway does not know.', error);
  }

  #onMessage(bytes: Buffer, isBinary: boolean): void {
    this.#hasAnswered = true;
    if (this.#end !== null) return;
    if (!isBinary) {
      this.#fail(new ProtocolError('a text'));
      return;
    }
    this.#bytesIn += bytes.length;
    this.#parts.metrics.traffic.bytesIn += bytes.length;
    if (this.#messages === null) {
      this.#fromBrowser.push(bytes);
      return;
    }
    const { client } = this.#messages;
    const before = client.activities;
    try {
      for (const part of this.#toDesktop.push(bytes)) this.#link!.write(part);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (client.activities > before) this.activeAtS = this.#parts.clock.nowS;
    if (this.#link!.backlog > mostBacklogBytes) this.#parts.ws.pause();
  }

  #onLinkBytes(bytes: Buffer): void {
    if (this.#end !== null) return;
    if (this.#messages === null) {
      this.#fromDesktop.push(bytes);
      return;
    }
    const { metrics, ws } = this.#parts;
    const { server } = this.#messages;
    const before = server.frames;
    try {
      for (const part of this.#toBrowser.push(bytes)) {
        ws.send(part);
        this.#bytesOut += part.length;
        metrics.traffic.bytesOut += part.length;
      }
    } catch (error) {
      this.#away(error);
      return;
    }
    metrics.traffic.frames += server.frames - before;
    if (this.#backlog <= mostBacklogBytes) return;
    this.#heldSinceMs ??= performance.now();
    this.#link!.pause();
  }

  #onBrowserDrain(): void {
    this.#hasAnswered = true; // slow, but there
    if (this.#heldSinceMs === null) return;
    this.#parts.metrics.caughtUp((performance.now() - this.#heldSinceMs) / 1000);
    this.#heldSinceMs = null;
    this.#link?.resume();
  }

  /** Bytes that wait for the browser. */
  get #backlog(): number {
    return this.#parts.socket.writableLength;
  }
}
