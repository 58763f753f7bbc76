/** `heps live doctor`: what of the cloud is in order, what is not, and what to do about it. */
import type { Command } from 'commander';
import { type Check, describeChecks } from '../checks.ts';
import { checkAliases } from '../doctor/alias-checks.ts';
import { ServiceClocks } from '../doctor/clock-checks.ts';
import { checkCloud } from '../doctor/cloud-checks.ts';
import { checkDatabase } from '../doctor/database-checks.ts';
import { checkHoldings } from '../doctor/holdings-checks.ts';
import { checkMail } from '../doctor/mail-checks.ts';
import { productionChecks } from '../doctor/production-checks.ts';
import { checkServer } from '../doctor/server-checks.ts';
import { databaseStep, holdingsStep, optionsOfSteps, serverStep, titlesOf } from '../doctor/steps.ts';
import { openSession, readCloudConfiguration, surroundings } from '../openstack/index.ts';
import { openConfiguration } from '../server/configuration.ts';
import { wallClock } from '../wall-clock.ts';
import { clientOf, serverUrl } from './server-options.ts';

interface DoctorArguments {
  readonly cloud?: string;
  readonly config?: string;
  readonly server?: URL;
  readonly tokenFile?: string;
  readonly json?: boolean;
}

export function addDoctor(live: Command): void {
  live
    .command('doctor')
    .description(
      'check login, roles, versions, services, hosts, definitions and clocks, and the database and server if given; exit code 1 when something is wrong',
    )
    .option('--cloud <name>', 'entry of clouds.yaml (default: OS_CLOUD, OS_AUTH_URL, or the only one)')
    .option('--config <file>', 'configuration of heps live serve: check its database too; nothing is changed in it')
    .option('--server <url>', 'address of heps live serve: check it and the hosts’ agents too', serverUrl)
    .option(
      '--token-file <file>',
      'with --server: file with a reader’s token (default: environment variable HEPS_TOKEN)',
    )
    .option('--json', 'print the checks as JSON')
    .addHelpText('after', '\nExample:\n  heps live doctor --cloud heps --config heps.yaml')
    .action(async ({ cloud, config, server, tokenFile, json }: DoctorArguments) => {
      const configuration = config === undefined ? null : await openConfiguration(config, process.env);
      const client = server === undefined ? null : clientOf({ server, ...(tokenFile !== undefined && { tokenFile }) });
      const clocks = new ServiceClocks(wallClock);
      const session = openSession(readCloudConfiguration(surroundings(), cloud), {
        observe: (exchange) => clocks.observe(exchange),
      });
      try {
        const checks: Check[] = [...(await checkCloud(session))];
        const aliases = configuration?.scheduling?.aliases ?? {};
        checks.push(...(await checkAliases(session, Object.keys(aliases))));
        if (configuration !== null) {
          checks.push(...(await checkDatabase(configuration.database, clocks)), ...productionChecks(configuration));
          const mail = configuration.desktops?.mail ?? null;
          if (mail !== null) checks.push(await checkMail(mail));
        }
        if (client !== null) {
          checks.push(...(await checkServer(client, session, clocks)));
          checks.push(...(await checkHoldings(client, session, wallClock)));
        }
        checks.push(...clocks.checks());
        const leftOut = [
          ...(configuration === null ? [databaseStep] : []),
          ...(client === null ? [serverStep, holdingsStep] : []),
        ];
        console.log(json ? asJson(checks, leftOut) : describeChecks(titlesOf(leftOut), checks));
        if (checks.some(({ status }) => status === 'wrong')) process.exitCode = 1;
      } finally {
        await session.close();
      }
    });
}

function asJson(checks: readonly Check[], leftOut: readonly number[]): string {
  const steps = leftOut.map((step) => ({ step, options: optionsOfSteps.get(step) }));
  return JSON.stringify({ checks, leftOut: steps }, null, 2);
}
