import { describe, expect, test } from 'vitest';
import { streamCloseCodes } from '../../../core/wire/portal.ts';
import { endingOfClose, endingOfRefusal, mostTries, pauseBeforeS } from '../../../viz/portal/desktop/ending.ts';
import { keysymOf } from '../../../viz/portal/desktop/keys.ts';
import { cleanAddress, readWayIn } from '../../../viz/portal/desktop/way-in.ts';

const page = 'https://desk.example.org/portal/desktop.html';
const token = 'qL8xYb0Zr3_-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa';

describe('the way in', () => {
  test.each([
    [`${page}#desktop=42`, { kind: 'portal', desktopId: '42', of: 'desktop' }, '/portal/desktop.html#desktop=42'],
    [`${page}#console=42`, { kind: 'portal', desktopId: '42', of: 'console' }, '/portal/desktop.html#console=42'],
    [`https://stream.example.org/desktop#token=${token}`, { kind: 'token', token }, '/desktop'],
    [
      `https://stream.example.org/desktop#token=${token}&stream=wss://evil.example/`,
      { kind: 'token', token },
      '/desktop',
    ],
    ['https://stream.example.org/desktop?x=1', { kind: 'cookie' }, '/desktop'],
    [page, null, '/portal/desktop.html'],
    // No WebSocket subprotocol, so no token.
    [`${page}#token=a,%20b`, null, '/portal/desktop.html'],
  ])('%s', (address, way, clean) => {
    const read = readWayIn(new URL(address));
    expect(read).toEqual(way);
    expect(cleanAddress(new URL(address), read)).toBe(clean);
  });
});

describe('the end of a connection', () => {
  test('a right that has ended is over for good, an idle connection may be taken up again', () => {
    expect(endingOfClose(streamCloseCodes.rightEnded, 'Deleted.')).toEqual({
      kind: 'over',
      sentence: 'Deleted.',
      mayReturn: false,
    });
    expect(endingOfClose(streamCloseCodes.idle, '')).toMatchObject({ kind: 'over', mayReturn: true });
  });

  test.each([streamCloseCodes.desktopAway, streamCloseCodes.goingAway, 1006, 1011])('%d is tried again', (code) => {
    expect(endingOfClose(code, '').kind).toBe('retry');
  });

  test.each([
    [401, 'over'],
    [403, 'over'],
    [404, 'over'],
    [409, 'retry'],
    [429, 'retry'],
    [503, 'retry'],
    [0, 'retry'],
  ])('a ticket refused with %d is %s', (status, kind) => {
    expect(endingOfRefusal(status, 'Why.').kind).toBe(kind);
  });

  test('pauses grow, and all tries together take about ten minutes', () => {
    const pauses = Array.from({ length: mostTries }, (_, tries) => pauseBeforeS(tries));
    expect(pauses).toEqual([...pauses].sort((one, other) => one - other));
    // 0.5 + 1 + 2 + 4 + 8 + 15 = 30.5, and 19 times 30.
    expect(pauses.reduce((sum, pause) => sum + pause)).toBe(600.5);
  });
});

test('a character’s keysym is itself in Latin 1, and its code point above 0x1000000 beyond', () => {
  expect(['a', 'ü', '\n', '北', '𝛼'].map(keysymOf)).toEqual([0x61, 0xfc, 0xff0d, 0x1005317, 0x101d6fc]);
});
