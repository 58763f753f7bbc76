/** The policies of an experiment: by name, from a file, or handed over in memory. */
import { InputError } from '../../core/input-error.ts';
import { policies, policyNamed } from '../../core/policies/index.ts';
import type { PolicyFactory } from '../../core/policy.ts';
import type { PolicyOption, PolicyOptions } from '../../core/policy-options.ts';
import type { PolicyModule } from '../../policy-modules/loaded-policy.ts';
import { isPolicyFile } from '../../policy-modules/policy-reference.ts';

/** A policy by name, by the path of its file such as `./mine.ts`, or one in memory. */
export type PolicyInput = string | PolicyFactory;

/** A policy that is ready to run. */
export interface ChosenPolicy {
  readonly factory: PolicyFactory;
  /** Its file, where it comes from one. */
  readonly module?: PolicyModule;
  /** It was handed over in memory, so it cannot go to another thread. */
  readonly isInMemory: boolean;
}

/** @throws InputError when there is no policy of that name, or its file is no policy */
export async function choosePolicy(input: PolicyInput): Promise<ChosenPolicy> {
  if (typeof input !== 'string') return { factory: input, isInMemory: true };
  if (!isPolicyFile(input)) return { factory: policyNamed(input), isInMemory: false };
  const { loadPolicy } = await import('../../policy-modules/load-policy.ts');
  return { ...(await loadPolicy(input)), isInMemory: false };
}

/** @throws InputError also when two have one name */
export async function choosePolicies(inputs: readonly PolicyInput[]): Promise<readonly ChosenPolicy[]> {
  const chosen: ChosenPolicy[] = [];
  for (const input of inputs) chosen.push(await choosePolicy(input));
  const names = chosen.map(({ factory }) => factory.name);
  if (names.length === 0 || new Set(names).size !== names.length) {
    throw new InputError('policies', 'at least one, with different names', names);
  }
  return chosen;
}

const optionsOfHeps: ReadonlyMap<string, PolicyOption> = new Map(
  policies.flatMap(({ options = {} }) => Object.entries(options)),
);

/**
 * The options that the run file of a policy records. A policy from a file has its own; the others have those of every policy that comes
 * with heps, as run files always had. Defaults are left out, so that run files stay as they were before there was the option.
 *
 * @param given values by name; what is missing has its default
 */
export function recordedOptions(
  { factory = {}, module }: { readonly factory?: Pick<PolicyFactory, 'options'>; readonly module?: PolicyModule },
  given: Readonly<Record<string, unknown>>,
): Omit<PolicyOptions, 'seed'> {
  const own = new Map(Object.entries(factory.options ?? {}));
  const declared = module === undefined ? new Map([...optionsOfHeps, ...own]) : own;
  const values = [...declared].map(([name, option]) => ({ name, option, value: given[name] ?? option.default }));
  return Object.fromEntries(
    values
      .filter(({ option, value }) => value !== option.default || option.isAlwaysRecorded)
      .map(({ name, value }) => [name, value as string | number]),
  );
}
