/** A LiveSource on the browser's own means. */
import { LiveSource, type LiveSourceOptions } from './live-source.ts';

/** Follows the stream at that address, and tries at once when the network or the reader comes back. */
export function followLive(url: string, handlers: Omit<LiveSourceOptions, 'open' | 'nowMs'>): LiveSource {
  const source = new LiveSource({ ...handlers, open: () => new EventSource(url), nowMs: () => Date.now() });
  addEventListener('online', () => source.wake());
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') source.wake();
  });
  return source;
}
