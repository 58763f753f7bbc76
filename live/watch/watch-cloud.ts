/** The live view of a running `heps live serve`, as events. */
import { defer, map, mergeMap, type Observable } from 'rxjs';
import type { CloudEvent } from '../../core/events.ts';
import { eventsBetween, eventsOfChange } from '../../core/wire/cloud-events.ts';
import { LiveState } from '../../core/wire/live-state.ts';
import { checkLiveChange, checkLiveSnapshot, checkLiveTick } from '../../core/wire/live-stream.ts';
import { type ReconnectOptions, reconnecting } from './reconnecting.ts';
import { type ServerSentEvent, serverSentEvents$ } from './server-sent-events.ts';
import { withSlash } from './watch-srm.ts';

/**
 * First what is there, each VM as bound since it runs and each failed host and card, then what happens. Lost connections are made
 * again; what happened meanwhile is told then, so that a subscriber that adds events up is right at any time. SRM records come from
 * `watchSrm$`.
 *
 * Errors at once with `StreamRefused` where the server refuses the token (401, 403), or with an InputError where it speaks another version
 * of the stream.
 *
 * @param url of the server, such as `https://scheduler.example:8790/`
 * @param token of a reader
 */
export function watchCloud$(url: string | URL, token: string, options: ReconnectOptions = {}): Observable<CloudEvent> {
  const address = new URL('events', withSlash(url));
  return defer(() => {
    let state: LiveState | null = null;
    /** Of one connection. A gap in it is a loss like any other: the next one begins with a snapshot. */
    const connect = (): Observable<CloudEvent[]> => {
      let isFresh = true;
      const take = (event: ServerSentEvent | null): CloudEvent[] => {
        if (event === null) return [];
        const value: unknown = JSON.parse(event.data);
        if (event.type === 'snapshot') {
          const before = state;
          state = new LiveState(checkLiveSnapshot(value));
          isFresh = false;
          return eventsBetween(before, state);
        }
        if (event.type !== 'change' && event.type !== 'tick') return [];
        if (isFresh || state === null) throw new Error(`a ${event.type} came before the snapshot`);
        if (event.type === 'tick') {
          const { sequence } = checkLiveTick(value);
          if (sequence !== state.sequence) throw new Error(`changes ${state.sequence + 1} to ${sequence} were lost`);
          return [];
        }
        const change = checkLiveChange(value);
        if (change.sequence !== state.sequence + 1)
          throw new Error(`changes before number ${change.sequence} were lost`);
        const events = eventsOfChange(state, change);
        state.apply(change);
        return events;
      };
      return serverSentEvents$({ url: address, token }).pipe(map(take));
    };
    return reconnecting(connect, options).pipe(mergeMap((events) => events));
  });
}
