/** A server for browser tests: the page, and a live stream that sends what the test says. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LiveChange, LiveSnapshot } from '../../core/wire/live-stream.ts';

export class StreamStub {
  /** Sent to each client that connects, with the time and the last sequence put in. */
  snapshot: LiveSnapshot;
  /** Answers with this instead of the stream; 200 = the stream. */
  status = 200;
  readonly #page: string;
  readonly #readers = new Set<ServerResponse>();
  #server: Server | undefined;
  #ticks: NodeJS.Timeout | undefined;
  #port = 0;
  #sequence = 0;

  /** @param page path of the built page, `dist/viz/index.html` */
  constructor(page: string, snapshot: LiveSnapshot) {
    this.snapshot = snapshot;
    this.#page = readFileSync(page, 'utf8').replace(
      /(<script id="heps-sources"[^>]*>)[^<]*/,
      (_, tag: string) => `${tag}{"runs":[],"live":"/events"}`,
    );
  }

  /** Of the page, once it is started. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  /** How many pages listen. */
  get readers(): number {
    return this.#readers.size;
  }

  /** Starts, the second time on the same port. */
  async start(): Promise<void> {
    this.#server = createServer(({ url }, response) => {
      if (url === '/events') this.#welcome(response);
      else response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(this.#page);
    });
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
    this.#ticks = setInterval(() => this.tick(), this.snapshot.heartbeatS * 1000);
  }

  /** Gone, as a server that was killed: no connection, no port. */
  async stop(): Promise<void> {
    this.mute();
    const server = this.#server!;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }

  /** Keeps connections and says no more, not even ticks, until started again. */
  mute(): void {
    clearInterval(this.#ticks);
  }

  tick(): void {
    this.#send('tick', { sequence: this.#sequence, atS: nowS() });
  }

  /** The next change. */
  change(fields: Omit<LiveChange, 'sequence' | 'atS'>): void {
    this.#sequence++;
    this.#send('change', { sequence: this.#sequence, atS: nowS(), ...fields });
  }

  /** Anything at all, such as `event: change\ndata: {\n\n`. */
  sendRaw(text: string): void {
    for (const reader of this.#readers) reader.write(text);
  }

  #welcome(response: ServerResponse): void {
    if (this.status !== 200) {
      response.writeHead(this.status).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(eventText('snapshot', { ...this.snapshot, sequence: this.#sequence, atS: nowS() }));
    this.#readers.add(response);
    response.on('close', () => this.#readers.delete(response));
  }

  #send(type: string, value: unknown): void {
    this.sendRaw(eventText(type, value));
  }
}

/** The time of the stub, Unix seconds. */
export function nowS(): number {
  return Date.now() / 1000;
}

function eventText(type: string, value: unknown): string {
  return `event: ${type}\ndata: ${JSON.stringify(value)}\n\n`;
}
