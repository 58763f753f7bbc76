/** Options of a policy in words, those that are not as usual. */
import type { PolicyOptions } from '../../core/policy.ts';
import { formatMib, plural } from '../page/quantity-words.ts';

export function policyOptionWords(options: PolicyOptions): string[] {
  const {
    similarity,
    gpuScore = 'both',
    spill = 'allowed',
    reserveVcpusPerCard = 0,
    reserveRamMibPerCard = 0,
  } = options;
  return [
    ...(similarity === 'raw' ? ['raw similarity'] : []),
    ...(gpuScore === 'card' ? ['S_card alone'] : []),
    ...(gpuScore === 'similarity' ? ['similarity alone'] : []),
    ...(spill === 'never' ? ['no CPU VMs on GPU hosts'] : []),
    ...(reserveVcpusPerCard > 0 ? [`${plural(reserveVcpusPerCard, 'vCPU')} kept per idle card`] : []),
    ...(reserveRamMibPerCard > 0 ? [`${formatMib(reserveRamMibPerCard)} of RAM kept per idle card`] : []),
  ];
}
