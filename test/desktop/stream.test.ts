/** The streamer in front of a real TigerVNC, with a real ffmpeg: video of what moves, exact pictures of what rests, and deaths. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ByteSource } from '../../live/gateway/rfb/byte-source.ts';
import { encodings } from '../../live/gateway/rfb/encodings.ts';
import { logInAt } from '../../live/gateway/rfb/handshake.ts';
import { ItemStream } from '../../live/gateway/rfb/item-stream.ts';
import { type Streamer, startStreamer } from '../../live/stream/streamer.ts';
import { until } from '../live/gateway/harness.ts';
import { FencedMessages } from '../live/gateway/stubs/fenced-messages.ts';
import * as m from '../live/gateway/stubs/messages.ts';
import { endOf, hasProgram, VncDesktop } from './vnc-desktop.ts';

/** Counts rectangles by their encoding. */
class Counted extends FencedMessages {
  readonly seen = new Map<number, number>();

  protected override sawRectangle(encoding: number): void {
    this.seen.set(encoding, (this.seen.get(encoding) ?? 0) + 1);
  }

  get video(): number {
    return this.seen.get(encodings.h264) ?? 0;
  }
}

describe.skipIf(!['Xtigervnc', 'glxgears', 'ffmpeg'].every(hasProgram))('a desktop that is streamed', () => {
  let desktop: VncDesktop;
  let streamer: Streamer;
  let gears: ChildProcess | null = null;
  beforeEach(async () => {
    desktop = await VncDesktop.start(null);
    streamer = await startStreamer({
      listen: { host: '127.0.0.1', port: 0 },
      server: { host: '127.0.0.1', port: desktop.port },
      display: desktop.display,
      authority: null,
      log: () => {},
    });
  });
  afterEach(async () => {
    if (gears !== null) await endOf(gears);
    gears = null;
    await streamer.close();
    await desktop.stop();
  });

  function move(): void {
    const env = { ...process.env, DISPLAY: `:${desktop.display}` };
    gears = spawn('glxgears', ['-geometry', '640x480'], { stdio: 'ignore', env });
  }

  async function look(...wanted: number[]): Promise<{ counted: Counted; close: () => void }> {
    const socket = connect({ port: streamer.port, host: '127.0.0.1', noDelay: true });
    const source = new ByteSource();
    let take = (bytes: Buffer): void => source.push(bytes);
    socket.on('data', (bytes) => take(bytes));
    await logInAt({ source, send: (bytes) => void socket.write(bytes) }, null);
    const counted = new Counted((bytes) => void socket.write(bytes));
    const stream = new ItemStream(counted);
    take = (bytes) => void stream.push(bytes);
    socket.write(Buffer.concat([m.setEncodings(...wanted), m.updateRequest(), m.continuousUpdates()]));
    return { counted, close: () => socket.destroy() };
  }

  const asNoVnc = [
    encodings.copyRect,
    encodings.h264,
    encodings.tight,
    -26,
    -254,
    encodings.lastRect,
    encodings.extendedDesktopSize,
    encodings.fence,
    encodings.continuousUpdates,
  ];

  test('comes as video while it moves, and without loss once it rests; then nothing more comes', async () => {
    const { counted, close } = await look(...asNoVnc);
    await until(() => counted.frames > 0, 'the first picture');
    expect(counted.video).toBe(0);
    move();
    await until(() => counted.video > 20, 'video');
    gears!.kill('SIGSTOP');
    const [video, tight] = [counted.video, counted.seen.get(encodings.tight) ?? 0];
    await until(() => (counted.seen.get(encodings.tight) ?? 0) > tight, 'the exact picture');
    await new Promise((resolve) => setTimeout(resolve, 500));
    const atRest = [counted.video, counted.frames];
    expect(counted.video - video).toBeLessThan(30);
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect([counted.video, counted.frames]).toEqual(atRest);
    gears!.kill('SIGCONT');
    await until(() => counted.video > atRest[0]! + 5, 'video once more');
    close();
  });

  test('comes as the VNC server sends it to one who takes no H.264', async () => {
    const { counted, close } = await look(...asNoVnc.filter((each) => each !== encodings.h264));
    move();
    await until(() => counted.frames > 20, 'pictures');
    expect(counted.video).toBe(0);
    close();
  });

  test('has video again within three seconds when its encoder is killed', async () => {
    const { counted, close } = await look(...asNoVnc);
    move();
    await until(() => counted.video > 5, 'video');
    const encoder = execFileSync('pgrep', ['-P', String(process.pid), 'ffmpeg'], { encoding: 'utf8' })
      .trim()
      .split('\n')[0];
    process.kill(Number(encoder), 'SIGKILL');
    const startMs = performance.now();
    const before = counted.video;
    await until(() => counted.video > before + 5, 'video');
    expect(performance.now() - startMs).toBeLessThan(3000);
    close();
  });
});
