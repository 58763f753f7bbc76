/**
 * Fragmentation Gradient Descent (fgd_score.go; Weng et al., USENIX ATC 2023): the host, and the card, whose fragmentation grows least or
 * shrinks most. `fragments.ts` says what fragmentation is.
 */
import { serves } from '../../card-fit.ts';
import type { Cluster, HostView } from '../../cluster.ts';
import { Fragments } from '../../fragmentation/fragments.ts';
import { neededTypicalRequests } from '../../fragmentation/typical-requests.ts';
import type { Policy, PolicyFactory } from '../../policy.ts';
import { isGpuRequest, type VmRequest } from '../../request.ts';
import { KindScoreIndex } from '../../score-index/kind-score-index.ts';
import type { TypicalRequest } from '../../typical-request.ts';
import { artifactFilters, indexesOf, tightestServing } from './artifact.ts';

export const fgd: PolicyFactory = {
  name: 'fgd',
  summary: 'Fragmentation Gradient Descent: least growth of idle GPU that typical requests cannot use',
  needsTypicalRequests: true,
  create({ typicalRequests }) {
    const fragmentsOn = fragmentsOf(neededTypicalRequests('fgd', typicalRequests));
    const policy: Policy = {
      ...artifactFilters,
      name: 'fgd',
      score: (host, request) => bestChoice(fragmentsOn(host.cluster), host, request).score,
      terms(host, request) {
        const { before, then } = bestChoice(fragmentsOn(host.cluster), host, request);
        return { fragment: before, fragmentThen: then };
      },
      cards: (host, request) => indexesOf(host, bestChoice(fragmentsOn(host.cluster), host, request).cards),
      index: (cluster) => new KindScoreIndex(cluster, policy),
    };
    return policy;
  },
};

/** Fragments on whichever cluster is asked about; those of the last one are kept. */
function fragmentsOf(typicalRequests: readonly TypicalRequest[]): (cluster: Cluster) => Fragments {
  let last: { readonly cluster: Cluster; readonly fragments: Fragments } | undefined;
  return (cluster) => {
    if (last?.cluster !== cluster) last = { cluster, fragments: new Fragments(cluster, typicalRequests) };
    return last.fragments;
  };
}

/** What a host offers: rows of cards, its points, and the fragmentation before and then, in thousandths of cards. */
interface Choice {
  readonly cards: readonly number[];
  readonly score: number;
  readonly before: number;
  readonly then: number;
}

/** A request for one card tries each that serves, and takes the first with the most points; one for several gets those with the least free. */
function bestChoice(fragments: Fragments, host: HostView, request: VmRequest): Choice {
  const { cluster, index } = host;
  const before = fragments.of(index);
  const choiceOf = (cards: readonly number[]): Choice => {
    const then = fragments.with(index, request, cards, cards.length);
    return { cards, score: pointsOf(before - then), before, then };
  };
  if (!isGpuRequest(request)) return choiceOf([]);
  if (request.cards > 1) return choiceOf(tightestServing(host, request));
  let best: Choice | undefined;
  const end = cluster.cardStart[index + 1]!;
  for (let card = cluster.cardStart[index]!; card < end; card++) {
    if (!serves(cluster, card, request) || hasEqualBefore(cluster, card, cluster.cardStart[index]!)) continue;
    const choice = choiceOf([card]);
    if (best === undefined || choice.score > best.score) best = choice;
  }
  return best!;
}

/** Whether a card before this one, from row `first` on, is in the same state: it is as good, and comes first. */
function hasEqualBefore(cluster: Cluster, card: number, first: number): boolean {
  const { cardMemoryFreeMib, cardCoresFree, cardHealthy, cardModel, cardIsShared } = cluster;
  for (let other = first; other < card; other++) {
    if (
      cardCoresFree[other] === cardCoresFree[card] &&
      cardMemoryFreeMib[other] === cardMemoryFreeMib[card] &&
      cardHealthy[other] === cardHealthy[card] &&
      cardModel[other] === cardModel[card] &&
      cardIsShared[other] === cardIsShared[card]
    ) {
      return true;
    }
  }
  return false;
}

/** Whole points from 0 to 100 for `fewer` thousandths of a card less in fragments; 50 where nothing changes. */
export function pointsOf(fewer: number): number {
  return Math.trunc((1 / (1 + Math.exp(-fewer / 1000))) * 100);
}
