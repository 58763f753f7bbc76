/** What a sweep's plan may vary: the options of a run, read by the command line's own parsers. */
import { resolve } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, type Option } from 'commander';
import { InputError } from '../../core/input-error.ts';
import type { OptionNeed } from '../../idle-options.ts';
import type { LoadedPolicy } from '../../policy-modules/loaded-policy.ts';
import { type RunSituation, runNeedsWith } from '../runs/idle-run-options.ts';
import { presetNames } from '../runs/presets.ts';
import type { DecisionPlan } from '../runs/run.ts';
import { addRunOptions, decisionPlanOf, policyOption, seedList } from '../terminal/options.ts';
import { addPolicyOptions } from '../terminal/policy-options.ts';
import { situationOf } from '../terminal/run-option-notes.ts';

/** A value as a plan writes it; null stands for an option that is not given. */
export type PlanValue = number | string | boolean | null;

/** The options of one run by their names on the command line, without `--`. */
export type PlanValues = Readonly<Record<string, PlanValue>>;

/** The options that a plan may name: those of a run, and those that its policies from files declare. */
export class PlanVocabulary {
  readonly #outside: readonly LoadedPolicy[];
  readonly #optionsByName: ReadonlyMap<string, Option>;

  /** @param outside the policies from files that the plan names @throws InputError when one declares an option that is taken */
  constructor(outside: readonly LoadedPolicy[] = []) {
    this.#outside = outside;
    this.#optionsByName = new Map(this.#command().options.map((option) => [option.long!.replace(/^--/, ''), option]));
  }

  /** Names that a plan may use. */
  get names(): readonly string[] {
    return [...this.#optionsByName.keys()];
  }

  /** What the options need to have an effect. */
  get needs(): readonly OptionNeed<RunSituation>[] {
    return runNeedsWith(this.#outside.map(({ factory }) => factory));
  }

  /** What else a run's plan says, to judge its options by. */
  situationOf(plan: DecisionPlan): RunSituation {
    return situationOf(plan, [plan.policy], this.#outside);
  }

  /** A command that takes what a plan takes. A new one for each use, since commander keeps what it read. */
  #command(): Command {
    const command = new Command('plan').addOption(policyOption()).option('--seeds <list>', '', seedList, [1]);
    return addPolicyOptions(addRunOptions(command), this.#outside)
      .exitOverride()
      .configureOutput({ outputError: () => {} });
  }

  /** What holds where a plan does not name the option; null where the command line has no value either. */
  defaultOf(name: string): PlanValue {
    const option = this.#optionsByName.get(name)!;
    if (option.isBoolean()) return false;
    const { defaultValue } = option;
    return ['number', 'string', 'boolean'].includes(typeof defaultValue) ? defaultValue : null;
  }

  /**
   * Makes sure that the option takes this value.
   *
   * @param where file, line and column, for the message
   * @throws InputError
   */
  check(name: string, value: PlanValue, where: string): void {
    const option = this.#optionsByName.get(name)!;
    if (value === null) return;
    const isFlag = option.isBoolean() || option.negate;
    if (isFlag && typeof value !== 'boolean') throw new InputError(where, 'true or false', value);
    if (isFlag || (option.optional && typeof value === 'boolean')) return;
    if (typeof value === 'boolean') throw new InputError(where, `a value for --${name}`, value);
    try {
      option.parseArg?.(String(value), option.defaultValue);
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      const expected = error.message.replace(/^Expected /, '').replace(/^Allowed choices are /, 'one of ');
      throw new InputError(where, expected.replace(/\.$/, ''), value);
    }
  }

  /**
   * The run that these options give.
   *
   * @param folder that relative file names start from
   * @param where of the options, for messages
   * @throws InputError when options do not go together
   */
  decisionPlan(values: PlanValues, seed: number, folder: string, where: string): DecisionPlan {
    const args = Object.entries(values).flatMap(([name, value]) => {
      if (value === null || value === false) return [];
      if (value === true) return [`--${name}`];
      // A policy keeps the name that the plan gives it: it was loaded from the plan's folder.
      const isPath = name !== 'policy' && namesFile(this.#optionsByName.get(name)!, value);
      return [`--${name}=${isPath ? resolve(folder, String(value)) : value}`];
    });
    try {
      const options = this.#command().parse(args, { from: 'user' }).opts();
      return decisionPlanOf(options as Parameters<typeof decisionPlanOf>[0], options.policy, seed, this.#outside);
    } catch (error) {
      if (!(error instanceof CommanderError) && !(error instanceof InputError)) throw error;
      throw InputError.saying(`${where}: ${error.message.replace(/^error: /, '')}`);
    }
  }
}

/** The seeds that a value of `seeds` stands for. */
export function seedsOf(value: PlanValue): number[] {
  return seedList(String(value));
}

/** Whether the option names a file, or may do so. */
function namesFile(option: Option, value: PlanValue): value is string {
  if (typeof value !== 'string' || !/<.*\bfile\b.*>/.test(option.flags)) return false;
  const isPreset = [...presetNames('clusters'), ...presetNames('workloads')].includes(value);
  return !(isPreset && option.flags.includes('name'));
}
