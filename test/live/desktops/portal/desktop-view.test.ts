import { describe, expect, test } from 'vitest';
import { objectionOf, useOf } from '../../../../live/desktops/catalogue/limits.ts';
import { asksNoLess, type Holder, waitingFor } from '../../../../live/desktops/lifecycle/waiting.ts';
import { checkApplication, newDesktop } from '../../../../live/desktops/portal/application.ts';
import { type DesktopFacts, desktopView } from '../../../../live/desktops/portal/desktop-view.ts';
import type { Desktop } from '../../../../live/desktops/records/desktop.ts';
import { b7, personNamed, startS } from '../harness.ts';
import { order } from '../provisioning/orders.ts';

const catalogue = { stations: [b7], groupLimits: new Map() };
const chen = personNamed('chen');
const { row: fresh } = newDesktop(
  checkApplication({ station: 'b7', image: 'imaging' }, catalogue, chen),
  chen,
  null,
  'none',
  order.desktop.ssh.authority,
  startS,
);

function viewOf(row: Partial<Desktop>, nowS: number, facts: Partial<DesktopFacts> = {}) {
  const all = { row: { ...fresh, ...row }, shares: [], viewers: [], station: b7, image: b7.images[0], ...facts };
  return desktopView(all, 'owner', false, nowS);
}

describe('what a desktop warns of', () => {
  const ready = { state: 'ready', endsAtS: startS + 7200, latestEndAtS: startS + 9000, activeAtS: startS } as const;

  test.each([
    [startS + 7200 - 3601, null],
    [startS + 7200 - 3600, 'It is deleted within an hour. Extend it, or save your work.'],
    [startS + 7200 - 1800, 'It is deleted within 30 minutes. Extend it, or save your work.'],
    [startS + 7200 - 600, 'It is deleted within 10 minutes. Extend it, or save your work.'],
  ])('its end, at second %i', (nowS, warning) => {
    expect(viewOf(ready, nowS, { station: { ...b7, idle: null } }).warning).toBe(warning);
  });

  test('its end a day before, where it lives for longer than a day', () => {
    const nowS = startS + 3 * 86_400;
    const station = { ...b7, idle: null, graceS: 3600 };
    const long = { ...ready, readyAtS: startS, endsAtS: nowS + 86_400, latestEndAtS: nowS + 2 * 86_400 };
    expect(viewOf(long, nowS, { station }).warning).toBe('It is stopped within a day. Extend it, or save your work.');
    expect(viewOf({ ...long, readyAtS: nowS }, nowS, { station }).warning).toBeNull();
  });

  test('that its time is over, and whether it can be kept', () => {
    const nowS = ready.endsAtS + 600;
    const over = { ...ready, state: 'stopped', deleteAtS: nowS + 3600 } as const;
    expect(viewOf(over, nowS)).toMatchObject({
      warning: null,
      reason: 'Its time is over. Extend it to keep it.',
      deleteAtS: nowS + 3600,
    });
    const { reason } = viewOf({ ...over, latestEndAtS: ready.endsAtS }, nowS);
    expect(reason).toBe('Its time is over, and it cannot be extended.');
  });

  test('that it cannot be extended, where that is so', () => {
    const { warning } = viewOf({ ...ready, latestEndAtS: ready.endsAtS }, ready.endsAtS - 60);
    expect(warning).toBe('It is deleted within 10 minutes. It cannot be extended. Save your work.');
  });

  test('that nobody uses it, from the last use on', () => {
    expect(viewOf(ready, startS + 3600 - 1801)).toMatchObject({ warning: null, idleEndAtS: null });
    expect(viewOf(ready, startS + 3600 - 1800)).toMatchObject({
      warning: 'Nobody uses it. It is stopped within 30 minutes unless somebody does.',
      idleEndAtS: startS + 3600,
    });
  });
});

test('connected is a desktop that is ready and that somebody looks at', () => {
  expect(viewOf({ state: 'ready' }, startS, { viewers: ['li'] }).state).toBe('connected');
  expect(viewOf({ state: 'starting' }, startS, { viewers: ['li'] }).state).toBe('starting');
});

test('a station or an image that is not in the catalogue any more leaves its name', () => {
  const view = viewOf({}, startS, { station: undefined, image: undefined });
  expect([view.stationTitle, view.imageTitle, view.apps]).toEqual(['b7', 'imaging', []]);
});

describe('limits', () => {
  test('card-hours are cards times the time for which they were held, within the days that count', () => {
    const desktop = { owner: 'chen', cards: 2, isAlive: true };
    const held = [
      { ...desktop, heldFromS: 0, heldUntilS: 7200 },
      { ...desktop, heldFromS: 9000, heldUntilS: null },
      { ...desktop, heldFromS: null, heldUntilS: null },
    ];
    // 2 cards for 1 h of its 2 (the first one does not count any more), and 2 for half an hour until now.
    expect(useOf(held, 3600, 10_800)).toEqual({ desktops: 3, cards: 2, cardHours: 3 });
  });

  test('a desktop without cards is not held back by card-hours', () => {
    const limits = { mostDesktops: null, mostCards: 0, mostCardHours: 1 };
    expect(objectionOf(null, limits, { desktops: 9, cards: 9, cardHours: 9 }, { desktops: 1, cards: 0 })).toBeNull();
  });
});

describe('waiting', () => {
  const asked = { vcpus: 4, ramMib: 8192, diskGib: 0, cards: 2, cardMemoryMib: 49_152, cardCores: 0, askedModels: [] };
  const holder = (host: string, endsAtS: number, ...cardModels: string[]): Holder => ({
    ...asked,
    cards: cardModels.length,
    host,
    endsAtS,
    cardModels,
  });

  test('is until one host has let go of enough cards that are large enough', () => {
    const holders = [
      holder('gpu-1', 500, 'A40'),
      holder('gpu-2', 600, 'A40'),
      holder('gpu-1', 700, 'T4', 'T4'),
      holder('gpu-1', 900, 'A40'),
    ];
    expect(waitingFor({ ...asked, cardMemoryMib: 40_000 }, { 'cards-busy': 2 }, holders)).toEqual({
      reason: 'No host has 2 free cards with 39.1 GiB.',
      expectedAtS: 900,
    });
    // Who waits next is not told of the same cards.
    expect(waitingFor({ ...asked, cards: 1, cardMemoryMib: 40_000 }, { 'cards-busy': 2 }, holders).expectedAtS).toBe(
      600,
    );
  });

  test('of what no host has at all is told as such', () => {
    expect(waitingFor(asked, { 'card-memory': 3, 'no-cards': 2 }, [])).toEqual({
      reason: 'No host has 2 cards with 48 GiB, not even a busy one. An administrator can say more.',
      expectedAtS: null,
    });
  });

  test('for a model or for cores names them, and counts only such cards', () => {
    const certain = { ...asked, cards: 1, cardMemoryMib: 0, cardCores: 5000, askedModels: ['A40', 'L40S'] };
    const holders = [holder('gpu-1', 500, 'T4'), holder('gpu-1', 900, 'A40')];
    expect(waitingFor(certain, { 'cards-busy': 2 }, holders)).toEqual({
      reason: 'No host has 1 free A40 or L40S card with 5000 cores.',
      expectedAtS: 900,
    });
  });

  test('of CPUs and memory names those', () => {
    const plain = { ...asked, cards: 0 };
    expect(waitingFor(plain, { vcpus: 3 }, []).reason).toBe('No host has room for 4 CPUs and 8 GiB of memory.');
    expect(waitingFor({ ...asked, cards: 1 }, { vcpus: 3 }, []).reason).toBe(
      'No host has room for 4 CPUs and 8 GiB of memory beside a free card.',
    );
  });

  test('behind another is who asks for as much of everything', () => {
    expect(asksNoLess(asked, { ...asked, cards: 1 })).toBe(true);
    expect(asksNoLess({ ...asked, vcpus: 2 }, asked)).toBe(false);
    // Without cards, their memory means nothing.
    expect(asksNoLess({ ...asked, cardMemoryMib: 0 }, { ...asked, cards: 0 })).toBe(true);
    expect(asksNoLess(asked, { ...asked, cardCores: 1 })).toBe(false);
    const [one, both] = [
      { ...asked, askedModels: ['A40'] },
      { ...asked, askedModels: ['A40', 'T4'] },
    ];
    expect([asksNoLess(one, both), asksNoLess(both, one), asksNoLess(asked, one), asksNoLess(one, asked)]).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });
});
