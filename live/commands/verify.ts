/** `heps live verify`: whether what a running server holds is what Nova and Placement have. */
import { type Command, InvalidArgumentError } from 'commander';
import { openSession, readCloudConfiguration, surroundings } from '../openstack/index.ts';
import type { Verification } from '../verify/differences.ts';
import { verify } from '../verify/verify.ts';
import { wallClock } from '../wall-clock.ts';
import { clientOf, type ServerArguments, withServer } from './server-options.ts';

interface VerifyArguments extends ServerArguments {
  readonly cloud?: string;
  readonly within: number;
  readonly json?: boolean;
}

export function addVerify(live: Command): void {
  withServer(
    live
      .command('verify')
      .description(
        'compare what the server holds with Nova’s servers and Placement’s allocations; exit code 1 when they differ',
      ),
  )
    .option('--cloud <name>', 'entry of clouds.yaml (default: OS_CLOUD, OS_AUTH_URL, or the only one)')
    .option('--within <seconds>', 'how long the server may take to follow the cloud', seconds, 5)
    .option('--json', 'print the differences as JSON')
    .addHelpText('after', '\nExample:\n  heps live verify --cloud heps --token-file reader.token')
    .action(async ({ cloud, within, json, ...options }: VerifyArguments) => {
      const client = clientOf(options);
      const session = openSession(readCloudConfiguration(surroundings(), cloud));
      try {
        const verification = await verify(client, session, within, wallClock);
        const isClean = verification.differences.length === 0;
        console.log(json ? JSON.stringify({ clean: isClean, ...verification }, null, 2) : described(verification));
        if (!isClean) process.exitCode = 1;
      } finally {
        await session.close();
      }
    });
}

/** For a terminal. */
export function described({ hosts, servers, cards, differences, notes }: Verification): string {
  const lines = differences.map(
    ({ host, subject, holdings, cloud }) => `  ${host}  ${subject}: held ${holdings}; in the cloud ${cloud}`,
  );
  const head =
    lines.length === 0
      ? `clean: ${hosts} hosts, ${servers} servers and ${cards} cards in use are held as the cloud has them`
      : `${lines.length} differences:`;
  return [head, ...lines, ...notes.map((note) => `note: ${note}`)].join('\n');
}

function seconds(text: string): number {
  if (!/^\d{1,5}(\.\d+)?$/.test(text)) throw new InvalidArgumentError('Expected seconds.');
  return Number(text);
}
