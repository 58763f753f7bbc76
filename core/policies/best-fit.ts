/** The host that has least left afterwards. */
import type { HostView } from '../cluster.ts';
import type { PolicyFactory } from '../policy.ts';
import { isGpuRequest, type VmRequest } from '../request.ts';
import type { ShownTerm } from '../shown-scores.ts';
import { fineGrained } from './first-fit.ts';

export const bestFit: PolicyFactory = {
  name: 'best-fit',
  summary: 'the host that has least left afterwards (vCPUs, RAM, and idle cards for GPU VMs)',
  create: () => ({
    ...fineGrained,
    name: 'best-fit',
    score: (host, request) => -leftoverShare(host, request),
    terms: leftoverTerms,
  }),
  shown: () => ({ terms: resourceTitles }),
};

/** Headings of terms that are resources. */
export const resourceTitles: Readonly<Record<string, ShownTerm>> = {
  vcpus: { title: 'vCPUs' },
  ram: { title: 'RAM' },
  cards: { title: 'cards' },
};

/** What the host keeps free of each resource once the VM is there, as shares of the cluster's largest host. */
export function leftoverTerms(host: HostView, request: VmRequest): Record<string, number> {
  const { largest } = host.cluster;
  const terms = {
    vcpus: (host.vcpusFree - request.vcpus) / largest.vcpus,
    ram: (host.ramFreeMib - request.ramMib) / largest.ramMib,
  };
  return isGpuRequest(request) ? { ...terms, cards: (host.idleCards - request.cards) / largest.cards } : terms;
}

/** Mean of those shares. */
export function leftoverShare(host: HostView, request: VmRequest): number {
  const shares = Object.values(leftoverTerms(host, request));
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}
