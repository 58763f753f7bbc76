/** `heps live serve`: the registry that GPU hosts report to, its API, and the page with the live view. */
import type { Command } from 'commander';
import { readConfiguration } from '../configuration.ts';
import { makeLog } from '../log.ts';
import { startServer } from '../server.ts';

export function addServe(live: Command): void {
  live
    .command('serve')
    .description('run the registry of SRM records: its API (/openapi.json) and the page with the live view')
    .requiredOption('--config <file>', 'configuration, YAML')
    .addHelpText(
      'after',
      `
The smallest configuration:
  database:
    file: heps.db
Every key may come from the environment instead: listen.port is HEPS_LISTEN_PORT.

Example:
  heps live serve --config heps.yaml`,
    )
    .action(async ({ config }: { config: string }) => {
      const configuration = readConfiguration(config, process.env);
      const log = makeLog(configuration.log.level);
      const ended = new Promise<void>((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
      });
      const server = await startServer(configuration, log);
      await ended;
      await server.stop();
    });
}
