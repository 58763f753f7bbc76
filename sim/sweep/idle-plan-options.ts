/** Finds what a sweep's plan says in vain: values that do nothing in any of the runs that have them. */
import { idleOptions, type OptionNeed } from '../../idle-options.ts';
import type { RunSituation } from '../runs/idle-run-options.ts';
import type { LocatedValue } from './plan-file.ts';

/** What is known of one value of the plan. */
interface Use {
  readonly name: string;
  readonly where: string;
  /** Why it does nothing in the runs so far, each reason once; undefined as soon as it does something in one. */
  whys: Set<string> | undefined;
}

export class IdlePlanOptions {
  readonly #needs: readonly OptionNeed<RunSituation>[];
  readonly #uses = new Map<string, Use>();

  constructor(needs: readonly OptionNeed<RunSituation>[]) {
    this.#needs = needs;
  }

  /** A run of the plan, with the values that it has. */
  async add(values: ReadonlyMap<string, LocatedValue>, situation: RunSituation): Promise<void> {
    const given = [...values].filter(([, { value }]) => value !== null && value !== false);
    const open = given.filter(([, { where }]) => !this.#uses.has(where) || this.#uses.get(where)!.whys !== undefined);
    const idle = await idleOptions(
      this.#needs,
      open.map(([name]) => `--${name}`),
      situation,
    );
    for (const [name, { where }] of open) {
      const why = idle.find(({ flag }) => flag === `--${name}`)?.why;
      const use = this.#uses.get(where) ?? { name, where, whys: new Set() };
      if (why === undefined) use.whys = undefined;
      else use.whys?.add(why);
      this.#uses.set(where, use);
    }
  }

  /** `plan.yaml:3:9, patience: does nothing without on-full queue`: a line for each option and reason, with the first place. */
  get sentences(): string[] {
    const firsts = new Map<string, string>();
    for (const { name, where, whys } of this.#uses.values()) {
      if (whys === undefined) continue;
      // A plan names options without the dashes.
      const sentence = `does nothing ${[...whys].join(' or ').replaceAll(/(?<!\S)--/g, '')}`;
      if (!firsts.has(`${name} ${sentence}`)) firsts.set(`${name} ${sentence}`, `${where}: ${sentence}`);
    }
    return [...firsts.values()];
  }
}
