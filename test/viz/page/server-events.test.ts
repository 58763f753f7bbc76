import { concat, map, NEVER, Observable, of, Subject, throwError, timer } from 'rxjs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type FollowOptions, follow, serverEvents } from '../../../viz/page/server-events.ts';

/** What the connection told, with the second at which it did. */
let told: string[];
let returns$: Subject<void>;
/** Connections opened and closed so far. */
let opened: number;
let closed: number;

const passS = (seconds: number): void => void vi.advanceTimersByTime(seconds * 1000);
const fails = throwError(() => new Error('no'));
const heartbeat = { patienceS: () => 15, hasHeartbeat: true };
const noHeartbeat = { patienceS: () => 60, hasHeartbeat: false };

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  told = [];
  returns$ = new Subject();
  opened = closed = 0;
});
afterEach(() => {
  vi.useRealTimers();
});

/** Follows connections made by `connect`, which is given how many came before. */
function start(connect: (before: number) => Observable<string>, options: Omit<FollowOptions, 'returns$'>) {
  const connection = new Observable<string>((subscriber) => {
    const subscription = connect(opened++).subscribe(subscriber);
    return () => {
      closed++;
      subscription.unsubscribe();
    };
  });
  return follow(connection, { ...options, returns$ }).subscribe((each) => {
    const what =
      each.kind === 'event'
        ? each.event
        : each.kind === 'offline'
          ? `${each.message} until ${each.nextTryMs / 1000}`
          : each.kind;
    told.push(`${Date.now() / 1000}: ${what}`);
  });
}

describe('a refused connection', () => {
  test('is tried again after 1, 2, 5, 10 and 10 seconds', () => {
    start(() => fails, heartbeat);
    passS(20);
    expect(told).toEqual([
      '0: connecting',
      '0: no until 1',
      '1: connecting',
      '1: no until 3',
      '3: connecting',
      '3: no until 8',
      '8: connecting',
      '8: no until 18',
      '18: connecting',
      '18: no until 28',
    ]);
    expect(closed).toBe(opened);
  });

  test('is tried at once when the reader returns, and the planned try is dropped', () => {
    start((before) => (before === 0 ? fails : NEVER), heartbeat);
    passS(0.5);
    returns$.next();
    expect(told.at(-1)).toBe('0.5: connecting');
    passS(5);
    expect(opened).toBe(2);
  });

  test('is not tried again once nobody subscribes', () => {
    start(() => fails, heartbeat).unsubscribe();
    passS(60);
    expect(opened).toBe(1);
  });
});

test('only a connection that lasted ten seconds starts the backoff over', () => {
  const livesS = [0, 3, 10, 0];
  start(
    (before) =>
      new Observable((subscriber) => {
        subscriber.next('event');
        return timer(livesS[before]! * 1000).subscribe(() => subscriber.error(new Error('no')));
      }),
    heartbeat,
  );
  passS(16);
  // Lost at 0, 1 + 3, 6 + 10, and again at 17.
  expect(told.filter((each) => each.includes('until'))).toEqual(['0: no until 1', '4: no until 6', '16: no until 17']);
});

describe('silence', () => {
  test('counts as a loss where the server sends heartbeats', () => {
    start(() => concat(of('event'), NEVER), heartbeat);
    passS(15);
    expect(told.at(-1)).toBe('15: nothing was heard from the server for 15 s until 16');
    expect([opened, closed]).toEqual([1, 1]);
  });

  test('is no loss while events keep coming', () => {
    start(() => timer(14_000, 14_000).pipe(map(() => 'event')), heartbeat);
    passS(140);
    expect(opened).toBe(1);
  });

  test('without heartbeats opens another connection only when the reader returns, and quietly', () => {
    start(() => concat(of('event'), NEVER), noHeartbeat);
    passS(60);
    returns$.next();
    expect(opened).toBe(1);
    passS(1);
    returns$.next();
    expect([opened, closed]).toEqual([2, 1]);
    expect(told).toEqual(['0: connecting', '0: event', '61: connecting', '61: event']);
  });
});

describe('the events of a stream', () => {
  const listeners = new Map<string, (event: { data?: unknown }) => void>();
  const close = vi.fn();
  const open = () => ({
    addEventListener: (type: string, listener: (event: { data?: unknown }) => void) =>
      void listeners.set(type, listener),
    close,
  });
  const errors: string[] = [];
  const values: unknown[] = [];

  beforeEach(() => {
    close.mockClear();
    errors.length = values.length = 0;
    serverEvents(open, ['list']).subscribe({
      next: (event) => void values.push(event),
      error: (error: Error) => void errors.push(error.message),
    });
  });

  test('arrive parsed, with their type', () => {
    listeners.get('list')!({ data: '[1]' });
    expect(values).toEqual([{ type: 'list', value: [1] }]);
    expect(close).not.toHaveBeenCalled();
  });

  test('end with the first that is not JSON, and the stream is closed', () => {
    listeners.get('list')!({ data: '[1' });
    expect(errors[0]).toContain('the server sent a list that cannot be read: not JSON');
    expect(close).toHaveBeenCalledOnce();
  });

  test('end when the connection breaks, and the stream is closed', () => {
    listeners.get('error')!({});
    expect(errors).toEqual(['the server does not answer, or answers with an error']);
    expect(close).toHaveBeenCalledOnce();
  });
});
