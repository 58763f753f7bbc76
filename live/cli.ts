/** The commands for a real cloud. */
import type { Command } from 'commander';
import { watchIdleOptions } from '../idle-options.ts';
import { addAccountCommands } from './commands/account.ts';
import { addAgent } from './commands/agent.ts';
import { addBoot } from './commands/boot.ts';
import { addDemo } from './commands/demo.ts';
import { addDoctor } from './commands/doctor.ts';
import { addFlavors } from './commands/flavors.ts';
import { addGateway } from './commands/gateway.ts';
import { addHost } from './commands/host.ts';
import { addInstall } from './commands/install.ts';
import { optionNeeds } from './commands/option-needs.ts';
import { addReconcile } from './commands/reconcile.ts';
import { addRecord } from './commands/record.ts';
import { addServe } from './commands/serve.ts';
import { addShadow } from './commands/shadow.ts';
import { addTokenCommands } from './commands/token.ts';
import { addVerify } from './commands/verify.ts';

export function addLiveCommands(program: Command): void {
  program.commandsGroup('Real cloud:');
  const live = program
    .command('live')
    .description('run virtual desktops on a real OpenStack, placed by the same scheduler');
  live.commandsGroup('GPU hosts:');
  addHost(live);
  addAgent(live);
  live.commandsGroup('Services:');
  addServe(live);
  addGateway(live);
  addTokenCommands(live);
  addAccountCommands(live);
  live.commandsGroup('Servers of the cloud:');
  addBoot(live);
  addReconcile(live);
  addShadow(live);
  addRecord(live);
  addFlavors(live);
  live.commandsGroup('Setup and checks:');
  addDoctor(live);
  addVerify(live);
  addInstall(live);
  addDemo(live);
  watchIdleOptions(live, optionNeeds);
}
