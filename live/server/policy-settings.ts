/** The keys of the configuration that choose the policy and set its options: what the policies declare, in a loop. */
import { oneOf } from '../../core/check.ts';
import { InputError } from '../../core/input-error.ts';
import { policies } from '../../core/policies/index.ts';
import { checkOption, type PolicyOptionRecord, type PolicyOptions } from '../../core/policy-options.ts';
import type { LoadedPolicy } from '../../policy-modules/loaded-policy.ts';
import type { Settings, SettingValues } from '../settings/settings-file.ts';

/** The key that names the policy, or the file of one. */
export const policyKey = 'scheduling.policy';

/** @param outside the policy, where it comes from a file */
export function policySettings(outside: LoadedPolicy | undefined): Settings {
  const keys = Object.entries(declaredOptions(outside)).map(([name, option]) => [
    keyOf(name),
    { check: (value: unknown, where: string) => checkOption(option, value, where), fallback: option.default },
  ]);
  return {
    [policyKey]: { check: outside === undefined ? aPolicy : usable(outside), fallback: 'hybrid' },
    ...Object.fromEntries(keys),
  };
}

/** The options of the policy, as file and environment set them. */
export function policyOptionsFrom({ get }: SettingValues, outside: LoadedPolicy | undefined): PolicyOptions {
  const names = Object.keys(declaredOptions(outside));
  return { seed: 1, ...Object.fromEntries(names.map((name) => [name, get<string | number>(keyOf(name))])) };
}

/** @throws InputError when the policy declares an option whose key has another meaning */
export function refuseTakenKeys(others: Settings, { factory, module }: LoadedPolicy): void {
  const taken = Object.keys(factory.options ?? {}).find((name) => others[keyOf(name)] !== undefined);
  if (taken === undefined) return;
  throw new InputError(`${module.given}, options.${taken}`, `a name that heps does not use (${keyOf(taken)})`, taken);
}

function keyOf(option: string): string {
  return `scheduling.${option}`;
}

function declaredOptions(outside: LoadedPolicy | undefined): PolicyOptionRecord {
  return Object.assign({}, ...policies.map(({ options }) => options), outside?.factory.options);
}

/** Which requests will come is not known here, so that policies that need to know are not offered. */
function aPolicy(value: unknown, where: string): string {
  return oneOf(
    value,
    where,
    policies.filter(({ needsTypicalRequests }) => !needsTypicalRequests).map(({ name }) => name),
  );
}

function usable({ factory }: LoadedPolicy): (value: unknown, where: string) => string {
  return (value, where) => {
    if (factory.needsTypicalRequests !== true) return factory.name;
    throw new InputError(where, 'a policy that decides without typical requests', value);
  };
}
