/** How the PCI aliases of nova.conf name cards: by what stock OpenStack counts them. */
import type { HostView } from './cluster.ts';
import { countedCards, countedSuitingCards, type Filter, gpuCount, gpuCountOfSuiting } from './filters.ts';
import type { VmRequest } from './request.ts';

/** How an operator's PCI aliases name cards. */
export interface Aliases {
  /** Counts idle cards of the alias that a request names. */
  readonly filter: Filter;
  /** Those that it counts, by index. */
  counted(host: HostView, request: VmRequest): number[];
  /** Whether the alias holds only products with the memory and the cores asked for. */
  readonly areBySize: boolean;
}

/** One alias for all cards; a request that names models is counted over those. */
export const byModel: Aliases = { filter: gpuCount, counted: countedCards, areBySize: false };
/** An alias for each size that is asked for, repeated for every product that has it. */
export const bySize: Aliases = { filter: gpuCountOfSuiting, counted: countedSuitingCards, areBySize: true };
