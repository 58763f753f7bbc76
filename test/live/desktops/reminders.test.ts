/** Reminders by mail: each once, to whom it concerns, and never lost. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { extended } from '../../../live/desktops/portal/desktop-changes.ts';
import type { Mail } from '../../../live/desktops/reminders/mailer.ts';
import { Reminders } from '../../../live/desktops/reminders/reminders.ts';
import { b7, DesktopsUnderTest } from './harness.ts';

const daysS = 86_400;
let desktops: DesktopsUnderTest;
let sent: Mail[];
let isAway: boolean;
let isHeld: boolean;

beforeEach(async () => {
  desktops = await DesktopsUnderTest.start({
    station: { ...b7, idle: null, graceS: 7 * daysS, lifetimeS: 3 * daysS, longestLifetimeS: 10 * daysS },
  });
  [sent, isAway, isHeld] = [[], false, true];
});
afterEach(() => desktops.stop());

/** As after a new start of the process. */
function reminders(domain: string | null = 'example.org'): Reminders {
  const { store, people, catalogue, clock, log } = desktops;
  return new Reminders({
    store,
    people,
    catalogue,
    mailer: {
      async send(mail) {
        if (isAway) throw new Error('connect ECONNREFUSED');
        sent.push(mail);
      },
    },
    domain,
    publicUrl: 'https://desk.example.org',
    clock,
    lease: {
      get isHeld() {
        return isHeld;
      },
    },
    log: (_, fields, text) => void log.push(`${text} ${JSON.stringify(fields)}`),
    onMail: () => {},
  });
}

async function endOf(id: string): Promise<number> {
  return (await desktops.row(id)).endsAtS!;
}

test('a day and an hour before its end, and when it is over: one mail each, whatever is started again', async () => {
  const id = await desktops.ready(await desktops.person('chen'), { title: 'Ti-6Al-4V' });
  const endsAtS = await endOf(id);
  for (const [atS, subjects] of [
    [endsAtS - daysS - 1, []],
    [endsAtS - daysS, ['“Ti-6Al-4V” is stopped in a day']],
    [endsAtS - 3601, []],
    [endsAtS - 3600, ['“Ti-6Al-4V” is stopped in an hour']],
    [endsAtS - 1, []],
  ] as const) {
    desktops.clock.nowS = atS;
    sent = [];
    for (let start = 0; start < 3; start++) await reminders().pass();
    expect(sent.map(({ subject }) => subject)).toEqual(subjects);
  }
  desktops.clock.nowS = endsAtS;
  await desktops.pass(4);
  for (let start = 0; start < 3; start++) await reminders().pass();
  expect(sent).toHaveLength(1);
  expect(sent[0]).toMatchObject({ to: 'chen@example.org', subject: '“Ti-6Al-4V” has been stopped' });
  expect(sent[0]!.text).toContain(
    'To keep it, extend it on the page of your desktops:\nhttps://desk.example.org/portal/',
  );
});

test('one that was extended is told of its new end', async () => {
  const id = await desktops.ready(await desktops.person('chen'));
  desktops.clock.nowS = (await endOf(id)) - 3600;
  await reminders().pass();
  const row = await desktops.row(id);
  await desktops.store.change(
    row,
    extended(2 * daysS, null)({ row, shares: [], viewers: [] }, desktops.clock.nowS)!,
    desktops.clock.nowS,
  );
  await reminders().pass();
  expect(sent).toHaveLength(1);
  desktops.clock.nowS = (await endOf(id)) - 3600;
  await reminders().pass();
  expect(sent).toHaveLength(2);
});

test('a server that takes none is asked again, and then each is sent', async () => {
  const id = await desktops.ready(await desktops.person('chen'));
  desktops.clock.nowS = (await endOf(id)) - daysS;
  isAway = true;
  const tried = reminders();
  await tried.pass();
  isAway = false;
  await tried.pass();
  expect(sent).toEqual([]);
  desktops.clock.nowS += 300;
  await tried.pass();
  expect(sent).toHaveLength(1);
});

test('her own address counts before the domain; who has neither gets none', async () => {
  const id = await desktops.ready(await desktops.person('chen'));
  desktops.clock.nowS = (await endOf(id)) - daysS;
  await reminders(null).pass();
  expect(sent).toEqual([]);
  await desktops.database.database.updateTable('people').set({ email: 'chen.yu@ihep.example' }).execute();
  desktops.clock.nowS = (await endOf(id)) - 3600;
  await reminders().pass();
  expect(sent.map(({ to }) => to)).toEqual(['chen.yu@ihep.example']);
});

test('of several servers the one that looks after the desktops sends', async () => {
  const id = await desktops.ready(await desktops.person('chen'));
  desktops.clock.nowS = (await endOf(id)) - daysS;
  isHeld = false;
  await reminders().pass();
  expect(sent).toEqual([]);
});
