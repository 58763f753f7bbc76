/** A kind of request and how often it comes: what a policy may know of a workload beforehand. */

/** A kind of request. RAM and disk do not count. */
export interface RequestKind {
  /** vCPUs. */
  readonly vcpus: number;
  /** Cards. */
  readonly cards: number;
  /** Least memory of each card, MiB; 0 = any. */
  readonly cardMemoryMib: number;
  /** Least cores of each card; 0 = any. */
  readonly cardCores: number;
  /** Acceptable models; empty = any. */
  readonly cardModels: readonly string[];
}

/** A kind of request that is typical of a workload. */
export interface TypicalRequest extends RequestKind {
  /** Part of the typical requests that are of this kind; they sum to 1. */
  readonly share: number;
}
