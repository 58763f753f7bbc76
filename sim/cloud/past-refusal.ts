/** Why a VM fitted nowhere some bindings ago: the reasons of now, but for the hosts of those bindings. */
import { Cluster, type HostView, type Placement } from '../../core/cluster.ts';
import type { Decision } from '../../core/decision.ts';
import type { Rejection } from '../../core/filters.ts';
import type { Policy } from '../../core/policy.ts';
import type { VmRequest } from '../../core/request.ts';

/** Hosts by reason. */
export type Rejections = Readonly<Partial<Record<Rejection, number>>>;

/**
 * What `noValidHost` of the scheduler said before these bindings, of a request that then fitted nowhere.
 *
 * @param cluster as it is now
 * @param policy whose filters look at one host at a time
 * @param now the decision of now
 * @param bindings all that changed since then, in their order
 */
export function pastRejections(
  cluster: Cluster,
  request: VmRequest,
  policy: Policy,
  now: Decision,
  bindings: readonly Placement[],
): Rejections {
  const before = new Map<number, Cluster>();
  for (const binding of bindings) {
    const copy = before.get(binding.host) ?? copyOf(cluster, binding.host);
    before.set(binding.host, copy);
    copy.release({ ...binding, host: 0 });
  }
  const rejectedBy: Partial<Record<Rejection, number>> = now.kind === 'placed' ? {} : { ...now.rejectedBy };
  const count = (host: HostView, change: 1 | -1): void => {
    const reason = rejectionOf(host, request, policy);
    if (reason === undefined) throw new RangeError(`${request.id} fitted on ${host.name} and was not tried`);
    rejectedBy[reason] = (rejectedBy[reason] ?? 0) + change;
    if (rejectedBy[reason] === 0) delete rejectedBy[reason];
  };
  for (const [host, copy] of before) {
    count(copy.hosts[0]!, 1);
    if (now.kind !== 'placed') count(cluster.hosts[host]!, -1);
  }
  // A binding makes room for others only where GPU hosts keep something for idle cards.
  if (now.kind === 'placed') for (const host of cluster.hosts) if (!before.has(host.index)) count(host, 1);
  return rejectedBy;
}

function rejectionOf(host: HostView, request: VmRequest, policy: Policy): Rejection | undefined {
  for (const filter of policy.filters) {
    const reason = filter.reject(host, request);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** A cluster of that host alone, as it is now. */
function copyOf(cluster: Cluster, host: number): Cluster {
  const view = cluster.hosts[host]!;
  const copy = new Cluster([view.specs]);
  copy.observe(0, cluster.observationOf(host));
  copy.setUp(0, view.isUp);
  copy.addBuilding(0, view.building);
  return copy;
}
