import { Subject, type Subscription } from 'rxjs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { LiveChange, LiveSnapshot } from '../../core/wire/live-stream.ts';
import { type LiveStatus, liveStatus } from '../../viz/load/live-source.ts';
import type { EventStream } from '../../viz/page/server-events.ts';
import { liveSnapshot } from '../core/wire/live-build.ts';

/** A stream whose server is the test. */
class FakeStream implements EventStream {
  readonly #listeners = new Map<string, (event: { data?: unknown }) => void>();
  isClosed = false;

  addEventListener(type: string, listener: (event: { data?: unknown }) => void): void {
    this.#listeners.set(type, listener);
  }

  close(): void {
    this.isClosed = true;
  }

  send(type: string, value: unknown): void {
    this.#listeners.get(type)!({ data: typeof value === 'string' ? value : JSON.stringify(value) });
  }

  fail(): void {
    this.#listeners.get('error')!({});
  }
}

const streams: FakeStream[] = [];
const snapshots: LiveSnapshot[] = [];
const changes: LiveChange[] = [];
const timesS: number[] = [];
const statuses: LiveStatus[] = [];
let returns$: Subject<void>;
let following: Subscription;

const last = (): FakeStream => streams.at(-1)!;
const status = (): LiveStatus => statuses.at(-1)!;
const comeBack = (): void => returns$.next();
/** Kind, seconds since, seconds to the next try. */
const standing = (): [string, number, number | null] => {
  const { kind, sinceMs, nextTryMs } = status();
  return [kind, (Date.now() - sinceMs) / 1000, nextTryMs === null ? null : (nextTryMs - Date.now()) / 1000];
};
const passS = (seconds: number): void => void vi.advanceTimersByTime(seconds * 1000);

beforeEach(() => {
  vi.useFakeTimers();
  for (const list of [streams, snapshots, changes, timesS, statuses]) list.length = 0;
  returns$ = new Subject();
  following = liveStatus(
    () => streams[streams.push(new FakeStream()) - 1]!,
    {
      onSnapshot: (snapshot) => void snapshots.push(snapshot),
      onChange: (change) => {
        if (change.ended?.includes('nobody')) throw new Error('a VM that is not there');
        changes.push(change);
      },
      onTime: (atS) => void timesS.push(atS),
    },
    returns$,
  ).subscribe((told) => void statuses.push(told));
});

afterEach(() => {
  following.unsubscribe();
  vi.useRealTimers();
});

describe('a stream that works', () => {
  test('is live from its snapshot on and hands out what comes', () => {
    expect(standing()).toEqual(['connecting', 0, null]);
    last().send('snapshot', liveSnapshot());
    last().send('change', { sequence: 8, atS: 1001 });
    last().send('tick', { sequence: 8, atS: 1006 });
    expect(standing()).toEqual(['live', 0, null]);
    expect(snapshots).toEqual([liveSnapshot()]);
    expect(changes).toEqual([{ sequence: 8, atS: 1001 }]);
    expect(timesS).toEqual([1000, 1001, 1006]);
  });

  test('stays live while ticks come', () => {
    last().send('snapshot', liveSnapshot());
    for (let beat = 0; beat < 20; beat++) {
      passS(14);
      last().send('tick', { sequence: 7, atS: 1000 });
    }
    expect(standing()).toEqual(['live', 280, null]);
    expect(streams).toHaveLength(1);
  });
});

describe('a stream is reopened', () => {
  const isLostWith = (message: string): void => {
    expect(status().kind).toBe('offline');
    expect(status().message).toContain(message);
    expect(streams[0]!.isClosed).toBe(true);
    passS(1);
    expect(streams).toHaveLength(2);
    last().send('snapshot', liveSnapshot({ sequence: 90 }));
    expect(status().kind).toBe('live');
    expect(status().message).toBe('');
  };

  test('when the server is gone', () => {
    last().send('snapshot', liveSnapshot());
    last().fail();
    isLostWith('the server does not answer');
  });

  test('when nothing is heard for three heartbeats of the snapshot', () => {
    last().send('snapshot', liveSnapshot({ heartbeatS: 2 }));
    passS(5.9);
    expect(status().kind).toBe('live');
    passS(0.1);
    isLostWith('nothing was heard from the server for 6 s');
  });

  test('when no snapshot comes', () => {
    passS(15);
    isLostWith('for 15 s');
  });

  test('when an event is no JSON', () => {
    last().send('snapshot', liveSnapshot());
    last().send('change', '{"sequence":');
    isLostWith('the server sent a change that cannot be read: not JSON');
  });

  test('when an event breaks the format, saying where', () => {
    last().send('snapshot', liveSnapshot());
    last().send('change', { sequence: 8, atS: 1001, ended: 4 });
    isLostWith('change.ended: expected an array, got 4');
  });

  test('when the server speaks another version', () => {
    last().send('snapshot', { ...liveSnapshot(), format: 'heps-live/2' });
    isLostWith('expected heps-live/1 (the server has another version: reload the page from it)');
  });

  test('when a change does not fit what is known', () => {
    last().send('snapshot', liveSnapshot());
    last().send('change', { sequence: 8, atS: 1001, ended: ['nobody'] });
    isLostWith('a VM that is not there');
  });

  test('when a change is missing', () => {
    last().send('snapshot', liveSnapshot());
    last().send('change', { sequence: 10, atS: 1001 });
    expect(changes).toEqual([]);
    isLostWith('changes 8 to 9 were lost');
  });

  test('when a tick tells of changes that never came', () => {
    last().send('snapshot', liveSnapshot());
    last().send('tick', { sequence: 8, atS: 1001 });
    isLostWith('were lost');
  });

  test('when a change comes before the snapshot', () => {
    last().send('change', { sequence: 8, atS: 1001 });
    isLostWith('before the snapshot');
  });
});

describe('the tries', () => {
  test('come after 1, 2, 5, 10, 10, … seconds', () => {
    const waitsS = Array.from({ length: 6 }, () => {
      last().fail();
      const waitS = standing()[2]!;
      passS(waitS);
      return waitS;
    });
    expect(waitsS).toEqual([1, 2, 5, 10, 10, 10]);
  });

  test('count the time from the loss on, however often they fail', () => {
    last().send('snapshot', liveSnapshot());
    last().fail();
    passS(1);
    last().fail();
    passS(2);
    expect(standing()).toEqual(['connecting', 3, null]);
    last().fail();
    expect(standing()).toEqual(['offline', 3, 5]);
  });

  test('start over after a connection of ten seconds, not after a shorter one', () => {
    const waitAfter = (livedS: number): number => {
      last().send('snapshot', liveSnapshot());
      passS(livedS);
      last().fail();
      const waitS = standing()[2]!;
      passS(waitS);
      return waitS;
    };
    expect([0, 2, 9, 10, 0].map(waitAfter)).toEqual([1, 2, 5, 1, 2]);
  });

  test('come at once when the reader or the network is back, and only while offline', () => {
    last().fail();
    passS(1);
    last().fail();
    comeBack();
    expect(streams).toHaveLength(3);
    comeBack();
    expect(streams).toHaveLength(3);
    passS(2); // the try that had been planned is not made as well
    expect(streams).toHaveLength(3);
  });

  test('come at once when a computer wakes up to a connection long silent', () => {
    last().send('snapshot', liveSnapshot());
    vi.setSystemTime(Date.now() + 3_600_000); // no timer ran meanwhile
    comeBack();
    expect(streams).toHaveLength(2);
    expect(standing()).toEqual(['connecting', 0, null]);
  });

  test('end with close', () => {
    last().fail();
    following.unsubscribe();
    passS(60);
    expect(streams).toHaveLength(1);
  });

  test('an old stream that still speaks is not heard', () => {
    const old = last();
    old.fail();
    passS(1);
    old.send('snapshot', liveSnapshot());
    old.fail();
    expect(snapshots).toEqual([]);
    expect(status().kind).toBe('connecting');
  });
});

test('no status is told twice without a reason', () => {
  last().send('snapshot', liveSnapshot());
  last().send('change', { sequence: 8, atS: 1001 });
  last().fail();
  passS(1);
  last().send('snapshot', liveSnapshot());
  expect(statuses.map(({ kind }) => kind)).toEqual(['connecting', 'live', 'offline', 'connecting', 'live']);
});
