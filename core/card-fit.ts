/** Which cards of a host can serve a request, and which of those it gets: the fine-grained part of Fig. 6. */
import type { HostView } from './cluster.ts';
import type { VmRequest } from './request.ts';

/** Whether a model is acceptable to the request. */
export function acceptsModel(request: VmRequest, model: string): boolean {
  return request.cardModels.length === 0 || request.cardModels.includes(model);
}

/** Whether one card could serve the request if nobody held any of it. */
export function cardSuits(host: HostView, card: number, request: VmRequest): boolean {
  const { model, memoryMib, cores } = host.specs.cards[card]!;
  return acceptsModel(request, model) && memoryMib >= request.cardMemoryMib && cores >= request.cardCores;
}

/** Whether one card can serve the request now: healthy, of an accepted model, and with the asked memory and cores free. */
export function cardServes(host: HostView, card: number, request: VmRequest): boolean {
  if (!host.isCardHealthy(card) || !cardSuits(host, card, request)) return false;
  const { memoryMib, cores } = host.cardShare(card, request);
  return host.cardMemoryFreeMib(card) >= memoryMib && host.cardCoresFree(card) >= cores;
}

/** Cards of the host that can serve the request now, by index. */
export function servingCards(host: HostView, request: VmRequest): number[] {
  const serving: number[] = [];
  for (let card = 0; card < host.specs.cards.length; card++) if (cardServes(host, card, request)) serving.push(card);
  return serving;
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
