/** Requests to become a WebSocket: whether they are well formed, and the upgrade. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';

/** noVNC sends at most 10 kB at once. */
const mostStreamBytes = 65_536;
/** A cell of a notebook, with pictures in it. */
const mostAppBytes = 64 * 1024 * 1024;

const key = /^[+/0-9A-Za-z]{22}==$/;

/** By RFC 6455, so that nothing is spent on one that would fail later. */
export function isWebSocketRequest({ method, headers, httpVersion }: IncomingMessage): boolean {
  return (
    method === 'GET' &&
    httpVersion === '1.1' &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    headers['sec-websocket-version'] === '13' &&
    key.test(headers['sec-websocket-key'] ?? '')
  );
}

export interface UpgradeOptions {
  readonly kind: 'stream' | 'app';
  /** The subprotocol that is answered with; null: none. */
  readonly protocol: string | null;
  /** Cookie to set. */
  readonly cookie?: string;
}

export class Upgrades {
  readonly #servers = {
    stream: serverFor(mostStreamBytes),
    app: serverFor(mostAppBytes),
  };

  /** @returns null when the client has gone meanwhile */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, options: UpgradeOptions): WebSocket | null {
    if (socket.destroyed || !socket.writable) return null;
    const server = this.#servers[options.kind];
    upgrades.set(request, options);
    let upgraded: WebSocket | null = null;
    server.handleUpgrade(request, socket, head, (ws) => {
      upgraded = ws;
    });
    return upgraded;
  }
}

/** What was decided for a request, for the callbacks of `ws`. */
const upgrades = new WeakMap<IncomingMessage, UpgradeOptions>();

function serverFor(maxPayload: number): WebSocketServer {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload,
    handleProtocols: (_, request) => upgrades.get(request)?.protocol ?? false,
  });
  server.on('headers', (headers, request) => {
    const cookie = upgrades.get(request)?.cookie;
    if (cookie !== undefined) headers.push(`Set-Cookie: ${cookie}`);
  });
  return server;
}
