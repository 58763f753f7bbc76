/** `heps live flavors`: the flavors that the scheduler made, and removing those that nothing uses. */
import type { Command } from 'commander';
import { openNova } from '../openstack/index.ts';
import { isOurs, removeUnused } from '../scheduling/flavors.ts';
import { withSession } from './session-option.ts';

export function addFlavors(live: Command): void {
  live
    .command('flavors')
    .description('list the flavors that the scheduler made for its decisions (admin)')
    .option('--cloud <name>', 'entry of clouds.yaml (default: OS_CLOUD, OS_AUTH_URL, or the only one)')
    .option('--remove', 'remove those that no server has')
    .addHelpText('after', '\nExample:\n  heps live flavors --remove')
    .action(async ({ cloud, remove }: { cloud?: string; remove?: boolean }) => {
      await withSession(cloud, async (session) => {
        const nova = await openNova(session);
        if (remove) {
          const removed = await removeUnused(nova, new Set());
          console.log(
            removed.length === 0 ? 'none to remove' : `removed:\n${removed.map((name) => `  ${name}`).join('\n')}`,
          );
          return;
        }
        let count = 0;
        for await (const flavor of nova.listFlavors()) {
          if (!isOurs(flavor)) continue;
          count++;
          const specs = Object.entries(flavor.extraSpecs).map(([key, value]) => `${key}=${value}`);
          console.log(
            `${flavor.name}  ${flavor.vcpus} vCPUs, ${flavor.ramMib} MiB, ${flavor.diskGib} GiB  ${specs.join(' ')}`,
          );
        }
        if (count === 0) console.log('none: the scheduler makes them as it needs them');
      });
    });
}
