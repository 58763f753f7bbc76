/** Which cards of a host can serve a request, and which of those it gets: the fine-grained part of Fig. 6. */
import { sharedCardShare } from './card-share.ts';
import type { CardGroup, Cluster, HostView } from './cluster.ts';
import type { GpuCard, GpuModel } from './gpu-card.ts';
import type { VmRequest } from './request.ts';

/** Whether a model is acceptable to the request. */
export function acceptsModel(request: Pick<VmRequest, 'cardModels'>, model: string): boolean {
  return request.cardModels.length === 0 || request.cardModels.includes(model);
}

/** Whether a card of the model could serve the request if nobody held any of it. */
export function modelSuits(
  request: Pick<VmRequest, 'cardMemoryMib' | 'cardCores' | 'cardModels'>,
  model: GpuModel,
): boolean {
  return (
    model.memoryMib >= request.cardMemoryMib && model.cores >= request.cardCores && acceptsModel(request, model.name)
  );
}

/** The same of a card. */
export function suits(request: VmRequest, { memoryMib, cores, model }: GpuCard): boolean {
  return memoryMib >= request.cardMemoryMib && cores >= request.cardCores && acceptsModel(request, model);
}

/** Cards of a group that can serve the request now, by index: healthy, suiting, and with as much free as it would take. */
export function servingInGroup(host: HostView, group: CardGroup, request: VmRequest): number[] {
  const { model, sharing, cards } = group;
  if (!modelSuits(request, model)) return [];
  const taken = sharing === 'passthrough' ? model : sharedCardShare(request, model.memoryMib, model.cores);
  return cards.filter(
    (card) =>
      host.isCardHealthy(card) &&
      host.cardMemoryFreeMib(card) >= taken.memoryMib &&
      host.cardCoresFree(card) >= taken.cores,
  );
}

/** The same of one card, by its row in the cluster. */
export function serves(cluster: Cluster, card: number, request: VmRequest): boolean {
  if (cluster.cardHealthy[card] === 0 || !modelSuits(request, cluster.models[cluster.cardModel[card]!]!)) return false;
  const share = cluster.cardShare(card, request, false);
  return cluster.cardMemoryFreeMib[card]! >= share.memoryMib && cluster.cardCoresFree[card]! >= share.cores;
}

/** Cards of the host that can serve the request now, group by group. */
export function servingCards(host: HostView, request: VmRequest): number[] {
  return host.cardGroups.flatMap((group) => servingInGroup(host, group, request));
}

/** Cards of the host that still have something to give: idle, or shared and not used up. The literal *Card_free* of the paper. */
export function freeCardsOf(host: HostView): number {
  let free = 0;
  for (const { sharing, cards } of host.cardGroups) {
    for (const card of cards) {
      const isFree =
        sharing === 'passthrough'
          ? host.isCardIdle(card)
          : host.isCardHealthy(card) && host.cardMemoryFreeMib(card) > 0 && host.cardCoresFree(card) > 0;
      if (isFree) free++;
    }
  }
  return free;
}

/** Of the given cards the `count` with the least free memory, then the fewest free cores, then the lowest index; ascending by index. */
export function tightestCards(host: HostView, cards: readonly number[], count: number): number[] {
  return [...cards]
    .sort(
      (a, b) =>
        host.cardMemoryFreeMib(a) - host.cardMemoryFreeMib(b) || host.cardCoresFree(a) - host.cardCoresFree(b) || a - b,
    )
    .slice(0, count)
    .sort((a, b) => a - b);
}

/** Whether any of these cards of a host has less memory or fewer cores than asked for, whatever is free of it. */
export function hasWrongCards(cluster: Cluster, host: number, cards: readonly number[], request: VmRequest): boolean {
  return cards.some((card) => {
    const { memoryMib, cores } = cluster.specs[host]!.cards[card]!;
    return memoryMib < request.cardMemoryMib || cores < request.cardCores;
  });
}
