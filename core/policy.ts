/** A policy: which hosts may take a VM, which of them is best, and which of its cards the VM gets. */

import type { Cluster, HostView } from './cluster.ts';
import type { Decision } from './decision.ts';
import type { Filter } from './filters.ts';
import type { VmRequest } from './request.ts';
import type { TypicalRequest } from './typical-request.ts';

/** One way to place VMs. A new one is a file in `policies/` and a line in `policies/index.ts`. */
export interface Policy {
  readonly name: string;
  /** Applied in order; the first that rejects a host removes it. */
  readonly filters: readonly Filter[];
  /** Cards are taken whole even where they are shared: the policy only counts them. */
  readonly wholeCards: boolean;
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
  /** The parts of which the score is made, by name, for explanations. */
  terms(host: HostView, request: VmRequest): Record<string, number>;
  /** Cards that the request gets on the chosen host, ascending. Called for GPU VMs only. */
  cards(host: HostView, request: VmRequest): number[];
  /** Something that finds the best host of that cluster faster than a scan; a policy without one is scanned. */
  index?(cluster: Cluster): ScoreIndex;
}

/** Decides as `schedule` does, faster. It follows the cluster's changes by itself. */
export interface ScoreIndex {
  decide(request: VmRequest): Decision;
}

export const similarityForms = ['normalised', 'raw'] as const;
export const gpuScores = ['both', 'card', 'similarity'] as const;
export const spills = ['allowed', 'never'] as const;

/** What a person may set when naming a policy. What run files from before an option lack has its default. */
export interface PolicyOptions {
  /** Seed of the policies that draw lots. Defaults to 1. */
  readonly seed: number;
  /** Eq. (3) over components divided by the largest capacity, or `raw`: literally, in raw units. Defaults to `normalised`. */
  readonly similarity: (typeof similarityForms)[number];
  /** Eq. (4) of policy `hybrid`: S_card × similarity, or one of the two alone. Defaults to `both`. */
  readonly gpuScore?: (typeof gpuScores)[number];
  /** Whether CPU VMs may go to GPU hosts when no CPU host has room; policies `hybrid` and `least-card`. Defaults to `allowed`. */
  readonly spill?: (typeof spills)[number];
  /** vCPUs that a CPU VM must leave free on a GPU host for each of its idle cards; the same policies. Defaults to 0. */
  readonly reserveVcpusPerCard?: number;
  /** RAM that it must leave free for each of them, MiB. Defaults to 0. */
  readonly reserveRamMibPerCard?: number;
  /** What the workload is made of, for policies that need to know it beforehand; they have no default. */
  readonly typicalRequests?: readonly TypicalRequest[];
}
export const defaultPolicyOptions: PolicyOptions = { seed: 1, similarity: 'normalised' };

/** Makes a policy; one a run, since policies may keep scratch memory. */
export interface PolicyFactory {
  readonly name: string;
  /** One line for `--help` and tables. */
  readonly summary: string;
  /** It decides only with `PolicyOptions.typicalRequests`, so only where the workload is known beforehand. */
  readonly needsTypicalRequests?: true;
  /** @throws InputError when it needs typical requests and gets none */
  create(options: PolicyOptions): Policy;
}
