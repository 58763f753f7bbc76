/** The simulator's commands; of those, the one that is called is the only one to be loaded. */
import type { Command } from 'commander';
import { addCalled, type CommandGroups, hasCommand } from '../command-groups.ts';
import { watchIdleOptions } from '../idle-options.ts';
import type { LoadedPolicy } from '../policy-modules/loaded-policy.ts';
import { policiesFrom, policyFilesIn } from '../policy-modules/policy-reference.ts';
import { optionNeeds } from './commands/option-needs.ts';

const groups: CommandGroups<[outside: readonly LoadedPolicy[]]> = {
  'Simulation:': {
    simulate: async (program, outside) => (await import('./commands/simulate.ts')).addSimulate(program, outside),
    compare: async (program, outside) => (await import('./commands/compare.ts')).addCompare(program, outside),
    sweep: async (program) => (await import('./commands/sweep.ts')).addSweep(program),
    explain: async (program) => (await import('./commands/explain.ts')).addExplain(program),
    view: async (program) => (await import('./commands/view.ts')).addView(program),
    reproduce: async (program) => (await import('./commands/reproduce.ts')).addReproduce(program),
  },
  'Inputs:': {
    policy: async (program) => (await import('./commands/policy.ts')).addPolicyCommands(program),
    trace: async (program) => (await import('./commands/trace.ts')).addTraceCommands(program),
    cluster: async (program) => (await import('./commands/cluster.ts')).addClusterCommands(program),
  },
};

/** Commands whose flags the named policies extend, so that their files are read before the command line is. */
const withPolicyFlags = ['simulate', 'compare'];

/** Whether the simulator has a command of that name. */
export const isSimulatorCommand = (name: string): boolean => hasCommand(groups, name);

/**
 * Adds the command that the words call, or all of them where they call none.
 *
 * @param words of the command line
 * @throws InputError when a policy that they name cannot be used
 */
export async function addSimulatorCommands(program: Command, words: readonly string[]): Promise<void> {
  const called = words[0] ?? '';
  const outside = withPolicyFlags.includes(called) ? await policiesFrom(policyFilesIn(words)) : [];
  await addCalled(program, groups, called, outside);
  watchIdleOptions(program, optionNeeds);
}
