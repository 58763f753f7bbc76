/**
 * Keeps room for what is sought after. Of each kind of request that came lately it knows how many more the hosts could take, and puts a VM
 * where that costs least of their room, each kind weighed by how often it came: where large cards are sought after those stay free, where
 * small ones or certain models are, these. It learns from requests as they come and knows nothing of what will. Not in the paper.
 */
import { servingCards, servingInGroup, tightestCards } from '../card-fit.ts';
import type { Cluster, HostView } from '../cluster.ts';
import { cpuRamDisk, fineGrainedGpu, hostUp } from '../filters.ts';
import { KindRoom } from '../kind-room.ts';
import type { Policy, PolicyFactoryWith } from '../policy.ts';
import type { OptionValues } from '../policy-options.ts';
import { isGpuRequest, type VmRequest } from '../request.ts';
import { leftoverShare } from './best-fit.ts';
import { keptForCards, keptForCardsOptions } from './kept-for-cards.ts';

export const demandAware: PolicyFactoryWith<typeof keptForCardsOptions> = {
  name: 'demand-aware',
  summary: 'where most room is left for what was asked for lately: learns which cards are sought after',
  options: keptForCardsOptions,
  create: createDemandAware,
  shown: () => ({
    terms: {
      roomTaken: {
        title: 'room taken',
        meaning:
          'room that the kinds of requests of the last two weeks lose, each as a share of its room, weighed by how often it came',
      },
      leftOver: {
        title: 'left over',
        meaning: 'vCPUs, RAM, idle cards and card memory that stay free, as shares: counts a hundredth',
      },
    },
  }),
};

/** What is left over decides among places that take about as much room. */
const leftOverWeight = 0.01;

interface Offer {
  readonly cards: readonly number[];
  readonly roomTaken: number;
  readonly leftOver: number;
  readonly score: number;
}

function createDemandAware(options: OptionValues<typeof keptForCardsOptions>): Policy {
  const rooms = new WeakMap<Cluster, KindRoom>();

  const roomIn = (cluster: Cluster): KindRoom => {
    let room = rooms.get(cluster);
    if (room === undefined) {
      room = new KindRoom(cluster);
      rooms.set(cluster, room);
    }
    return room;
  };

  const offerOf = (host: HostView, request: VmRequest, cards: readonly number[]): Offer => {
    const roomTaken = roomIn(host.cluster).takenBy(host, request, cards);
    let cardMib = 0;
    for (const card of cards) cardMib = Math.max(cardMib, host.cardMemoryFreeMib(card));
    const leftOver = leftoverShare(host, request) + cardMib / host.cluster.largest.cardMemoryMib;
    return { cards, roomTaken, leftOver, score: -roomTaken - leftOverWeight * leftOver };
  };

  /** The best of a host's card models that can serve alone; else a mixture of them. */
  const bestOffer = (host: HostView, request: VmRequest): Offer => {
    if (!isGpuRequest(request)) return offerOf(host, request, []);
    let best: Offer | undefined;
    for (const group of host.cardGroups) {
      const serving = servingInGroup(host, group, request);
      if (serving.length < request.cards) continue;
      const offer = offerOf(host, request, tightestCards(host, serving, request.cards));
      if (best === undefined || offer.score > best.score) best = offer;
    }
    return best ?? offerOf(host, request, tightestCards(host, servingCards(host, request), request.cards));
  };

  return {
    name: 'demand-aware',
    filters: [hostUp, cpuRamDisk, fineGrainedGpu, ...keptForCards(options)],
    wholeCards: false,
    learns: true,
    tierPoints: 100,
    prepare(_request, candidates) {
      if (candidates.length > 0) roomIn(candidates[0]!.cluster).update();
    },
    tier: (host, request) => (isGpuRequest(request) || host.isGpuHost ? 0 : 1),
    score: (host, request) => bestOffer(host, request).score,
    terms(host, request) {
      const { roomTaken, leftOver } = bestOffer(host, request);
      return { roomTaken, leftOver };
    },
    cards: (host, request) => [...bestOffer(host, request).cards],
  };
}
