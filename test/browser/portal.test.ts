/** The portal and a desktop's page in a real browser, against a portal in memory with the headers of the real one. */
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startChromium } from './chromium.ts';
import { desktopView, stationViews } from './portal-samples.ts';
import { PortalStub } from './portal-stub.ts';

let browser: Browser;
let context: BrowserContext;
let page: Page;
let stub: PortalStub;
const errors: string[] = [];

/** Of scripts, of the console, and of the content security policy, which the console tells of. */
function noteErrors(of: Page): void {
  of.on('pageerror', (error) => errors.push(String(error.stack)));
  of.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
}

beforeAll(async () => {
  browser = await startChromium();
});

afterAll(() => browser?.close());

beforeEach(async () => {
  errors.length = 0;
  stub = new PortalStub();
  stub.people.set('chen', { name: 'chen', displayName: 'Chen Yu', groups: ['b7'], isAdmin: false });
  stub.people.set('li', { name: 'li', displayName: 'Li Na', groups: ['b7'], isAdmin: false });
  stub.people.set('root', { name: 'root', displayName: 'The staff', groups: [], isAdmin: true });
  stub.stations = [...stationViews];
  await stub.start();
  context = await browser.newContext({ viewport: { width: 1200, height: 800 } });
  context.on('page', noteErrors);
  page = await context.newPage();
});

afterEach(async () => {
  await context.close();
  await stub.stop();
});

const card = (title: string): Locator => page.getByRole('article', { name: title });
const dialog = (): Locator => page.getByRole('dialog');
const text = (within: Locator | Page, words: string | RegExp): Promise<void> =>
  within.getByText(words).first().waitFor();

async function logIn(name = 'chen'): Promise<void> {
  await page.goto(stub.url);
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill('secret');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('heading', { name: 'My desktops' }).waitFor();
}

/** The browser itself notes each answer that is an error; those that a test brings about are no fault of the page. */
function expectNoErrors(...expected: RegExp[]): void {
  // The page's first question is whether somebody is logged in.
  const known = [/status of 401/, ...expected];
  expect(errors.filter((error) => !known.some((each) => each.test(error)))).toEqual([]);
}

describe('log in', () => {
  test('a wrong password is told, the right one shows the desktops, and leaving forgets them', async () => {
    stub.desktops = [desktopView()];
    await page.goto(stub.url);
    await page.getByLabel('Name').fill('chen');
    await page.getByLabel('Password').fill('wrong');
    await page.keyboard.press('Enter');
    await text(page, 'That name and password do not belong together.');
    await page.getByLabel('Password').fill('secret');
    await page.keyboard.press('Enter');
    await card('Bone scan, March').waitFor();
    await page.getByRole('button', { name: 'Log out' }).click();
    await text(page, 'You are logged out.');
    expect(await page.content()).not.toContain('Bone scan');
    expectNoErrors(/status of 403/);
  });

  test('the facility’s own login is a link to where it begins', async () => {
    stub.login = { local: false, unified: 'IHEP unified authentication' };
    await page.goto(stub.url);
    const link = page.getByRole('link', { name: 'Log in with IHEP unified authentication' });
    expect(await link.evaluate((each: HTMLAnchorElement) => each.href)).toBe(`${stub.url}v1/login`);
    expect(await page.getByLabel('Password').count()).toBe(0);
    // What became of it is said when the browser comes back, by sentences of the page's own.
    await page.goto('about:blank');
    await page.goto(`${stub.url}#login=refused`);
    await text(page, /The facility’s login was refused/);
    expect(new URL(page.url()).hash).toBe('');
    await page.goto('about:blank');
    await page.goto(`${stub.url}#login=call+me`);
    await link.waitFor();
    expect(await page.getByText('call').count()).toBe(0);
  });

  test('a session that ends shows the login and says why', async () => {
    await logIn();
    stub.forgetSessions();
    await text(page, /Your session has ended/);
    await page.getByLabel('Password').waitFor();
  });
});

describe('a desktop of one’s own', () => {
  test('is applied for, becomes ready before one’s eyes, and is there to connect to', async () => {
    await logIn();
    await page.getByRole('link', { name: 'Apply for a desktop' }).click();
    await page.getByRole('radio', { name: /Imaging on Windows 11/ }).check();
    await page.getByLabel('vCPUs').fill('200');
    await text(page, 'A whole number from 1 to 64, please.');
    expect(await page.getByRole('button', { name: 'Apply' }).isDisabled()).toBe(true);
    await page.getByLabel('vCPUs').fill('24');
    await page.getByLabel('Graphics cards').selectOption('2');
    await page.getByLabel('Memory of each card').selectOption('80 GiB or more');
    await page.getByLabel('Your name for it').fill('Fossil <img src=x>');
    await page.getByRole('button', { name: 'Apply' }).click();

    const fossil = card('Fossil <img src=x>');
    await text(fossil, 'Waiting');
    const { id, size, gpu, image } = stub.desktops[0]!;
    expect({ size, gpu, image }).toEqual({
      size: { vcpus: 24, ramMib: 131_072, diskGib: 200 },
      gpu: { count: 2, memoryMib: 81_920 },
      image: 'imaging-windows',
    });
    const inNow = (): Promise<string | null> => fossil.locator('[aria-current=step]').textContent();
    for (const [state, step] of [
      ['scheduled', 'Scheduled'],
      ['building', 'Building'],
      ['starting', 'Starting'],
    ] as const) {
      stub.change(id, { state });
      await fossil.locator(`[data-state=${state}]`).waitFor();
      // The time that it began is seen, since the page was there.
      expect(await inNow()).toMatch(new RegExp(`^${step}, in progress\\d\\d:\\d\\d$`));
    }
    stub.change(id, { state: 'ready', readyAtS: Date.now() / 1000, endsAtS: Date.now() / 1000 + 7200 });
    await fossil.getByRole('link', { name: /^Connect/ }).waitFor();
    await text(page, 'Fossil <img src=x> is ready.');
    expect(await page.title()).toBe('1 ready · HEPS virtual cloud desktops');
    expectNoErrors();
  });

  test('what was told of it before the answer to its application came is not undone by that', async () => {
    await logIn();
    await page.route('**/portal/v1/desktops', async (route) => {
      const response = await route.fetch();
      const told = page.waitForResponse('**/portal/v1/usage');
      stub.change(stub.desktops[0]!.id, { reason: 'No host has 1 free card with 48 GiB.' });
      await told;
      await route.fulfill({ response });
    });
    await page.getByRole('link', { name: 'Apply for a desktop' }).click();
    await page.getByLabel('Your name for it').fill('Fossil');
    await page.getByRole('button', { name: 'Apply' }).click();
    await text(card('Fossil'), 'No host has 1 free card with 48 GiB.');
  });

  test('an application that is refused keeps what was entered and says why beside the button', async () => {
    stub.usage = { ...stub.usage, desktops: 3 };
    await logIn();
    await page.getByRole('link', { name: 'Apply for a desktop' }).click();
    await text(page, 'You have 3 desktops, and the limit is 3: delete one first.');
    stub.refusals.set('POST desktops', { status: 409, detail: 'You may have 3 desktops at once.' });
    await page.getByLabel('Your name for it').fill('one more');
    await page.getByRole('button', { name: 'Apply' }).click();
    await text(page.getByRole('region', { name: 'Your application' }), 'You may have 3 desktops at once.');
    expect(await page.getByLabel('Your name for it').inputValue()).toBe('one more');
    expectNoErrors(/status of 409/);
  });

  test('waits and fails with the reason, and with the time that it is expected at', async () => {
    const desktop = desktopView({ state: 'waiting', readyAtS: null, endsAtS: null, host: null });
    stub.desktops = [desktop];
    await logIn();
    const at = new Date(Date.now() + 40 * 60_000);
    stub.change(desktop.id, { reason: 'No host has a free card with 48 GiB.', expectedAtS: at.getTime() / 1000 });
    await text(card(desktop.title), 'No host has a free card with 48 GiB.');
    const clock = `${String(at.getHours()).padStart(2, '0')}:${String(at.getMinutes()).padStart(2, '0')}`;
    expect(await card(desktop.title).locator('.note').textContent()).toMatch(
      new RegExp(`Expected (tomorrow )?at ${clock}, in (39|40) min\\.`),
    );
    stub.change(desktop.id, { state: 'failed', reason: 'Its image could not be read.', expectedAtS: null });
    await text(card(desktop.title), 'Its image could not be read.');
    expect(await card(desktop.title).locator('li.failed').textContent()).toContain('Scheduled');
  });

  test('is extended, stopped, started and deleted, and asks before what destroys', async () => {
    const desktop = desktopView({ warning: 'This desktop ends in 20 minutes.', endsAtS: Date.now() / 1000 + 1200 });
    stub.desktops = [desktop];
    await logIn();
    await text(card(desktop.title), 'This desktop ends in 20 minutes.');
    await page.getByRole('button', { name: /^Extend/ }).click();
    await dialog().getByLabel('Keep it for').selectOption({ index: 1 });
    await dialog().getByRole('button', { name: 'Extend' }).click();
    await page.getByText('This desktop ends in 20 minutes.').waitFor({ state: 'detached' });

    await page.getByRole('button', { name: /^Stop/ }).click();
    await dialog().getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('button', { name: /^Start/ }).click();
    await text(card(desktop.title), 'Starting');
    stub.change(desktop.id, { state: 'ready' });

    await page.getByRole('button', { name: /^Delete/ }).click();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Cancel');
    await page.keyboard.press('Enter');
    await dialog().waitFor({ state: 'detached' });
    await page.getByRole('button', { name: /^Delete/ }).click();
    await dialog().getByRole('button', { name: 'Delete' }).click();
    await text(page, 'You have no desktop yet');
    const path = `desktops/${desktop.id}`;
    expect(stub.asked.slice(1)).toEqual([
      `POST ${path}/extend`,
      `POST ${path}/stop`,
      `POST ${path}/start`,
      `DELETE ${path}`,
    ]);
    expectNoErrors();
  });

  test('is shared with a colleague, and taken back', async () => {
    const desktop = desktopView();
    stub.desktops = [desktop];
    await logIn();
    await page.getByRole('button', { name: /^Share/ }).click();
    await dialog().getByLabel('Colleague’s login name').fill('nobody');
    await dialog().getByRole('button', { name: 'Share' }).click();
    await text(dialog(), 'Nobody here is called nobody.');
    await dialog().getByLabel('Colleague’s login name').fill('li');
    await dialog().getByRole('button', { name: 'Share' }).click();
    await dialog().getByRole('button', { name: 'Stop sharing with li' }).waitFor();
    expect(stub.desktops[0]!.shares).toEqual([{ person: 'li', role: 'view' }]);
    stub.change(desktop.id, { viewers: ['li'] });
    await text(dialog(), 'connected now');
    await dialog().getByRole('button', { name: 'Stop sharing with li' }).click();
    await text(dialog(), 'Nobody else can see it.');
    expectNoErrors(/status of 404/);
  });

  test('opens its web application in a new tab', async () => {
    stub.desktops = [desktopView()];
    await logIn();
    const opened = context.waitForEvent('page');
    await page.getByRole('button', { name: /^JupyterLab/ }).click();
    const tab = await opened;
    await tab.waitForURL(`${stub.gateway.url}/apps/jupyter`);
    expect(await tab.evaluate(() => window.opener)).toBe(null);
  });
});

test('a desktop that is shared with one to see offers to watch it, and nothing else', async () => {
  stub.desktops = [desktopView({ owner: 'li', shares: [{ person: 'chen', role: 'view' }] })];
  await logIn();
  const shared = card('Bone scan, March');
  await text(shared, 'Shared by li · you can view only');
  expect(await shared.getByRole('link').allTextContents()).toEqual(['Watch Bone scan, March, in a new tab']);
  expect(await shared.getByRole('button').count()).toBe(0);
});

test('what is typed into a form survives what happens to desktops meanwhile', async () => {
  const desktop = desktopView();
  stub.desktops = [desktop];
  await logIn();
  await page.getByRole('link', { name: 'New desktop' }).first().click();
  await page.getByLabel('Your name for it').pressSequentially('my ');
  stub.change(desktop.id, { state: 'stopped' });
  await page.waitForFunction(() => document.title.startsWith('New desktop'));
  await page.keyboard.type('scan');
  expect(await page.getByLabel('Your name for it').inputValue()).toBe('my scan');
});

test('the portal does not carry noVNC, and the desktop’s page does not carry the portal', async () => {
  const scripts = async (address: string): Promise<string> => {
    const texts: Promise<string>[] = [];
    const tab = await context.newPage();
    tab.on('response', (response) => {
      if (response.request().resourceType() === 'script') texts.push(response.text());
    });
    await tab.goto(address, { waitUntil: 'networkidle' });
    return (await Promise.all(texts)).join();
  };
  const [portal, desktop] = [await scripts(stub.url), await scripts(`${stub.url}desktop.html`)];
  expect([portal.includes('Apply for a desktop'), desktop.includes('Apply for a desktop')]).toEqual([true, false]);
  expect([portal.includes('Sending Ctrl-Alt-Del'), desktop.includes('Sending Ctrl-Alt-Del')]).toEqual([false, true]);
});

describe('for administrators', () => {
  test('all desktops are found, stopped and deleted, and the audit trail is read', async () => {
    const [bone, tooth] = [desktopView(), desktopView({ title: 'Tooth', owner: 'li', state: 'stopped' })];
    stub.desktops = [bone, tooth];
    const row = { atS: 1_800_000_000, person: 'chen', action: 'connect-accept', desktop: bone.id, address: '10.0.0.7' };
    stub.audit = [
      { ...row, detail: null },
      { ...row, desktop: tooth.id, person: 'li', action: 'apply', detail: 'tooth' },
    ];
    await logIn('root');
    await page.getByRole('link', { name: 'All desktops' }).click();
    const rows = page.getByRole('region', { name: 'All desktops' }).locator('tbody tr');
    await rows.nth(1).waitFor();
    await page.getByLabel('Find').fill('too');
    await rows.nth(1).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Audit Tooth' }).click();
    await text(page.getByRole('region', { name: 'Rows of the audit trail' }), 'apply');
    expect(await page.getByText('connect-accept').count()).toBe(0);
    await text(page.getByRole('region', { name: 'Rows of the audit trail' }), '2027-01-15');
    const saving = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Save as CSV' }).click();
    const file = await saving;
    expect([file.suggestedFilename(), new URL(file.url()).search]).toEqual(['audit.csv', `?desktop=${tooth.id}`]);
    await page.getByLabel('Find').fill('');
    await page.getByLabel('State').selectOption('Ready');
    await page.getByRole('button', { name: 'Stop Bone scan, March' }).click();
    await text(dialog(), 'Its programs end at once');
    await dialog().getByRole('button', { name: 'Stop it' }).click();
    await text(page, 'No desktop matches.');
    await page.getByLabel('State').selectOption('any state');
    await page.getByRole('button', { name: 'Delete Tooth' }).click();
    await dialog().getByRole('button', { name: 'Delete it' }).click();
    await rows.nth(1).waitFor({ state: 'detached' });
    expect(stub.desktops.map(({ title, state }) => [title, state])).toEqual([['Bone scan, March', 'stopped']]);
    expectNoErrors();
  });

  test('others are not offered it', async () => {
    await logIn();
    await page.goto(`${stub.url}#admin`);
    expect(await page.getByRole('link', { name: 'All desktops' }).count()).toBe(0);
    await page.getByRole('heading', { name: 'My desktops' }).waitFor();
  });
});
