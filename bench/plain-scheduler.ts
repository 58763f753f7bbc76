/** The hybrid policy as one would write it first: arrays of objects, filter, map, sort. Passthrough cards of one model a host. */
import type { Cluster, Placement } from '../core/cluster.ts';
import type { VmRequest } from '../core/request.ts';
import { cardScore, gpuScore, leastRequestedScore, similarity } from '../core/scores.ts';

interface PlainHost {
  index: number;
  vcpus: number;
  vcpusFree: number;
  ramMib: number;
  ramFreeMib: number;
  diskFreeGib: number;
  cards: { index: number; model: string; memoryMib: number; cores: number; isIdle: boolean; score: number }[];
}

export class PlainScheduler {
  readonly #hosts: PlainHost[];
  readonly #largest: Cluster['largest'];

  /** Starts from the state of a cluster. */
  constructor(cluster: Cluster) {
    this.#largest = cluster.largest;
    this.#hosts = cluster.hosts.map((host) => ({
      index: host.index,
      vcpus: host.vcpus,
      vcpusFree: host.vcpusFree,
      ramMib: host.ramMib,
      ramFreeMib: host.ramFreeMib,
      diskFreeGib: host.diskFreeGib,
      cards: host.specs.cards.map((card, index) => ({
        index,
        model: card.model,
        memoryMib: card.memoryMib,
        cores: card.cores,
        isIdle: host.isCardIdle(index),
        score: cardScore(card, cluster.largestCard),
      })),
    }));
  }

  /** The best host and its first cards; undefined when none fits. */
  decide(request: VmRequest): { host: number; cards: number[] } | undefined {
    const idle = (host: PlainHost) =>
      host.cards.filter(
        (card) =>
          card.isIdle &&
          card.memoryMib >= request.cardMemoryMib &&
          card.cores >= request.cardCores &&
          (request.cardModels.length === 0 || request.cardModels.includes(card.model)),
      );
    const best = this.#hosts
      .filter(
        (host) =>
          host.vcpusFree >= request.vcpus && host.ramFreeMib >= request.ramMib && host.diskFreeGib >= request.diskGib,
      )
      .filter((host) => idle(host).length >= request.cards)
      .map((host) => ({
        host,
        tier: request.cards > 0 || host.cards.length > 0 ? 0 : 1,
        score: this.#score(host, idle(host), request),
      }))
      .sort((a, b) => b.tier - a.tier || b.score - a.score || a.host.index - b.host.index)[0]?.host;
    if (best === undefined) return undefined;
    const cards = idle(best).map((card) => card.index);
    return { host: best.index, cards: cards.slice(0, request.cards) };
  }

  bind(placement: Placement): void {
    this.#change(placement, -1);
  }

  release(placement: Placement): void {
    this.#change(placement, 1);
  }

  #change({ request, host: index, cards }: Placement, sign: 1 | -1): void {
    const host = this.#hosts[index]!;
    host.vcpusFree += sign * request.vcpus;
    host.ramFreeMib += sign * request.ramMib;
    host.diskFreeGib += sign * request.diskGib;
    for (const card of cards) host.cards[card]!.isIdle = sign > 0;
  }

  #score(host: PlainHost, cards: PlainHost['cards'], request: VmRequest): number {
    if (request.cards === 0) return leastRequestedScore(host, request);
    const { memoryMib, cores, score } = cards[0]!;
    const free = {
      cards: cards.length,
      cardMemoryMib: memoryMib,
      cardCores: cores,
      vcpus: host.vcpusFree,
      ramMib: host.ramFreeMib,
    };
    return gpuScore(score, similarity(free, request, this.#largest));
  }
}
