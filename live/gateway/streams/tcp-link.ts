/** A link to a VNC server, by TCP. */
import { connect, isIP, type Socket } from 'node:net';
import { Refused } from '../authority/authority.ts';
import type { Link, LinkUser } from './link.ts';

const leastBufferBytes = 4096;
const mostBufferBytes = 262_144;
/** Reads that must be small in a row before the buffer becomes smaller. */
const smallReads = 256;
const keepAliveMs = 30_000;

/** Resolves when it is connected; the caller sets the time limit by `signal`. @throws Refused for an invalid address */
export function linkByTcp(address: string, port: number, user: LinkUser, signal: AbortSignal): Promise<Link> {
  // A name would be resolved here, past all checks.
  if (isIP(address) === 0 || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new Refused('upstream-forbidden');
  }
  return new Promise((resolve, reject) => {
    const buffer = new ReadBuffer();
    const socket = connect({
      host: address,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: keepAliveMs,
      onread: {
        buffer: () => buffer.next(user.isDone()),
        callback(count, bytes) {
          buffer.used(count);
          user.onBytes((bytes as Buffer).subarray(0, count));
          return true;
        },
      },
    });
    const abort = (): void => void socket.destroy(new Error('no connection in time'));
    signal.addEventListener('abort', abort, { once: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      signal.removeEventListener('abort', abort);
      socket.on('error', () => {}); // 'close' follows
      socket.on('drain', () => user.onDrain());
      socket.once('close', () => user.onEnd());
      resolve(tcpLink(socket));
    });
  });
}

function tcpLink(socket: Socket): Link {
  return {
    write: (bytes) => void socket.write(bytes),
    get backlog() {
      return socket.writableLength;
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    close: () => void socket.destroy(),
  };
}

/**
 * What a socket reads into: one piece of memory, used again and again while what was read goes out at once, and another where a slow
 * browser still has the last to take. It grows with the stream, so that an idle one costs little and a fast one few calls.
 */
class ReadBuffer {
  #bytes: Buffer | null = null;
  #size = leastBufferBytes;
  #small = 0;

  next(isDone: boolean): Buffer {
    if (this.#bytes === null || !isDone || this.#bytes.length !== this.#size) {
      this.#bytes = Buffer.allocUnsafeSlow(this.#size);
    }
    return this.#bytes;
  }

  used(count: number): void {
    if (count === this.#size) {
      this.#size = Math.min(2 * this.#size, mostBufferBytes);
      this.#small = 0;
    } else if (count > this.#size / 4) {
      this.#small = 0;
    } else if (++this.#small >= smallReads && this.#size > leastBufferBytes) {
      this.#size /= 2;
      this.#small = 0;
    }
  }
}
