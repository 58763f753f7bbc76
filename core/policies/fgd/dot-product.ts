/** DotProd of the FGD artifact (dot_product_score.go, dimensions merged, divided by the largest host). */
import type { HostView } from '../../cluster.ts';
import { freeThousandthsOn } from '../../fragmentation/card-thousandths.ts';
import type { Policy, PolicyFactory } from '../../policy.ts';
import type { VmRequest } from '../../request.ts';
import { KindScoreIndex } from '../../score-index/kind-score-index.ts';
import { resourceTitles } from '../best-fit.ts';
import {
  artifactFilters,
  largestThousandths,
  milliVcpus,
  takenThousandths,
  tightestServingIndexes,
} from './artifact.ts';

export const fgdDotProduct: PolicyFactory = {
  name: 'fgd/dot-product',
  summary: 'DotProd of the FGD paper: smallest dot product of free and asked, in whole points',
  create() {
    const policy: Policy = {
      ...artifactFilters,
      name: 'fgd/dot-product',
      score: dotProductScore,
      terms: products,
      cards: tightestServingIndexes,
      index: (cluster) => new KindScoreIndex(cluster, policy),
    };
    return policy;
  },
  shown: () => ({ terms: resourceTitles }),
};

/** Free × asked of each resource, both as shares of the largest host. */
function products(host: HostView, request: VmRequest): { vcpus: number; cards: number } {
  const { cluster, index, vcpusFree } = host;
  const largest = largestThousandths(cluster);
  return {
    vcpus: (milliVcpus(vcpusFree) / largest.vcpus) * (milliVcpus(request.vcpus) / largest.vcpus),
    cards: (freeThousandthsOn(cluster, index) / largest.cards) * (takenThousandths(host, request) / largest.cards),
  };
}

/**
 * Points from 0 to 100, rounded down: many hosts tie. Unlike Tetris and our `dot-product`, the artifact gives a larger product fewer
 * points.
 */
export function dotProductScore(host: HostView, request: VmRequest): number {
  const { vcpus, cards } = products(host, request);
  return Math.trunc(100 * (1 - (vcpus + cards) / 2));
}
