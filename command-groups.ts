/** Commands that are loaded when they are called: their code is most of what a short command costs. */
import type { Command } from 'commander';

/**
 * Loaders of commands by the commands' names, in the order of the help, under the headings of its groups. A loader that adds several commands has all
 * their names, with spaces between.
 */
export type CommandGroups<Arguments extends readonly unknown[] = []> = Readonly<
  Record<string, Readonly<Record<string, (parent: Command, ...rest: Arguments) => void | Promise<void>>>>
>;

/** Whether one of the groups has a command of that name. */
export function hasCommand(groups: CommandGroups<never>, name: string): boolean {
  return Object.values(groups).some((loaders) => Object.keys(loaders).some((names) => names.split(' ').includes(name)));
}

/** Adds the command of that name, or all of them, for the help and for suggestions, where there is none. */
export async function addCalled<Arguments extends readonly unknown[]>(
  parent: Command,
  groups: CommandGroups<Arguments>,
  called: string,
  ...rest: Arguments
): Promise<void> {
  const isThere = hasCommand(groups, called);
  for (const [heading, loaders] of Object.entries(groups)) {
    parent.commandsGroup(heading);
    for (const [names, add] of Object.entries(loaders)) {
      if (!isThere || names.split(' ').includes(called)) await add(parent, ...rest);
    }
  }
}
