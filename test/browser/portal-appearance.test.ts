/**
 * Each state of the portal at the size of a phone and a laptop, light and dark: nothing sticks out, axe finds nothing. Pictures go to
 * `screenshots/`. Those of `docs/pictures` are `portal-overview-laptop-light` and `portal-desktop-statistics-laptop-light`, the latter with
 * `VNC_PORT` of the desktop that `picture-desktop` starts.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { violations } from './axe.ts';
import { openTab, startChromium } from './chromium.ts';
import { desktopView, stationViews } from './portal-samples.ts';
import { PortalStub } from './portal-stub.ts';

let browser: Browser;
let stub: PortalStub;

beforeAll(async () => {
  browser = await startChromium();
});

afterAll(() => browser?.close());

beforeEach(async () => {
  stub = new PortalStub();
  stub.login = { local: true, unified: 'IHEP unified authentication' };
  stub.people.set('chen', { name: 'chen', displayName: 'Chen Yu', groups: ['b7'], isAdmin: true });
  stub.people.set('li', { name: 'li', displayName: 'Li Na', groups: ['b7'], isAdmin: false });
  stub.stations = [...stationViews];
  // A real VNC server, for pictures that are worth looking at.
  if (process.env.VNC_PORT !== undefined) stub.gateway.vncPort = Number(process.env.VNC_PORT);
  await stub.start();
});

afterEach(() => stub.stop());

const nowS = (): number => Date.now() / 1000;

const ofOthers = (): void => {
  stub.desktops.push(
    desktopView({
      title: 'Battery in operando',
      owner: 'li',
      host: 'gpu-a40-001',
      viewers: ['li'],
      state: 'connected',
    }),
    desktopView({
      title: 'Fossil tooth',
      owner: 'wang',
      state: 'failed',
      reason: 'The machine did not start: its image could not be read. The staff has been told.',
      host: 'cpu-012',
      gpu: { count: 0, memoryMib: 0 },
      cardModels: [],
      readyAtS: null,
      endsAtS: null,
    }),
  );
};

const logIn = async (page: Page): Promise<void> => {
  await page.getByLabel('Name').fill('chen');
  await page.getByLabel('Password').fill('secret');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('heading', { name: 'My desktops' }).waitFor();
};

/** Ready, in use and shared, about to end, stopped. */
const someDesktops = (): void => {
  stub.desktops = [
    desktopView({ viewers: ['chen', 'li'], state: 'connected', shares: [{ person: 'li', role: 'view' }] }),
    desktopView({
      title: 'Alloy strain maps',
      station: 'b1',
      stationTitle: 'B1 engineering materials',
      imageTitle: 'Materials on Windows 11',
      system: 'windows',
      size: { vcpus: 8, ramMib: 32 * 1024, diskGib: 100 },
      gpu: { count: 0, memoryMib: 0 },
      cardModels: [],
      apps: [],
      host: 'cpu-004',
      endsAtS: nowS() + 25 * 60,
      warning: 'This desktop ends in 25 minutes. Save your work, or extend it.',
    }),
    desktopView({ title: 'Old reconstruction', state: 'stopped', endsAtS: nowS() + 2 * 86_400, apps: [] }),
    desktopView({
      title: 'Shale core',
      state: 'stopped',
      endsAtS: nowS() - 3600,
      deleteAtS: nowS() + 6 * 86_400,
      reason: 'Its time is over. Extend it to keep it.',
      apps: [],
    }),
    desktopView({
      title: 'Perovskite film',
      state: 'deleted',
      endedAtS: nowS() - 2 * 86_400,
      reason: 'Its time was over.',
      apps: [],
    }),
    desktopView({ title: 'Lung, phase contrast', owner: 'li', shares: [{ person: 'chen', role: 'view' }] }),
  ];
  stub.usage = { ...stub.usage, desktops: 3, cards: 2, cardHours: 41.5 };
};

const onTheWay = (): void => {
  const fresh = {
    readyAtS: null,
    endsAtS: null,
    latestEndAtS: null,
    host: null,
    cardModels: [],
    createdAtS: nowS() - 95,
  };
  stub.desktops = [
    desktopView({
      ...fresh,
      title: 'Bone scan, March',
      state: 'building',
      host: 'gpu-a40-003',
      reason: 'The machine is being built; its desktop comes up next.',
    }),
    desktopView({
      ...fresh,
      title: 'Two large cards',
      state: 'waiting',
      gpu: { count: 2, memoryMib: 80 * 1024 },
      reason: 'No host has two free cards with 80 GiB.',
      expectedAtS: nowS() + 2.6 * 3600,
    }),
    desktopView({
      ...fresh,
      title: 'Fossil tooth',
      state: 'failed',
      reason:
        'The machine did not start: its image could not be read. The staff has been told; delete this one and try another image.',
    }),
  ];
  stub.usage = { ...stub.usage, desktops: 3, cards: 2 };
};

interface Shown {
  readonly name: string;
  /** A panel or a dialog over what is looked at anyway. */
  readonly isSmall?: boolean;
  readonly show: (page: Page) => Promise<void>;
}

const portalStates: readonly Shown[] = [
  { name: 'login', show: async () => undefined },
  { name: 'empty', show: logIn },
  {
    name: 'desktops',
    show: async (page) => {
      someDesktops();
      await logIn(page);
      await page.getByText('Lung, phase contrast').first().waitFor();
    },
  },
  {
    name: 'progress',
    show: async (page) => {
      onTheWay();
      await logIn(page);
      await page.getByText('Two large cards').first().waitFor();
    },
  },
  {
    name: 'overview',
    isSmall: true,
    show: async (page) => {
      onTheWay();
      const [building, waiting] = stub.desktops;
      someDesktops();
      const [used, ending] = stub.desktops;
      stub.desktops = [used!, ending!, { ...building!, title: 'Lung, phase contrast' }, waiting!];
      stub.usage = { ...stub.usage, desktops: 4, mostDesktops: 6, cards: 2, mostCards: 4 };
      await logIn(page);
      await page.getByText('Two large cards').first().waitFor();
    },
  },
  {
    name: 'apply',
    show: async (page) => {
      await logIn(page);
      await page.getByRole('link', { name: 'Apply for a desktop' }).click();
      await page.getByText('B1 engineering materials').waitFor();
      await page.getByLabel('Graphics cards').selectOption('3');
      await page.getByLabel('vCPUs').fill('200');
    },
  },
  {
    name: 'share',
    isSmall: true,
    show: async (page) => {
      someDesktops();
      await logIn(page);
      await page.getByRole('button', { name: 'Share Bone scan, March' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'extend',
    isSmall: true,
    show: async (page) => {
      someDesktops();
      await logIn(page);
      await page.getByRole('button', { name: 'Extend Alloy strain maps' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: 'admin',
    show: async (page) => {
      someDesktops();
      ofOthers();
      const action = ['apply', 'connect-mint', 'connect-accept', 'share', 'connect-refuse'];
      stub.audit = action.map((each, index) => ({
        atS: nowS() - 600 * (5 - index),
        person: each === 'connect-refuse' ? null : 'chen',
        action: each,
        desktop: stub.desktops[0]!.id,
        detail: each === 'connect-refuse' ? 'token-expired' : null,
        address: '10.4.7.21',
      }));
      await logIn(page);
      await page.getByRole('link', { name: 'All desktops' }).click();
      await page.getByRole('button', { name: 'Audit Bone scan, March' }).click();
      await page.getByText('token-expired').waitFor();
    },
  },
];

const desktopStates: readonly (Shown & { readonly saysErrors?: boolean })[] = [
  {
    name: 'desktop',
    show: async (page) => {
      await page.getByRole('toolbar').waitFor();
      await page.locator('.screen canvas').click({ position: { x: 200, y: 250 } });
      await page.keyboard.type('recon');
    },
  },
  {
    name: 'desktop-picture',
    isSmall: true,
    show: async (page) => page.getByRole('button', { name: 'Picture' }).click(),
  },
  {
    name: 'desktop-clipboard',
    isSmall: true,
    show: async (page) => page.getByRole('button', { name: 'Clipboard' }).click(),
  },
  { name: 'desktop-keys', isSmall: true, show: async (page) => page.getByRole('button', { name: 'Keys' }).click() },
  {
    name: 'desktop-statistics',
    isSmall: true,
    show: async (page) => {
      // The first picture is the largest: not what keys are usually answered like.
      await page.waitForTimeout(1500);
      await page.keyboard.type('ls slices', { delay: 120 });
      await page.locator('.toolbar .handle').hover();
      await page.getByRole('button', { name: 'Statistics' }).click();
      await page.getByText('Resolution').waitFor();
      await page.waitForTimeout(1500);
    },
  },
  {
    name: 'desktop-reconnecting',
    saysErrors: true,
    show: async (page) => {
      await page.getByRole('toolbar').waitFor();
      await page.waitForTimeout(500);
      stub.refusals.set(`POST desktops/${stub.desktops[0]!.id}/connect`, {
        status: 503,
        detail: 'The portal restarts.',
      });
      stub.gateway.dropStreams();
      await page.getByRole('heading', { name: 'Reconnecting …' }).waitFor();
    },
  },
  {
    name: 'desktop-ended',
    show: async (page) => {
      await page.getByRole('toolbar').waitFor();
      stub.gateway.dropStreams(4401, 'Chen Yu has deleted this desktop.');
      await page.getByRole('heading', { name: 'Not connected' }).waitFor();
    },
  },
];

const screens = [
  ['phone', 390, 844],
  ['laptop', 1440, 900],
] as const;
const ways = screens.flatMap((size) => [false, true].map((isDark) => [...size, isDark ? 'dark' : 'light'] as const));
/** For what differs little: each size once, each theme once. */
const fewWays = [ways[1]!, ways[2]!];

async function look(page: Page, name: string): Promise<void> {
  await page.waitForTimeout(150);
  await page.screenshot({ path: `screenshots/${name}.png`, fullPage: true });
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  expect(await violations(page)).toEqual([]);
}

describe.each(portalStates)('portal: $name', ({ name, show, isSmall }) => {
  test.each(isSmall ? fewWays : ways)('on a %s, %d × %d, %s', async (size, width, height, scheme) => {
    const { page, errors } = await openTab(browser, { width, height, isDark: scheme === 'dark' });
    await page.goto(stub.url);
    await page.getByLabel('Password').waitFor();
    await show(page);
    await look(page, `portal-${name}-${size}-${scheme}`);
    // The first question, whether somebody is logged in, is answered with 401, which the browser notes.
    expect(errors.filter((error) => !error.includes('401'))).toEqual([]);
    await page.close();
  });
});

describe.each(desktopStates)('$name', ({ name, show, isSmall, saysErrors }) => {
  test.each(isSmall ? fewWays : ways)('on a %s, %d × %d, %s', async (size, width, height, scheme) => {
    const desktop = desktopView({ viewers: ['chen', 'li'] });
    stub.desktops = [desktop];
    const { page, errors } = await openTab(browser, { width, height, isDark: scheme === 'dark' });
    await page.goto(stub.url);
    await page.getByLabel('Password').waitFor();
    await logIn(page);
    await page.goto(`${stub.url}desktop.html#desktop=${desktop.id}`);
    await page.locator('#desktop[data-link=connected]').waitFor();
    await show(page);
    await look(page, `portal-${name}-${size}-${scheme}`);
    if (!saysErrors) expect(errors.filter((error) => !error.includes('401'))).toEqual([]);
    await page.close();
  });
});
