/**
 * The decisions of policies `nova` and `nova-aliases`, bit for bit. Nova's weighers compare each host with all candidates; the tree of `WeighedHosts` finds
 * their extremes and the heaviest host without visiting each.
 */
import type { Cluster } from '../cluster.ts';
import type { Decision } from '../decision.ts';
import { type Filter, ownAggregate } from '../filters.ts';
import type { Aliases } from '../pci-aliases.ts';
import type { ScoreIndex } from '../policy.ts';
import { isGpuRequest, type VmRequest } from '../request.ts';
import { RejectionCounts } from './rejection-counts.ts';
import { WeighedHosts } from './weighed-hosts.ts';

const noCards: readonly number[] = [];

export class NovaIndex implements ScoreIndex {
  readonly #cluster: Cluster;
  readonly #aliases: Aliases;
  /** Only these can take a CPU VM: all, or those without cards. */
  readonly #cpuVmHosts: WeighedHosts;
  /** Only these can take a GPU VM. */
  readonly #gpuHosts: WeighedHosts;
  readonly #rejections: RejectionCounts;

  /** @param areSplit hosts with and without cards are two aggregates, and each VM is bound to one of them */
  constructor(cluster: Cluster, aliases: Aliases, areSplit: boolean) {
    this.#cluster = cluster;
    this.#aliases = aliases;
    const isGpuHost = Uint8Array.from(cluster.hosts, (host) => (host.isGpuHost ? 1 : 0));
    const hosts = cluster.hosts.map(({ index }) => index);
    const takesCpuVms = (host: number): boolean => !areSplit || isGpuHost[host] === 0;
    this.#cpuVmHosts = new WeighedHosts(cluster, hosts.filter(takesCpuVms), aliases.areBySize);
    this.#gpuHosts = new WeighedHosts(
      cluster,
      hosts.filter((host) => isGpuHost[host] === 1),
      aliases.areBySize,
    );
    this.#rejections = areSplit
      ? new RejectionCounts(cluster, bothOf(ownAggregate, aliases.filter), 'any VM')
      : new RejectionCounts(cluster, aliases.filter);
    cluster.watch((host) => {
      if (takesCpuVms(host)) this.#cpuVmHosts.changed.add(host);
      if (isGpuHost[host] === 1) this.#gpuHosts.changed.add(host);
    });
  }

  decide(request: VmRequest): Decision {
    const isGpu = isGpuRequest(request);
    const hosts = isGpu ? this.#gpuHosts : this.#cpuVmHosts;
    const host = hosts.best(request);
    if (host < 0) return { kind: 'no-valid-host', rejectedBy: this.#rejections.count(request) };
    const cards = isGpu ? this.#aliases.counted(this.#cluster.hosts[host]!, request).slice(0, request.cards) : noCards;
    return { kind: 'placed', host, cards, score: hosts.bestWeight };
  }
}

/** The reason of the first that rejects. */
function bothOf(first: Filter, second: Filter): Filter {
  return { name: second.name, reject: (host, request) => first.reject(host, request) ?? second.reject(host, request) };
}
