/** The hybrid policy as one would write it first: arrays of objects, filter, map, sort. Passthrough cards of one model a host. */
import type { Cluster } from '../core/cluster.ts';
import type { VmRequest } from '../core/request.ts';
import { cardScore, gpuScore, leastRequestedScore, similarity } from '../core/scores.ts';

export interface PlainHost {
  index: number;
  vcpus: number;
  vcpusFree: number;
  ramMib: number;
  ramFreeMib: number;
  diskFreeGib: number;
  cards: { model: string; memoryMib: number; cores: number; isIdle: boolean; score: number }[];
  largest: Cluster['largest'];
}

/** The state of a cluster as objects. */
export function plainHosts(cluster: Cluster): PlainHost[] {
  return cluster.hosts.map((host) => ({
    index: host.index,
    vcpus: host.vcpus,
    vcpusFree: host.vcpusFree,
    ramMib: host.ramMib,
    ramFreeMib: host.ramFreeMib,
    diskFreeGib: host.diskFreeGib,
    cards: host.specs.cards.map((card, index) => ({
      model: card.model,
      memoryMib: card.memoryMib,
      cores: card.cores,
      isIdle: host.isCardIdle(index),
      score: cardScore(card, cluster.largestCard),
    })),
    largest: cluster.largest,
  }));
}

/** Index of the best host; undefined when none fits. */
export function scheduleOverObjects(hosts: readonly PlainHost[], request: VmRequest): number | undefined {
  const idle = (host: PlainHost) =>
    host.cards.filter(
      (card) =>
        card.isIdle &&
        card.memoryMib >= request.cardMemoryMib &&
        card.cores >= request.cardCores &&
        (request.cardModels.length === 0 || request.cardModels.includes(card.model)),
    );
  return hosts
    .filter(
      (host) =>
        host.vcpusFree >= request.vcpus && host.ramFreeMib >= request.ramMib && host.diskFreeGib >= request.diskGib,
    )
    .filter((host) => idle(host).length >= request.cards)
    .map((host) => ({ host, tier: request.cards > 0 || host.cards.length > 0 ? 0 : 1, score: scoreOf(host, request) }))
    .sort((a, b) => b.tier - a.tier || b.score - a.score || a.host.index - b.host.index)
    .map(({ host }) => host.index)[0];

  function scoreOf(host: PlainHost, asked: VmRequest): number {
    if (asked.cards === 0) return leastRequestedScore(host, asked);
    const cards = idle(host);
    const { memoryMib, cores, score } = cards[0]!;
    const free = {
      cards: cards.length,
      cardMemoryMib: memoryMib,
      cardCores: cores,
      vcpus: host.vcpusFree,
      ramMib: host.ramFreeMib,
    };
    return gpuScore(score, similarity(free, asked, host.largest));
  }
}
