import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DesktopImage } from '../../../../live/desktops/catalogue/station.ts';
import { powershellQuote } from '../../../../live/desktops/provisioning/quote.ts';
import { buildUserData } from '../../../../live/desktops/provisioning/user-data.ts';
import { obfuscatedVncPassword } from '../../../../live/desktops/provisioning/vnc-password.ts';
import { order } from './orders.ts';

const image: DesktopImage = {
  ...order.image,
  id: 'imaging-windows',
  system: 'windows',
  software: [
    { title: 'Avizo: 3D', command: '"C:\\Program Files\\Avizo\\avizo.exe"', starts: false },
    { title: 'Viewer', command: "viewer.exe --it's", starts: true },
  ],
};
const windows = { ...order, image };
const build = (person: Partial<typeof order.person> = {}) =>
  buildUserData({ ...windows, person: { ...order.person, ...person } });

test('it is a PowerShell script of 64 bits, in ASCII, of a restart at its end', () => {
  const lines = build().trimEnd().split('\r\n');
  expect(lines[0]).toBe('#ps1_sysnative');
  expect(lines.at(-1)).toBe('exit 1001');
  expect(build({ displayName: '陈伟' })).toMatch(/^\p{ASCII}*$/u);
});

test('account, groups, numbers for NFS and the port are in it', () => {
  const text = build();
  for (const line of [
    "$person = 'chen'",
    "$fullName = 'Chen Wei'",
    "$groups = @('heps-b7', 'heps-20100')",
    '$uid = 10001',
    '$vncPort = 5901',
    '$appPorts = @(8000)',
    `$vncPassword = [byte[]](${[...obfuscatedVncPassword(order.desktop.vncPassword)].join(',')})`,
  ]) {
    expect(text).toContain(`${line}\r\n`);
  }
  expect(text).not.toContain(order.desktop.vncPassword);
});

test('shares get letters in the session, what Windows cannot mount is left out, and data folders are shortcuts', () => {
  const text = build();
  // Quoted once for the session's script, and once more for the script that writes it.
  expect(text).toContain(
    "New-PSDrive -Name H -PSProvider FileSystem -Persist -Scope Global -Root ''\\\\oceanstor\\data''",
  );
  expect(text).toContain(
    "New-PSDrive -Name I -PSProvider FileSystem -Persist -Scope Global -Root ''\\\\nas\\raw data''",
  );
  expect(text).not.toContain('10.1.0.5');
  expect(text).toContain("@{ Name = 'b7'; Program = 'explorer.exe'; Arguments = 'I:\\b7' }");
});

test('programs are started in the session or have a shortcut whose name is a file name', () => {
  const text = build();
  expect(text).toContain(
    `@{ Name = 'Avizo_ 3D'; Program = 'cmd.exe'; Arguments = '/c "C:\\Program Files\\Avizo\\avizo.exe"' }`,
  );
  expect(text).toContain("-ArgumentList ''/c viewer.exe --it''''s''");
});

/** Reads back what `powershellQuote` wrote, by PowerShell's rules for such literals. */
function readBack(literal: string): string {
  const base64 =
    /^\(\[Text\.Encoding\]::UTF8\.GetString\(\[Convert\]::FromBase64String\('([A-Za-z0-9+/=]*)'\)\)\)$/.exec(literal);
  if (base64 !== null) return Buffer.from(base64[1]!, 'base64').toString('utf8');
  // An apostrophe inside is always doubled.
  expect(literal).toMatch(/^'(?:[^']|'')*'$/);
  return literal.slice(1, -1).replaceAll("''", "'");
}

test('no text leaves its literal, whatever the code page that the script is read in', () => {
  const quotes = fc.constantFrom("'", '‘', '’', '‚', '‛', '"', '`', '$(id)', '\n', 'ő', '陈');
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.array(quotes).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (value) => {
      const literal = powershellQuote(value);
      expect(literal).toMatch(/^\p{ASCII}*$/u);
      expect(readBack(literal)).toBe(value);
    }),
  );
});

test('free texts change one literal each', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (displayName) => {
      const without = (text: string) => text.split('\r\n').filter((line) => !line.startsWith('$fullName = '));
      expect(without(build({ displayName }))).toEqual(without(build()));
    }),
  );
});

test('names that Windows has itself, or that are too long for it, are refused', () => {
  expect(() => build({ name: 'administrator' })).toThrow('person.name');
  expect(() => build({ name: 'a'.repeat(21) })).toThrow('person.name');
});

test('an SSH server that the image has trusts the desktops’ authority, and has the key by which the gateway knows it', () => {
  const text = build();
  const { authority, hostKeys } = order.desktop.ssh;
  expect(text).toContain(`$sshAuthority = '${authority}'`);
  expect(text).toContain(`$sshHostKey = '${Buffer.from(hostKeys.privateKey).toString('base64')}'`);
  expect(text).toContain('TrustedUserCAKeys __PROGRAMDATA__/ssh/heps_authority.pub');
});
