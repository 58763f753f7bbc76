/** A browser that only counts, for the gateway's bench: a WebSocket by hand, so that the load costs as little as can be. */
import { connect, type Socket } from 'node:net';

export interface CountingOptions {
  readonly port: number;
  /** Path and headers of the upgrade, beside those that RFC 6455 asks for. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A browser answers pings; this one says so without being asked. */
const pongIntervalMs = 10_000;
const pong = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);

/** Shared by all: what comes is counted and forgotten. */
const readBuffer = Buffer.alloc(1 << 20);

export class CountingClient {
  /** Since the upgrade, with the frames' heads. */
  bytes = 0;
  onBytes: () => void = () => {};
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const timer = setInterval(() => socket.write(pong), pongIntervalMs);
    socket.once('close', () => clearInterval(timer));
  }

  /** Resolves when the upgrade is answered; the handshake of RFB has been sent then. */
  static open({ port, path, headers }: CountingOptions): Promise<CountingClient> {
    return new Promise((resolve, reject) => {
      let head = '';
      let client: CountingClient | null = null;
      const socket = connect({
        port,
        host: '127.0.0.1',
        noDelay: true,
        onread: {
          buffer: readBuffer,
          callback(count, bytes) {
            if (client !== null) {
              client.bytes += count;
              client.onBytes();
              return true;
            }
            head += Buffer.from(bytes.subarray(0, count)).toString('latin1');
            const end = head.indexOf('\r\n\r\n');
            if (end < 0) return true;
            if (!head.startsWith('HTTP/1.1 101')) {
              reject(new Error(head.split('\r\n')[0]));
              return true;
            }
            client = new CountingClient(socket);
            client.bytes = head.length - end - 4;
            // Version, security None, a shared session; the other side reads them in this order.
            for (const text of ['RFB 003.008\n', '\x01', '\x01']) client.send(Buffer.from(text, 'latin1'));
            resolve(client);
            return true;
          },
        },
      });
      socket.once('error', reject);
      const lines = Object.entries({
        Host: `127.0.0.1:${port}`,
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
        'Sec-WebSocket-Version': '13',
        ...headers,
      }).map(([name, value]) => `${name}: ${value}`);
      socket.write(`${[`GET ${path} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n`);
    });
  }

  /** Masked with zeros, which is a mask like any other. */
  send(bytes: Buffer): void {
    this.#socket.write(Buffer.concat([Buffer.from([0x82, 0x80 | bytes.length, 0, 0, 0, 0]), bytes]));
  }

  /** Of the handshake: the gateway's or the VNC server's version, security types, result, ServerInit. */
  async whenAtLeast(bytes: number): Promise<void> {
    while (this.bytes < bytes) {
      await new Promise<void>((resolve) => {
        this.onBytes = resolve;
      });
    }
    this.onBytes = () => {};
  }

  close(): void {
    this.#socket.destroy();
  }
}
