/** The policy of a run as the page has it: to ask it again, and to show its scores. */
import { policyNamed } from '../../core/policies/index.ts';
import { createPolicy, type Policy, type PolicyFactory } from '../../core/policy.ts';
import { optionValues, optionWords } from '../../core/policy-options.ts';
import type { RunFile } from '../../core/runs/run-file.ts';
import type { ShownScores } from '../../core/shown-scores.ts';

/** A policy and how its scores are shown. */
export interface ShownPolicy {
  readonly policy: Policy;
  readonly shown: ShownScores;
}

/** What the page knows of a run's policy. */
export interface RunPolicy {
  /** Null where the policy is somebody's own and the page was opened without it. */
  readonly decides: ShownPolicy | null;
  /** Why it is not there, in one sentence; empty where it is. */
  readonly missing: string;
  /** Cards are taken whole even where they are shared. */
  readonly wholeCards: boolean;
  /** Its options that are not at their defaults, in words. */
  readonly optionWords: readonly string[];
}

/**
 * @param own the policy, where it does not come with heps; or why it is not here
 * @throws InputError when the run's policy does not exist, or had options that it cannot have
 */
export function runPolicyOf({ inputs }: Pick<RunFile, 'inputs'>, own?: PolicyFactory | string): RunPolicy {
  const { name, options, module } = inputs.policy;
  if (module !== undefined && (own === undefined || typeof own === 'string')) {
    const missing =
      own ?? `Explanations need the policy itself: open this run with heps view RUN --policy ${module.file}.`;
    return {
      decides: null,
      missing,
      wholeCards: module.wholeCards ?? false,
      optionWords: optionWords(undefined, options),
    };
  }
  const factory = module === undefined || typeof own !== 'object' ? policyNamed(name) : own;
  const shown = factory.shown?.(optionValues(factory, options)) ?? {};
  const policy = createPolicy(factory, options);
  return {
    decides: { policy, shown },
    missing: '',
    wholeCards: policy.wholeCards,
    optionWords: optionWords(factory.options ?? {}, options),
  };
}
