/** Policies as people name them: one that comes with heps, a file of their own, or a factory in memory. */
import { InputError } from '../../core/input-error.ts';
import { builtInOptions, policyNamed } from '../../core/policies/index.ts';
import type { PolicyFactory } from '../../core/policy.ts';
import { optionValues, type PolicyOptions, recordedOptions } from '../../core/policy-options.ts';
import type { LoadedPolicy, PolicyModule } from '../../policy-modules/loaded-policy.ts';
import { isPolicyFile, policiesFrom } from '../../policy-modules/policy-reference.ts';

/** A policy by name, by file (`./mine.ts`), or one of your own. */
export type PolicyInput = string | PolicyFactory;

/** A policy that was looked up. */
export interface ChosenPolicy {
  readonly factory: PolicyFactory;
  /** Its file, where it has one: other threads and machines load it from there. */
  readonly module?: PolicyModule | undefined;
  /** A factory in memory, which cannot go to another thread. */
  readonly given?: PolicyFactory | undefined;
}

/** Looks each policy up; files are loaded. @throws InputError when there is no such policy, or its file cannot be used */
export async function choosePolicies(inputs: readonly PolicyInput[]): Promise<ChosenPolicy[]> {
  const files = inputs.filter((input) => typeof input === 'string').filter(isPolicyFile);
  const loaded = await policiesFrom([...new Set(files)]);
  return inputs.map((input) => {
    if (typeof input !== 'string') return { factory: input, given: input };
    return loaded.find(({ module }) => module.given === input) ?? { factory: policyNamed(input) };
  });
}

/**
 * The options of a plan, those at their defaults left out, so that run files stay as they were before there was the option. A plan of a
 * policy that comes with heps keeps the options of all of them.
 *
 * @throws InputError when an option has no value that it may have
 */
export function planOptionsOf(
  { factory, module, given }: Pick<ChosenPolicy, 'factory' | 'given'> & { module?: LoadedPolicy['module'] | undefined },
  values: Readonly<Record<string, unknown>>,
): Omit<PolicyOptions, 'seed'> {
  const isOwn = module !== undefined || given !== undefined;
  const options = recordedOptions(isOwn ? (factory.options ?? {}) : builtInOptions, values);
  optionValues(factory, options);
  return options;
}

/** Makes sure that some policy has each option. @throws InputError */
export function refuseUnknownOptions(values: object, chosen: readonly ChosenPolicy[]): void {
  const known = new Set([builtInOptions, ...chosen.map(({ factory }) => factory.options ?? {})].flatMap(Object.keys));
  const unknown = Object.keys(values).find((name) => !known.has(name));
  if (unknown !== undefined) {
    throw new InputError(`policyOptions.${unknown}`, `one of the options ${[...known].join(', ')}`, unknown);
  }
}
