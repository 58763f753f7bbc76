/** Between batches of arrivals: whether a run is still wanted, and a turn for everything else that waits. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Checkpoint } from './play.ts';

/** Milliseconds that a run may keep the event loop to itself. */
const msBetweenTurns = 20;

/**
 * Lets timers, sockets and signals have their turn now and then, so that a run can be interrupted.
 *
 * @throws when called: the signal's reason once it is aborted
 */
export function checkpointOf(signal: AbortSignal | undefined): Checkpoint {
  let turnMs = performance.now();
  return async () => {
    if (performance.now() - turnMs >= msBetweenTurns) {
      await nextTurn();
      turnMs = performance.now();
    }
    signal?.throwIfAborted();
  };
}
