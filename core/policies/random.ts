/** Any host that fits, by lot. The lot is a hash of seed, request and host, so a decision depends on nothing else and can be explained later. */
import { hashText, mix } from '../hash.ts';
import type { PolicyFactory } from '../policy.ts';
import { fineGrained } from './first-fit.ts';

export const random: PolicyFactory = {
  name: 'random',
  summary: 'any host that fits, by a lot drawn from the seed',
  create({ seed }) {
    let requestHash = 0;
    const lot = (host: { index: number }): number => mix(requestHash ^ mix(host.index + 1)) / 2 ** 32;
    return {
      ...fineGrained,
      name: 'random',
      prepare(request) {
        requestHash = hashText(`${seed}/${request.id}`);
      },
      score: lot,
      terms: (host) => ({ lot: lot(host) }),
    };
  },
  shown: () => ({ isLot: true }),
};
