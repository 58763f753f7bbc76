/** Commands that are loaded when they are called: a loader's names are the commands that it adds. */
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { addCalled, type CommandGroups, hasCommand } from '../command-groups.ts';
import { addLiveCommands } from '../live/cli.ts';
import { addSimulatorCommands } from '../sim/cli.ts';

const namesOf = (parent: Command): string[] => parent.commands.map((command) => command.name());

test('only the called command is loaded, and all are where none of that name is', async () => {
  const loaded: string[] = [];
  const loader = (name: string) => (parent: Command) => {
    loaded.push(name);
    parent.command(name);
  };
  const groups: CommandGroups = { 'One:': { a: loader('a') }, 'Two:': { 'b c': loader('b') } };
  expect(['a', 'c', 'd'].map((name) => hasCommand(groups, name))).toEqual([true, true, false]);
  await addCalled(new Command(), groups, 'c');
  expect(loaded).toEqual(['b']);
  const all = new Command();
  await addCalled(all, groups, 'd');
  expect(namesOf(all)).toEqual(['a', 'b']);
  expect(all.helpInformation()).toMatch(/One:\n.*a\n+Two:\n.*b/u);
});

test('every command of the help can be called by its name', async () => {
  const help = new Command();
  await addSimulatorCommands(help, []);
  await addLiveCommands(help, []);
  for (const name of namesOf(help)) {
    const called = new Command();
    if (name === 'live') continue;
    await addSimulatorCommands(called, [name]);
    expect(namesOf(called)).toEqual([name]);
  }
  for (const name of namesOf(help.commands.find((command) => command.name() === 'live')!)) {
    const called = new Command();
    await addLiveCommands(called, [name]);
    const names = namesOf(called.commands[0]!);
    expect(names).toContain(name);
    expect(names.length).toBeLessThan(4);
  }
});
