/** What a request takes of one card: all of it, or on a shared card the memory and the cores it asks for. */
import type { VmRequest } from './request.ts';

/** The part of a card that one VM holds. */
export interface CardShare {
  /** Memory, MiB. */
  readonly memoryMib: number;
  /** Cores. */
  readonly cores: number;
}

/**
 * The share of a `shared` card of that size. Where only memory or only cores are asked for, the same fraction of the other
 * is taken, rounded down, so that shares that add up to one card fit on it; where neither is, the whole card.
 * It can exceed the card: then the card does not serve.
 */
export function sharedCardShare(
  request: Pick<VmRequest, 'cardMemoryMib' | 'cardCores'>,
  memoryMib: number,
  cores: number,
): CardShare {
  const { cardMemoryMib: askedMib, cardCores: askedCores } = request;
  if (askedMib === 0 && askedCores === 0) return { memoryMib, cores };
  if (askedCores === 0) return { memoryMib: askedMib, cores: Math.floor((cores * askedMib) / memoryMib) };
  if (askedMib === 0) return { memoryMib: Math.floor((memoryMib * askedCores) / cores), cores: askedCores };
  return { memoryMib: askedMib, cores: askedCores };
}
