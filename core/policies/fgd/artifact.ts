/**
 * What the policies of the FGD artifact have in common: thousandths of vCPUs and of cards, sizes that scores divide by, and which cards a
 * VM gets. Source: hkust-adsl/kubernetes-scheduler-simulator, commit 8f3d641, pkg/simulator/plugin.
 */
import { serves } from '../../card-fit.ts';
import type { Cluster, HostView } from '../../cluster.ts';
import { cpuRamDisk, fineGrainedGpu, hostUp } from '../../filters.ts';
import { askedThousandths, freeThousandths, wholeCard } from '../../fragmentation/card-thousandths.ts';
import type { Policy } from '../../policy.ts';
import { isGpuRequest, type VmRequest } from '../../request.ts';

/** Its filters are ours; it also limits a host to 1001 tasks. */
export const artifactFilters: Pick<Policy, 'filters' | 'wholeCards'> = {
  filters: [hostUp, cpuRamDisk, fineGrainedGpu],
  wholeCards: false,
};

/** MaxSpecCpu and MaxSpecGpu: 128 vCPUs and 8 cards, or what the largest host of the cluster has where that is more. */
export function largestThousandths({ largest }: Cluster): { vcpus: number; cards: number } {
  return { vcpus: Math.max(128, largest.vcpus) * 1000, cards: Math.max(8, largest.cards) * wholeCard };
}

/** vCPUs in thousandths, a whole number. */
export function milliVcpus(vcpus: number): number {
  return Math.round(vcpus * 1000);
}

/**
 * Rows of the cards that the request gets on a host that can serve it, tightest first: of those that serve, the ones with the least free,
 * of equal ones the first. So a share goes where it fits best, and whole cards are taken from the first idle one on.
 */
export function tightestServing({ cluster, index }: HostView, request: VmRequest): number[] {
  const serving: number[] = [];
  for (let card = cluster.cardStart[index]!; card < cluster.cardStart[index + 1]!; card++) {
    if (serves(cluster, card, request)) serving.push(card);
  }
  if (serving.length > 1) serving.sort((a, b) => freeThousandths(cluster, a) - freeThousandths(cluster, b) || a - b);
  return serving.slice(0, request.cards);
}

/** The same by their index on the host, ascending. */
export function tightestServingIndexes(host: HostView, request: VmRequest): number[] {
  return indexesOf(host, tightestServing(host, request));
}

/** Rows of cards as indexes on their host, ascending. */
export function indexesOf({ cluster, index }: HostView, rows: readonly number[]): number[] {
  return rows.map((row) => row - cluster.cardStart[index]!).sort((a, b) => a - b);
}

/** Thousandths of cards that the request takes on a host that can serve it. */
export function takenThousandths(host: HostView, request: VmRequest): number {
  if (!isGpuRequest(request)) return 0;
  let taken = 0;
  for (const card of tightestServing(host, request)) taken += askedThousandths(host.cluster, card, request);
  return taken;
}
