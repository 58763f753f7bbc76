/** GpuClustering of the FGD artifact (gpu_clustering_score.go): GPU VMs that hold equally many cards, or parts of one, stay together. */
import type { HostView } from '../../cluster.ts';
import { freeThousandthsOn } from '../../fragmentation/card-thousandths.ts';
import type { Policy, PolicyFactory } from '../../policy.ts';
import { isGpuRequest, type VmRequest } from '../../request.ts';
import { KindScoreIndex } from '../../score-index/kind-score-index.ts';
import { artifactFilters, largestThousandths, tightestServingIndexes } from './artifact.ts';

export const gpuClustering: PolicyFactory = {
  name: 'gpu-clustering',
  summary: 'GPU VMs that hold equally many cards, or parts of one, on the same hosts (FGD paper)',
  create() {
    const policy: Policy = {
      ...artifactFilters,
      name: 'gpu-clustering',
      score: (host, request) => (isGpuRequest(request) ? usePoints(host) + companyPoints(host, request) : 0),
      terms: (host, request) =>
        isGpuRequest(request) ? { use: usePoints(host), company: companyPoints(host, request) } : {},
      cards: tightestServingIndexes,
      index: (cluster) => new KindScoreIndex(cluster, policy),
    };
    return policy;
  },
  shown: () => ({ combined: 'sum' }),
};

/** 0 to 25: how much of the largest host's cards is not free here. */
function usePoints({ cluster, index }: HostView): number {
  const largest = largestThousandths(cluster).cards;
  return Math.trunc((25 * (largest - freeThousandthsOn(cluster, index))) / largest);
}

/** 75 where all GPU VMs of the host are of the request's kind, 50 where some are, 25 where there are none, else 0. */
function companyPoints(host: HostView, request: VmRequest): number {
  const { cluster, index } = host;
  const own = cluster.gpuVmColumn(index, tightestServingIndexes(host, request), request, false);
  const row = index * cluster.cardCounts;
  let others = 0;
  for (let cards = 0; cards < cluster.cardCounts; cards++) if (cards !== own) others += cluster.gpuVms[row + cards]!;
  if (cluster.gpuVms[row + own]! > 0) return others === 0 ? 75 : 50;
  return others === 0 ? 25 : 0;
}
