/**
 * A real desktop in motion, 1920 × 1080: frames that reach a viewer through the gateway against one that is connected directly, at the same
 * time, so that whatever else the machine does meets both.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ByteSource } from '../live/gateway/rfb/byte-source.ts';
import { encodings } from '../live/gateway/rfb/encodings.ts';
import { logInAt } from '../live/gateway/rfb/handshake.ts';
import { ItemStream } from '../live/gateway/rfb/item-stream.ts';
import { FencedMessages } from '../test/live/gateway/stubs/fenced-messages.ts';
import { continuousUpdates, setEncodings, updateRequest } from '../test/live/gateway/stubs/messages.ts';
import { RfbClient } from '../test/live/gateway/stubs/rfb-client.ts';
import { whenListening } from '../test/when-listening.ts';
import { startVncServer } from './vnc-server.ts';

/** As noVNC asks: Tight at quality 6 and compression 2, pictures without being asked for each, and fences. */
const wanted = [
  encodings.copyRect,
  encodings.tight,
  encodings.zrle,
  encodings.raw,
  -26,
  -254,
  encodings.lastRect,
  encodings.fence,
  encodings.continuousUpdates,
];
const measureMs = 6000;

/** A viewer that only counts. */
class Viewer {
  readonly #messages: FencedMessages;
  readonly #stream: ItemStream;

  constructor(send: (bytes: Buffer) => void) {
    this.#messages = new FencedMessages(send);
    this.#stream = new ItemStream(this.#messages);
    send(Buffer.concat([setEncodings(...wanted), updateRequest(), continuousUpdates()]));
  }

  get frames(): number {
    return this.#messages.frames;
  }

  take(bytes: Buffer): void {
    this.#stream.push(bytes);
  }
}

/** @returns frames a second */
async function measured(viewer: Viewer): Promise<number> {
  await sleep(1000);
  const [before, startMs] = [viewer.frames, performance.now()];
  await sleep(measureMs);
  return (viewer.frames - before) / ((performance.now() - startMs) / 1000);
}

async function directly(port: number): Promise<number> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const source = new ByteSource();
  let take = (bytes: Buffer): void => source.push(bytes);
  socket.on('data', (bytes) => take(bytes));
  await logInAt({ source, send: (bytes) => void socket.write(bytes) }, null);
  const viewer = new Viewer((bytes) => void socket.write(bytes));
  take = (bytes) => viewer.take(bytes);
  const rate = await measured(viewer);
  socket.destroy();
  return rate;
}

async function through(gateway: string, token: string, origin: string): Promise<number> {
  const client = new RfbClient({ gateway, origin, protocols: ['binary', `token.${token}`] });
  await client.handshake();
  const viewer = new Viewer((bytes) => client.ws.send(bytes));
  client.onBytes = (bytes) => viewer.take(bytes);
  const rate = await measured(viewer);
  client.ws.terminate();
  return rate;
}

/** Frames a second directly and through the gateway, measured several times. */
export async function measureMotion(
  rounds: number,
  gateway: string,
  origin: string,
  token: (vncPort: number) => string,
): Promise<{ readonly direct: number; readonly through: number }[]> {
  const display = 71;
  const port = 5900 + display;
  const server = startVncServer(display, port);
  const children: ChildProcess[] = [server];
  try {
    await whenListening(port);
    const gears = spawn('glxgears', ['-geometry', '1920x1080'], {
      stdio: 'ignore',
      env: { ...process.env, DISPLAY: `:${display}`, vblank_mode: '0' },
    });
    children.push(gears);
    await sleep(3000);
    const results: { direct: number; through: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      const [direct, via] = await Promise.all([directly(port), through(gateway, token(port), origin)]);
      results.push({ direct, through: via });
    }
    return results;
  } finally {
    for (const child of children.reverse()) {
      if (child.exitCode !== null) continue;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
  }
}
