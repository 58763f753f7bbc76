/** What would have changed a decision: the scheduler is asked again with one thing changed. The case's cluster is as before afterwards. */
import type { Cluster } from '../../core/cluster.ts';
import type { Decision } from '../../core/decision.ts';
import { policies } from '../../core/policies/index.ts';
import { createPolicy, type Policy } from '../../core/policy.ts';
import { isGpuRequest, type VmRequest } from '../../core/request.ts';
import { Scheduler, schedule } from '../../core/scheduler.ts';
import type { DecisionCase } from './decision-case.ts';

type Asked = Pick<DecisionCase, 'cluster' | 'request' | 'policy' | 'moment'>;

/** Where it would have gone if the chosen host had not been there. */
export function withoutHost({ cluster, request, policy, moment }: Asked, host: number): Decision {
  return schedule(cluster, request, policy, new Set([...moment.excluded, host]));
}

/**
 * What each policy of heps would have decided at that moment, in the order of `policies`. One that needs typical
 * requests is left out where the run has none.
 */
export function underEachPolicy({
  cluster,
  request,
  moment,
  file,
}: DecisionCase): { name: string; decision: Decision }[] {
  const { options } = file.inputs.policy;
  return policies
    .filter(({ needsTypicalRequests }) => !needsTypicalRequests || options.typicalRequests !== undefined)
    .map((factory) => ({
      name: factory.name,
      decision: schedule(cluster, request, createPolicy(factory, options), moment.excluded),
    }));
}

/** The smallest change of one quantity with which the other host wins. */
export interface ClosingChange {
  readonly quantity: 'vcpus' | 'ramMib';
  /** More free where above 0, less where below: under the cosine of `hybrid` a host may win with less. */
  readonly change: number;
}

/** RAM is tried in steps of so much, vCPUs one by one. */
const ramStepMib = 1024;

/**
 * Tried, not computed: more and less of each quantity in growing steps, between what the request needs and what the host has.
 *
 * @returns the changes that make `host` win, at most one per quantity
 */
export function closingChanges(
  { cluster, request, policy, shown, moment }: Asked & Pick<DecisionCase, 'shown'>,
  host: number,
  chosen: number,
): ClosingChange[] {
  if (shown.isLot) return []; // a lot does not depend on what is free
  const view = cluster.hosts[host]!;
  const before = cluster.observationOf(host);
  // Whether only these two matter: not where scores compare all candidates.
  const others = new Set(cluster.hosts.map(({ index }) => index).filter((each) => each !== host && each !== chosen));
  const scheduler = policy.prepare === undefined ? undefined : new Scheduler(cluster, policy);
  const wins = (): boolean => {
    const decision =
      scheduler !== undefined
        ? scheduler.schedule(request, moment.excluded)
        : schedule(cluster, request, policy, others);
    return decision.kind === 'placed' && decision.host === host;
  };
  const smallest = (
    quantity: ClosingChange['quantity'],
    step: number,
    least: number,
    most: number,
  ): ClosingChange[] => {
    const now = quantity === 'vcpus' ? view.vcpusFree : view.ramFreeMib;
    const far = Math.max(most - now, now - least);
    const tries = Array.from({ length: Math.ceil(far / step) }, (_, index) => (index + 1) * step);
    for (const change of tries.flatMap((size) => [size, -size])) {
      const free = now + change;
      if (free < least || free > most) continue;
      cluster.observe(host, quantity === 'vcpus' ? { ...before, vcpusFree: free } : { ...before, ramFreeMib: free });
      if (wins()) return [{ quantity, change }];
    }
    return [];
  };
  try {
    const vcpus = smallest('vcpus', 1, request.vcpus, view.vcpus);
    cluster.observe(host, before);
    return [...vcpus, ...smallest('ramMib', ramStepMib, request.ramMib, view.ramMib)];
  } finally {
    cluster.observe(host, before);
  }
}

/** A request that asks for less in one respect and would have been placed. */
export interface SmallerRequest {
  readonly field: 'cards' | 'cardMemoryMib' | 'cardCores' | 'cardModels' | 'vcpus' | 'ramMib';
  readonly request: VmRequest;
  /** Hosts that could have taken it then. */
  readonly hosts: number;
  /** The one that would have got it. */
  readonly host: number;
}

/** Of each single change the smallest that would have helped, those that give up least first. */
export function smallerRequests({ cluster, request, policy, moment }: Asked): SmallerRequest[] {
  const found = smallerSteps(cluster, request).flatMap(({ field, requests }) => {
    for (const smaller of requests) {
      const decision = schedule(cluster, smaller, policy, moment.excluded);
      if (decision.kind === 'no-valid-host') continue;
      const hosts = fittingHosts(cluster, smaller, policy, moment.excluded);
      return [{ field, request: smaller, hosts, host: decision.host, kept: keptShare(request, smaller, field) }];
    }
    return [];
  });
  return found
    .sort((a, b) => b.kept - a.kept)
    .map(({ field, request: smaller, hosts, host }) => ({ field, request: smaller, hosts, host }));
}

/** Requests that ask for less and less in one respect, for each respect. */
function smallerSteps(
  cluster: Cluster,
  request: VmRequest,
): { field: SmallerRequest['field']; requests: VmRequest[] }[] {
  const { cards, cardMemoryMib, cardCores, cardModels, vcpus, ramMib } = request;
  const below = (sizes: readonly number[], asked: number): number[] =>
    asked === 0 ? [] : [...new Set([...sizes, 0])].filter((size) => size < asked).sort((a, b) => b - a);
  const cpu = [
    { field: 'vcpus' as const, requests: halves(vcpus, 1).map((each) => ({ ...request, vcpus: each })) },
    { field: 'ramMib' as const, requests: halves(ramMib, 1024).map((each) => ({ ...request, ramMib: each })) },
  ];
  if (!isGpuRequest(request)) return cpu;
  const memories = below(
    cluster.models.map((model) => model.memoryMib),
    cardMemoryMib,
  );
  const cores = below(
    cluster.models.map((model) => model.cores),
    cardCores,
  );
  const fewer = Array.from({ length: cards - 1 }, (_, index) => cards - 1 - index);
  return [
    { field: 'cardModels', requests: cardModels.length === 0 ? [] : [{ ...request, cardModels: [] }] },
    { field: 'cardMemoryMib', requests: memories.map((each) => ({ ...request, cardMemoryMib: each })) },
    { field: 'cardCores', requests: cores.map((each) => ({ ...request, cardCores: each })) },
    { field: 'cards', requests: fewer.map((each) => ({ ...request, cards: each })) },
    ...cpu,
  ];
}

/** A half, a quarter and so on, whole where the asked one is, down to `least`. */
function halves(asked: number, least: number): number[] {
  const sizes: number[] = [];
  for (let size = Math.ceil(asked / 2); size >= least && size < (sizes.at(-1) ?? asked); size = Math.ceil(size / 2)) {
    sizes.push(size);
  }
  return sizes;
}

/** How much of the changed field is still asked for; a wish for a model given up counts as nothing lost. */
function keptShare(asked: VmRequest, smaller: VmRequest, field: SmallerRequest['field']): number {
  return field === 'cardModels' ? 1 : smaller[field] / asked[field];
}

function fittingHosts(cluster: Cluster, request: VmRequest, policy: Policy, excluded: ReadonlySet<number>): number {
  return cluster.hosts.filter(
    (host) => !excluded.has(host.index) && policy.filters.every((filter) => filter.reject(host, request) === undefined),
  ).length;
}
