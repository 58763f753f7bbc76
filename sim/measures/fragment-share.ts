/** How much of the idle GPU is a fragment, over the time of a run: the measure of `core/fragmentation` in the metrics. */
import type { Cluster } from '../../core/cluster.ts';
import { freeThousandthsOn, wholeCard } from '../../core/fragmentation/card-thousandths.ts';
import { Fragments } from '../../core/fragmentation/fragments.ts';
import type { TypicalRequest } from '../../core/typical-request.ts';

/**
 * ∫ Σ F dt / ∫ Σ T dt over the hosts that are up: of all the idle GPU time, the part in which a typical request could not have used it.
 * Exact: a host is measured whenever something about it changes. F depends on the cards and on which typical requests the free vCPUs
 * suffice for; mostly neither has changed, or the host has passed-through cards of one model, for which every F is computed once.
 */
export class FragmentShare {
  readonly #cluster: Cluster;
  readonly #fragments: Fragments;
  /** vCPUs of the typical requests, ascending, each once. */
  readonly #steps: Float64Array;
  /** F and T of each host as they count now. */
  readonly #fragment: Float64Array;
  readonly #idle: Float64Array;
  /** What they were computed for: the change of the host's cards, and for how many steps its vCPUs suffice; -1 while it is down. */
  readonly #changes: Float64Array;
  readonly #reached: Int32Array;
  /** Of hosts with passed-through cards of one model: F by steps reached and idle cards, NaN where not computed yet. */
  readonly #known: readonly (Float64Array | undefined)[];
  #fragmentNow = 0;
  #idleNow = 0;
  /** Integrals until `#sinceS`. */
  #fragmentS = 0;
  #idleS = 0;
  #sinceS = 0;

  constructor(cluster: Cluster, typicalRequests: readonly TypicalRequest[]) {
    const hosts = cluster.hosts.length;
    this.#cluster = cluster;
    this.#fragments = new Fragments(cluster, typicalRequests);
    this.#steps = Float64Array.from(new Set(typicalRequests.map(({ vcpus }) => vcpus))).sort();
    this.#fragment = new Float64Array(hosts);
    this.#idle = new Float64Array(hosts);
    this.#changes = new Float64Array(hosts).fill(-1);
    this.#reached = new Int32Array(hosts);
    const tables = new Map<string, Float64Array>();
    this.#known = cluster.hosts.map(({ cardGroups: [group, ...others] }) => {
      if (group === undefined || others.length > 0 || group.sharing === 'shared') return undefined;
      const { model, cards } = group;
      const key = `${cards.length} ${model.name}`;
      if (!tables.has(key)) {
        tables.set(key, new Float64Array((this.#steps.length + 1) * (cards.length + 1)).fill(Number.NaN));
      }
      return tables.get(key);
    });
    for (const { index, isGpuHost } of cluster.hosts) if (isGpuHost) this.changed(index, 0);
  }

  /** Something changed on a host with cards. */
  changed(host: number, nowS: number): void {
    const { cardChanges, up, vcpusFree } = this.#cluster;
    const steps = this.#steps;
    let reached = -1;
    if (up[host] === 1) {
      reached = Math.max(0, this.#reached[host]!);
      while (reached < steps.length && steps[reached]! <= vcpusFree[host]!) reached++;
      while (reached > 0 && steps[reached - 1]! > vcpusFree[host]!) reached--;
    }
    if (this.#changes[host] === cardChanges[host] && this.#reached[host] === reached) return;
    this.#changes[host] = cardChanges[host]!;
    this.#reached[host] = reached;
    this.#integrate(nowS);
    const idle = reached < 0 ? 0 : this.#idleOn(host);
    const fragment = idle === 0 ? 0 : this.#fragmentOn(host, reached, idle);
    this.#idleNow += idle - this.#idle[host]!;
    this.#fragmentNow += fragment - this.#fragment[host]!;
    this.#idle[host] = idle;
    this.#fragment[host] = fragment;
  }

  /** The share from 0 to `nowS`, in [0, 1]; null when no GPU was idle. */
  until(nowS: number): number | null {
    this.#integrate(nowS);
    return this.#idleS === 0 ? null : this.#fragmentS / this.#idleS;
  }

  #integrate(nowS: number): void {
    const spanS = nowS - this.#sinceS;
    this.#fragmentS += this.#fragmentNow * spanS;
    this.#idleS += this.#idleNow * spanS;
    this.#sinceS = nowS;
  }

  #idleOn(host: number): number {
    return this.#known[host] === undefined ? this.#fragments.free(host) : freeThousandthsOn(this.#cluster, host);
  }

  #fragmentOn(host: number, reached: number, idle: number): number {
    const known = this.#known[host];
    if (known === undefined) return this.#fragments.of(host);
    const place = (reached * known.length) / (this.#steps.length + 1) + idle / wholeCard;
    if (Number.isNaN(known[place])) known[place] = this.#fragments.of(host);
    return known[place]!;
  }
}
