/**
 * The paper's hybrid policy: Fig. 6 filters, Algorithm 1 chooses. CPU VMs go to the emptiest CPU host (LRS), and to a GPU host only
 * when no CPU host has room; GPU VMs go to the card and host with the highest S_card × similarity.
 */
import { type AskedVector, askedVector } from '../asked-vector.ts';
import { freeCardsOf, servingCards, servingInGroup, tightestCards } from '../card-fit.ts';
import type { HostView } from '../cluster.ts';
import { cpuRamDisk, fineGrainedGpu, hostUp } from '../filters.ts';
import type { Policy, PolicyFactoryWith } from '../policy.ts';
import type { OptionValues, PolicyContext, PolicyOptionRecord } from '../policy-options.ts';
import { isGpuRequest, type VmRequest } from '../request.ts';
import type { ResourceVector } from '../resources.ts';
import { HybridIndex } from '../score-index/hybrid-index.ts';
import {
  cardScore,
  defaultLrs,
  gpuScore,
  leastRequestedParts,
  leastRequestedScore,
  similarity,
  similarityParts,
} from '../scores.ts';
import type { ShownScores } from '../shown-scores.ts';
import { keptForCards, keptForCardsOptions } from './kept-for-cards.ts';

const options = {
  similarity: {
    help: 'Eq. (3): each dimension divided by its largest capacity in the cluster, or literally, in raw units',
    choices: ['normalised', 'raw'],
    default: 'normalised',
    isAlwaysRecorded: true,
    words: () => 'raw similarity',
  },
  unasked: {
    help: 'Eq. (3), memory or cores of a card that are not asked for: 0, left out, or the least of a card that may serve',
    choices: ['zero', 'dropped', 'least'],
    default: 'zero',
    words: (form) => (form === 'dropped' ? 'what is not asked for left out' : 'least card for what is not asked for'),
  },
  freeCards: {
    help: 'Eq. (3), Card_free: the cards of the model that serves, or all idle cards of the node as the paper has it',
    choices: ['model', 'node'],
    default: 'model',
    words: () => 'idle cards of the node',
  },
  gpuScore: {
    help: 'Eq. (4): S_card × similarity, or one of the two alone',
    choices: ['both', 'card', 'similarity'],
    default: 'both',
    words: (parts) => (parts === 'card' ? 'S_card alone' : 'similarity alone'),
  },
  ...keptForCardsOptions,
} as const satisfies PolicyOptionRecord;

type HybridOptions = PolicyContext & OptionValues<typeof options>;

export const hybrid: PolicyFactoryWith<typeof options> = {
  name: 'hybrid',
  summary: 'the paper: CPU VMs by LRS, CPU hosts first; GPU VMs by S_card × similarity on SRM records',
  options,
  create: createHybrid,
  shown: shownScores,
};

/** One way to serve a GPU VM on a host: some of its cards, and what Eq. (4) says of them. */
export interface CardOffer {
  readonly cards: readonly number[];
  readonly cardScore: number;
  readonly idle: ResourceVector;
  readonly similarity: number;
  readonly score: number;
}

/** The options that decide what a GPU VM's offers are worth. */
type GpuScoring = Pick<HybridOptions, 'similarity' | 'unasked' | 'freeCards' | 'gpuScore'>;

function createHybrid(options: HybridOptions): Policy {
  const kept = keptForCards(options);
  const policy: Policy = {
    name: 'hybrid',
    filters: [hostUp, cpuRamDisk, fineGrainedGpu, ...kept],
    wholeCards: false,
    tierPoints: defaultLrs.maxScore,
    /** PriorityScore of Algorithm 1: any CPU host beats every GPU host. A bonus added to the score would lose its low bits. */
    tier: (host, request) => (isGpuRequest(request) || host.isGpuHost ? 0 : 1),
    score: (host, request) =>
      isGpuRequest(request) ? bestOffer(host, request, options).score : leastRequestedScore(host, request),
    terms(host, request) {
      if (!isGpuRequest(request)) return { lrs: leastRequestedScore(host, request) };
      const offer = bestOffer(host, request, options);
      const { gpuScore: counts } = options;
      return {
        ...(counts === 'similarity' ? {} : { cardScore: offer.cardScore }),
        ...(counts === 'card' ? {} : { similarity: offer.similarity }),
      };
    },
    cards: (host, request) => [...bestOffer(host, request, options).cards],
    index: (cluster) =>
      new HybridIndex(cluster, policy, options, {
        gpu: options.gpuScore !== 'both',
        spill: kept.length > 0,
      }),
  };
  return policy;
}

function shownScores(options: HybridOptions): ShownScores {
  const { gpuScore: counts, similarity: form, freeCards } = options;
  const isProduct = counts === 'both';
  return {
    terms: {
      cardScore: {
        title: 'S_card',
        meaning: 'S_card, Eq. (2): speed of the card, of the fastest in the cluster',
      },
      similarity: {
        title: 'similarity',
        meaning: 'Eq. (3): how alike what is idle and what is asked for are, as the cosine of their angle',
      },
      lrs: { title: 'LRS', meaning: 'Eq. (1): points for what stays free' },
    },
    combined: 'product',
    fullBar: { cpu: defaultLrs.maxScore, gpu: 1 },
    sentence: {
      cpu: `Bars show LRS. Any CPU host comes before every GPU host: ${defaultLrs.maxScore} points more.`,
      ...(isProduct
        ? {
            gpu: 'The frame is as wide as S_card, and similarity is how much of it is filled: the filled part is the score, S_card × similarity.',
          }
        : {}),
    },
    equation(host, request) {
      if (!isGpuRequest(request)) return { kind: 'lrs', parts: leastRequestedParts(host, request) };
      const { idle, cardScore: sCard } = bestOffer(host, request, options);
      const { asked, units } = askedVector(host.cluster, request, options);
      return {
        kind: 'similarity',
        idle,
        asked,
        freeCards,
        parts: similarityParts(idle, asked, units),
        cardScore: sCard,
        cardScoreCounts: isProduct ? 'factor' : counts === 'card' ? 'alone' : 'not',
        isRaw: form === 'raw',
      };
    },
  };
}

/**
 * The best offer of a host that passed the filters: one per card model that can serve alone; the highest score counts, ties go to
 * least memory, then fewest cores. Where only a mixture of models can serve, the cards with the least free memory are offered,
 * and the mixture is as good as the weakest of them in each respect.
 */
export function bestOffer(host: HostView, request: VmRequest, options: GpuScoring): CardOffer {
  const vector = askedVector(host.cluster, request, options);
  let best: CardOffer | undefined;
  for (const group of host.cardGroups) {
    const serving = servingInGroup(host, group, request);
    if (serving.length < request.cards) continue;
    const offer = offerOf(host, vector, serving, request.cards, options);
    if (best === undefined || offer.score > best.score) best = offer;
  }
  return best ?? offerOf(host, vector, servingCards(host, request), request.cards, options);
}

/** Scores the tightest of the serving cards; what they have free and their S_card are those of the weakest one. */
function offerOf(
  host: HostView,
  { asked, units }: AskedVector,
  serving: readonly number[],
  count: number,
  options: GpuScoring,
): CardOffer {
  const { largestCard } = host.cluster;
  const cards = tightestCards(host, serving, count);
  let [cardMemoryMib, cardCores, sCard] = [Infinity, Infinity, Infinity];
  for (const card of cards) {
    cardMemoryMib = Math.min(cardMemoryMib, host.cardMemoryFreeMib(card));
    cardCores = Math.min(cardCores, host.cardCoresFree(card));
    sCard = Math.min(sCard, cardScore(host.specs.cards[card]!, largestCard));
  }
  const free = options.freeCards === 'node' ? freeCardsOf(host) : serving.length;
  const idle = { cards: free, cardMemoryMib, cardCores, vcpus: host.vcpusFree, ramMib: host.ramFreeMib };
  const sSimilarity = similarity(idle, asked, units);
  return { cards, idle, cardScore: sCard, similarity: sSimilarity, score: scoreOf(sCard, sSimilarity, options) };
}

/** Eq. (4), or the part of it that was asked for. */
function scoreOf(sCard: number, sSimilarity: number, { gpuScore: counts }: GpuScoring): number {
  if (counts === 'card') return sCard;
  return counts === 'similarity' ? sSimilarity : gpuScore(sCard, sSimilarity);
}
