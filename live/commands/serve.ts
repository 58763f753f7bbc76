/** `heps live serve`: the registry that GPU hosts report to, its API, and the page with the live view. */
import { setFlagsFromString } from 'node:v8';
import type { Command } from 'commander';
import { openConfiguration } from '../server/configuration.ts';
import { makeLog } from '../server/log.ts';

/**
 * V8 collects old garbage once the heap has grown by a fifth since the last time; its default is to wait for several times as much. Beside 10 000 hosts
 * and 256 agents at once that is 222 MiB instead of 340, for the same reports a second (bench/registry.ts).
 */
const heapGrowth = '--heap-growing-percent=20';

export function addServe(live: Command): void {
  live
    .command('serve')
    .description(
      'run the server: SRM registry, scheduler, desktops, API (/openapi.json) and the page with the live view',
    )
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
      setFlagsFromString(heapGrowth);
      // Loaded for this command alone: rxjs takes a fifth of a second.
      const { startLiveServer } = await import('../server/server.ts');
      const configuration = await openConfiguration(config, process.env);
      const log = makeLog(configuration.log.level);
      const ended = new Promise<void>((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
      });
      const server = await startLiveServer(configuration, log);
      await ended;
      await server.stop();
      // Timers of what no longer matters, such as how long an answer to Nova counts, would keep the process for up to a minute.
      process.exit();
    });
}
