/** The page of one desktop in a real browser: pixels, keys, clipboard, and how it ends and comes back. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { DesktopView } from '../../core/wire/portal.ts';
import { startChromium } from './chromium.ts';
import { desktopView } from './portal-samples.ts';
import { PortalStub } from './portal-stub.ts';

let browser: Browser;
let context: BrowserContext;
let page: Page;
let stub: PortalStub;
let desktop: DesktopView;
const errors: string[] = [];

beforeAll(async () => {
  browser = await startChromium();
});

afterAll(() => browser?.close());

beforeEach(async () => {
  errors.length = 0;
  stub = new PortalStub();
  stub.people.set('chen', { name: 'chen', displayName: 'Chen Yu', groups: ['b7'], isAdmin: true });
  desktop = desktopView({ title: '<img src=x onerror=alert(1)> March' });
  stub.desktops = [desktop];
  await stub.start();
  context = await browser.newContext({ viewport: { width: 900, height: 600 } });
  page = await context.newPage();
  page.on('pageerror', (error) => errors.push(String(error.stack)));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
});

afterEach(async () => {
  await context.close();
  await stub.stop();
});

/** Logs in, and opens the desktop's page. */
async function connect(fragment = `desktop=${desktop.id}`): Promise<void> {
  await page.goto(stub.url);
  await page.getByLabel('Name').fill('chen');
  await page.getByLabel('Password').fill('secret');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'My desktops' }).waitFor();
  errors.length = 0;
  await page.goto(`${stub.url}desktop.html#${fragment}`);
  await isConnected();
}

const isConnected = (): Promise<void> => page.locator('#desktop[data-link=connected]').waitFor();
const isOver = (): Promise<void> => page.getByRole('heading', { name: 'Not connected' }).waitFor();

/** A key of a layout that Playwright does not know. */
function pressOn(key: string, code: string): Promise<void> {
  return page.evaluate(
    (init) => {
      for (const type of ['keydown', 'keyup']) document.activeElement!.dispatchEvent(new KeyboardEvent(type, init));
    },
    { key, code, bubbles: true },
  );
}

/** What the browser has to paint first, on a machine that has much else to do. */
const slow = { timeout: 15_000, interval: 100 };

/** Colours at some points of the picture. */
function colours(): Promise<string[]> {
  return page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>('.screen canvas')!;
    const context = canvas.getContext('2d')!;
    return [0.1, 0.5, 0.9].flatMap((x) =>
      [0.1, 0.5, 0.9].map((y) =>
        context.getImageData(Math.floor(canvas.width * x), Math.floor(canvas.height * y), 1, 1).data.join(),
      ),
    );
  });
}

describe('connected', () => {
  test('there is a picture, of the size of the window, and no policy of the page is broken', async () => {
    await connect();
    await vi.waitFor(async () => expect(new Set(await colours()).size).toBeGreaterThan(5), slow);
    await vi.waitFor(() => expect([stub.gateway.desktop.width, stub.gateway.desktop.height]).toEqual([900, 600]));
    await page.setViewportSize({ width: 1000, height: 700 });
    await vi.waitFor(() => expect([stub.gateway.desktop.width, stub.gateway.desktop.height]).toEqual([1000, 700]));
    // The canvas is as large as the desktop: nothing is scaled.
    await page.waitForFunction(() => document.querySelector<HTMLCanvasElement>('.screen canvas')?.width === 1000);
    expect(errors).toEqual([]);
  });

  test('what is typed reaches the desktop, and changes its picture', async () => {
    await connect();
    await vi.waitFor(() => expect(stub.gateway.desktop.width).toBe(900));
    await page.locator('.screen canvas').click({ position: { x: 300, y: 450 } });
    await vi.waitFor(() => expect(stub.gateway.desktop.pointers).toContainEqual({ x: 300, y: 450, buttons: 1 }));
    await page.keyboard.press('a');
    await pressOn('Ä', 'Quote');
    await pressOn('€', 'KeyE');
    await page.keyboard.press('F5');
    // X11/keysymdef.h: Latin 1 as it is, the euro sign, F5.
    await vi.waitFor(() => expect(stub.gateway.desktop.keys).toEqual([0x61, 0xc4, 0x20ac, 0xffc2]));
    const stripe = (): Promise<string> =>
      page.evaluate(() => {
        const canvas = document.querySelector<HTMLCanvasElement>('.screen canvas')!;
        return canvas
          .getContext('2d')!
          .getImageData(5, canvas.height - 5, 1, 1)
          .data.join();
      });
    await vi.waitFor(async () => expect(await stripe()).toBe('250,200,40,255'), slow);
  });

  test('its title is text, never HTML', async () => {
    await connect();
    expect(await page.locator('.toolbar-title').textContent()).toBe('<img src=x onerror=alert(1)> March');
    expect(await page.title()).toBe('<img src=x onerror=alert(1)> March');
    expect(await page.locator('.toolbar img').count()).toBe(0);
  });

  test('keys that the browser keeps are sent by buttons, and held ones are let go', async () => {
    await connect();
    await page.getByRole('button', { name: 'Keys' }).click();
    await page.getByRole('button', { name: 'Ctrl+Alt+Del' }).click();
    await vi.waitFor(() => expect(stub.gateway.desktop.keys).toEqual([0xffe3, 0xffe9, 0xffff]));
    await page.getByRole('button', { name: 'Super' }).click();
    await page.getByRole('button', { name: 'Super', pressed: true }).waitFor();
    await page.getByRole('button', { name: 'F12' }).click();
    await vi.waitFor(() => expect(stub.gateway.desktop.keys.slice(3)).toEqual([0xffeb, 0xffc9]));
    await page.getByLabel('Type here with the on-screen keyboard').pressSequentially('né');
    await page.keyboard.press('Backspace');
    await vi.waitFor(() => expect(stub.gateway.desktop.keys.slice(5)).toEqual([0x6e, 0xe9, 0xff08]));
  });

  test('the tools are reached by the keyboard alone, and left again', async () => {
    await connect();
    await page.keyboard.press('Control+Alt+Shift');
    const focused = (): Promise<string | undefined> =>
      page.evaluate(() => document.activeElement?.textContent ?? undefined);
    expect(await focused()).toBe('Picture');
    await page.keyboard.press('Escape');
    await page.keyboard.press('x');
    await vi.waitFor(() => expect(stub.gateway.desktop.keys.at(-1)).toBe(0x78));
  });

  test('statistics tell the resolution, the pictures, and how fast keys are answered', async () => {
    await connect();
    await vi.waitFor(() => expect(stub.gateway.desktop.width).toBe(900));
    await page.locator('.screen canvas').click({ position: { x: 300, y: 450 } });
    await page.keyboard.type('abc');
    await page.locator('.toolbar .handle').hover();
    await page.getByRole('button', { name: 'Statistics' }).click();
    const panel = page.getByRole('region', { name: 'Statistics' });
    await panel.getByText('900 × 600').waitFor();
    await panel.getByText(/^\d+ ms$/).waitFor();
    await panel.getByText(/^[\d.]+\/s$/).waitFor();
  });
});

describe('the clipboard', () => {
  test('passes both ways as far as the station allows', async () => {
    stub.clipboard = { mostIn: 12, mostOut: 12 };
    await connect();
    await page.getByRole('button', { name: 'Clipboard' }).click();
    stub.gateway.desktop.copy('from within');
    await vi.waitFor(async () =>
      expect(await page.getByLabel('Copied in the desktop').inputValue()).toBe('from within'),
    );
    stub.gateway.desktop.copy('far too long for it');
    await page.getByText('You copied 19 characters; this station allows at most 12.').waitFor();
    await page.getByLabel('To the desktop’s clipboard').fill('thirteen char');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByText('Too long: 13 characters; this station allows at most 12.').waitFor();
    await page.getByLabel('To the desktop’s clipboard').fill('from without');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await vi.waitFor(() => expect(stub.gateway.desktop.pasted).toEqual(['from without']));
  });

  test('does not turn into question marks what a desktop without Unicode cannot take, and says which', async () => {
    await connect();
    await page.getByRole('button', { name: 'Clipboard' }).click();
    await page.getByLabel('To the desktop’s clipboard').fill('“é” 中');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByText('Western European letters only, which leaves out “ ” 中.').waitFor();
    await page.getByLabel('To the desktop’s clipboard').fill('é');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await vi.waitFor(() => expect(stub.gateway.desktop.pasted).toEqual(['é']));
  });

  test('is closed where the station lets nothing pass', async () => {
    stub.clipboard = { mostIn: 0, mostOut: 0 };
    await connect();
    await page.getByRole('button', { name: 'Clipboard' }).click();
    await page.getByText('This station does not allow copying to or from the desktop.').waitFor();
    expect(await page.getByRole('button', { name: 'Send', exact: true }).count()).toBe(0);
  });
});

test('who may only see is told so, and sends neither keys nor a new size', async () => {
  stub.desktops = [{ ...desktop, owner: 'li', shares: [{ person: 'chen', role: 'view' }] }];
  await connect();
  await page.getByText('View only').waitFor();
  await page.getByText('li’s desktop').waitFor();
  expect(await page.getByRole('button', { name: 'Keys' }).count()).toBe(0);
  await page.locator('.screen canvas').click({ position: { x: 200, y: 200 } });
  await page.keyboard.type('abc');
  await page.setViewportSize({ width: 700, height: 500 });
  await vi.waitFor(async () => expect(new Set(await colours()).size).toBeGreaterThan(5), slow);
  expect([stub.gateway.desktop.width, stub.gateway.desktop.height]).toEqual([640, 400]);
  // Messages keep their order: what was sent before the next request for a picture has arrived when that has.
  const asked = stub.gateway.desktop.requests;
  stub.gateway.desktop.height = 380;
  stub.gateway.desktop.paint();
  await vi.waitFor(() => expect(stub.gateway.desktop.requests).toBeGreaterThan(asked));
  expect(stub.gateway.desktop.keys).toEqual([]);
  expect(stub.gateway.desktop.pointers).toEqual([]);
});

test('who is given control types in the same connection, without setting the size, until it is taken back', async () => {
  stub.desktops = [{ ...desktop, owner: 'li', shares: [{ person: 'chen', role: 'view' }] }];
  await connect();
  await page.getByText('View only').waitFor();
  stub.gateway.tellRole('control');
  await page.getByText('View only').waitFor({ state: 'hidden' });
  await page.locator('.screen canvas').click({ position: { x: 200, y: 200 } });
  await page.keyboard.press('a');
  await vi.waitFor(() => expect(stub.gateway.desktop.keys).toEqual([0x61]), { timeout: 10_000 });
  await page.setViewportSize({ width: 700, height: 500 });
  await page.locator('.toolbar .handle').hover();
  await page.getByRole('button', { name: 'Picture' }).click();
  await page.getByText('The desktop has the size of its owner’s window.').waitFor();
  expect(await page.getByRole('radio', { name: 'Follow the window' }).count()).toBe(0);
  expect(await page.getByRole('radio', { name: 'Scale' }).isChecked()).toBe(true);
  await page.getByRole('button', { name: 'Picture' }).click();
  stub.gateway.tellRole('view');
  await page.getByText('View only').waitFor();
  await page.locator('.screen canvas').focus();
  await page.keyboard.press('b');
  await page.waitForTimeout(500);
  expect(stub.gateway.desktop.keys).toEqual([0x61]);
  expect([stub.gateway.desktop.width, stub.gateway.desktop.height]).toEqual([640, 400]);
  expect(stub.gateway.offered.length).toBe(1);
  expect(errors).toEqual([]);
});

describe('the connection', () => {
  test('comes back with another token after it broke', async () => {
    await connect();
    stub.gateway.dropStreams();
    await page.getByRole('heading', { name: 'Reconnecting …' }).waitFor();
    // The last picture stays behind the sentence.
    await page.locator('.still').waitFor({ state: 'attached' });
    await isConnected();
    expect(await page.locator('.still').count()).toBe(0);
    const tokens = stub.gateway.offered.map((protocols) => protocols.at(-1));
    expect(new Set(tokens).size).toBe(2);
    await vi.waitFor(async () => expect(new Set(await colours()).size).toBeGreaterThan(5), slow);
  });

  test('that is silent is said to be stalled after three seconds, and is made again', async () => {
    await connect();
    // Nothing happens on it for a while, which is no reason for alarm: it answers when it is asked.
    await page.waitForTimeout(4_000);
    expect(await page.getByRole('alert').count()).toBe(0);
    stub.gateway.desktop.isSilent = true;
    const silentMs = performance.now();
    await page.getByText('The picture is not live.').waitFor();
    expect(performance.now() - silentMs).toBeGreaterThan(2_000);
    await page.getByText('Nothing came from the desktop any more.').waitFor();
    stub.gateway.desktop.isSilent = false;
    await isConnected();
    expect(await page.getByRole('alert').count()).toBe(0);
    expect(stub.gateway.offered.length).toBeGreaterThan(1);
    expect(errors).toEqual([]);
  });

  test('waits while the portal is away, and is back at once when one asks', async () => {
    await connect();
    const path = `POST desktops/${desktop.id}/connect`;
    stub.refusals.set(path, { status: 503, detail: 'The portal restarts.' });
    stub.gateway.dropStreams(4502, 'The desktop is not answering at the moment.');
    await page.getByText('The portal restarts.').waitFor();
    stub.refusals.delete(path);
    await page.getByRole('button', { name: 'Try now' }).click();
    await isConnected();
  });

  test.each([
    ['stopped', 'This desktop is stopped. Start it in the portal.', 1],
    ['deleting', 'This desktop has been deleted.', 0],
  ] as const)('does not insist on a desktop that is %s', async (state, sentence, buttons) => {
    await connect();
    stub.refusals.set(`POST desktops/${desktop.id}/connect`, { status: 409, detail: 'It does not run.' });
    stub.change(desktop.id, { state });
    stub.gateway.dropStreams(4502, 'The desktop does not answer.');
    await page.getByText(sentence).waitFor();
    expect(await page.getByRole('button', { name: 'Connect again' }).count()).toBe(buttons);
  });

  test('ends with the reason when the right has ended, and asks for no other token', async () => {
    await connect();
    stub.gateway.dropStreams(4401, 'Li Na has taken back the share.');
    await isOver();
    await page.getByText('Li Na has taken back the share.').waitFor();
    // Nothing of it can be read any more.
    expect(await page.locator('canvas').count()).toBe(0);
    expect(await page.getByRole('button', { name: 'Connect again' }).count()).toBe(0);
    expect(stub.gateway.offered.length).toBe(1);
    await page.getByRole('link', { name: 'Back to the portal' }).click();
    await page.getByRole('heading', { name: 'My desktops' }).waitFor();
  });

  test('may be taken up again after it was idle', async () => {
    await connect();
    stub.gateway.dropStreams(4408, 'Nobody has done anything for two hours.');
    await page.getByText('Nobody has done anything for two hours.').waitFor();
    await page.getByRole('button', { name: 'Connect again' }).click();
    await isConnected();
  });

  test('asks for no pictures while nobody sees the tab', async () => {
    await connect();
    await vi.waitFor(() => expect(stub.gateway.desktop.width).toBe(900));
    await vi.waitFor(async () => expect(new Set(await colours()).size).toBeGreaterThan(5), slow);
    const setHidden = (isHidden: boolean): Promise<void> =>
      page.evaluate((hidden) => {
        Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      }, isHidden);
    await page.locator('.toolbar .handle').hover();
    await page.getByRole('button', { name: 'Clipboard' }).click();
    await setHidden(true);
    const asked = stub.gateway.desktop.requests;
    // The request that was open is answered; after it there is none.
    stub.gateway.desktop.keys.push(0x61);
    stub.gateway.desktop.paint();
    stub.gateway.desktop.copy('after the picture');
    await vi.waitFor(async () =>
      expect(await page.getByLabel('Copied in the desktop').inputValue()).toBe('after the picture'),
    );
    expect(stub.gateway.desktop.requests).toBe(asked);
    await setHidden(false);
    await vi.waitFor(() => expect(stub.gateway.desktop.requests).toBeGreaterThan(asked));
  });
});

describe('other ways in', () => {
  test('a token in the fragment is used once and is gone from the address and the history', async () => {
    const token = stub.gateway.mint();
    await page.goto(`${stub.gateway.url}/desktop#token=${token}&stream=wss://evil.example/stream`);
    await isConnected();
    expect(page.url()).toBe(`${stub.gateway.url}/desktop`);
    expect(await page.evaluate(() => history.length)).toBeLessThanOrEqual(2);
    expect(stub.gateway.offered).toEqual([['binary', 'heps-notes', `token.${token}`]]);
    stub.gateway.dropStreams();
    await page.getByText('Open the desktop from the portal again; it keeps running.').waitFor();
    expect(stub.gateway.offered.length).toBe(1);
  });

  test('the gateway’s cookie needs no token', async () => {
    await page.goto(`${stub.gateway.url}/connect?token=${stub.gateway.mint()}`);
    await isConnected();
    expect(page.url()).toBe(`${stub.gateway.url}/desktop`);
    expect(stub.gateway.offered).toEqual([['binary', 'heps-notes']]);
    expect(errors).toEqual([]);
  });

  test('an administrator sees the console', async () => {
    stub.desktops = [{ ...desktop, owner: 'li', title: 'Tooth' }];
    await connect(`console=${desktop.id}`);
    expect(await page.title()).toBe('Console of Tooth');
    expect(stub.asked).toContain(`POST desktops/${desktop.id}/console`);
  });

  test('an address without a desktop says so', async () => {
    await page.goto(`${stub.url}desktop.html`);
    await page.getByText('This address names no desktop. Open one from the portal.').waitFor();
    expect(stub.gateway.offered).toEqual([]);
  });
});
