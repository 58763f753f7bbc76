/** When it is worth trying a lost connection again at once. */
import { filter, fromEvent, merge, type Observable } from 'rxjs';

/** Emits when the network is back, and when the reader comes back to this tab. */
export const readerReturns$: Observable<unknown> = merge(
  fromEvent(window, 'online'),
  fromEvent(document, 'visibilitychange').pipe(filter(() => !document.hidden)),
);
