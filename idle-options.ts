/** Options that do nothing with the others that are given: told from a table of what each needs, and said in one line each. */
import type { Command } from 'commander';
import { InputError } from './core/input-error.ts';

/** What some options need to have an effect. */
export interface OptionNeed<Situation> {
  /** As they are typed: `--patience`. */
  readonly flags: readonly string[];
  /** Why they do nothing, as the end of a sentence: `without --on-full queue`; undefined where they count. */
  readonly idle: (situation: Situation, flag: string) => string | undefined | Promise<string | undefined>;
  /** The command is refused: what it would do without the option cannot be taken back. Defaults to one line on standard error. */
  readonly isRefused?: true;
}

/** An option that does nothing. */
export interface IdleOption {
  readonly flag: string;
  /** As the end of a sentence. */
  readonly why: string;
  readonly isRefused: boolean;
}

/** Those of the given options that do nothing. @param given flags as they are typed */
export async function idleOptions<Situation>(
  needs: readonly OptionNeed<Situation>[],
  given: readonly string[],
  situation: Situation,
): Promise<IdleOption[]> {
  const idle: IdleOption[] = [];
  for (const flag of given) {
    for (const need of needs) {
      if (!need.flags.includes(flag)) continue;
      const why = await need.idle(situation, flag);
      if (why === undefined) continue;
      idle.push({ flag, why, isRefused: need.isRefused === true });
      break;
    }
  }
  return idle;
}

/** `--patience and --backfill do nothing without --on-full queue`: a sentence for each reason. */
export function idleSentences(idle: readonly Pick<IdleOption, 'flag' | 'why'>[]): string[] {
  const flagsOf = new Map<string, string[]>();
  for (const { flag, why } of idle) flagsOf.set(why, [...(flagsOf.get(why) ?? []), flag]);
  return [...flagsOf].map(([why, flags]) => {
    const names = flags.length === 1 ? flags[0] : `${flags.slice(0, -1).join(', ')} and ${flags.at(-1)}`;
    return `${names} ${flags.length === 1 ? 'does' : 'do'} nothing ${why}`;
  });
}

/** The flags that somebody typed, in the order of the help: what has its default is nobody's wish. */
export function typedFlags(command: Command): string[] {
  const isTyped = (name: string): boolean => command.getOptionValueSource(name) === 'cli';
  return command.options.filter((option) => isTyped(option.attributeName())).map(({ long }) => long!);
}

/** What a command was called with. */
export interface Called {
  // biome-ignore lint/suspicious/noExplicitAny: commander's own type of what its parsers made
  readonly options: Readonly<Record<string, any>>;
  readonly args: readonly unknown[];
}

/** Says which of the typed options do nothing, on standard error. @throws InputError where one is refused */
export async function sayIdleOptions<Situation>(
  command: Command,
  needs: readonly OptionNeed<Situation>[],
  situation: Situation,
): Promise<void> {
  const idle = await idleOptions(needs, typedFlags(command), situation);
  const [refused] = idleSentences(idle.filter(({ isRefused }) => isRefused));
  if (refused !== undefined) throw InputError.saying(refused);
  for (const sentence of idleSentences(idle)) console.error(`heps: ${sentence}`);
}

/** Has the commands below `root` say so before they begin. @param needs by the command's words: `live boot` */
export function watchIdleOptions(root: Command, needs: Readonly<Record<string, readonly OptionNeed<Called>[]>>): void {
  const visit = (command: Command, words: string): void => {
    const own = needs[words];
    if (own !== undefined) {
      command.hook('preAction', (_, called) =>
        sayIdleOptions(called, own, { options: called.opts(), args: called.processedArgs }),
      );
    }
    for (const each of command.commands) visit(each, `${words} ${each.name()}`.trim());
  };
  visit(root, root.parent === null ? '' : root.name());
}
