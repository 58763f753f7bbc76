/** How the PCI aliases of nova.conf name cards: by what stock OpenStack counts them. */
import { acceptsModel, suits } from './card-fit.ts';
import type { HostView } from './cluster.ts';
import { type Filter, lackOf } from './filters.ts';
import type { GpuCard } from './gpu-card.ts';
import { isGpuRequest, type VmRequest } from './request.ts';

/** How an operator's PCI aliases name cards. */
export interface Aliases {
  /** Nova's PciPassthroughFilter: enough idle cards of the alias (nova/scheduler/filters/pci_passthrough_filter.py, nova/pci/stats.py). */
  readonly filter: Filter;
  /** Idle cards of the alias, by index. */
  counted(host: HostView, request: VmRequest): number[];
  /** Whether the alias holds only products with the memory and the cores asked for. */
  readonly areBySize: boolean;
}

/** @param isOf whether the alias that the request names holds the card's product */
function aliases(areBySize: boolean, isOf: (request: VmRequest, card: GpuCard) => boolean): Aliases {
  const counted = (host: HostView, request: VmRequest): number[] => {
    const indexes: number[] = [];
    host.specs.cards.forEach((card, index) => {
      if (isOf(request, card) && host.isCardIdle(index)) indexes.push(index);
    });
    return indexes;
  };
  const filter: Filter = {
    name: 'PciPassthroughFilter',
    dependsOn: 'host',
    reject(host, request) {
      if (!isGpuRequest(request)) return undefined;
      const cards = host.specs.cards;
      if (cards.length < request.cards) return 'no-cards';
      if (counted(host, request).length >= request.cards) return undefined;
      if (cards.filter((card) => isOf(request, card)).length >= request.cards) return 'cards-busy';
      return lackOf(cards, request);
    },
  };
  return { filter, counted, areBySize };
}

/** One alias for all cards; a request that names models is counted over those, since an alias names a product. Memory and cores are unknown to it. */
export const byModel = aliases(false, (request, card) => acceptsModel(request, card.model));

/**
 * An alias for each size that is asked for: an operator may repeat an alias in nova.conf, once for each product id that has the memory and the
 * cores (nova/pci/request.py, `_get_alias_from_config`).
 */
export const bySize = aliases(true, suits);

/** Nova's PciPassthroughFilter with one alias for all cards. */
export const gpuCount = byModel.filter;

/** Idle cards that a counting scheduler would take for the request, by index. */
export const countedCards = byModel.counted;
