/** A GPU VM gets the card with the least memory that serves it, so that large cards stay for those who need them; CPU VMs are packed. */
import type { HostView, PolicyFactory, VmRequest } from 'heps-vcd';
import { fineGrained, isGpuRequest, leftoverShare, servingCards, tightestCards } from 'heps-vcd';

/** Memory of the largest card that the VM would get there, as a share of the cluster's largest card. */
function cardMemory(host: HostView, request: VmRequest): number {
  const cards = tightestCards(host, servingCards(host, request), request.cards);
  const largestMib = Math.max(0, ...cards.map((card) => host.specs.cards[card]!.memoryMib));
  return largestMib / host.cluster.largest.cardMemoryMib;
}

const policy: PolicyFactory = {
  name: 'own-policy',
  summary: 'GPU VMs to the card with the least memory that serves, CPU VMs packed',
  create: () => ({
    ...fineGrained,
    name: 'own-policy',
    tier: (host, request) => (isGpuRequest(request) || host.isGpuHost ? 0 : 1),
    score: (host, request) => -10 * cardMemory(host, request) - leftoverShare(host, request),
    terms: (host, request) => ({ cardMemory: cardMemory(host, request), leftover: leftoverShare(host, request) }),
  }),
};

export default policy;
