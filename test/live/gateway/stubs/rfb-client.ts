/** A browser without a browser: opens a stream at the gateway and speaks RFB over it. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { ByteSource } from '../../../../live/gateway/rfb/byte-source.ts';

export interface RfbClientOptions {
  /** `http://127.0.0.1:8791`. */
  readonly gateway: string;
  /** Null: none is sent. */
  readonly origin: string | null;
  /** Subprotocols; with a token: `binary`, `token.…`. */
  readonly protocols: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

export class RfbClient {
  readonly ws: WebSocket;
  readonly source = new ByteSource();
  /** Code and reason. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  /** All that came after the handshake. */
  heard: Buffer = Buffer.alloc(0);
  /** Called with what comes after the handshake. */
  onBytes: (bytes: Buffer) => void = (bytes) => {
    this.heard = Buffer.concat([this.heard, bytes]);
  };
  #isOpen = false;

  constructor({ gateway, origin, protocols, headers = {} }: RfbClientOptions) {
    this.ws = new WebSocket(`${gateway.replace(/^http/, 'ws')}/stream`, [...protocols], {
      headers: { ...(origin !== null && { origin }), ...headers },
      perMessageDeflate: false,
      rejectUnauthorized: false,
    });
    this.ws.on('message', (bytes: Buffer) => (this.#isOpen ? this.onBytes(bytes) : this.source.push(bytes)));
    this.ws.on('error', (error) => this.source.fail(error));
    this.closed = new Promise((resolve) => {
      this.ws.once('close', (code, reason) => {
        this.source.fail(new Error(`closed: ${code}`));
        resolve({ code, reason: reason.toString() });
      });
    });
  }

  /** Speaks the handshake, asking for a session of its own. @returns ServerInit */
  async handshake(): Promise<Buffer> {
    if (this.ws.readyState === WebSocket.CONNECTING) await once(this.ws, 'open');
    await this.source.read(12);
    this.ws.send(Buffer.from('RFB 003.008\n'));
    await this.source.read((await this.source.read(1))[0]!);
    this.ws.send(Buffer.from([1]));
    await this.source.read(4);
    this.ws.send(Buffer.from([0]));
    const head = await this.source.read(24);
    const name = await this.source.read(head.readUInt32BE(20));
    this.#isOpen = true;
    const rest = this.source.rest();
    if (rest.length > 0) this.onBytes(rest);
    return Buffer.concat([head, name]);
  }
}
