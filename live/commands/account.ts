/** `heps live account add | list | remove | password`: who may log in at the portal with a name and a password of this server's own. */
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import type { Clock } from '../../core/clock.ts';
import { InputError } from '../../core/input-error.ts';
import { aMailAddress } from '../desktops/accounts/mail-address.ts';
import { People } from '../desktops/accounts/people.ts';
import { aGroupName, anAccountNumber, aPersonName, aShownText } from '../desktops/accounts/person-name.ts';
import type { Group } from '../desktops/records/group.ts';
import { openConfiguration } from '../server/configuration.ts';
import { openStores } from '../server/stores.ts';

interface AddOptions {
  readonly config: string;
  readonly displayName?: string;
  readonly uid?: string;
  readonly gid?: string;
  readonly groups: string;
  readonly admin: boolean;
  readonly email?: string;
  readonly passwordFile?: string;
}

const leastPasswordLength = 8;

export function addAccountCommands(live: Command): void {
  const account = live
    .command('account')
    .description('local accounts of the portal: add, list, remove, change password');
  withPassword(withConfig(account.command('add').description('add an account, with its password on standard input')))
    .argument('<name>', 'login name: small letters, digits, _ and -')
    .option('--display-name <text>', 'name for people (default: the login name)')
    .option('--uid <number>', 'user number (default: the next one from 20000)')
    .option('--gid <number>', "number of the person's group (default: the same)")
    .option('--groups <list>', 'further groups with their numbers: b7:70001,ct:70002', '')
    .option('--email <address>', 'where reminders go (default: mail.domain of the configuration decides)')
    .option('--admin', 'may see and stop all desktops', false)
    .addHelpText(
      'after',
      '\nExample:\n  heps live account add chen --config heps.yaml --groups b7:70001 < password.txt',
    )
    .action(async (name: string, options: AddOptions) => {
      const { config, displayName, uid, gid, groups, admin, email, passwordFile } = options;
      const account = {
        name: aPersonName(name, 'name'),
        displayName: aShownText(displayName ?? name, '--display-name', 100),
        uid: uid === undefined ? null : anAccountNumber(uid, '--uid'),
        gid: gid === undefined ? null : anAccountNumber(gid, '--gid'),
        groups: groups === '' ? [] : groups.split(',').map(groupOf),
        isAdmin: admin,
        ...(email !== undefined && { email: aMailAddress(email, '--email') }),
      };
      const password = await readPassword(passwordFile);
      await withPeople(config, (people, { nowS }) => people.add(account, password, nowS));
    });
  withConfig(
    account.command('list').description('list local accounts, and people known from the unified login'),
  ).action(async ({ config }: { config: string }) => {
    const rows = await withPeople(config, (people) => people.list());
    for (const { name, uid, subject, isAdmin, removedAtS, displayName } of rows) {
      const kind = subject === null ? 'local' : 'unified';
      const notes = [...(isAdmin === 1 ? ['administrator'] : []), ...(removedAtS === null ? [] : ['removed'])];
      console.log([name.padEnd(20), String(uid).padStart(6), kind.padEnd(7), displayName, ...notes].join('  '));
    }
    if (rows.length === 0) console.log('no accounts yet: heps live account add --help');
  });
  withConfig(account.command('remove').description('remove an account and end its sessions'))
    .argument('<name>', 'as in the list')
    .action(async (name: string, { config }: { config: string }) => {
      await withPeople(config, (people, { nowS }) => people.remove(name, nowS));
    });
  withPassword(withConfig(account.command('password').description('change a password, given on standard input')))
    .argument('<name>', 'as in the list')
    .action(async (name: string, { config, passwordFile }: { config: string; passwordFile?: string }) => {
      const password = await readPassword(passwordFile);
      await withPeople(config, (people, { nowS }) => people.setPassword(name, password, nowS));
    });
}

function withConfig(command: Command): Command {
  return command.requiredOption('--config <file>', 'configuration of the server, YAML');
}

function withPassword(command: Command): Command {
  return command.option('--password-file <file>', 'file with the password (default: standard input)');
}

/** Its first line. Never an argument, which everybody on the computer could read. */
async function readPassword(file: string | undefined): Promise<string> {
  let content: string;
  try {
    content = file === undefined ? await text(process.stdin) : readFileSync(file, 'utf8');
  } catch (error) {
    throw new InputError(`--password-file ${file}`, 'a file that can be read', (error as NodeJS.ErrnoException).code);
  }
  const [password = ''] = content.split(/\r?\n/);
  if (password.length < leastPasswordLength || password.length > 200) {
    const expected = `${leastPasswordLength} to 200 characters`;
    throw new InputError('password', expected, `${password.length} characters`);
  }
  return password;
}

async function withPeople<T>(
  config: string,
  work: (people: People, clock: Pick<Clock, 'nowS'>) => Promise<T>,
): Promise<T> {
  const stores = await openStores((await openConfiguration(config, process.env)).database);
  try {
    return await work(new People(stores.database), stores.clock);
  } finally {
    await stores.close();
  }
}

function groupOf(item: string): Group {
  const [name, gid] = item.trim().split(':');
  return { name: aGroupName(name, '--groups'), gid: anAccountNumber(gid, `--groups, the number of ${name}`) };
}
