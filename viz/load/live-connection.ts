/** The stream of a live cloud by the browser's own means. */
import { merge, type Observable } from 'rxjs';
import { readerReturns$ } from '../page/reader-returns.ts';
import { type LiveHandlers, type LiveStatus, liveStatus } from './live-source.ts';

/** Follows the stream at that address while subscribed. @param retries$ emits when the reader asks to try now */
export function followLive(url: string, handlers: LiveHandlers, retries$: Observable<unknown>): Observable<LiveStatus> {
  return liveStatus(() => new EventSource(url), handlers, merge(readerReturns$, retries$));
}
