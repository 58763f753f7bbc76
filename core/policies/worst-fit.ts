/** The host that has most left afterwards. */
import type { PolicyFactory } from '../policy.ts';
import { leftoverShare, leftoverTerms, resourceTitles } from './best-fit.ts';
import { fineGrained } from './first-fit.ts';

export const worstFit: PolicyFactory = {
  name: 'worst-fit',
  summary: 'the host that has most left afterwards',
  create: () => ({ ...fineGrained, name: 'worst-fit', score: leftoverShare, terms: leftoverTerms }),
  shown: () => ({ terms: resourceTitles }),
};
