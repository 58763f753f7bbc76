/** The SRM records of a running `heps live serve`, as events. */
import { defer, mergeMap, type Observable, tap } from 'rxjs';
import { aNumber, anInteger, anObject, aText } from '../../core/check.ts';
import type { SrmEvent } from '../../core/events.ts';
import { checkSrm } from '../../core/srm.ts';
import { type ReconnectOptions, reconnecting } from './reconnecting.ts';
import { type ServerSentEvent, serverSentEvents$ } from './server-sent-events.ts';

/**
 * First the record of every host, then what changes: a record that says something new, or a host that has missed its reports. Lost
 * connections are made again and go on where they were; after a restart of the server every host is told once more.
 *
 * Errors at once with `StreamRefused` where the server refuses the token (401, 403), or with an InputError where it sends what is no
 * record.
 *
 * @param url of the server, such as `https://scheduler.example:8790/`
 * @param token of a reader
 */
export function watchSrm$(url: string | URL, token: string, options: ReconnectOptions = {}): Observable<SrmEvent> {
  const address = new URL('v1/srm?watch', withSlash(url));
  return defer(() => {
    let lastEventId: string | undefined;
    const news = new SrmNews();
    const connect = (): Observable<ServerSentEvent | null> =>
      serverSentEvents$({ url: address, token, lastEventId }).pipe(
        tap((event) => {
          if (event !== null && event.lastEventId !== '') lastEventId = event.lastEventId;
        }),
      );
    return reconnecting(connect, options).pipe(mergeMap((event) => (event === null ? [] : news.take(event))));
  });
}

/** An address to which paths are added. */
export function withSlash(url: string | URL): URL {
  const address = new URL(url);
  if (!address.pathname.endsWith('/')) address.pathname += '/';
  return address;
}

/** Tells what is new from what is only told again. */
class SrmNews {
  /** Version of the last record told since the last reset, by host. */
  readonly #versions = new Map<string, number>();
  readonly #missed = new Set<string>();

  take({ type, data }: ServerSentEvent): SrmEvent[] {
    // The database may be another one after it, with lower versions.
    if (type === 'reset') this.#versions.clear();
    if (type !== 'record' && type !== 'stale' && type !== 'forgotten') return [];
    const state = anObject(JSON.parse(data), type);
    const host = aText(state.host, `${type}.host`);
    if (type === 'forgotten') {
      this.#versions.delete(host);
      this.#missed.delete(host);
      return [];
    }
    const version = anInteger(state.version, `${type}.version`);
    const atS = aNumber(state.receivedAtS, `${type}.receivedAtS`);
    const events: SrmEvent[] = [];
    // Changes that came while records were sent follow them, and may be in them already.
    if (type === 'record' && version > (this.#versions.get(host) ?? -1)) {
      this.#versions.set(host, version);
      this.#missed.delete(host);
      events.push({ kind: 'srm', atS, host, record: checkSrm(state.record) });
    }
    if ((type === 'stale' || state.stale === true) && !this.#missed.has(host)) {
      this.#missed.add(host);
      events.push({ kind: 'srm-missed', atS, host });
    }
    return events;
  }
}
