/** `heps live install` and `uninstall`: the metadata definitions by which people ask for cards. */
import type { Command } from 'commander';
import { gpuNamespace } from '../metadata/gpu-namespace.ts';
import { install, planInstall, uninstall } from '../metadata/install.ts';
import { openGlance } from '../openstack/index.ts';
import { withSession } from './session-option.ts';

const plans = {
  create: `creates the namespace ${gpuNamespace.namespace} in Glance`,
  replace: `replaces the namespace ${gpuNamespace.namespace} in Glance, which is of another version`,
  nothing: `the namespace ${gpuNamespace.namespace} is there already`,
};

export function addInstall(live: Command): void {
  live
    .command('install')
    .description('register the metadata definitions OS::HEPS::GPU in Glance, so that Horizon offers them (admin)')
    .option('--cloud <name>', 'entry of clouds.yaml (default: OS_CLOUD, OS_AUTH_URL, or the only one)')
    .option('--dry-run', 'only say what would be done, and show it')
    .addHelpText('after', '\nExample:\n  heps live install --dry-run')
    .action(async ({ cloud, dryRun }: { cloud?: string; dryRun?: boolean }) => {
      await withSession(cloud, async (session) => {
        const glance = openGlance(session);
        const plan = await planInstall(glance);
        if (dryRun) {
          console.log(`${plans[plan]}:\n${JSON.stringify(gpuNamespace, null, 2)}`);
          return;
        }
        await install(glance, plan);
        console.log(plans[plan]);
        console.log('nova.conf of a GPU host, of the API and of the scheduler:  heps live host prepare (on the host)');
      });
    });
  live
    .command('uninstall')
    .description('take the metadata definitions OS::HEPS::GPU out of Glance (admin)')
    .option('--cloud <name>', 'entry of clouds.yaml (default: OS_CLOUD, OS_AUTH_URL, or the only one)')
    .action(async ({ cloud }: { cloud?: string }) => {
      await withSession(cloud, async (session) => {
        const wasThere = await uninstall(openGlance(session));
        console.log(`${gpuNamespace.namespace} ${wasThere ? 'is no longer in Glance' : 'was not in Glance'}`);
      });
    });
}
