/** What a policy lets people set: declared once by the policy, read by command line, live settings, sweep plans and the page. */
import { InputError } from './input-error.ts';
import type { TypicalRequest } from './typical-request.ts';

/** An option whose value is one of a few texts. */
export interface ChoiceOption {
  /** One line for `--help`. */
  readonly help: string;
  /** The words, the usual one among them. */
  readonly choices: readonly string[];
  /** One of `choices`. */
  readonly default: string;
  /** Of numbers only. */
  readonly minimum?: undefined;
  /** Of numbers only. */
  readonly unit?: undefined;
  /** Run files hold it even at its default; other options only where they differ from it. */
  readonly isAlwaysRecorded?: true;
  /** A value other than the default, as the page and its tables say it: `raw similarity`. */
  words(value: string): string;
}

/** An option whose value is a number. */
export interface NumberOption {
  /** One line for `--help`. */
  readonly help: string;
  /** The lowest value allowed. */
  readonly minimum: number;
  /** At least `minimum`. */
  readonly default: number;
  /** Of words only. */
  readonly choices?: undefined;
  /** Unit of the number, such as `MiB`; absent for counts and ratios. */
  readonly unit?: string;
  /** Run files hold it even at its default; other options only where they differ from it. */
  readonly isAlwaysRecorded?: true;
  /** A value other than the default, as the page and its tables say it: `2 vCPUs kept per idle card`. */
  words(value: number): string;
}

/** An option that a policy declares. */
export type PolicyOption = ChoiceOption | NumberOption;

/** Options by name, in camelCase: `gpuScore` is `--gpu-score` on the command line and `scheduling.gpuScore` in live settings. */
export type PolicyOptionRecord = Readonly<Record<string, PolicyOption>>;

/** The type of an option's values: one of its choices, or a number. */
export type ValueOf<Declared extends PolicyOption> = Declared extends { readonly choices: readonly (infer Choice)[] }
  ? Choice
  : number;

/** The checked values of declared options. */
export type OptionValues<Declared extends PolicyOptionRecord> = {
  readonly [Name in keyof Declared]: ValueOf<Declared[Name]>;
};

/** What every policy is given besides the options that it declares. */
export interface PolicyContext {
  /** Seed of the policies that draw lots. */
  readonly seed: number;
  /** What the workload is made of, for policies that need to know it beforehand; absent for the others. */
  readonly typicalRequests?: readonly TypicalRequest[];
}

/** Options as a run file records them and as people give them: what is missing has its default, what the policy does not declare is ignored. */
export interface PolicyOptions extends PolicyContext {
  /** Values by the names of the options. */
  readonly [option: string]: string | number | readonly TypicalRequest[] | undefined;
}

/** A value that the option takes. @param where for the message @throws InputError */
export function checkOption(option: PolicyOption, value: unknown, where: string): string | number {
  if (option.choices !== undefined) {
    if (typeof value !== 'string' || !option.choices.includes(value)) {
      throw new InputError(where, `one of ${option.choices.join(', ')}`, value);
    }
    return value;
  }
  if (typeof value !== 'number' || !Number.isFinite(value) || value < option.minimum) {
    throw new InputError(where, `a number of at least ${option.minimum}`, value);
  }
  return value;
}

/** What declares options: a policy's factory. */
interface Declaring {
  readonly name: string;
  readonly options?: PolicyOptionRecord;
}

/** What the policy's functions are called with: its declared options, checked and filled up with their defaults. @throws InputError */
export function optionValues(
  { name: policy, options: declared = {} }: Declaring,
  { seed = 1, typicalRequests, ...given }: Partial<PolicyOptions>,
): PolicyContext {
  const values = Object.entries(declared).map(([name, option]) => {
    const value = given[name] ?? option.default;
    return [name, checkOption(option, value, `policy ${policy}, option ${name}`)];
  });
  return { ...Object.fromEntries(values), seed, ...(typicalRequests === undefined ? {} : { typicalRequests }) };
}

/** What a run file keeps of the values: those that are not at their defaults, and those that it always keeps, in order of declaration. */
export function recordedOptions(
  declared: PolicyOptionRecord,
  values: Readonly<Record<string, unknown>>,
): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(declared)
      .map(([name, option]) => ({ name, option, value: (values[name] ?? option.default) as string | number }))
      .filter(({ option, value }) => value !== option.default || option.isAlwaysRecorded)
      .map(({ name, value }) => [name, value]),
  );
}

/** The options that are not at their defaults, in words. Options of a policy that is not known are shown by name and value. */
export function optionWords(declared: PolicyOptionRecord | undefined, given: PolicyOptions): string[] {
  const { seed: _, typicalRequests: __, ...values } = given;
  if (declared === undefined) return Object.entries(values).map(([name, value]) => `${name} ${value}`);
  return Object.entries(declared).flatMap(([name, option]) => {
    const value = values[name] ?? option.default;
    if (value === option.default) return [];
    return option.choices === undefined ? option.words(Number(value)) : option.words(String(value));
  });
}
