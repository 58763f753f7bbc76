/** The five dimensions in which the paper compares what is free with what is asked, section 3.5.2. */

/**
 * N or R of Eq. (3), in the paper's order: (Card_free, Card_mem, Card_core, CPU_free, Mem_free).
 * As R, the same fields hold what a VM asks for.
 */
export interface ResourceVector {
  /** Idle cards (N), cards asked for (R). */
  readonly cards: number;
  /** Memory on each card, MiB. */
  readonly cardMemoryMib: number;
  /** Cores on each card. */
  readonly cardCores: number;
  /** vCPUs. */
  readonly vcpus: number;
  /** RAM, MiB. */
  readonly ramMib: number;
}

/** Names of the dimensions, in the order of Eq. (3). */
export const dimensions = ['cards', 'cardMemoryMib', 'cardCores', 'vcpus', 'ramMib'] as const;

/** vCPUs may be fractional (container traces); they are kept exact to a thousandth, so that what is bound and released sums to zero. */
export function toThousandths(vcpus: number): number {
  return Math.round(vcpus * 1000) / 1000;
}
