/** A stream of server-sent events as an Observable that reconnects. Free of the DOM: see reader-returns.ts and live-connection.ts. */
import {
  asyncScheduler,
  catchError,
  concat,
  defer,
  EMPTY,
  filter,
  ignoreElements,
  map,
  merge,
  Observable,
  of,
  repeat,
  startWith,
  switchMap,
  take,
  tap,
  timer,
} from 'rxjs';

/** The part of an `EventSource` that is used. */
export interface EventStream {
  addEventListener(type: string, listener: (event: { readonly data?: unknown }) => void): void;
  close(): void;
}

/** One event as the server sent it. */
export interface ServerEvent {
  readonly type: string;
  /** Its JSON, parsed. */
  readonly value: unknown;
}

/** What following a connection tells: `connecting` begins each try, `offline` ends it. */
export type Followed<Event> =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'event'; readonly event: Event }
  /** Lost or refused: what went wrong, and when the next try is due, milliseconds since the epoch. */
  | { readonly kind: 'offline'; readonly message: string; readonly nextTryMs: number };

export interface FollowOptions {
  /** Emits when the reader or the network comes back: retries at once, and drops a connection that has been silent too long. */
  readonly returns$: Observable<unknown>;
  /** Seconds without an event that are too long, asked after each event. */
  readonly patienceS: () => number;
  /** Whether the server sends heartbeats, so that silence alone means a loss. Without them it counts only when the reader returns. */
  readonly hasHeartbeat: boolean;
}

/** Seconds before the first, second, … try after a loss; the last holds for all that follow. */
const backoffS = [1, 2, 5, 10];
/** Seconds from its first event that a connection must last for the backoff to start over. */
const steadyS = 10;

/** The reader came back to a connection that has been silent too long, as after a laptop slept. */
class SilentOnReturn extends Error {}

/**
 * One connection, opened on subscription and closed on unsubscription. Never completes.
 *
 * @param types names of the events to listen for
 * @returns errors when the connection is lost, or an event is not JSON
 */
export function serverEvents(open: () => EventStream, types: readonly string[]): Observable<ServerEvent> {
  return new Observable<{ type: string; data: unknown }>((subscriber) => {
    const stream = open();
    for (const type of types) stream.addEventListener(type, ({ data }) => subscriber.next({ type, data }));
    // The browser's own reconnecting gives up for good on an answer that is no stream, such as a proxy's 502.
    stream.addEventListener('error', () =>
      subscriber.error(new Error('the server does not answer, or answers with an error')),
    );
    return () => stream.close();
  }).pipe(map(({ type, data }) => ({ type, value: readable(type, () => JSON.parse(String(data))) })));
}

/** What `read` returns. @throws Error naming the type of event that cannot be read, and why */
export function readable<Value>(type: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    const why = error instanceof SyntaxError ? `not JSON: ${error.message}` : (error as Error).message;
    throw new Error(`the server sent a ${type} that cannot be read: ${why}`);
  }
}

/**
 * Subscribes to `connection` again after each error: after growing pauses, or at once when the reader returns. Never errors or completes.
 *
 * @param connection an error thrown by one of its operators counts as a loss, too
 */
export function follow<Event>(connection: Observable<Event>, options: FollowOptions): Observable<Followed<Event>> {
  return defer(() => {
    let failures = 0;
    let firstMs = Infinity;
    const lost = (error: Error): Observable<Followed<Event>> => {
      const nowMs = asyncScheduler.now();
      if (nowMs - firstMs >= steadyS * 1000) failures = 0;
      if (error instanceof SilentOnReturn) return EMPTY;
      const waitMs = 1000 * backoffS[Math.min(failures++, backoffS.length - 1)]!;
      return concat(
        of({ kind: 'offline' as const, message: error.message, nextTryMs: nowMs + waitMs }),
        merge(timer(waitMs), options.returns$).pipe(take(1), ignoreElements()),
      );
    };
    const events = withPatience(connection, options).pipe(
      tap(() => {
        firstMs = Math.min(firstMs, asyncScheduler.now());
      }),
      map((event) => ({ kind: 'event' as const, event })),
    );
    return defer(() => {
      firstMs = Infinity;
      return concat(of({ kind: 'connecting' as const }), events);
    }).pipe(catchError(lost), repeat());
  });
}

/** Errors once nothing has come for too long. */
function withPatience<Event>(
  connection: Observable<Event>,
  { returns$, patienceS, hasHeartbeat }: FollowOptions,
): Observable<Event> {
  const silence = (): Observable<never> => {
    const [heardMs, longestS] = [asyncScheduler.now(), patienceS()];
    const isTooLong = (): boolean => asyncScheduler.now() - heardMs > longestS * 1000;
    return merge(
      returns$.pipe(filter(isTooLong), failing(new SilentOnReturn())),
      hasHeartbeat
        ? timer(longestS * 1000).pipe(failing(new Error(`nothing was heard from the server for ${longestS} s`)))
        : EMPTY,
    );
  };
  return connection.pipe(
    map((event) => of(event)),
    startWith(EMPTY),
    switchMap((event) => concat(event, defer(silence))),
  );
}

function failing(error: Error): (source: Observable<unknown>) => Observable<never> {
  return map((): never => {
    throw error;
  });
}
