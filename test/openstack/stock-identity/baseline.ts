/** The ways of running stock OpenStack that are compared with the real one. */
import { policyNamed } from '../../../core/policies/index.ts';
import { createPolicy, type Policy } from '../../../core/policy.ts';

/** A policy of `core` that stands for stock OpenStack, with its options. */
export interface Baseline {
  readonly policy: 'nova' | 'nova-aliases';
  /** `gpu`: hosts with and without cards are two host aggregates, and each flavor names its own. */
  readonly hostAggregates: 'none' | 'gpu';
}

/** The policy of a baseline. */
export function policyOf({ policy, hostAggregates }: Baseline): Policy {
  return createPolicy(policyNamed(policy), { hostAggregates });
}
