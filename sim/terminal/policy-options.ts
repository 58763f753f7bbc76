/** Options of policies as flags of a command: what the policies declare, in a loop. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { InputError } from '../../core/input-error.ts';
import { policies, policyNamed } from '../../core/policies/index.ts';
import type { PolicyFactory } from '../../core/policy.ts';
import type { PolicyOption } from '../../core/policy-options.ts';
import type { LoadedPolicy } from '../../policy-modules/loaded-policy.ts';
import { flagOf } from '../runs/idle-run-options.ts';
import { policyGroup } from './help-groups.ts';

/** An option, and the names of the policies that have it. */
interface SharedOption {
  readonly name: string;
  readonly option: PolicyOption;
  readonly policies: string[];
}

/**
 * Every option of the policies that come with heps, then those of the others.
 *
 * @throws InputError when a policy declares an option of another otherwise than that one does
 */
function declaredOptions(outside: readonly LoadedPolicy[]): SharedOption[] {
  const byName = new Map<string, SharedOption>();
  const add = ({ name: policy, options = {} }: PolicyFactory, where: string): void => {
    for (const [name, option] of Object.entries(options)) {
      const known = byName.get(name);
      if (known === undefined) byName.set(name, { name, option, policies: [policy] });
      else if (hasSameValues(known.option, option)) known.policies.push(policy);
      else {
        const expected = `the values and default that policy ${known.policies[0]} has, or another name`;
        throw new InputError(`${where}, options.${name}`, expected, option.choices ?? option.default);
      }
    }
  };
  for (const factory of policies) add(factory, factory.name);
  for (const { factory, module } of outside) add(factory, module.given);
  return [...byName.values()];
}

function hasSameValues(a: PolicyOption, b: PolicyOption): boolean {
  return a.default === b.default && a.minimum === b.minimum && String(a.choices) === String(b.choices);
}

/**
 * Adds the options of all policies to a command that has its other options already.
 *
 * @throws InputError when a policy declares an option that is already taken
 */
export function addPolicyOptions(command: Command, outside: readonly LoadedPolicy[] = []): Command {
  command.optionsGroup(policyGroup);
  for (const { name, option, policies: having } of declaredOptions(outside)) {
    const unit = option.unit === undefined ? '' : `, ${option.unit}`;
    const flags = `${flagOf(name)} <${option.choices === undefined ? 'n' : 'value'}>`;
    const flag = new Option(flags, `${option.help}${unit} (${having.join(', ')})`);
    const owner = outside.find(({ factory }) => factory.name === having[0]);
    if (owner !== undefined && command.options.some((other) => other.long === flag.long)) {
      throw new InputError(
        `${owner.module.given}, options.${name}`,
        `a name that heps does not use (${flagOf(name)})`,
        name,
      );
    }
    if (option.choices === undefined) flag.argParser((text) => numberFrom(option.minimum, text));
    else flag.choices(option.choices);
    command.addOption(flag.default(option.default));
  }
  return command;
}

/** A number of at least `least`. */
function numberFrom(least: number, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < least) {
    throw new InvalidArgumentError(`Expected a number of at least ${least}.`);
  }
  return value;
}

/** The values of the policies' options, from those that commander read. */
export function policyValuesOf(values: object, outside: readonly LoadedPolicy[]): Record<string, string | number> {
  const given = new Map<string, string | number>(Object.entries(values));
  return Object.fromEntries(declaredOptions(outside).map(({ name }) => [name, given.get(name)!]));
}

/** The policy from a file that goes by this name or path; undefined where it comes with heps. */
export function loadedPolicy(name: string, outside: readonly LoadedPolicy[]): LoadedPolicy | undefined {
  return outside.find(({ factory, module }) => module.given === name || factory.name === name);
}

/** A policy by its name, or by its file as it was given. @throws InputError */
export function policyFactory(name: string, outside: readonly LoadedPolicy[]): PolicyFactory {
  return loadedPolicy(name, outside)?.factory ?? policyNamed(name);
}
