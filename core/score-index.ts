/**
 * The decisions of policy `hybrid`, bit for bit, without scoring every host. CPU VMs: `EmptiestHosts`; GPU VMs: `FittingHosts`. Hosts that
 * fit into neither (several card models, shared cards, fractional vCPUs) are scanned as the reference does. Hosts that change are noted, and
 * put in their new place before the next decision. Whoever only wants to add a policy never needs to open this.
 */
import type { Cluster, HostView } from './cluster.ts';
import { EmptiestHosts } from './emptiest-hosts.ts';
import { FittingHosts } from './fitting-hosts.ts';
import type { Policy, ScoreIndex } from './policy.ts';
import { isGpuRequest, type VmRequest } from './request.ts';
import type { ResourceVector } from './resources.ts';

export class HybridIndex implements ScoreIndex {
  readonly #cluster: Cluster;
  readonly #policy: Policy;
  readonly #emptiest: EmptiestHosts;
  readonly #fitting: FittingHosts;
  /** Hosts to be scanned for CPU VMs, and for GPU VMs. */
  readonly #oddForCpu = new Set<number>();
  readonly #oddForGpu = new Set<number>();
  readonly #isChanged: Uint8Array;
  #changed: number[];

  /** @param largest what Eq. (3) divides by */
  constructor(cluster: Cluster, policy: Policy, largest: ResourceVector) {
    this.#cluster = cluster;
    this.#policy = policy;
    this.#emptiest = new EmptiestHosts(cluster, (host) => (cluster.hosts[host]!.isGpuHost ? 0 : 1));
    this.#fitting = new FittingHosts(cluster, largest);
    this.#isChanged = new Uint8Array(cluster.hosts.length).fill(1);
    this.#changed = cluster.hosts.map(({ index }) => index);
    cluster.watch((host) => {
      if (this.#isChanged[host] === 1) return;
      this.#isChanged[host] = 1;
      this.#changed.push(host);
    });
  }

  best(request: VmRequest): number {
    this.#update();
    if (!isGpuRequest(request)) return this.#scan(this.#oddForCpu, this.#emptiest.best(request), request);
    return this.#scan(this.#oddForGpu, this.#fitting.best(request).host, request);
  }

  #update(): void {
    for (const host of this.#changed) {
      this.#isChanged[host] = 0;
      this.#replace(this.#cluster.hosts[host]!);
    }
    this.#changed.length = 0;
  }

  #replace(host: HostView): void {
    const { index } = host;
    this.#emptiest.remove(index);
    this.#fitting.remove(index);
    if (this.#oddForCpu.size > 0) this.#oddForCpu.delete(index);
    if (this.#oddForGpu.size > 0) this.#oddForGpu.delete(index);
    if (!host.isUp) return;
    const isWhole = Number.isInteger(host.vcpusFree);
    if (isWhole) this.#emptiest.put(index);
    else this.#oddForCpu.add(index);
    if (!host.isGpuHost) return;
    if (isWhole && FittingHosts.takes(host)) this.#fitting.put(index);
    else this.#oddForGpu.add(index);
  }

  /** The better of `best` (-1 for none) and of the odd hosts, as the reference would choose. */
  #scan(odd: ReadonlySet<number>, best: number, request: VmRequest): number {
    if (odd.size === 0) return best;
    const policy = this.#policy;
    const tierOf = (host: number): number => policy.tier?.(this.#cluster.hosts[host]!, request) ?? 0;
    const scoreOf = (host: number): number => policy.score(this.#cluster.hosts[host]!, request);
    let [chosen, tier, score] = best < 0 ? [-1, -Infinity, -Infinity] : [best, tierOf(best), scoreOf(best)];
    for (const host of odd) {
      const view = this.#cluster.hosts[host]!;
      if (policy.filters.some((filter) => filter.reject(view, request) !== undefined)) continue;
      const hostTier = tierOf(host);
      if (hostTier < tier) continue;
      const hostScore = scoreOf(host);
      if (hostTier > tier || hostScore > score || (hostScore === score && host < chosen)) {
        [chosen, tier, score] = [host, hostTier, hostScore];
      }
    }
    return chosen;
  }
}
