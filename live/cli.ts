/** The commands for a real cloud. */
import type { Command } from 'commander';
import { addServe } from './commands/serve.ts';
import { addTokenCommands } from './commands/token.ts';

export function addLiveCommands(program: Command): void {
  const live = program.command('live').description('the scheduler on a real OpenStack: GPU hosts report, and more');
  addServe(live);
  addTokenCommands(live);
}
