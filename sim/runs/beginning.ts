/** Where the time of a run begins: at the first arrival of a trace, at the instant that somebody names, or at 0. */
import { InputError } from '../../core/input-error.ts';
import { instantS } from '../../core/instant.ts';
import type { Arrival, ArrivalStream } from '../../traces/arrival.ts';

/** An instant of the workload, s; `first`: that of its first arrival. */
export type From = number | 'first';

/** Where the time of a run begins. Everything that is averaged, counted or found in time counts from there. */
export interface Beginning {
  /** Instant of the workload, s. */
  readonly atS: number;
  /** Of a generated workload time begins at 0; of a trace at its first arrival, or as somebody said. */
  readonly how: 'generated' | 'first' | 'given';
  /** VMs that arrive before; they are left out. */
  readonly vmsBefore: number;
}

/** @param workload a preset generates, unless it is null */
export function beginningOf(
  workload: { readonly preset: string | null; readonly from?: From | undefined },
  atS: number,
  vmsBefore: number,
): Beginning {
  const how = workload.preset !== null ? 'generated' : workload.from === 'first' ? 'first' : 'given';
  return { atS, how, vmsBefore };
}

/** A workload whose beginning is known. */
export interface BegunArrivals {
  /** Instant of the workload at which time begins, s. */
  readonly beginS: number;
  /** VMs that arrive before. */
  readonly vmsBefore: number;
  /** Those that arrive at `beginS` or later, with the instants of the workload. To be read once. */
  readonly arrivals: ArrivalStream;
}

/**
 * Reads as far as the first arrival that counts.
 *
 * @throws InputError when all come before `from`
 */
export async function beginAt(arrivals: ArrivalStream, from: From): Promise<BegunArrivals> {
  if (from === 0) return { beginS: 0, vmsBefore: 0, arrivals };
  const fromS = from === 'first' ? -Infinity : from;
  const batches = arrivals[Symbol.asyncIterator]();
  let vmsBefore = 0;
  let lastS = 0;
  for (;;) {
    const { done, value: batch } = await batches.next();
    if (done) break;
    const place = batch.findIndex(({ atS }) => instantS(atS) >= fromS);
    vmsBefore += place < 0 ? batch.length : place;
    lastS = batch.at(-1)?.atS ?? lastS;
    if (place < 0) continue;
    const beginS = from === 'first' ? instantS(batch[place]!.atS) : from;
    return { beginS, vmsBefore, arrivals: continued(batch.slice(place), batches) };
  }
  if (vmsBefore > 0) throw new InputError('--from', `a time up to the last arrival, ${lastS} s`, `${from} s`);
  return { beginS: from === 'first' ? 0 : from, vmsBefore, arrivals: continued([], batches) };
}

/** A stream of which one batch has been taken. */
async function* continued(first: readonly Arrival[], rest: AsyncIterator<readonly Arrival[]>): ArrivalStream {
  try {
    if (first.length > 0) yield first;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
