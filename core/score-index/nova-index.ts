/**
 * The decisions of policy `nova`, bit for bit, over columns: Nova's weighers compare each host with all candidates, so every host must be
 * visited, but only a few of its numbers.
 */
import type { Cluster } from '../cluster.ts';
import type { Decision } from '../decision.ts';
import { countedCards, gpuCount } from '../filters.ts';
import type { ScoreIndex } from '../policy.ts';
import { isGpuRequest, type VmRequest } from '../request.ts';
import { RejectionCounts } from './rejection-counts.ts';
import { WeighedHosts } from './weighed-hosts.ts';

const noCards: readonly number[] = [];

export class NovaIndex implements ScoreIndex {
  readonly #cluster: Cluster;
  readonly #all: WeighedHosts;
  /** Only these can take a GPU VM. */
  readonly #gpuHosts: WeighedHosts;
  readonly #rejections: RejectionCounts;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    const hosts = cluster.hosts.map(({ index }) => index);
    this.#all = new WeighedHosts(cluster, hosts);
    this.#gpuHosts = new WeighedHosts(
      cluster,
      hosts.filter((host) => cluster.hosts[host]!.isGpuHost),
    );
    this.#rejections = new RejectionCounts(cluster, gpuCount);
    const isGpuHost = Uint8Array.from(cluster.hosts, (host) => (host.isGpuHost ? 1 : 0));
    cluster.watch((host) => {
      this.#all.changed.add(host);
      if (isGpuHost[host] === 1) this.#gpuHosts.changed.add(host);
    });
  }

  decide(request: VmRequest): Decision {
    const isGpu = isGpuRequest(request);
    const hosts = isGpu ? this.#gpuHosts : this.#all;
    const host = hosts.best(request);
    if (host < 0) return { kind: 'no-valid-host', rejectedBy: this.#rejections.count(request) };
    const cards = isGpu ? countedCards(this.#cluster.hosts[host]!, request).slice(0, request.cards) : noCards;
    return { kind: 'placed', host, cards, score: hosts.bestWeight };
  }
}
