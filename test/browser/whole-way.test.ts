/** The whole way of `npm run demo:desktop` in a real browser: the real server, gateway and VNC desktops, from the login to a moving desktop and its end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFailed, test, vi } from 'vitest';
import { freePort } from '../free-port.ts';
import { violations } from './axe.ts';
import { startChromium } from './chromium.ts';

let browser: Browser;
let demo: ChildProcess;
let folder: string;
let address: string;
/** What the demonstration printed, with its log. */
let said = '';
const passwords = new Map<string, string>();
const contexts: BrowserContext[] = [];
const errors: string[] = [];

beforeAll(async () => {
  browser = await startChromium();
  folder = mkdtempSync(join(tmpdir(), 'heps-whole-way-'));
  const ports = ['--port', String(await freePort()), '--gateway-port', String(await freePort())];
  demo = spawn(process.execPath, [resolve('dist/cli.js'), 'live', 'demo', '--folder', folder, ...ports], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  demo.stdout!.on('data', (text) => {
    said += String(text);
  });
  await vi.waitFor(() => expect(said).toContain('Ctrl-C ends everything'), { timeout: 240_000, interval: 200 });
  address = /Open +(\S+)/.exec(said)![1]!;
  for (const name of ['chen', 'li', 'admin']) {
    passwords.set(name, new RegExp(`^ +${name} +(\\S+)`, 'm').exec(said)![1]!);
  }
}, 300_000);

beforeEach(() => onTestFailed(() => console.log(said.slice(said.indexOf('Ctrl-C')))));

/** Each test has the limits of a person to itself. */
afterEach(async () => {
  await Promise.all(contexts.splice(0).map((context) => context.close()));
  const { origin } = new URL(address);
  const headers = { origin, 'content-type': 'application/json' };
  const login = await fetch(`${address}v1/session`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ name: 'admin', password: passwords.get('admin') }),
  });
  const cookie = login.headers.getSetCookie()[0]!.split(';')[0]!;
  const left = async (): Promise<{ id: string; state: string }[]> => {
    const answer = await fetch(`${address}v1/admin/desktops`, { headers: { cookie } });
    const { desktops } = (await answer.json()) as { desktops: { id: string; state: string }[] };
    return desktops.filter(({ state }) => state !== 'deleted');
  };
  for (const { id } of await left()) {
    await fetch(`${address}v1/admin/desktops/${id}`, { method: 'DELETE', headers: { ...headers, cookie } });
  }
  await vi.waitFor(async () => expect(await left()).toEqual([]), { timeout: 30_000, interval: 200 });
}, 60_000);

afterAll(async () => {
  await browser?.close();
  const ended = once(demo, 'exit');
  demo.kill('SIGTERM');
  await ended;
  rmSync(folder, { recursive: true, force: true });
});

const waitOptions = { timeout: 40_000, interval: 100 };

async function logIn(name: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1200, height: 800 } });
  contexts.push(context);
  context.on('page', (page) => {
    page.on('pageerror', (error) => errors.push(String(error.stack)));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
  });
  const page = await context.newPage();
  await page.goto(address);
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(passwords.get(name)!);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'My desktops' }).waitFor();
  return page;
}

const card = (page: Page, title: string): Locator => page.getByRole('article', { name: title });

/** Applies as the form proposes. */
async function apply(page: Page, title: string, station?: RegExp): Promise<void> {
  await page
    .getByRole('link', { name: /New desktop|Apply for a desktop/ })
    .first()
    .click();
  if (station !== undefined) await page.getByRole('radio', { name: station }).check();
  await page.getByLabel('Your name for it').fill(title);
  await page.getByRole('button', { name: 'Apply' }).click();
  await card(page, title).waitFor();
}

/** Opens what a link opens in a new tab. */
async function follow(page: Page, link: Locator): Promise<Page> {
  const [opened] = await Promise.all([page.context().waitForEvent('page'), link.click()]);
  return opened;
}

async function connect(page: Page, title: string, name = /^Connect/): Promise<Page> {
  const link = card(page, title).getByRole('link', { name });
  await link.waitFor();
  const desktop = await follow(page, link);
  await desktop.locator('#desktop[data-link=connected]').waitFor();
  return desktop;
}

/** How many pixels of the part of the picture differ from the one above them: 0 for one plane. Shares of width and height. */
function edges(desktop: Page, [x, y, width, height]: readonly [number, number, number, number]): Promise<number> {
  return desktop.evaluate(
    ([left, top, wide, high]) => {
      const canvas = document.querySelector<HTMLCanvasElement>('.screen canvas')!;
      const [w, h] = [Math.floor(canvas.width * wide!), Math.floor(canvas.height * high!)];
      const { data } = canvas
        .getContext('2d')!
        .getImageData(Math.floor(canvas.width * left!), Math.floor(canvas.height * top!), w, h);
      let count = 0;
      for (let at = w * 4; at < data.length; at += 4) if (data[at] !== data[at - w * 4]) count++;
      return count;
    },
    [x, y, width, height],
  );
}

const canvasSize = (desktop: Page): Promise<number[]> =>
  desktop.evaluate(() => {
    const { width, height } = document.querySelector<HTMLCanvasElement>('.screen canvas')!;
    return [width, height];
  });

const homeOf = (person: string): string => join(folder, 'local-desktops/homes', person);
const whole = [0, 0, 1, 1] as const;

test('files dropped onto the picture are in the desktop’s home with the same bytes, and come back', async () => {
  const page = await logIn('chen');
  errors.length = 0; // before the login the session is asked for, and is none
  await apply(page, 'With files');
  const desktop = await connect(page, 'With files');
  const content = 'counts,energy\n'.repeat(300_000);
  await desktop.evaluate((text) => {
    const dropped = new DataTransfer();
    dropped.items.add(new File([text], 'Probe ü 1.csv'));
    for (const type of ['dragover', 'drop']) {
      const event = new DragEvent(type, { dataTransfer: dropped, bubbles: true, cancelable: true });
      document.querySelector('.screen')!.dispatchEvent(event);
    }
  }, content);
  const download = desktop.getByRole('button', { name: 'Download Probe ü 1.csv' });
  await download.waitFor(waitOptions);
  expect(readFileSync(join(folder, 'local-desktops/homes/chen/Probe ü 1.csv'), 'utf8')).toBe(content);
  expect(await violations(desktop)).toEqual([]);
  const [saved] = await Promise.all([desktop.waitForEvent('download'), download.click()]);
  expect([saved.suggestedFilename(), readFileSync(await saved.path(), 'utf8') === content]).toEqual([
    'Probe ü 1.csv',
    true,
  ]);
  await desktop.getByRole('button', { name: 'New folder' }).click();
  await desktop.getByLabel('Name of the new folder').fill('results');
  await desktop.keyboard.press('Enter');
  await desktop.getByRole('button', { name: 'results', exact: true }).click();
  await desktop.getByText('Nothing is in this folder.').waitFor();
  expect(errors).toEqual([]);
}, 120_000);

test('a desktop: applied for, ready, moving, typed in, resized, shared to see, taken back, deleted', async () => {
  const chen = await logIn('chen');
  await apply(chen, 'Fossil scan');
  const desktop = await connect(chen, 'Fossil scan');

  // Not only connected: there is a picture, and it moves.
  await vi.waitFor(async () => expect(await edges(desktop, whole)).toBeGreaterThan(2000), waitOptions);
  const pictures = new Set<number>();
  await vi.waitFor(async () => {
    pictures.add(await edges(desktop, [0.5, 0, 0.5, 1]));
    expect(pictures.size).toBeGreaterThan(5);
  }, waitOptions);

  // What is typed is done in the desktop, and seen there.
  const terminal = [0.05, 0.1, 0.5, 0.3] as const;
  const before = await edges(desktop, terminal);
  await vi.waitFor(
    async () => {
      // The terminal may come up later than the gears.
      await desktop.locator('.screen canvas').click({ position: { x: 300, y: 400 } });
      await desktop.keyboard.type('touch typed-67; seq 9\n');
      await desktop.waitForTimeout(500);
      expect(existsSync(join(homeOf('chen'), 'typed-67'))).toBe(true);
    },
    { timeout: 40_000, interval: 1_000 },
  );
  await vi.waitFor(async () => expect(await edges(desktop, terminal)).toBeGreaterThan(before + 50), waitOptions);

  await desktop.setViewportSize({ width: 1000, height: 700 });
  await vi.waitFor(async () => expect(await canvasSize(desktop)).toEqual([1000, 700]), waitOptions);

  await card(chen, 'Fossil scan')
    .getByRole('button', { name: /^Share/ })
    .click();
  const dialog = chen.getByRole('dialog');
  await dialog.getByLabel(/name/i).first().fill('li');
  await dialog.getByRole('button', { name: 'Share' }).click();
  await dialog.getByText('li', { exact: true }).first().waitFor();
  const li = await logIn('li');
  const watched = await connect(li, 'Fossil scan', /^Watch/);
  await watched.getByText('View only').waitFor();
  await vi.waitFor(async () => expect(await edges(watched, whole)).toBeGreaterThan(2000), waitOptions);
  // The page sends no keys of one who may only see; the gateway drops them as well (test/live/gateway).
  await watched.locator('.screen canvas').click({ position: { x: 300, y: 400 } });
  await watched.keyboard.type('touch by-li\n');
  await desktop.bringToFront();
  await desktop.keyboard.type('touch by-chen\n');
  await vi.waitFor(() => expect(existsSync(join(homeOf('chen'), 'by-chen'))).toBe(true), waitOptions);
  expect(existsSync(join(homeOf('chen'), 'by-li'))).toBe(false);

  await chen.bringToFront();
  await dialog.getByRole('button', { name: /stop sharing/i }).click();
  await watched.getByRole('heading', { name: 'Not connected' }).waitFor();
  await chen.keyboard.press('Escape');

  const deleted = card(chen, 'Fossil scan');
  await deleted.getByRole('button', { name: /^Delete/ }).click();
  await chen.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await desktop.bringToFront();
  await desktop.getByRole('heading', { name: 'Not connected' }).waitFor();
  await vi.waitFor(async () => expect(await deleted.count()).toBe(0), waitOptions);
  // The page's first question is whether somebody is logged in, and its last one for a desktop that is gone; and noVNC tells of pictures that
  // come while the connection is being closed.
  const known = /status of (?:401|410)|^Got data while disconnected$/;
  expect(errors.filter((error) => !known.test(error))).toEqual([]);
}, 180_000);

test('any text passes the clipboard both ways, and what does not arrive is said', async () => {
  const chen = await logIn('chen');
  await apply(chen, 'Copying');
  const desktop = await connect(chen, 'Copying');
  /** In the desktop's terminal, whenever that is up. */
  const run = (command: string, hasRun: () => boolean): Promise<void> =>
    vi.waitFor(
      async () => {
        await desktop.locator('.screen canvas').click({ position: { x: 300, y: 400 } });
        await desktop.keyboard.type(`${command}\n`);
        await vi.waitFor(() => expect(hasRun()).toBe(true), { timeout: 3_000, interval: 100 });
      },
      { timeout: 40_000, interval: 1_000 },
    );
  const text = '中文輸入 “quoted” 🦊👩‍🔬 é\n第二行';
  const inHome = (name: string): string => join(homeOf('chen'), name);
  const openPanel = async (): Promise<void> => {
    await desktop.locator('.toolbar .handle').hover();
    await desktop.getByRole('button', { name: 'Clipboard' }).click();
  };
  await openPanel();
  await desktop.getByLabel('To the desktop’s clipboard').fill(text);
  await desktop.getByRole('button', { name: 'Send', exact: true }).click();
  await desktop.getByText('In the desktop’s clipboard now').waitFor();
  const pasted = (): string => (existsSync(inHome('pasted')) ? readFileSync(inHome('pasted'), 'utf8') : '');
  await run('xclip -sel c -o -t UTF8_STRING > pasted', () => pasted() !== '');
  expect(pasted()).toBe(text);

  writeFileSync(inHome('copied'), `${text} out`, { mode: 0o644 });
  await run('xclip -sel c copied && touch has-copied', () => existsSync(inHome('has-copied')));
  await openPanel();
  await vi.waitFor(
    async () => expect(await desktop.getByLabel('Copied in the desktop').inputValue()).toBe(`${text} out`),
    waitOptions,
  );
  writeFileSync(inHome('long'), 'a'.repeat(5_000_000), { mode: 0o644 });
  await run('xclip -sel c long && touch has-copied-long', () => existsSync(inHome('has-copied-long')));
  await openPanel();
  await desktop.getByText('What you copied in the desktop did not arrive here').waitFor();
}, 180_000);

test('a desktop for which there is no card waits, with the reason in a sentence', async () => {
  const chen = await logIn('chen');
  await apply(chen, 'Nanotomography', /^BE/);
  await vi.waitFor(
    async () =>
      expect(await card(chen, 'Nanotomography').innerText()).toMatch(/No host has 1 (free )?card with \d+ GiB/),
    waitOptions,
  );
});

test('a web application inside a desktop opens in a tab of its own', async (context) => {
  if (!existsSync('/usr/bin/jupyter-notebook')) return context.skip('jupyter-notebook is not installed');
  const chen = await logIn('chen');
  await apply(chen, 'Notebook');
  const open = card(chen, 'Notebook').getByRole('button', { name: /^Jupyter/ });
  await open.waitFor();
  let notebook: Page | undefined;
  // The desktop is ready before Jupyter is.
  await vi.waitFor(
    async () => {
      await notebook?.close();
      notebook = await follow(chen, open);
      await notebook.getByText('Quit').first().waitFor({ timeout: 5_000 });
    },
    { timeout: 90_000, interval: 500 },
  );
  expect(new URL(notebook!.url()).origin).not.toBe(new URL(address).origin);
  expect(notebook!.url()).not.toContain('token');
}, 120_000);

test('an administrator finds every desktop and its trail, and stops one', async () => {
  const chen = await logIn('chen');
  await apply(chen, 'Tooth');
  await card(chen, 'Tooth')
    .getByRole('link', { name: /^Connect/ })
    .waitFor();
  const admin = await logIn('admin');
  await admin.getByRole('link', { name: 'All desktops' }).click();
  await admin.getByRole('searchbox').fill('Tooth');
  await admin.getByRole('button', { name: 'Stop Tooth' }).click();
  await admin.getByRole('dialog').getByRole('button', { name: /stop/i }).click();
  await card(chen, 'Tooth').getByText('Stopped').waitFor();
}, 90_000);
