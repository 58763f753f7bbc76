/** The cloud with nothing on it: whether anybody could ever be placed, told by one host of each kind. */
import { Cluster, type HostView } from '../../core/cluster.ts';
import type { Rejection } from '../../core/filters.ts';
import type { HostSpec } from '../../core/host.ts';
import type { Policy } from '../../core/policy.ts';
import type { VmRequest } from '../../core/request.ts';
import { formatRejections } from '../../core/scheduler.ts';

export class EmptyCloud {
  readonly #policy: Policy;
  /** One host of each kind, in the order in which they come; all hosts where a filter may look at several. */
  readonly #hosts: readonly HostView[];
  /** How many hosts are like it. */
  readonly #counts: readonly number[];

  constructor(specs: readonly HostSpec[], policy: Policy) {
    this.#policy = policy;
    const isByHost = policy.filters.every((filter) => filter.dependsOn === 'host');
    const kinds = new Map<string, { first: HostSpec; count: number }>();
    for (const spec of specs) {
      const key = isByHost ? kindOf(spec) : spec.name;
      const kind = kinds.get(key);
      if (kind === undefined) kinds.set(key, { first: spec, count: 1 });
      else kind.count++;
    }
    this.#hosts = new Cluster([...kinds.values()].map(({ first }) => first)).hosts;
    this.#counts = [...kinds.values()].map(({ count }) => count);
  }

  /** Why no host can ever take the request, as a text; undefined when one can. */
  refusal(request: VmRequest): string | undefined {
    const rejectedBy: Partial<Record<Rejection, number>> = {};
    for (const [kind, host] of this.#hosts.entries()) {
      const reason = this.#rejectionOf(host, request);
      if (reason === undefined) return undefined;
      rejectedBy[reason] = (rejectedBy[reason] ?? 0) + this.#counts[kind]!;
    }
    return formatRejections(rejectedBy);
  }

  #rejectionOf(host: HostView, request: VmRequest): Rejection | undefined {
    for (const filter of this.#policy.filters) {
      const reason = filter.reject(host, request);
      if (reason !== undefined) return reason;
    }
    return undefined;
  }
}

/** Equal for hosts that are alike but for their names and where their cards are plugged in. */
function kindOf({ vcpus, ramMib, diskGib, cpuAllocationRatio, cards }: HostSpec): string {
  const ofCards = cards.map(({ model, sharing }) => [model, sharing]);
  return JSON.stringify([vcpus, ramMib, diskGib, cpuAllocationRatio, ofCards]);
}
