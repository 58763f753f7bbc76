/** Every view at the size of a phone, a laptop and a projector, light and dark: nothing sticks out, and axe finds nothing. Pictures go to `screenshots/`. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readRunFile } from '../../sim/records/run-file-io.ts';
import { startView, type ViewProcess } from '../cli/view-process.ts';
import { violations } from './axe.ts';
import { makeSampleRuns, openTab, type SampleRuns, startChromium } from './chromium.ts';
import { snapshotOfRun } from './snapshot-of-run.ts';
import { nowS, StreamStub } from './stream-stub.ts';

let browser: Browser;
let runs: SampleRuns;
let server: ViewProcess;
let rough: ViewProcess;
let empty: ViewProcess;
let stub: StreamStub;
/** A GPU VM that was placed, and a VM that was turned away. */
let placed: string;
let refused: string;

beforeAll(async () => {
  browser = await startChromium();
  runs = makeSampleRuns();
  server = await startView([runs.hybrid, runs.nova], process.cwd());
  rough = await startView([runs.rough], process.cwd());
  empty = await startView([], process.cwd());
  stub = new StreamStub('dist/viz/index.html', snapshotOfRun(readRunFile(runs.rough), 300_000, nowS()));
  await stub.start();
  const { id, host, cards } = readRunFile(runs.hybrid).decisions!;
  placed = id[host.findIndex((each, row) => row > 300 && each >= 0 && cards[row]! > 0)]!;
  refused = id[host.findIndex((each) => each < 0)]!;
});

afterAll(async () => {
  await browser?.close();
  for (const each of [server, rough, empty]) await each?.end('SIGINT');
  await stub?.stop();
  runs?.remove();
});

const views: readonly (readonly [name: string, address: () => string, isDrawn: string])[] = [
  ['cluster', () => `${server.url}#colour=station`, '.run-view .status:not(:empty)'],
  ['host', () => `${rough.url}#atS=200000&host=a40-001&colour=model`, '.host-panel'],
  ['decision', () => `${server.url}#vm=${placed}`, '.decision svg[data-chart=similarity] text'],
  ['refusal', () => `${server.url}#vm=${refused}`, '.decision svg[data-chart=funnel] text'],
  ['compare', () => `${server.url}#view=compare`, '.compare-map canvas'],
  ['live', () => stub.url, '.live-figures dd'],
  ['start', () => empty.url, '.start'],
];
const sizes = [
  ['phone', 390, 844],
  ['laptop', 1440, 900],
  ['projector', 1920, 1080],
] as const;

describe.each(views)('%s', (view, address, isDrawn) => {
  test.each(sizes.flatMap((size) => [false, true].map((isDark) => [...size, isDark ? 'dark' : 'light'] as const)))(
    'on a %s, %d × %d, %s',
    async (size, width, height, scheme) => {
      const { page, errors } = await openTab(browser, { width, height, isDark: scheme === 'dark' });
      await page.goto(address());
      await page.locator(isDrawn).first().waitFor({ state: 'attached' });
      await page.waitForTimeout(800);
      await page.screenshot({ path: `screenshots/${view}-${size}-${scheme}.png`, fullPage: size === 'phone' });
      const sticksOut = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(sticksOut).toBeLessThanOrEqual(0);
      expect(await violations(page)).toEqual([]);
      expect(errors).toEqual([]);
      await page.close();
    },
  );
});
