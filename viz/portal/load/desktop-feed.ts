/** The person's desktops, followed by server-sent events. */
import { map, type Observable } from 'rxjs';
import type { DesktopView } from '../../../core/wire/portal.ts';
import { type EventStream, type Followed, follow, serverEvents } from '../../page/server-events.ts';

/** Seconds of silence after which a stream counts as stale when the person comes back: a laptop that slept may hold a dead connection. */
const staleS = 60;

/**
 * Follows the desktops while subscribed.
 *
 * @param returns$ emits when the person or the network comes back
 * @returns the whole list after each change, and how the connection does
 */
export function desktopFeed(
  open: () => EventStream,
  returns$: Observable<unknown>,
): Observable<Followed<readonly DesktopView[]>> {
  const desktops = serverEvents(open, ['desktops']).pipe(
    map(({ value }) => (value as { desktops: readonly DesktopView[] }).desktops),
  );
  return follow(desktops, { returns$, patienceS: () => staleS, hasHeartbeat: false });
}
