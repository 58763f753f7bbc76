/** How much of a card is free or asked for, in thousandths of it: the milli-GPU of the FGD artifact. Cards are named by their row in the cluster. */
import type { Cluster } from '../cluster.ts';
import type { VmRequest } from '../request.ts';

/** A whole card. */
export const wholeCard = 1000;

/** What is free of a card: of a shared one the part of its cores, rounded down; a passthrough card is free or not; a failed one is not. */
export function freeThousandths(cluster: Cluster, card: number): number {
  return thousandthsOf(cluster, card, cluster.cardMemoryFreeMib[card]!, cluster.cardCoresFree[card]!);
}

/** The same if this much memory and this many cores of the card were free. */
export function thousandthsOf(cluster: Cluster, card: number, memoryFreeMib: number, coresFree: number): number {
  if (cluster.cardHealthy[card] === 0) return 0;
  const { memoryMib, cores } = cluster.models[cluster.cardModel[card]!]!;
  if (cluster.cardIsShared[card] === 1) return Math.floor((wholeCard * coresFree) / cores);
  return coresFree === cores && memoryFreeMib === memoryMib ? wholeCard : 0;
}

/** The sum over the cards of a host. */
export function freeThousandthsOn(cluster: Cluster, host: number): number {
  let sum = 0;
  for (let card = cluster.cardStart[host]!; card < cluster.cardStart[host + 1]!; card++) {
    sum += freeThousandths(cluster, card);
  }
  return sum;
}

/** What a request takes of a card, rounded up. */
export function askedThousandths(cluster: Cluster, card: number, request: VmRequest): number {
  const { cores } = cluster.models[cluster.cardModel[card]!]!;
  return Math.ceil((wholeCard * cluster.cardShare(card, request, false).cores) / cores);
}
