/** A line of a given rate and delay: a TCP proxy that holds back what goes towards the browser. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

export interface Rate {
  readonly bitsPerS: number;
  /** There and back. */
  readonly roundTripMs: number;
}

/** What a router on the way holds; beyond it the sender waits. */
const mostHeldBytes = 64_000;
const pieceBytes = 4096;

export class SlowLine {
  port = 0;
  readonly #server: Server;
  readonly #rate: Rate | null;
  #target = 0;

  /** @param rate null: as fast as it goes */
  constructor(rate: Rate | null) {
    this.#rate = rate;
    this.#server = createServer((near) => {
      near.setNoDelay(true);
      const far = connect({ host: '127.0.0.1', port: this.#target, noDelay: true });
      this.#pass(far, near);
      this.#pass(near, far);
    });
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (typeof address === 'object' && address !== null) this.port = address.port;
  }

  /** Where it leads. */
  set target(port: number) {
    this.#target = port;
  }

  close(): void {
    this.#server.close();
  }

  #pass(from: Socket, to: Socket): void {
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroy());
    const rate = this.#rate;
    if (rate === null) {
      from.pipe(to);
      return;
    }
    let freeAtMs = 0;
    let heldBytes = 0;
    const held: { readonly atMs: number; readonly piece: Buffer }[] = [];
    // One timer: several of unlike lengths may swap pieces.
    const deliver = (): void => {
      while (held.length > 0 && held[0]!.atMs <= performance.now()) {
        const { piece } = held.shift()!;
        heldBytes -= piece.length;
        to.write(piece);
      }
      if (heldBytes < mostHeldBytes) from.resume();
      if (held.length > 0) setTimeout(deliver, Math.max(1, held[0]!.atMs - performance.now()));
    };
    from.on('data', (bytes: Buffer) => {
      const isFirst = held.length === 0;
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        const piece = bytes.subarray(at, at + pieceBytes);
        freeAtMs = Math.max(freeAtMs, performance.now()) + (piece.length * 8000) / rate.bitsPerS;
        heldBytes += piece.length;
        held.push({ atMs: freeAtMs + rate.roundTripMs / 2, piece });
      }
      if (heldBytes > mostHeldBytes) from.pause();
      if (isFirst) deliver();
    });
  }
}
