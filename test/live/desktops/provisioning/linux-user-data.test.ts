import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { ProvisioningOrder } from '../../../../live/desktops/provisioning/order.ts';
import { buildUserData } from '../../../../live/desktops/provisioning/user-data.ts';
import { obfuscatedVncPassword } from '../../../../live/desktops/provisioning/vnc-password.ts';
import { order } from './orders.ts';

interface CloudConfig {
  users: { name: string; lock_passwd: boolean }[];
  ssh_pwauth: boolean;
  write_files: { path: string; permissions: string; content: string; encoding?: string }[];
  runcmd: string[][];
}

/** As cloud-init reads it: YAML 1.1. */
function read(changed: ProvisioningOrder): CloudConfig {
  const text = buildUserData(changed);
  expect(text.split('\n')[0]).toBe('#cloud-config');
  return parse(text, { version: '1.1' }) as CloudConfig;
}

function fileOf(config: CloudConfig, path: string): string {
  return config.write_files.find((file) => file.path === path)!.content;
}

const changed = (
  person: Partial<ProvisioningOrder['person']>,
  desktop: Partial<ProvisioningOrder['desktop']> = {},
) => ({
  ...order,
  person: { ...order.person, ...person },
  desktop: { ...order.desktop, ...desktop },
});

test('the account gets the numbers of the directory, and its groups but those that give power over the machine', () => {
  const account = read(order).runcmd.find(([program]) => program!.endsWith('/account'))!;
  // `sudo` and `Docker` are left out; a name that no system takes goes by its number.
  expect(account.slice(1)).toEqual(['chen', '10001', '10001', 'Chen Wei', '20007', 'b7', '20100', 'heps-20100']);
});

test('no account has a password, and the image’s default one is not made', () => {
  const config = read(order);
  expect(config.users).toEqual([{ name: 'root', lock_passwd: true }]);
  expect(config.ssh_pwauth).toBe(false);
});

test('the VNC password is in a file of mode 0600 in its own form, and nowhere else', () => {
  const config = read(order);
  const file = config.write_files.find(({ path }) => path === '/etc/heps/vnc-password')!;
  expect(file.permissions).toBe('0600');
  expect(Buffer.from(file.content, 'base64')).toEqual(obfuscatedVncPassword(order.desktop.vncPassword));
  expect(buildUserData(order)).not.toContain(order.desktop.vncPassword);
});

test('storage is mounted where a group of the person has a right to it, and never holds up a start', () => {
  expect(fileOf(read(order), '/etc/heps/fstab').trimEnd().split('\n')).toEqual([
    '10.1.0.5@tcp:/heps /heps lustre flock,nofail,_netdev 0 0',
    'oceanstor:/data /data nfs4 nofail,_netdev 0 0',
    '//nas/raw\\040data /raw\\040data cifs ro,nofail,_netdev,uid=10001,gid=10001 0 0',
  ]);
  expect(fileOf(read(changed({ groups: [] })), '/etc/heps/fstab')).toBe(
    'oceanstor:/data /data nfs4 nofail,_netdev 0 0\n',
  );
});

test('data folders are linked on the desktop under the names of person and station', () => {
  expect(fileOf(read(order), '/etc/heps/links')).toBe('/heps/b7/chen\tchen\n/raw data/b7\tb7\n');
});

test('the streaming server has the port of the image, takes new sizes, and passes the clipboard as the station allows', () => {
  const config = read(order);
  const unit = fileOf(config, '/etc/systemd/system/heps-vnc@.service');
  // Into the desktop 10 000 characters of at most 4 bytes, out of it nothing.
  expect(unit).toContain('5901 6901 -AcceptCutText=1 -SetPrimary=1 -SendCutText=0 -SendPrimary=0 -MaxCutText=40000\n');
  expect(unit).toContain('User=%i\n');
  const server = fileOf(config, '/usr/local/lib/heps/vnc');
  for (const option of ['-localhost=0', '-SecurityTypes VncAuth', '-AcceptSetDesktopSize'])
    expect(server).toContain(option);
});

test('a program is started with the desktop or has an icon on it', () => {
  const config = read(order);
  expect(fileOf(config, '/etc/heps/start/1')).toBe('#!/bin/sh\nxterm -title "$HOME"\n');
  expect(fileOf(config, '/etc/heps/software/2')).toBe('#!/bin/sh\nimagej\n');
  const icon = fileOf(config, '/etc/heps/icons/2.desktop');
  expect(icon).toContain('Name=ImageJ & more\n');
  expect(icon).toContain('Exec=/usr/local/lib/heps/run /etc/heps/software/2\n');
});

test('a web application is a service of the person, told the path below which it is shown', () => {
  const config = read(order);
  expect(fileOf(config, '/usr/local/lib/heps/app-files')).toContain(`8000 # ${order.desktop.appBase.files}\n`);
  expect(fileOf(config, '/etc/systemd/system/heps-app-files@.service')).toContain('User=%i\n');
  expect(config.runcmd.flat()).toContain('heps-app-files@chen.service');
});

describe('free texts', () => {
  const nasty = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc
      .array(
        fc.constantFrom(
          '$(id)',
          '`id`',
          "'",
          '"',
          '\\',
          '\n',
          '\r',
          '\u2028',
          '\x85',
          ': ',
          ' #',
          '- ',
          '{',
          '%',
          ';',
          '|',
          '\0',
        ),
        { maxLength: 12 },
      )
      .map((parts) => parts.join('')),
  );

  test('change nothing but the texts that they are: one argument and one JSON value', () => {
    const plain = read(changed({ displayName: '', groups: [{ name: ' ', gid: 20100 }] }, { title: '' }));
    fc.assert(
      fc.property(nasty, nasty, nasty, (displayName, title, group) => {
        // A space makes it no name that systems take.
        const config = read(changed({ displayName, groups: [{ name: ` ${group}`, gid: 20100 }] }, { title }));
        const account = config.runcmd.find(([program]) => program!.endsWith('/account'))!;
        expect(account[4]).not.toMatch(/[\p{Cc}\u2028\u2029:,\\]/u);
        account[4] = '';
        const about = config.write_files.find(({ path }) => path === '/etc/heps/desktop.json')!;
        about.content = `${JSON.stringify({ ...(JSON.parse(about.content) as object), title: '' })}\n`;
        expect(config).toEqual(plain);
      }),
    );
  });

  test('reach the shell as words of lists, which cloud-init quotes, never as a command line', () => {
    for (const command of read(order).runcmd) expect(Array.isArray(command)).toBe(true);
  });
});

describe('refused is', () => {
  test.each([
    ['a name that is no user name', changed({ name: 'chen;id' }), 'person.name'],
    ['root', changed({ uid: 0 }), 'person.uid'],
    ['a group of the system as primary one', changed({ gid: 4 }), 'person.gid'],
    ['a VNC password that would be cut', changed({}, { vncPassword: 'nine-long' }), 'desktop.vncPassword'],
    ['a path that a shell would read', changed({}, { appBase: { files: '/apps/$(id)' } }), 'desktop.appBase.files'],
    ['an application without a path', changed({}, { appBase: {} }), 'desktop.appBase.files'],
  ])('%s', (_, hostile, where) => {
    expect(() => buildUserData(hostile)).toThrow(new RegExp(`^${where}: expected`));
  });

  test('a mount that would begin a line of its own in fstab', () => {
    const mounts = [{ ...order.station.mounts[0]!, source: 'nas:/a\n/dev/sda1' }];
    expect(() => buildUserData({ ...order, station: { ...order.station, mounts } })).toThrow(/^station b7: expected/);
  });

  test('more than Nova takes, 65 535 characters in base64', () => {
    const software = [{ title: 'Long', command: `true ${'x'.repeat(49_000)}`, starts: false }];
    const long = { ...order, image: { ...order.image, software } };
    expect(() => buildUserData(long)).toThrow('at most 65535 characters in base64');
  });
});

test('the SSH server trusts the desktops’ authority, and has the key by which the gateway knows it', () => {
  const config = read(order) as ReturnType<typeof read> & { ssh_keys: Record<string, string> };
  const { authority, hostKeys } = order.desktop.ssh;
  expect(config.ssh_keys).toEqual({ ed25519_private: hostKeys.privateKey, ed25519_public: hostKeys.publicKey });
  expect(fileOf(config, '/etc/heps/ssh-authority.pub')).toBe(`${authority}\n`);
  expect(fileOf(config, '/usr/local/lib/heps/files')).toContain('TrustedUserCAKeys /etc/heps/ssh-authority.pub');
  const commands = config.runcmd.map(([program]) => program!);
  expect(commands.indexOf('/usr/local/lib/heps/files')).toBeGreaterThan(
    commands.indexOf('/usr/local/lib/heps/account'),
  );
});
