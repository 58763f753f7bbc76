/** A policy: which hosts may take a VM, which of them is best, and which of its cards the VM gets. */

import type { Cluster, HostView } from './cluster.ts';
import type { Decision } from './decision.ts';
import type { Filter } from './filters.ts';
import {
  type OptionValues,
  optionValues,
  type PolicyContext,
  type PolicyOptionRecord,
  type PolicyOptions,
} from './policy-options.ts';
import type { VmRequest } from './request.ts';
import type { ShownScores } from './shown-scores.ts';

/** One way to place VMs. A new one is a file in `policies/` and a line in `policies/index.ts`. */
export interface Policy {
  /** As run files and tables show it. */
  readonly name: string;
  /** Applied in order; the first that rejects a host removes it. */
  readonly filters: readonly Filter[];
  /** Cards are taken whole even where they are shared: the policy only counts them. */
  readonly wholeCards: boolean;
  /** It reads `Cluster.asked`: whoever decides by it notes requests there as they come. */
  readonly learns?: true;
  /**
   * Called once per request with the hosts that passed the filters, before their scores; for policies whose score compares
   * the candidates, as Nova's weighers do. What it leaves behind may depend on its arguments only.
   */
  prepare?(request: VmRequest, candidates: readonly HostView[]): void;
  /** Compared before the score: any host of a higher tier beats every host of a lower one. Default 0. */
  tier?(host: HostView, request: VmRequest): number;
  /** Points that one tier adds to the score that is shown. Default 0. */
  readonly tierPoints?: number;
  /** How good the host is for the request; higher is better, its range is the policy's own. */
  score(host: HostView, request: VmRequest): number;
  /** The parts of the score by name, for explanations. */
  terms(host: HostView, request: VmRequest): Record<string, number>;
  /** Cards that the request gets on the chosen host, ascending. Called for GPU VMs only. */
  cards(host: HostView, request: VmRequest): number[];
  /** Something that finds the best host of that cluster faster than a scan; a policy without one is scanned. */
  index?(cluster: Cluster): ScoreIndex;
}

/** Decides as `schedule` does, faster. It tracks the cluster's changes on its own. */
export interface ScoreIndex {
  /** Places one request, as `schedule` does. */
  decide(request: VmRequest): Decision;
}

/** Makes a policy; one a run, since policies may keep scratch memory. */
export interface PolicyFactory {
  /** By which people choose it. */
  readonly name: string;
  /** One line for `--help` and tables. */
  readonly summary: string;
  /** What people may set, by name. Defaults to nothing. */
  readonly options?: PolicyOptionRecord;
  /** It decides only with `PolicyContext.typicalRequests`, so only where the workload is known beforehand. */
  readonly needsTypicalRequests?: true;
  /**
   * A policy for one run.
   *
   * @param options the seed and every declared option, checked
   * @throws InputError when it needs typical requests and gets none
   */
  create(options: PolicyContext): Policy;
  /** How its scores are shown under these options. Defaults to plain numbers. */
  shown?(options: PolicyContext): ShownScores;
}

/** A factory with options, `PolicyFactoryWith<typeof options>`: its functions know the names and types of their values. */
export interface PolicyFactoryWith<Declared extends PolicyOptionRecord> extends PolicyFactory {
  /** What people may set. */
  readonly options: Declared;
  /** Makes a policy; see PolicyFactory. */
  create(options: PolicyContext & OptionValues<Declared>): Policy;
  /** How scores are shown; see PolicyFactory. */
  shown?(options: PolicyContext & OptionValues<Declared>): ShownScores;
}

/** The factory whose functions may be called with some of its options: what is missing has its default, and all are checked. */
export function withDefaults(factory: PolicyFactory): PolicyFactory {
  const { shown } = factory;
  return {
    ...factory,
    create: (given) => factory.create(optionValues(factory, { ...given })),
    ...(shown === undefined ? {} : { shown: (given) => shown(optionValues(factory, { ...given })) }),
  };
}

/**
 * The policy with these options; those that are missing have their defaults, those that it does not declare are ignored.
 *
 * @throws InputError when an option has no value that it may have
 */
export function createPolicy(factory: PolicyFactory, given: Partial<PolicyOptions> = {}): Policy {
  return factory.create(optionValues(factory, given));
}
