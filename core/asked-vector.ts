/** R of Eq. (3), what a GPU VM asks for, and what the components of both vectors are divided by. */
import { modelSuits } from './card-fit.ts';
import type { Cluster } from './cluster.ts';
import type { VmRequest } from './request.ts';
import type { ResourceVector } from './resources.ts';
import { rawUnits } from './scores.ts';

/**
 * What R holds for the memory or the cores of a card where the request says that any will do. The paper's R always names both.
 *
 * - `zero`: 0, so that what is idle of it only makes the vectors less alike
 * - `dropped`: the component is left out of both vectors
 * - `least`: the least that a card of the cluster has whose model may serve the request, held or not
 */
export type Unasked = 'zero' | 'dropped' | 'least';

/** How the vectors of Eq. (3) are made. */
export interface VectorForm {
  /** `normalised`: each component divided by its largest capacity in the cluster; `raw`: as it stands. */
  readonly similarity: 'normalised' | 'raw';
  /** For what is not asked for. */
  readonly unasked: Unasked;
}

/** The same, and what N counts. */
export interface Vectors extends VectorForm {
  /** What *Card_free* counts: the cards that serve, or all of the host that have something to give. */
  readonly freeCards: 'model' | 'node';
}

/** R, and the units of N and R. */
export interface AskedVector {
  /** In vCPUs, MiB, cores and cards. */
  readonly asked: ResourceVector;
  /** What each component of N and R is divided by; Infinity for one that does not count. */
  readonly units: ResourceVector;
}

/** The vector of a request in a cluster; it depends on the models there are, never on what is free. */
export function askedVector(cluster: Cluster, request: VmRequest, { similarity, unasked }: VectorForm): AskedVector {
  const units = similarity === 'raw' ? rawUnits : cluster.largest;
  const { cards, cardMemoryMib, cardCores, vcpus, ramMib } = request;
  if (unasked === 'zero' || (cardMemoryMib > 0 && cardCores > 0)) return { asked: request, units };
  if (unasked === 'dropped') {
    const counted = {
      ...units,
      ...(cardMemoryMib > 0 ? {} : { cardMemoryMib: Infinity }),
      ...(cardCores > 0 ? {} : { cardCores: Infinity }),
    };
    return { asked: request, units: counted };
  }
  const least = leastOfSuiting(cluster, request);
  const asked = {
    cards,
    cardMemoryMib: cardMemoryMib > 0 ? cardMemoryMib : least.memoryMib,
    cardCores: cardCores > 0 ? cardCores : least.cores,
    vcpus,
    ramMib,
  };
  return { asked, units };
}

/** The least memory and the fewest cores of the models that may serve; 0 where none may. */
function leastOfSuiting({ models }: Cluster, request: VmRequest): { memoryMib: number; cores: number } {
  let [memoryMib, cores] = [Infinity, Infinity];
  for (const model of models) {
    if (!modelSuits(request, model)) continue;
    memoryMib = Math.min(memoryMib, model.memoryMib);
    cores = Math.min(cores, model.cores);
  }
  return memoryMib === Infinity ? { memoryMib: 0, cores: 0 } : { memoryMib, cores };
}
