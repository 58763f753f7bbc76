/**
 * A moving desktop as a browser shows it, without and with the streamer: pictures a second whose pixels differ, and shares of CPU. Xtigervnc,
 * gateway, line and Debian's Chromium run on this machine together.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Browser, chromium } from 'playwright-core';
import { readPageFiles } from '../live/http/page-files.ts';
import { startStreamer } from '../live/stream/streamer.ts';
import { startHarness } from '../test/live/gateway/harness.ts';
import { whenListening } from '../test/when-listening.ts';
import { type Rate, SlowLine } from './slow-line.ts';
import { startVncServer } from './vnc-server.ts';

const display = 73;
const vncPort = 5973;
const warmUpMs = 6000;
const measureMs = 8000;
const lines: Readonly<Record<string, Rate | null>> = {
  LAN: null,
  '20 Mbit/s, 20 ms': { bitsPerS: 20e6, roundTripMs: 20 },
  '2 Mbit/s, 80 ms': { bitsPerS: 2e6, roundTripMs: 80 },
};
const text =
  'i=0; while :; do i=$((i+1)); echo "$i The quick brown fox jumps over the lazy dog, and 0123456789 too"; sleep 0.02; done';
const contents: Readonly<Record<string, readonly string[]>> = {
  'rotating 3D': ['glxgears', '-geometry', '1920x1080'],
  'scrolling text': ['xterm', '-geometry', '200x70+0+0', '-e', 'sh', '-c', text],
};

export async function benchMotion(): Promise<void> {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  const server = startVncServer(display, vncPort, '-AlwaysShared', '-AcceptSetDesktopSize=0');
  try {
    await whenListening(vncPort);
    console.log('content, line, streamer: distinct pictures a second, CPU of ffmpeg, Xtigervnc, in % of a core');
    for (const [content, [program, ...args]] of Object.entries(contents)) {
      const moving = spawn(program!, args, { stdio: 'ignore', env: { ...process.env, DISPLAY: `:${display}` } });
      await sleep(1500);
      for (const [name, line] of Object.entries(lines)) {
        for (const withStreamer of [false, true]) {
          console.log(
            `${content}, ${name}, ${withStreamer ? 'yes' : 'no'}: ${await measure(browser, line, withStreamer, server)}`,
          );
        }
      }
      await end(moving);
    }
  } finally {
    await browser.close();
    await end(server);
  }
}

async function measure(
  browser: Browser,
  rate: Rate | null,
  withStreamer: boolean,
  server: ChildProcess,
): Promise<string> {
  const line = new SlowLine(rate);
  await line.start();
  const origin = `http://127.0.0.1:${line.port}`;
  const harness = await startHarness({ publicUrl: origin, pages: readPageFiles() });
  line.target = Number(new URL(harness.gateway.url).port);
  const streamer = await startStreamer({
    listen: { host: '127.0.0.1', port: 0 },
    server: { host: '127.0.0.1', port: vncPort },
    display,
    authority: null,
    log: (said) => console.error(said),
  });
  const port = withStreamer ? streamer.port : vncPort;
  const token = harness.authority.mint({
    ...harness.authority.grant(0, {
      upstream: { kind: 'vnc', address: '127.0.0.1', port, password: null },
      role: 'owner',
    }),
  });
  const page = await browser.newPage({ viewport: { width: 1920, height: 1080 } });
  try {
    await page.goto(`${origin}/connect?token=${token}`);
    await page.locator('#desktop[data-link=connected]').waitFor({ timeout: 60_000 });
    await page.evaluate(countDistinct);
    await sleep(warmUpMs);
    const counted = (): Promise<number> =>
      page.evaluate(() => (globalThis as unknown as { distinct: number }).distinct);
    const [before, cpuBefore, encoderBefore, startMs] = [
      await counted(),
      cpuS(server.pid!),
      encoderS(),
      performance.now(),
    ];
    await sleep(measureMs);
    const spanS = (performance.now() - startMs) / 1000;
    const pictures = ((await counted()) - before) / spanS;
    const share = (used: number): string => ((100 * used) / spanS).toFixed(0);
    return `${pictures.toFixed(1)}; ffmpeg ${share(encoderS() - encoderBefore)} %, Xtigervnc ${share(cpuS(server.pid!) - cpuBefore)} %`;
  } finally {
    await page.close();
    await streamer.close();
    await harness.stop();
    line.close();
  }
}

/** In the page: counts pictures whose pixels along three lines are not those of the picture before. */
const countDistinct = `
  globalThis.distinct = 0;
  let last = '';
  const canvas = document.querySelector('.screen canvas');
  const context = canvas.getContext('2d');
  const small = document.createElement('canvas');
  small.width = 96;
  small.height = 3;
  const read = small.getContext('2d', { willReadFrequently: true });
  const draw = context.drawImage.bind(context);
  context.drawImage = (...args) => {
    draw(...args);
    for (const row of [0, 1, 2]) {
      read.drawImage(canvas, 0, Math.floor((canvas.height * (row + 1)) / 4), canvas.width, 1, 0, row, 96, 1);
    }
    const now = String(read.getImageData(0, 0, 96, 3).data);
    if (now !== last) globalThis.distinct++;
    last = now;
  };
`;

/** Seconds of CPU of a process. */
function cpuS(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Of this process's encoders, those that have ended as well. */
function encoderS(): number {
  const own = readFileSync('/proc/self/stat', 'utf8');
  const fields = own.slice(own.lastIndexOf(')') + 2).split(' ');
  let sum = (Number(fields[13]) + Number(fields[14])) / 100;
  for (const pid of readdirSync('/proc').map(Number)) {
    try {
      if (pid > 0 && readFileSync(`/proc/${pid}/stat`, 'utf8').includes(`(ffmpeg)`) && parentOf(pid) === process.pid)
        sum += cpuS(pid);
    } catch {
      // It ended meanwhile, and counts above.
    }
  }
  return sum;
}

function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
