/** `heps live token create | list | revoke`: who may read, schedule, or report as a host. */
import { fchmodSync, fstatSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { InputError } from '../../core/input-error.ts';
import { hashOf } from '../access/secrets.ts';
import { makeToken, type Role, roles } from '../access/tokens.ts';
import { openConfiguration } from '../server/configuration.ts';
import { openStores, type Stores } from '../server/stores.ts';
import { aHostName } from '../srm/report.ts';

export function addTokenCommands(live: Command): void {
  const token = live.command('token').description('API tokens: create, list, revoke');
  withConfig(token.command('create').description('create a token and print it, once only'))
    .addOption(new Option('--role <role>', 'what it may do').choices(roles).makeOptionMandatory())
    .option('--host <name>', 'with --role agent: the host whose record it may write, as Nova knows it')
    .addHelpText('after', '\nExample:\n  heps live token create --config heps.yaml --role agent --host gpu-01')
    .action(async ({ config, role, host }: { config: string; role: Role; host?: string }) => {
      if (role === 'agent' && host === undefined) throw new InputError('--host', 'the host of the agent', undefined);
      if (role !== 'agent' && host !== undefined) throw new InputError('--host', '--role agent with it', host);
      const checkedHost = host === undefined ? null : aHostName(host, '--host');
      const secret = makeToken();
      await withTokens(config, ({ tokens, clock }) => tokens.addToken(hashOf(secret), role, checkedHost, clock.nowS));
      closeToOthers(process.stdout.fd);
      console.log(secret);
    });
  withConfig(token.command('list').description('list tokens, without their secrets')).action(
    async ({ config }: { config: string }) => {
      const rows = await withTokens(config, ({ tokens }) => tokens.readTokens());
      for (const { id, role, host, createdAtS, revokedAtS } of rows) {
        const state = revokedAtS === null ? '' : `  revoked ${dateOf(revokedAtS)}`;
        console.log(`${String(id).padStart(5)}  ${role.padEnd(9)}  ${host ?? '–'}  made ${dateOf(createdAtS)}${state}`);
      }
      if (rows.length === 0) console.log('no tokens yet: heps live token create --help');
    },
  );
  withConfig(token.command('revoke').description('revoke a token: servers refuse it within seconds'))
    .argument('<id>', 'as in the list', wholeId)
    .action(async (id: number, { config }: { config: string }) => {
      const isRevoked = await withTokens(config, ({ tokens, clock }) => tokens.revokeToken(id, clock.nowS));
      if (!isRevoked) throw new InputError('id', 'a token from the list that is not revoked', id);
    });
}

function withConfig(command: Command): Command {
  return command.requiredOption('--config <file>', 'configuration of the server, YAML');
}

async function withTokens<T>(config: string, work: (stores: Stores) => Promise<T>): Promise<T> {
  const stores = await openStores((await openConfiguration(config, process.env)).database);
  try {
    return await work(stores);
  } finally {
    await stores.close();
  }
}

/** Where the token goes to a file, nobody else may read that: a shell makes it as it makes any. */
function closeToOthers(fd: number): void {
  if (!fstatSync(fd).isFile()) return;
  try {
    fchmodSync(fd, 0o600);
  } catch (error) {
    console.error(
      `heps live token: others may read this file (${(error as NodeJS.ErrnoException).code}): chmod 600 it`,
    );
  }
}

function dateOf(atS: number): string {
  return new Date(atS * 1000).toISOString().slice(0, 16).replace('T', ' ');
}

function wholeId(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError('Expected the number of a token.');
  return Number(text);
}
