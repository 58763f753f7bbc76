/** `heps live doctor`: what of the cloud is in order, what is not, and what to do about it. */
import type { Command } from 'commander';
import { describeChecks } from '../checks.ts';
import { checkCloud, doctorSteps } from '../doctor/cloud-checks.ts';
import { openSession, readCloudConfiguration, surroundings } from '../openstack/index.ts';

export function addDoctor(live: Command): void {
  live
    .command('doctor')
    .description('check login, roles, versions, services, hosts and definitions; ends with 1 when something is wrong')
    .option('--cloud <name>', 'entry of clouds.yaml (default: OS_CLOUD, OS_AUTH_URL, or the only one)')
    .option('--json', 'print the checks as JSON')
    .addHelpText('after', '\nExample:\n  heps live doctor --cloud heps')
    .action(async ({ cloud, json }: { cloud?: string; json?: boolean }) => {
      const session = openSession(readCloudConfiguration(surroundings(), cloud));
      try {
        const checks = await checkCloud(session);
        console.log(json ? JSON.stringify({ checks }, null, 2) : describeChecks(doctorSteps, checks));
        if (checks.some(({ status }) => status === 'wrong')) process.exitCode = 1;
      } finally {
        await session.close();
      }
    });
}
