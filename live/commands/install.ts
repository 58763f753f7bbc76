/** `heps live install` and `uninstall`: the metadata definitions by which people ask for cards. */
import type { Command } from 'commander';
import { registerService, serviceType, unregisterService } from '../metadata/catalog-service.ts';
import { gpuNamespace } from '../metadata/gpu-namespace.ts';
import { install, planInstall, uninstall } from '../metadata/install.ts';
import { openGlance, openIdentity } from '../openstack/index.ts';
import { serverUrl } from './server-options.ts';
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
    .description(
      'register the metadata definitions OS::HEPS::GPU in Glance, so that Horizon offers them, and the server in Keystone’s catalog (admin)',
    )
    .option('--cloud <name>', 'entry of clouds.yaml (default: OS_CLOUD, OS_AUTH_URL, or the only one)')
    .option('--url <url>', `address of heps live serve, for the catalog’s service ${serviceType}`, serverUrl)
    .option('--dry-run', 'show what is registered, and log in nowhere')
    .addHelpText(
      'after',
      '\nExample:\n  heps live install --dry-run\n  heps live install --cloud heps --url https://controller:8790',
    )
    .action(async ({ cloud, url, dryRun }: { cloud?: string; url?: URL; dryRun?: boolean }) => {
      const address = url?.href.replace(/\/$/, '');
      if (dryRun) {
        console.log(`In Glance, for Horizon:\n${JSON.stringify(gpuNamespace, null, 2)}`);
        console.log(`\nIn Keystone's catalog: the service ${serviceType} at ${address ?? 'the address of --url'}`);
        console.log(`\n${novaParts}`);
        return;
      }
      await withSession(cloud, async (session) => {
        const glance = openGlance(session);
        const plan = await planInstall(glance);
        await install(glance, plan);
        console.log(plans[plan]);
        if (address === undefined) {
          console.log(`the service ${serviceType} is not registered: --url says where heps live serve answers`);
        } else {
          const done = await registerService(await openIdentity(session), address, session.cloud.region);
          const text = done.length === 0 ? 'is in the catalog already' : 'is in the catalog now';
          console.log(`the service ${serviceType} at ${address} ${text}: openstack catalog show ${serviceType}`);
        }
        console.log(`\n${novaParts}`);
      });
    });
  live
    .command('uninstall')
    .description(
      'take the metadata definitions OS::HEPS::GPU out of Glance, and the server out of Keystone’s catalog (admin)',
    )
    .option('--cloud <name>', 'entry of clouds.yaml (default: OS_CLOUD, OS_AUTH_URL, or the only one)')
    .action(async ({ cloud }: { cloud?: string }) => {
      await withSession(cloud, async (session) => {
        const wasThere = await uninstall(openGlance(session));
        console.log(`${gpuNamespace.namespace} ${wasThere ? 'is no longer in Glance' : 'was not in Glance'}`);
        if (await unregisterService(await openIdentity(session))) {
          console.log(`the service ${serviceType} is no longer in the catalog`);
        }
      });
    });
}
