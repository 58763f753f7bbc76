/** The commands for a real cloud; of those, the one that is called is the only one to be loaded. */
import type { Command } from 'commander';
import { addCalled, type CommandGroups } from '../command-groups.ts';
import { watchIdleOptions } from '../idle-options.ts';
import { optionNeeds } from './commands/option-needs.ts';

const groups: CommandGroups = {
  'GPU hosts:': {
    host: async (live) => (await import('./commands/host.ts')).addHost(live),
    agent: async (live) => (await import('./commands/agent.ts')).addAgent(live),
  },
  'Services:': {
    serve: async (live) => (await import('./commands/serve.ts')).addServe(live),
    gateway: async (live) => (await import('./commands/gateway.ts')).addGateway(live),
    token: async (live) => (await import('./commands/token.ts')).addTokenCommands(live),
    account: async (live) => (await import('./commands/account.ts')).addAccountCommands(live),
  },
  'Servers of the cloud:': {
    'boot servers delete': async (live) => (await import('./commands/boot.ts')).addBoot(live),
    reconcile: async (live) => (await import('./commands/reconcile.ts')).addReconcile(live),
    shadow: async (live) => (await import('./commands/shadow.ts')).addShadow(live),
    record: async (live) => (await import('./commands/record.ts')).addRecord(live),
    flavors: async (live) => (await import('./commands/flavors.ts')).addFlavors(live),
  },
  'Setup and checks:': {
    doctor: async (live) => (await import('./commands/doctor.ts')).addDoctor(live),
    verify: async (live) => (await import('./commands/verify.ts')).addVerify(live),
    'install uninstall': async (live) => (await import('./commands/install.ts')).addInstall(live),
    demo: async (live) => (await import('./commands/demo.ts')).addDemo(live),
  },
};

/** Adds the command that the words call, or all of them where they call none. @param words of the command line behind `live` */
export async function addLiveCommands(program: Command, words: readonly string[]): Promise<void> {
  program.commandsGroup('Real cloud:');
  const live = program
    .command('live')
    .description('run virtual desktops on a real OpenStack, placed by the same scheduler');
  await addCalled(live, groups, words[0] ?? '');
  watchIdleOptions(live, optionNeeds);
}
