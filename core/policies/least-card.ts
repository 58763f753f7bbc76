/**
 * A variant of the paper's policy that serves more VMs where large cards are the sought-after ones. A GPU VM gets the least card that serves it, of a model that many are left of, so
 * that large and sought-after cards stay for those who need them. CPU VMs are packed, so that whole CPU hosts stay for large ones and fewer
 * go to GPU hosts; one that must goes where it takes least from idle cards. The price: users get slower cards than under `hybrid`.
 */
import { servingCards, servingInGroup, tightestCards } from '../card-fit.ts';
import { sharedCardShare } from '../card-share.ts';
import type { Cluster, HostView } from '../cluster.ts';
import { cpuRamDisk, fineGrainedGpu, hostUp } from '../filters.ts';
import type { Policy, PolicyFactoryWith } from '../policy.ts';
import type { OptionValues } from '../policy-options.ts';
import { isGpuRequest, type VmRequest } from '../request.ts';
import { leftoverShare, leftoverTerms } from './best-fit.ts';
import { keptForCards, keptForCardsOptions } from './kept-for-cards.ts';

export const leastCard: PolicyFactoryWith<typeof keptForCardsOptions> = {
  name: 'least-card',
  summary:
    'GPU VMs to the least card that serves, CPU VMs packed: serves more than hybrid where large cards are scarce',
  options: keptForCardsOptions,
  create: createLeastCard,
  shown: () => ({
    terms: {
      cardLeft: {
        title: 'card left over',
        meaning: 'card memory beyond what is asked for, of the largest card in the cluster',
      },
      modelBusy: {
        title: 'model in use',
        meaning: 'cards of that model in the cluster that are held or have failed, of all of them',
      },
      idleCards: {
        title: 'idle cards',
        meaning: 'idle cards on the host, of the most that a host has: counts a tenth',
      },
      vcpus: { title: 'vCPUs', meaning: 'vCPUs left over, of the most that a host has' },
      ram: { title: 'RAM', meaning: 'RAM left over, of the most that a host has' },
      deprivedCards: {
        title: 'cards deprived',
        meaning: 'idle cards that would lose their share of the host’s vCPUs or RAM',
      },
    },
  }),
};

/** Idle cards decide among hosts whose cards are about as good a choice: they are at most a tenth, where the other terms reach 1. */
const idleWeight = 0.1;
/** One deprived card counts more than all that can be left of vCPUs and RAM. */
const deprivedWeight = 10;

interface LeastOffer {
  readonly cards: readonly number[];
  /** Card memory beyond what is asked for, of the chosen card that has most, as a share of the largest card's: unused, or on a shared card left for others. */
  readonly cardLeft: number;
  /** Share of the model's cards in the cluster that are held or have failed; of several models the largest. */
  readonly modelBusy: number;
  /** Idle cards on the host, as a share of the most cards that a host has. */
  readonly idleCards: number;
  readonly score: number;
}

function createLeastCard(options: OptionValues<typeof keptForCardsOptions>): Policy {
  /** By place in `cluster.models`. */
  let busy: readonly number[] = [];

  /** The best of a host's card models that can serve alone, ties to the one with least memory; else a mixture of them. */
  const leastOffer = (host: HostView, request: VmRequest): LeastOffer => {
    let best: LeastOffer | undefined;
    for (const group of host.cardGroups) {
      const serving = servingInGroup(host, group, request);
      if (serving.length < request.cards) continue;
      const offer = offerOf(host, request, serving, busy);
      if (best === undefined || offer.score > best.score) best = offer;
    }
    return best ?? offerOf(host, request, servingCards(host, request), busy);
  };

  return {
    name: 'least-card',
    filters: [hostUp, cpuRamDisk, fineGrainedGpu, ...keptForCards(options)],
    wholeCards: false,
    tierPoints: 100,
    prepare(request, candidates) {
      if (isGpuRequest(request) && candidates.length > 0) busy = busyShares(candidates[0]!.cluster);
    },
    tier: (host, request) => (isGpuRequest(request) || host.isGpuHost ? 0 : 1),
    score: (host, request) =>
      isGpuRequest(request)
        ? leastOffer(host, request).score
        : -leftoverShare(host, request) - deprivedWeight * deprivedCards(host, request),
    terms(host, request) {
      if (isGpuRequest(request)) {
        const { cardLeft, modelBusy, idleCards } = leastOffer(host, request);
        return { cardLeft, modelBusy, idleCards };
      }
      const terms = leftoverTerms(host, request);
      return host.isGpuHost ? { ...terms, deprivedCards: deprivedCards(host, request) } : terms;
    },
    cards: (host, request) => [...leastOffer(host, request).cards],
  };
}

function offerOf(host: HostView, request: VmRequest, serving: readonly number[], busy: readonly number[]): LeastOffer {
  const { cluster } = host;
  const cards = tightestCards(host, serving, request.cards);
  let leftMib = 0;
  let modelBusy = 0;
  for (const card of cards) {
    leftMib = Math.max(leftMib, host.cardMemoryFreeMib(card) - askedMib(host, card, request));
    modelBusy = Math.max(modelBusy, busy[cluster.cardModel[cluster.cardStart[host.index]! + card]!]!);
  }
  const cardLeft = leftMib / cluster.largest.cardMemoryMib;
  const idleCards = host.idleCards / cluster.largest.cards;
  return { cards, cardLeft, modelBusy, idleCards, score: -cardLeft - modelBusy - idleWeight * idleCards };
}

/** Memory of the card that is asked for; where only cores are, the same fraction of it; where neither is, none. */
function askedMib(host: HostView, card: number, request: VmRequest): number {
  if (request.cardMemoryMib === 0 && request.cardCores === 0) return 0;
  const { memoryMib, cores } = host.specs.cards[card]!;
  return sharedCardShare(request, memoryMib, cores).memoryMib;
}

/** Of each model the share of its cards that are held or have failed; of a shared card, the part of its cores. Hosts that are down are not told apart. */
function busyShares({ models, cardModel, cardHealthy, cardCoresFree }: Cluster): number[] {
  const cards = models.map(() => 0);
  const free = models.map(() => 0);
  for (let card = 0; card < cardModel.length; card++) {
    const model = cardModel[card]!;
    cards[model]!++;
    if (cardHealthy[card] === 1) free[model]! += cardCoresFree[card]! / models[model]!.cores;
  }
  return models.map((_, model) => 1 - free[model]! / cards[model]!);
}

/**
 * How many more of a GPU host's idle cards would lack their share of its vCPUs or RAM (what it has, divided by its cards) once a CPU VM
 * is there; fractions of a card count.
 */
function deprivedCards(host: HostView, request: VmRequest): number {
  if (!host.isGpuHost) return 0;
  const { vcpusFree, ramFreeMib } = host;
  const before = cardsWithoutShare(host, vcpusFree, ramFreeMib);
  return cardsWithoutShare(host, vcpusFree - request.vcpus, ramFreeMib - request.ramMib) - before;
}

function cardsWithoutShare(host: HostView, vcpusFree: number, ramFreeMib: number): number {
  const cards = host.specs.cards.length;
  const served = Math.min((vcpusFree * cards) / host.vcpus, (ramFreeMib * cards) / host.ramMib);
  return Math.max(0, host.idleCards - served);
}
