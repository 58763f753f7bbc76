/** `heps live gateway`: the streaming gateway in a process of its own, several of them behind a load balancer if need be. */
import type { Command } from 'commander';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { RemoteAuthority } from '../gateway/authority/remote-authority.ts';
import { readGatewayConfiguration } from '../gateway/configuration.ts';
import { startGateway } from '../gateway/gateway.ts';
import { readPageFiles } from '../http/page-files.ts';
import { makeLog } from '../server/log.ts';
import { wallClock } from '../wall-clock.ts';

export function addGateway(live: Command): void {
  live
    .command('gateway')
    .description(
      'run the streaming gateway as a separate process: it asks the server who may connect, and streams desktops to browsers',
    )
    .requiredOption('--config <file>', 'configuration, YAML')
    .addHelpText(
      'after',
      `
The smallest configuration:
  gateway:
    publicUrl: https://stream.example.org
    serverUrl: https://controller:8790
    tokenFile: gateway.token
  desktops:
    publicUrl: https://desk.example.org
The token is made on the server: heps live token create --role gateway.
Every key may come from the environment instead: gateway.port is HEPS_GATEWAY_PORT.

Example:
  heps live gateway --config gateway.yaml`,
    )
    .action(async ({ config }: { config: string }) => {
      const { server, log: logSettings, ...configuration } = readGatewayConfiguration(config, process.env);
      const log = makeLog(logSettings.level);
      const ended = new Promise<void>((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
      });
      const register = new Registry();
      collectDefaultMetrics({ register });
      const authority = new RemoteAuthority(server);
      const gateway = await startGateway({
        ...configuration,
        authority,
        pages: readPageFiles(),
        log,
        clock: wallClock,
        register,
      });
      await ended;
      await gateway.stop();
      authority.close();
      // Timers of what no longer matters would keep the process.
      process.exit();
    });
}
