/** `heps live shadow`: where Nova put what others booted, and where the policy would have. */
import type { Command } from 'commander';
import type { Comparison } from '../scheduling/comparison.ts';
import { clientOf, type ServerArguments, withServer } from './server-options.ts';

export function addShadow(live: Command): void {
  withServer(
    live
      .command('shadow')
      .description('compare where Nova put servers booted by others with where the policy would have put them'),
  )
    .option('--json', 'print the answer as JSON')
    .addHelpText('after', '\nExample:\n  heps live shadow --token-file reader.token')
    .action(async (options: ServerArguments & { json?: boolean }) => {
      const { body } = await clientOf(options).ask('GET', '/v1/comparisons', [200]);
      console.log(options.json ? JSON.stringify(body, null, 2) : report(body as unknown as Report));
    });
}

interface Report {
  readonly servers: number;
  readonly sameHost: number;
  readonly objected: number;
  readonly comparisons: readonly Comparison[];
}

function report({ servers, sameHost, objected, comparisons }: Report): string {
  if (servers === 0) return 'nobody has booted a server since the scheduler began to watch';
  const lines = comparisons.slice(0, 20).map(({ name, novaHost, host, objection }) => {
    const ours = host === null ? 'nowhere' : host === novaHost ? 'the same' : host;
    const why = objection === null ? '' : `, and not to ${novaHost}: ${objection}`;
    return `  ${name.padEnd(24)} Nova: ${novaHost.padEnd(16)} policy: ${ours}${why}`;
  });
  return [
    `${servers} servers: ${sameHost} where the policy would have put them too, ${objected} where it never would`,
    ...lines,
  ].join('\n');
}
