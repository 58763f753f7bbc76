/** How many cards of each model are free, held and out of order, for those who watch the service. */
import type { Cluster } from '../../core/cluster.ts';

export interface CardCounts {
  free: number;
  held: number;
  unhealthy: number;
}

/** By name of the model, in order of first appearance. A card that is out of order counts as that, whoever holds it. */
export function cardCounts(cluster: Cluster): ReadonlyMap<string, CardCounts> {
  const counts = cluster.models.map((): CardCounts => ({ free: 0, held: 0, unhealthy: 0 }));
  for (let card = 0; card < cluster.cardModel.length; card++) {
    const model = cluster.cardModel[card]!;
    const isWhole = cluster.cardMemoryFreeMib[card] === cluster.models[model]!.memoryMib;
    counts[model]![cluster.cardHealthy[card] === 0 ? 'unhealthy' : isWhole ? 'free' : 'held']++;
  }
  return new Map(cluster.models.map(({ name }, model) => [name, counts[model]!]));
}
