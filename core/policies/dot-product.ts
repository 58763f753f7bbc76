/**
 * The host whose free resources point where the request points, longest first: Tetris' alignment score
 * (Grandl et al., SIGCOMM 2014, doi:10.1145/2619239.2626334). Unlike the cosine, size counts.
 */
import type { HostView } from '../cluster.ts';
import type { PolicyFactory } from '../policy.ts';
import { isGpuRequest, type VmRequest } from '../request.ts';
import { resourceTitles } from './best-fit.ts';
import { fineGrained } from './first-fit.ts';

export const dotProduct: PolicyFactory = {
  name: 'dot-product',
  summary: 'largest dot product of free and asked (vCPUs, RAM, and idle cards for GPU VMs)',
  create: () => ({
    ...fineGrained,
    name: 'dot-product',
    score: (host, request) => Object.values(products(host, request)).reduce((sum, product) => sum + product, 0),
    terms: products,
  }),
  shown: () => ({ terms: resourceTitles, combined: 'sum' }),
};

/** Free × asked of each resource, both as shares of the cluster's largest host. */
function products(host: HostView, request: VmRequest): Record<string, number> {
  const { largest } = host.cluster;
  const terms = {
    vcpus: (host.vcpusFree / largest.vcpus) * (request.vcpus / largest.vcpus),
    ram: (host.ramFreeMib / largest.ramMib) * (request.ramMib / largest.ramMib),
  };
  if (!isGpuRequest(request)) return terms;
  return { ...terms, cards: (host.idleCards / largest.cards) * (request.cards / largest.cards) };
}
