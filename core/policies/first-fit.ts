/** The first host that fits. */
import { servingCards, tightestCards } from '../card-fit.ts';
import { cpuRamDisk, fineGrainedGpu, hostUp } from '../filters.ts';
import type { Policy, PolicyFactory } from '../policy.ts';

/** What the simple policies have in common: the fine-grained filters, and the tightest cards of the chosen host. */
export const fineGrained: Pick<Policy, 'filters' | 'wholeCards' | 'cards'> = {
  filters: [hostUp, cpuRamDisk, fineGrainedGpu],
  wholeCards: false,
  cards: (host, request) => tightestCards(host, servingCards(host, request), request.cards),
};

const noScores = 'First fit gives no scores: the first host that fits is taken.';

export const firstFit: PolicyFactory = {
  name: 'first-fit',
  summary: 'the first host that fits',
  create: () => ({ ...fineGrained, name: 'first-fit', score: () => 0, terms: () => ({}) }),
  shown: () => ({ sentence: { cpu: noScores, gpu: noScores } }),
};
