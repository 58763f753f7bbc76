/** The simulator's commands. */
import type { Command } from 'commander';
import { policiesFrom, policyFilesIn } from '../policy-modules/policy-reference.ts';
import { addClusterCommands } from './commands/cluster.ts';
import { addCompare } from './commands/compare.ts';
import { addExplain } from './commands/explain.ts';
import { addPolicyCommands } from './commands/policy.ts';
import { addReproduce } from './commands/reproduce.ts';
import { addSimulate } from './commands/simulate.ts';
import { addSweep } from './commands/sweep.ts';
import { addTraceCommands } from './commands/trace.ts';
import { addView } from './commands/view.ts';

/** Commands whose flags the named policies extend, so that their files are read before the command line is. */
const withPolicyFlags = ['simulate', 'compare'];

/**
 * @param words of the command line
 * @throws InputError when a policy that they name cannot be used
 */
export async function addSimulatorCommands(program: Command, words: readonly string[]): Promise<void> {
  const outside = withPolicyFlags.includes(words[0] ?? '') ? await policiesFrom(policyFilesIn(words)) : [];
  program.commandsGroup('Simulation:');
  addSimulate(program, outside);
  addCompare(program, outside);
  addSweep(program);
  addExplain(program);
  addView(program);
  addReproduce(program);
  program.commandsGroup('Inputs:');
  addPolicyCommands(program);
  addTraceCommands(program);
  addClusterCommands(program);
}
