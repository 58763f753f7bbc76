/** The live view in a real browser, fed by a server that comes and goes. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { liveSnapshot, liveVm } from '../core/wire/live-build.ts';
import { nowS, StreamStub } from './stream-stub.ts';

const builtPage = join(import.meta.dirname, '../../dist/viz/index.html');
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

let browser: Browser;
let page: Page;
let stub: StreamStub;
const errors: string[] = [];

const banner = (): Locator => page.locator('.live-banner');
const panel = (): Locator => page.locator('.live-host');
/** Waits until an element has a text in it. */
const hasText = (within: Locator, text: string | RegExp, timeout = 5000): Promise<void> =>
  within.filter({ hasText: text }).first().waitFor({ timeout });
const figureOf = (label: string): Locator => page.locator(`.live-figures div:has(dt:text-is("${label}")) dd`);
/** Figures are drawn with the next frame. */
const figureIs = (label: string, text: string): Promise<void> =>
  expect.poll(() => figureOf(label).textContent(), { timeout: 10_000 }).toBe(text);

function snapshotNow(): ReturnType<typeof liveSnapshot> {
  const host = { up: true, srmObservedAtS: nowS(), failedCards: [] };
  return liveSnapshot({ heartbeatS: 1, srmIntervalS: 10, hosts: [host, host, host] });
}

beforeAll(async () => {
  if (!existsSync(builtPage)) throw new Error(`${builtPage} is missing: npm run build`);
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
});

afterAll(() => browser.close());

beforeEach(async () => {
  errors.length = 0;
  stub = new StreamStub(builtPage, snapshotNow());
  await stub.start();
  page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(stub.url);
  await hasText(banner(), /^Live · \d s old/);
});

afterEach(async () => {
  await page.close();
  await stub.stop();
  expect(errors).toEqual([]);
});

describe('while it is live', () => {
  test('figures, lists and the host panel follow the changes', async () => {
    await figureIs('VMs', '2');
    await figureIs('hosts down', '0');
    await hasText(page.locator('.live-side'), 'Waiting: 1');

    stub.change({ hosts: [{ host: 1, up: false }] });
    await hasText(page.locator('.live-side'), 'Hosts that need attention: 1');
    await figureIs('hosts down', '1');
    await page.getByRole('button', { name: 'gpu-a' }).first().click();
    await hasText(panel(), 'down');
    await hasText(panel(), 'vm-2');

    stub.change({
      hosts: [{ host: 1, up: true }],
      bound: [liveVm({ id: 'vm-3', host: 1, cards: [0], sinceS: nowS() })],
    });
    await hasText(panel(), 'vm-3');
    await hasText(page.locator('.live-side'), 'No VM is waiting');
    await hasText(page.locator('.live-events'), 'vm-3 on gpu-a');
    await figureIs('VMs', '3');
    await figureIs('hosts down', '0');
    await figureIs('cards held', '67\u00a0%');
  });

  test('SRM records grow old while no change comes', async () => {
    stub.change({ hosts: [{ host: 2, srmObservedAtS: nowS() - 28 }] });
    await figureIs('SRM records too old', '0');
    await hasText(page.locator('.live-side'), /gpu-b.*SRM record \d\d s old/);
    await figureIs('SRM records too old', '1');
  });
});

describe('the live view comes back on its own', () => {
  /** Says it is not connected, keeps showing what it knew, and is live again when the server is. */
  const isLostAndFound = async (message: RegExp, bringBack: () => Promise<void>): Promise<void> => {
    await hasText(banner(), /Not connected for \d+ s; trying (again in \d+ s|now); what you see is \d+ s old/);
    await hasText(banner(), message);
    await figureIs('VMs', '2');
    stub.snapshot = { ...snapshotNow(), vms: [] };
    await bringBack();
    await hasText(banner(), /^Live · \d s old/, 15_000);
    await hasText(figureOf('VMs'), '0');
    await hasText(page.locator('.live-events'), 'reconnected');
  };

  test('after the server was gone', async () => {
    await stub.stop();
    await isLostAndFound(/The server does not answer/, () => stub.start());
  });

  test('after the server answered with an error', async () => {
    stub.status = 503;
    await stub.stop();
    await stub.start();
    await isLostAndFound(/answers with an error/, async () => {
      stub.status = 200;
    });
  });

  test('after something that cannot be read', async () => {
    stub.sendRaw('event: change\ndata: {"sequence":1,"atS":1,"ended":7}\n\n');
    await isLostAndFound(/change\.ended: expected an array, got 7/, async () => undefined);
  });

  test('after silence on an open connection', async () => {
    stub.mute();
    await isLostAndFound(/Nothing was heard from the server for 3 s/, async () => {
      await stub.stop();
      await stub.start();
    });
  });

  test('at once when asked to', async () => {
    await stub.stop();
    await hasText(banner(), /trying again in (5|10) s/, 15_000);
    await stub.start();
    await page.getByRole('button', { name: 'Try now' }).click();
    await hasText(banner(), /^Live/, 1000);
  });
});

test('a screen reader is told of the connection, not of each second', async () => {
  const spoken = page.getByRole('status').filter({ hasText: /Live|Not connected/ });
  expect(await spoken.textContent()).toBe('Live');
  await stub.stop();
  await hasText(spoken, 'Not connected');
  expect(await spoken.textContent()).toBe('Not connected');
});
