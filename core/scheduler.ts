/** Filter, score, choose: one decision. The readable reference that every faster way must equal. */
import type { Cluster, HostView } from './cluster.ts';
import type { Decision, HostVerdict } from './decision.ts';
import { type Rejection, rejections } from './filters.ts';
import type { Policy, ScoreIndex } from './policy.ts';
import { isGpuRequest, type VmRequest } from './request.ts';

const nothing: ReadonlySet<number> = new Set();

/**
 * Places one request: the highest (tier, score) wins, ties go to the lowest host index. Changes nothing and depends on the
 * cluster, the request and the policy alone.
 *
 * @param excluded hosts that must not be used, such as one that refused this VM a moment ago
 */
export function schedule(
  cluster: Cluster,
  request: VmRequest,
  policy: Policy,
  excluded: ReadonlySet<number> = nothing,
): Decision {
  const candidates = cluster.hosts.filter((host) => rejectionOf(host, request, policy, excluded) === undefined);
  const best = choose(candidates, request, policy);
  return best === undefined ? noValidHost(cluster, request, policy, excluded) : placed(policy, request, best);
}

/** How a Scheduler finds the best host: by the policy's index where it has one, or always by the scan. */
export const engines = ['auto', 'scan'] as const;
/** How the best host is found; the decisions are the same. */
export type Engine = (typeof engines)[number];

/** A policy on a cluster. Decides as `schedule` does, bit for bit, and faster where the policy has an index. */
export class Scheduler {
  readonly #cluster: Cluster;
  readonly #policy: Policy;
  readonly #index: ScoreIndex | undefined;

  constructor(cluster: Cluster, policy: Policy, engine: Engine = 'auto') {
    this.#cluster = cluster;
    this.#policy = policy;
    this.#index = engine === 'scan' ? undefined : policy.index?.(cluster);
  }

  /** Places one request; see `schedule`. */
  schedule(request: VmRequest, excluded: ReadonlySet<number> = nothing): Decision {
    if (this.#index !== undefined && excluded.size === 0) return this.#index.decide(request);
    return schedule(this.#cluster, request, this.#policy, excluded);
  }
}

/** A host as it compares with others. */
interface Scored {
  readonly host: HostView;
  readonly tier: number;
  readonly score: number;
}

function placed(policy: Policy, request: VmRequest, { host, tier, score }: Scored): Decision {
  const cards = isGpuRequest(request) ? policy.cards(host, request) : [];
  return { kind: 'placed', host: host.index, cards, score: shownScore(policy, tier, score) };
}

function noValidHost(cluster: Cluster, request: VmRequest, policy: Policy, excluded: ReadonlySet<number>): Decision {
  const rejectedBy: Partial<Record<Rejection, number>> = {};
  for (const host of cluster.hosts) {
    const { reason } = rejectionOf(host, request, policy, excluded)!;
    rejectedBy[reason] = (rejectedBy[reason] ?? 0) + 1;
  }
  return { kind: 'no-valid-host', rejectedBy };
}

/** The same decision with every host's part in it: one verdict per host, in host order. */
export function explain(
  cluster: Cluster,
  request: VmRequest,
  policy: Policy,
  excluded: ReadonlySet<number> = nothing,
): { readonly decision: Decision; readonly verdicts: readonly HostVerdict[] } {
  const decision = schedule(cluster, request, policy, excluded);
  const rejected = cluster.hosts.map((host) => rejectionOf(host, request, policy, excluded));
  policy.prepare?.(
    request,
    cluster.hosts.filter((host) => rejected[host.index] === undefined),
  );
  const verdicts = cluster.hosts.map((host): HostVerdict => {
    const rejection = rejected[host.index];
    if (rejection !== undefined) return { host: host.index, rejection };
    const tier = policy.tier?.(host, request) ?? 0;
    const score = policy.score(host, request);
    const cards = isGpuRequest(request) ? policy.cards(host, request) : [];
    const terms = policy.terms(host, request);
    return { host: host.index, scored: { tier, score, shownScore: shownScore(policy, tier, score), terms, cards } };
  });
  return { decision, verdicts };
}

function rejectionOf(
  host: HostView,
  request: VmRequest,
  policy: Policy,
  excluded: ReadonlySet<number>,
): { filter: string; reason: Rejection } | undefined {
  if (excluded.has(host.index)) return { filter: 'Excluded', reason: 'excluded' };
  for (const filter of policy.filters) {
    const reason = filter.reject(host, request);
    if (reason !== undefined) return { filter: filter.name, reason };
  }
  return undefined;
}

function choose(candidates: readonly HostView[], request: VmRequest, policy: Policy): Scored | undefined {
  policy.prepare?.(request, candidates);
  let best: Scored | undefined;
  for (const host of candidates) {
    const tier = policy.tier?.(host, request) ?? 0;
    if (best !== undefined && tier < best.tier) continue;
    const score = policy.score(host, request);
    if (Number.isNaN(score)) throw new RangeError(`policy ${policy.name} gave no number for host ${host.name}`);
    if (best === undefined || tier > best.tier || score > best.score) best = { host, tier, score };
  }
  return best;
}

function shownScore(policy: Policy, tier: number, score: number): number {
  return tier === 0 ? score : tier * (policy.tierPoints ?? 0) + score;
}

/** Whether any host passes the policy's filters. */
export function isServable(cluster: Cluster, request: VmRequest, policy: Policy): boolean {
  return cluster.hosts.some((host) => rejectionOf(host, request, policy, nothing) === undefined);
}

/** Counts of hosts per reason as one text, `vcpus:12|cards-busy:48`, in the order in which filters look; reasons that are none of theirs come last. */
export function formatRejections(rejectedBy: Readonly<Partial<Record<string, number>>>): string {
  return [...new Set<string>([...rejections, ...Object.keys(rejectedBy)])]
    .flatMap((reason) => (rejectedBy[reason] === undefined ? [] : [`${reason}:${rejectedBy[reason]}`]))
    .join('|');
}
