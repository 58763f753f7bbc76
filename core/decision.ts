/** What a scheduler says of one request: where it goes, or why nowhere, and each host's part in that. */
import type { Rejection } from './filters.ts';

/** What became of one request. `rejectedBy` counts hosts by the reason that removed them; no host is an answer, not an error. */
export type Decision =
  | {
      readonly kind: 'placed';
      /** Host index. */
      readonly host: number;
      /** Card indexes on that host, ascending; empty for a CPU VM. */
      readonly cards: readonly number[];
      /** As shown: tier × tierPoints + score. */
      readonly score: number;
    }
  | { readonly kind: 'no-valid-host'; readonly rejectedBy: Readonly<Partial<Record<Rejection, number>>> };

/** One host's part in a decision. */
export interface HostVerdict {
  /** Host index. */
  readonly host: number;
  /** Set when the host was removed. */
  readonly rejection?: { readonly filter: string; readonly reason: Rejection };
  /** Set when it was scored. */
  readonly scored?: {
    /** Compared first. */
    readonly tier: number;
    /** Compared then. */
    readonly score: number;
    /** tier × tierPoints + score, as in a Decision; loses the low bits of the score. */
    readonly shownScore: number;
    readonly terms: Readonly<Record<string, number>>;
    readonly cards: readonly number[];
  };
}
