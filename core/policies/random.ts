/** Any host that fits, by lot. The lot is a hash of seed, request and host, so a decision depends on nothing else and can be explained later. */
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
};

/** FNV-1a over UTF-16 units, 32 bits. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return mix(hash);
}

/** Finaliser of MurmurHash3: each input bit flips each output bit half of the time. Returns an unsigned 32-bit number. */
export function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
