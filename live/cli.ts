/** The commands for a real cloud. */
import type { Command } from 'commander';
import { addAgent } from './commands/agent.ts';
import { addHost } from './commands/host.ts';

export function addLiveCommands(program: Command): void {
  const live = program.command('live').description('the scheduler on a real OpenStack: GPU hosts report, and more');
  addAgent(live);
  addHost(live);
}
