/** The page in a real Chromium: how soon a run is seen, how long a frame and a jump to any moment take, and how much memory that needs. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type Browser, type CDPSession, chromium } from 'playwright-core';
import { withSources } from '../core/wire/page-sources.ts';
import { packageRoot, readBuiltPage } from '../package-files.ts';
import { startPageServer } from '../sim/page/page-server.ts';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const repetitions = 5;

/** What the page says of itself; times in milliseconds. */
interface Measured {
  /** From the last byte of the run to the first frame with its hosts. */
  readonly firstPicture: number;
  /** Frame after frame while the clock runs. */
  readonly frames: number[];
  /** From setting the clock to the frame that shows that moment, moments in no order. */
  readonly seeks: number[];
}

/** Before the page's own script: notes the first frame after the status line speaks of VMs. */
const watchFirstPicture = `
  const look = () => {
    const isDrawn = /\\d (VMs|wait)/.test(document.querySelector('.status, .compare-map')?.textContent ?? '');
    if (isDrawn) requestAnimationFrame(() => { window.firstPictureMs = performance.now(); });
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);`;

const measure = `(async () => {
  const loaded = performance.getEntriesByType('resource').filter(({ name }) => name.includes('/runs/'));
  const firstPicture = window.firstPictureMs - Math.max(...loaded.map(({ responseEnd }) => responseEnd));
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const slider = document.querySelector('.player input');
  const nextFrame = () => new Promise(requestAnimationFrame);
  const seeks = [];
  for (let seek = 0; seek < 100; seek++) {
    const startMs = performance.now();
    slider.value = String((Number(slider.max) * ((seek * 37) % 100)) / 100);
    slider.dispatchEvent(new Event('input'));
    await nextFrame();
    await new Promise((resolve) => setTimeout(resolve));
    seeks.push(performance.now() - startMs);
  }
  const frames = [];
  document.querySelector('.play').click();
  let lastMs = await nextFrame();
  for (let frame = 0; frame < 300; frame++) {
    const nowMs = await nextFrame();
    frames.push(nowMs - lastMs);
    lastMs = nowMs;
  }
  document.querySelector('.play').click();
  return { firstPicture, frames, seeks };
})()`;

function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * share)]!;
}

/** Most memory that the page's process ever had, MB. */
async function peakMemoryMb(session: CDPSession): Promise<number> {
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const peaks = processInfo
    .filter(({ type }) => type === 'renderer')
    .map(({ id }) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, 'utf8'))![1]) / 1024);
  return Math.max(...peaks);
}

async function measurePage(browser: Browser, what: string, paths: readonly string[], address = ''): Promise<void> {
  const runs = paths.map((_, index) => ({ name: `run ${index}`, url: `runs/${index}` }));
  const server = await startPageServer({
    page: withSources(readBuiltPage(), { runs, live: null }),
    files: new Map(paths.map((path, index) => [`/runs/${index}`, path])),
    port: 0,
  });
  const all: (Measured & { readonly memoryMb: number })[] = [];
  for (let repetition = 0; repetition < repetitions; repetition++) {
    // The page lets no script but its own run, not even the one that measures.
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, bypassCSP: true });
    const page = await context.newPage();
    await page.addInitScript(watchFirstPicture);
    await page.goto(server.url + address);
    await page.waitForFunction('window.firstPictureMs > 0', undefined, { timeout: 120_000 });
    const measured = (await page.evaluate(measure)) as Measured;
    const session = await browser.newBrowserCDPSession();
    all.push({ ...measured, memoryMb: await peakMemoryMb(session) });
    await context.close();
  }
  await server.stop();
  const firsts = all.map(({ firstPicture }) => firstPicture);
  const figures = [
    `first picture ${quantile(firsts, 0.5).toFixed(0)} ms (${Math.min(...firsts).toFixed(0)} to ${Math.max(...firsts).toFixed(0)})`,
    ...(['frames', 'seeks'] as const).map((name) => {
      const times = all.flatMap((each) => each[name]);
      return `${name} median ${quantile(times, 0.5).toFixed(1)} ms, 95 % below ${quantile(times, 0.95).toFixed(1)} ms`;
    }),
    `peak memory ${Math.max(...all.map(({ memoryMb }) => memoryMb)).toFixed(0)} MB`,
  ];
  console.log(`${what}:\n  ${figures.join('\n  ')}`);
}

/** A run as users make it, waiting and all. */
function simulate(out: string, days: number, load: number, ...options: readonly string[]): string {
  const command = fileURLToPath(new URL('../cli.js', import.meta.url));
  const common = [
    '--days',
    String(days),
    '--load',
    String(load),
    '--on-full',
    'queue',
    '--backfill',
    '--patience',
    '4h',
  ];
  const { status, stderr } = spawnSync(process.execPath, [command, 'simulate', ...common, ...options, '--out', out]);
  if (status !== 0) throw new Error(`heps simulate ended with ${status}: ${stderr}`);
  return out;
}

/** heps-250 with every host forty times. */
function writeLargeCluster(path: string): string {
  const cluster = JSON.parse(readFileSync(join(packageRoot(), 'traces/clusters/heps-250.json'), 'utf8')) as {
    hosts: { count?: number }[];
  };
  const hosts = cluster.hosts.map((host) => ({ ...host, count: 40 * (host.count ?? 1) }));
  writeFileSync(path, JSON.stringify({ ...cluster, name: 'heps-10000', hosts }));
  return path;
}

/** Prints the page's size, and its times in Chromium where there is one. @param days of the large run: 101 give a million VMs */
export async function benchPage(days = 101): Promise<void> {
  const page = gzipSync(readBuiltPage(), { level: 9 }).length;
  console.log(`page, script and style, gzip: ${(page / 1000).toFixed(1)} kB`);
  if (!existsSync(executablePath)) {
    console.log(`no browser at ${executablePath}: its times are left out`);
    return;
  }
  const directory = mkdtempSync(join(tmpdir(), 'heps-bench-page-'));
  const path = (name: string): string => join(directory, name);
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    console.log(`Chromium ${browser.version()}, headless, 1440 × 900`);
    const hybrid = simulate(path('hybrid.run.json'), 325, 1);
    const nova = simulate(path('nova.run.json'), 325, 1, '--policy', 'nova');
    await measurePage(browser, '250 hosts, 100 000 placements', [hybrid]);
    await measurePage(browser, 'two such runs compared', [hybrid, nova], '#view=compare');
    const cluster = writeLargeCluster(path('cluster.json'));
    const large = simulate(path('large.run.json'), days, 40, '--cluster', cluster);
    await measurePage(browser, `10 000 hosts, ${days} days at load 40`, [large]);
  } finally {
    await browser.close();
    rmSync(directory, { recursive: true });
  }
}
