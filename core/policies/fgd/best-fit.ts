/** BestFit of the FGD artifact (best_fit_score.go): the host that has least left afterwards, vCPUs and cards weighed equally. */
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

export const fgdBestFit: PolicyFactory = {
  name: 'fgd/best-fit',
  summary: 'BestFit of the FGD paper: least left afterwards of vCPUs and cards, in whole points',
  create() {
    const policy: Policy = {
      ...artifactFilters,
      name: 'fgd/best-fit',
      score: bestFitScore,
      terms: leftShares,
      cards: tightestServingIndexes,
      index: (cluster) => new KindScoreIndex(cluster, policy),
    };
    return policy;
  },
  shown: () => ({ terms: resourceTitles }),
};

/** What stays free once the VM is there, as shares of the largest host. */
function leftShares(host: HostView, request: VmRequest): { vcpus: number; cards: number } {
  const { cluster, index, vcpusFree } = host;
  const largest = largestThousandths(cluster);
  return {
    vcpus: (milliVcpus(vcpusFree) - milliVcpus(request.vcpus)) / largest.vcpus,
    cards: (freeThousandthsOn(cluster, index) - takenThousandths(host, request)) / largest.cards,
  };
}

/**
 * Points from 0 to 100, rounded down. Differs from the artifact in that they are not stretched to 0 to 100 over the candidates, which
 * changes no order.
 */
export function bestFitScore(host: HostView, request: VmRequest): number {
  const { vcpus, cards } = leftShares(host, request);
  return Math.trunc((1 - (vcpus * 0.5 + cards * 0.5)) * 100);
}
