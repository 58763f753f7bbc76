/** Arrivals that somebody hands over in memory, checked and kept. */
import { aNumber, anInteger, anObject, aPositive } from '../../core/check.ts';
import { InputError } from '../../core/input-error.ts';
import type { VmRequest } from '../../core/request.ts';
import { vmRequest } from '../../core/request.ts';
import type { Arrival } from '../../traces/arrival.ts';

/** Arrivals in order of `atS`: a list, or anything that yields them one by one or in batches, such as what `readTrace` gives. */
export type ArrivalSource = Iterable<Arrival | readonly Arrival[]> | AsyncIterable<Arrival | readonly Arrival[]>;

/**
 * Reads a source to its end and copies what it yields.
 *
 * @throws InputError naming the place and the field, such as `workload[3].lifetimeS`
 */
export async function collectArrivals(source: ArrivalSource): Promise<readonly Arrival[]> {
  const arrivals: Arrival[] = [];
  for await (const item of source) {
    for (const arrival of isBatch(item) ? item : [item]) {
      arrivals.push(checkedArrival(arrival, `workload[${arrivals.length}]`, arrivals.at(-1)?.atS ?? 0));
    }
  }
  return arrivals;
}

function isBatch(item: Arrival | readonly Arrival[]): item is readonly Arrival[] {
  return Array.isArray(item);
}

/** A copy, since a reader may fill the same arrival again. */
function checkedArrival(arrival: Arrival, where: string, previousS: number): Arrival {
  anObject(arrival, where);
  const { atS, lifetimeS, station = '', flavor = '', image = '', user = '' } = arrival;
  aNumber(atS, `${where}.atS`);
  if (atS < previousS) throw new InputError(`${where}.atS`, `at least ${previousS}, that of the arrival before`, atS);
  aPositive(lifetimeS, `${where}.lifetimeS`);
  anObject(arrival.request, `${where}.request`);
  anInteger(arrival.request.ramMib, `${where}.request.ramMib`);
  return { atS, lifetimeS, request: checkedRequest(arrival.request, where), station, flavor, image, user };
}

function checkedRequest(request: VmRequest, where: string): VmRequest {
  const { id, vcpus, ramMib, diskGib, cards, cardMemoryMib, cardCores, cardModels } = request;
  try {
    return vmRequest({ id, vcpus, ramMib, diskGib, cards, cardMemoryMib, cardCores, cardModels });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw InputError.saying(`${where}.request, ${error.message}`);
  }
}
