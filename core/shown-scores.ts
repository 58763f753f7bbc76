/** How a policy's scores are shown to people: what its terms are called, how they make the score, and what its bars mean. */
import type { HostView } from './cluster.ts';
import type { VmRequest } from './request.ts';
import type { ResourceVector } from './resources.ts';
import type { LrsParts, SimilarityParts } from './scores.ts';

/** One term of a score. */
export interface ShownTerm {
  /** Heading of its column. */
  readonly title: string;
  /** What it means, for a tooltip; absent where the title says it. */
  readonly meaning?: string;
}

/** Every number behind Eq. (4) on one host. */
export interface SimilarityTerms {
  /** Tells the shapes apart. */
  readonly kind: 'similarity';
  /** What the host offers: its cards that serve or are idle, and of the tightest of those that serve what is free on one. */
  readonly idle: ResourceVector;
  /** What is asked for, with what stands in for what is not. */
  readonly asked: ResourceVector;
  /** Which cards `idle` counts: those of the model that serves, or all idle ones of the node. */
  readonly freeCards: 'model' | 'node';
  /** Of Eq. (3). */
  readonly parts: SimilarityParts;
  /** S_card, Eq. (2). */
  readonly cardScore: number;
  /** How S_card counts: as a factor, alone, or not at all. */
  readonly cardScoreCounts: 'factor' | 'alone' | 'not';
  /** Eq. (3) in raw units. */
  readonly isRaw: boolean;
}

/** Every number behind Eq. (1) on one host. */
export interface LrsTerms {
  /** Tells the shapes apart. */
  readonly kind: 'lrs';
  /** Of Eq. (1). */
  readonly parts: LrsParts;
}

/** What a policy says of its scores; what is absent is shown plainly. */
export interface ShownScores {
  /** By the names that `Policy.terms` gives; a term that is not here is shown by its name. */
  readonly terms?: Readonly<Record<string, ShownTerm>>;
  /** How the terms make the score. Of a product of two terms in [0, 1], the bar is a frame as wide as the first, filled to the second. */
  readonly combined?: 'sum' | 'product';
  /** The score that fills a bar, for each kind of VM, so that bars of different decisions compare. Defaults to the largest of the decision. */
  readonly fullBar?: { readonly cpu?: number; readonly gpu?: number };
  /** One sentence above the scores, for each kind of VM. */
  readonly sentence?: { readonly cpu?: string; readonly gpu?: string };
  /** Scores are lots: they do not depend on what is free. */
  readonly isLot?: true;
  /** VMs that are being built count in the score, so they are shown beside what is free. */
  readonly countsBuilding?: true;
  /** The numbers of the paper's equations behind the score of a host that passed the filters, for a table of them. */
  equation?(host: HostView, request: VmRequest): SimilarityTerms | LrsTerms;
}
