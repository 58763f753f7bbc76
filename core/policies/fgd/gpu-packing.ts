/** GpuPacking of the FGD artifact (gpu_packing_score.go): parts of cards in use first, then idle cards of hosts in use, then idle hosts. */
import type { HostView } from '../../cluster.ts';
import { freeThousandths, wholeCard } from '../../fragmentation/card-thousandths.ts';
import type { Policy, PolicyFactory } from '../../policy.ts';
import { isGpuRequest, type VmRequest } from '../../request.ts';
import { KindScoreIndex } from '../../score-index/kind-score-index.ts';
import { artifactFilters, tightestServing, tightestServingIndexes } from './artifact.ts';

export const gpuPacking: PolicyFactory = {
  name: 'gpu-packing',
  summary: 'cards in use before idle ones, hosts in use before idle ones (FGD paper)',
  create() {
    const policy: Policy = {
      ...artifactFilters,
      name: 'gpu-packing',
      score: gpuPackingScore,
      terms: (host, request) =>
        isGpuRequest(request)
          ? { idleCards: host.idleCards, idleTaken: use(host, request).idle, freePercents: use(host, request).percents }
          : {},
      cards: tightestServingIndexes,
      index: (cluster) => new KindScoreIndex(cluster, policy),
    };
    return policy;
  },
  shown: () => ({ terms: { idleCards: { title: 'idle cards' } } }),
};

/** Of the cards that the request would get: how many are idle, and what is free of them, in whole per cents each. */
function use(host: HostView, request: VmRequest): { idle: number; percents: number } {
  let [idle, percents] = [0, 0];
  for (const card of tightestServing(host, request)) {
    const free = freeThousandths(host.cluster, card);
    if (free === wholeCard) idle++;
    percents += Math.trunc((free * 100) / wholeCard);
  }
  return { idle, percents };
}

/**
 * Points: 50 to 100 where only cards in use are taken, the less is free of them the more; 33 to 50 where idle ones are, the fewer the
 * more; up to 33 on a host whose cards all are idle, the fewer it has the more. 0 for CPU VMs.
 */
export function gpuPackingScore(host: HostView, request: VmRequest): number {
  if (!isGpuRequest(request)) return 0;
  const { idleCards, specs } = host;
  const healthy = specs.cards.filter((_, card) => host.isCardHealthy(card)).length;
  if (idleCards === healthy) return Math.max(33 - idleCards, idleCards);
  const { idle, percents } = use(host, request);
  return idle > 0 ? Math.max(50 - idle, 33) : Math.max(100 - Math.trunc(percents / 10), 50);
}
