/** The simulator's commands. */
import type { Command } from 'commander';
import { addClusterCommands } from './commands/cluster.ts';
import { addCompare } from './commands/compare.ts';
import { addExplain } from './commands/explain.ts';
import { addReproduce } from './commands/reproduce.ts';
import { addSimulate } from './commands/simulate.ts';
import { addSweep } from './commands/sweep.ts';
import { addTraceCommands } from './commands/trace.ts';
import { addView } from './commands/view.ts';

export function addSimulatorCommands(program: Command): void {
  addCompare(program);
  addSimulate(program);
  addExplain(program);
  addReproduce(program);
  addView(program);
  addSweep(program);
  addTraceCommands(program);
  addClusterCommands(program);
}
