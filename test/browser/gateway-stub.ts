/** A gateway for browser tests: tokens that are good once, streams of a tiny desktop, and the paper's form of the address. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { DesktopRole } from '../../core/wire/portal.ts';
import { sendPage } from './built-pages.ts';
import { TinyDesktop } from './tiny-desktop.ts';

export class GatewayStub {
  readonly desktop = new TinyDesktop();
  /** Port of a real VNC server on this machine that streams are passed to instead of the tiny desktop. */
  vncPort: number | null = null;
  /** Subprotocols of each stream that was asked for. */
  readonly offered: string[][] = [];
  readonly #tokens = new Set<string>();
  readonly #streams = new Set<WebSocket>();
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
    const sockets = new WebSocketServer({ server: this.#server, path: '/stream', handleProtocols: () => 'binary' });
    sockets.on('connection', (socket, request) => this.#stream(socket, request));
  }

  /** Its origin. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async stop(): Promise<void> {
    for (const socket of this.#streams) socket.terminate();
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  /** A token that is taken once. */
  mint(): string {
    const token = randomBytes(32).toString('base64url');
    this.#tokens.add(token);
    return token;
  }

  /** Closes the streams. Without a code: as a network that breaks. */
  dropStreams(code?: number, reason?: string): void {
    for (const socket of this.#streams) {
      if (code === undefined) socket.terminate();
      else socket.close(code, reason);
    }
  }

  /** Tells all pages what they may do from now on. */
  tellRole(role: DesktopRole): void {
    for (const socket of this.#streams) socket.send(JSON.stringify({ role }));
  }

  #stream(socket: WebSocket, request: IncomingMessage): void {
    const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((each) => each.trim());
    this.offered.push(protocols);
    const token = protocols.find((each) => each.startsWith('token.'))?.slice('token.'.length);
    const isGood = token === undefined ? /connect=/.test(request.headers.cookie ?? '') : this.#tokens.delete(token);
    if (!isGood) {
      socket.close(4401, 'The token is used up.');
      return;
    }
    this.#streams.add(socket);
    socket.on('close', () => this.#streams.delete(socket));
    if (this.vncPort === null) this.desktop.serve(socket);
    else passTo(this.vncPort, socket);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url ?? '/', this.url);
    if (pathname === '/connect') {
      const cookie = 'connect=1; HttpOnly; SameSite=Strict; Path=/';
      response.writeHead(303, { location: '/desktop', 'set-cookie': cookie }).end();
    } else if (pathname.startsWith('/apps/')) {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Jupyter</title>');
    } else sendPage(response, pathname === '/desktop' ? 'desktop.html' : pathname.slice(1), this.url);
  }
}

function passTo(port: number, socket: WebSocket): void {
  const upstream = connect(port, '127.0.0.1');
  upstream.on('data', (bytes) => socket.send(bytes));
  upstream.on('close', () => socket.close());
  upstream.on('error', () => socket.close(4502, 'The desktop does not answer.'));
  socket.on('message', (bytes: Buffer) => upstream.write(bytes));
  socket.on('close', () => upstream.destroy());
}
