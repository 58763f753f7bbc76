/** The commands for a real cloud. */
import type { Command } from 'commander';
import { addAgent } from './commands/agent.ts';
import { addDoctor } from './commands/doctor.ts';
import { addHost } from './commands/host.ts';
import { addInstall } from './commands/install.ts';

export function addLiveCommands(program: Command): void {
  const live = program
    .command('live')
    .description('for a real OpenStack: GPU hosts checked, prepared and reported, the cloud checked and prepared');
  addAgent(live);
  addHost(live);
  addDoctor(live);
  addInstall(live);
}
