/** A VNC server that says what it is told to, and keeps what it hears. */
import { createServer, type Server, type Socket } from 'node:net';
import { ByteSource } from '../../../../live/gateway/rfb/byte-source.ts';
import { answerChallenge } from '../../../../live/gateway/rfb/vnc-password.ts';

export interface VncStubOptions {
  /** Defaults to `003.008`. */
  readonly version?: string;
  /** Null: security None. Defaults to null. */
  readonly password?: string | null;
  readonly width?: number;
  readonly height?: number;
  readonly name?: string;
}

/** Somebody who has logged in. */
export interface VncSession {
  readonly socket: Socket;
  readonly isShared: boolean;
  /** All that was said after the handshake. */
  heard: Buffer;
}

export const challenge = Buffer.from('0123456789abcdef0123456789abcdef', 'hex');

export class VncStub {
  readonly sessions: VncSession[] = [];
  readonly #server: Server;
  readonly #options: Required<VncStubOptions>;
  /** Called with what a session says. */
  onBytes: (session: VncSession, bytes: Buffer) => void = (session, bytes) => {
    session.heard = Buffer.concat([session.heard, bytes]);
  };
  onSession: (session: VncSession) => void = () => {};

  private constructor(options: VncStubOptions) {
    this.#options = { version: '003.008', password: null, width: 1920, height: 1080, name: 'stub', ...options };
    this.#server = createServer((socket) => {
      socket.setNoDelay(true);
      socket.on('error', () => {});
      this.#talk(socket).catch(() => socket.destroy());
    });
  }

  /** @param port defaults to one that is free */
  static async start(options: VncStubOptions = {}, port = 0): Promise<VncStub> {
    const stub = new VncStub(options);
    await new Promise<void>((resolve) => stub.#server.listen(port, '127.0.0.1', 1024, resolve));
    return stub;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  async stop(): Promise<void> {
    for (const { socket } of this.sessions) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #talk(socket: Socket): Promise<void> {
    const source = new ByteSource();
    const push = (bytes: Buffer): void => source.push(bytes);
    socket.on('data', push);
    socket.once('close', () => source.fail(new Error('closed')));
    const { version, password, width, height, name } = this.#options;
    socket.write(`RFB ${version}\n`);
    const spoken = (await source.read(12)).toString();
    const minor = Number(spoken.slice(8, 11));
    const security = password === null ? 1 : 2;
    if (minor === 3) socket.write(Buffer.from([0, 0, 0, security]));
    else {
      socket.write(Buffer.from([2, 19, security]));
      await source.read(1);
    }
    if (password !== null) {
      socket.write(challenge);
      const isRight = (await source.read(16)).equals(answerChallenge(challenge, password));
      socket.write(Buffer.from([0, 0, 0, isRight ? 0 : 1]));
      if (!isRight) throw new Error('wrong password');
    } else if (minor === 8) socket.write(Buffer.alloc(4));
    const isShared = (await source.read(1))[0] === 1;
    socket.write(serverInit(width, height, name));
    const session: VncSession = { socket, isShared, heard: Buffer.alloc(0) };
    this.sessions.push(session);
    socket.off('data', push);
    socket.on('data', (bytes: Buffer) => this.onBytes(session, bytes));
    const rest = source.rest();
    if (rest.length > 0) this.onBytes(session, rest);
    this.onSession(session);
  }
}

/** 32 bits a pixel, 24 of them colour. */
export function serverInit(width: number, height: number, name: string): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt16BE(width, 0);
  head.writeUInt16BE(height, 2);
  head.set([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0], 4);
  head.writeUInt32BE(name.length, 20);
  return Buffer.concat([head, Buffer.from(name)]);
}
