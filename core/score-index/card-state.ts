/**
 * What cards a host has to give, apart from everything else. Hosts whose cards are in one state are equally good for a GPU VM but for their
 * free vCPUs and RAM. Says what such hosts offer to a request, as `bestOffer` of policy `hybrid` does for one host.
 */
import { freeCardsOf, modelSuits } from '../card-fit.ts';
import { sharedCardShare } from '../card-share.ts';
import type { HostView } from '../cluster.ts';
import type { CardSharing, GpuModel } from '../gpu-card.ts';
import type { VmRequest } from '../request.ts';
import { cardScore } from '../scores.ts';

/** Cards that serve a request: how many (or how many of the host have something to give), what each of those given has at least free, and S_card of the weakest of these. */
export interface StateOffer {
  readonly cards: number;
  readonly cardMemoryMib: number;
  readonly cardCores: number;
  readonly cardScore: number;
}

interface StateGroup {
  readonly model: GpuModel;
  readonly sharing: CardSharing;
  readonly cardScore: number;
}

/** A card that is healthy and, passed through, idle. */
interface FreeCard {
  /** Place of its group. */
  readonly group: number;
  readonly memoryMib: number;
  readonly cores: number;
}

const noOffers: readonly StateOffer[] = [];

export class CardState {
  /** Equal for hosts that make the same offers. */
  readonly key: string;
  /** No offer is of a better card than this. */
  readonly largestCardScore: number;
  /** Where all cards are whole and of one model: what they offer to a request that they suit and suffice for. */
  readonly plainOffer: StateOffer;
  /** Cards that every offer counts; undefined where each counts those that serve. */
  readonly #free: number | undefined;
  readonly #groups: readonly StateGroup[];
  /** In the order in which they are given: least memory, then fewest cores, then as on the host. */
  readonly #cards: readonly FreeCard[];

  /** The state of a host's cards now. */
  constructor(host: HostView, freeCards: 'model' | 'node') {
    this.#free = freeCards === 'node' ? freeCardsOf(host) : undefined;
    this.#groups = host.cardGroups.map(({ model, sharing }) => {
      return { model, sharing, cardScore: cardScore(model, host.cluster.largestCard) };
    });
    this.#cards = host.cardGroups
      .flatMap(({ cards, model, sharing }, group) =>
        cards.map((card) => {
          const [memoryMib, cores] = [host.cardMemoryFreeMib(card), host.cardCoresFree(card)];
          const isWhole = memoryMib >= model.memoryMib && cores >= model.cores;
          return {
            card,
            group,
            memoryMib,
            cores,
            isFree: host.isCardHealthy(card) && (sharing === 'shared' || isWhole),
          };
        }),
      )
      .filter(({ isFree }) => isFree)
      .sort((a, b) => a.memoryMib - b.memoryMib || a.cores - b.cores || a.card - b.card);
    this.largestCardScore = this.#cards.reduce((most, { group }) => Math.max(most, this.#groups[group]!.cardScore), 0);
    const { model, cardScore: sCard } = this.#groups[0]!;
    const { memoryMib: cardMemoryMib, cores: cardCores } = model;
    this.plainOffer = { cards: this.#cards.length, cardMemoryMib, cardCores, cardScore: sCard };
    const groups = this.#groups.map(({ model, sharing }) => [model.name, sharing]);
    const cards = this.#cards.map(({ group, memoryMib, cores }) => [group, memoryMib, cores]);
    this.key = JSON.stringify([groups, cards]);
  }

  /** The ways to serve the request: one per group that can serve alone, else the mixture of all; none when there are too few cards. */
  offers(request: VmRequest): readonly StateOffer[] {
    if (this.#cards.length < request.cards) return noOffers;
    const offers: StateOffer[] = [];
    for (let group = 0; group < this.#groups.length; group++) {
      if (!modelSuits(request, this.#groups[group]!.model)) continue;
      const offer = this.#offerOf(group, request);
      if (offer !== undefined) offers.push(offer);
    }
    if (offers.length > 0 || this.#groups.length === 1) return offers;
    const mixture = this.#offerOf(-1, request);
    return mixture === undefined ? noOffers : [mixture];
  }

  /** What the cards of one group offer, or with -1 all cards that suit; undefined when they are too few. */
  #offerOf(only: number, request: VmRequest): StateOffer | undefined {
    let serving = 0;
    let [cardMemoryMib, cardCores, sCard] = [Infinity, Infinity, Infinity];
    for (let place = 0; place < this.#cards.length; place++) {
      const { group, memoryMib, cores } = this.#cards[place]!;
      if (only >= 0 && group !== only) continue;
      const { model, sharing, cardScore } = this.#groups[group]!;
      if (only < 0 && !modelSuits(request, model)) continue;
      if (sharing === 'shared') {
        const share = sharedCardShare(request, model.memoryMib, model.cores);
        if (memoryMib < share.memoryMib || cores < share.cores) continue;
      }
      if (++serving > request.cards) continue;
      cardMemoryMib = Math.min(cardMemoryMib, memoryMib);
      cardCores = Math.min(cardCores, cores);
      sCard = Math.min(sCard, cardScore);
    }
    if (serving < request.cards) return undefined;
    return { cards: this.#free ?? serving, cardMemoryMib, cardCores, cardScore: sCard };
  }
}
