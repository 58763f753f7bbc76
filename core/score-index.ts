/** The decisions of policy `hybrid`, bit for bit, without scoring every host. */
import type { Cluster } from './cluster.ts';
import { EmptiestHosts } from './emptiest-hosts.ts';
import { FittingHosts } from './fitting-hosts.ts';
import type { Policy, ScoreIndex } from './policy.ts';
import { RejectionCounts } from './rejection-counts.ts';
import { isGpuRequest, type VmRequest } from './request.ts';
import type { ResourceVector } from './resources.ts';
import type { Decision } from './scheduler.ts';
import { defaultLrs } from './scores.ts';

const noCards: readonly number[] = [];

export class HybridIndex implements ScoreIndex {
  readonly #cluster: Cluster;
  readonly #policy: Policy;
  readonly #cpuHosts: EmptiestHosts;
  readonly #gpuHosts: EmptiestHosts;
  readonly #fitting: FittingHosts;
  readonly #rejections: RejectionCounts;
  readonly #isGpuHost: Uint8Array;
  readonly #changed: ChangedHosts;
  readonly #changedCards: ChangedHosts;

  /** @param largest what Eq. (3) divides by */
  constructor(cluster: Cluster, policy: Policy, largest: ResourceVector) {
    this.#cluster = cluster;
    this.#policy = policy;
    this.#isGpuHost = Uint8Array.from(cluster.hosts, (host) => (host.isGpuHost ? 1 : 0));
    const tier = (isGpuHost: boolean): number[] =>
      cluster.hosts.flatMap((host) => (host.isGpuHost === isGpuHost ? [host.index] : []));
    this.#cpuHosts = new EmptiestHosts(cluster, tier(false));
    this.#gpuHosts = new EmptiestHosts(cluster, tier(true));
    this.#fitting = new FittingHosts(cluster, largest);
    this.#rejections = new RejectionCounts(cluster);
    this.#changed = new ChangedHosts(cluster.hosts.length);
    this.#changedCards = new ChangedHosts(cluster.hosts.length);
    const change = (host: number): void => {
      this.#changed.add(host);
      if (this.#isGpuHost[host] === 1) this.#changedCards.add(host);
    };
    for (const { index } of cluster.hosts) change(index);
    cluster.watch(change);
  }

  decide(request: VmRequest): Decision {
    return isGpuRequest(request) ? this.#decideGpu(request) : this.#decideCpu(request);
  }

  #decideCpu(request: VmRequest): Decision {
    this.#updateTiers();
    let host = this.#cpuHosts.best(request);
    if (host >= 0) {
      return { kind: 'placed', host, cards: noCards, score: defaultLrs.maxScore + this.#cpuHosts.bestScore };
    }
    host = this.#gpuHosts.best(request);
    if (host < 0) return this.#noValidHost(request);
    return { kind: 'placed', host, cards: noCards, score: this.#gpuHosts.bestScore };
  }

  #decideGpu(request: VmRequest): Decision {
    for (let host = this.#changedCards.take(); host >= 0; host = this.#changedCards.take()) this.#fitting.update(host);
    const host = this.#fitting.best(request);
    if (host < 0) return this.#noValidHost(request);
    const cards =
      this.#fitting.plainCards(host, request.cards) ?? this.#policy.cards(this.#cluster.hosts[host]!, request);
    return { kind: 'placed', host, cards, score: this.#fitting.bestScore };
  }

  #noValidHost(request: VmRequest): Decision {
    this.#updateTiers();
    return { kind: 'no-valid-host', rejectedBy: this.#rejections.count(request, [this.#cpuHosts, this.#gpuHosts]) };
  }

  #updateTiers(): void {
    for (let host = this.#changed.take(); host >= 0; host = this.#changed.take()) {
      (this.#isGpuHost[host] === 1 ? this.#gpuHosts : this.#cpuHosts).update(host);
    }
  }
}

/** Hosts that have changed since they were taken last. */
class ChangedHosts {
  readonly #hosts: number[] = [];
  readonly #isIn: Uint8Array;

  constructor(hosts: number) {
    this.#isIn = new Uint8Array(hosts);
  }

  add(host: number): void {
    if (this.#isIn[host] === 1) return;
    this.#isIn[host] = 1;
    this.#hosts.push(host);
  }

  /** One of them; -1 when there is none. */
  take(): number {
    const host = this.#hosts.pop();
    if (host === undefined) return -1;
    this.#isIn[host] = 0;
    return host;
  }
}
