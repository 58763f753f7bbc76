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

/** What is left to do by hand: files of other machines. */
const novaParts = `nova.conf of GPU hosts, API and scheduler, for cards by passthrough:  heps live host prepare  (on a GPU host)
nova.conf of the scheduler, where servers from Horizon or Heat shall be placed too (live/nova-plugin/README.md):

[filter_scheduler]
available_filters = nova.scheduler.filters.all_filters
available_filters = heps_nova.scheduler.HepsFilter
# to the end of your enabled_filters: PciPassthroughFilter,HepsFilter
weight_classes = nova.scheduler.weights.all_weighers,heps_nova.scheduler.HepsWeigher
[heps]
url = https://CONTROLLER:8790/v1/nova/hosts
token_file = /etc/nova/heps.token`;

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
          console.log(`${plans[plan]}:\n${JSON.stringify(gpuNamespace, null, 2)}\n\n${novaParts}`);
          return;
        }
        await install(glance, plan);
        console.log(plans[plan]);
        console.log(`\n${novaParts}`);
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
