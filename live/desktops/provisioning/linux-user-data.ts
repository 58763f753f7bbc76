/** The built-in user data for Linux: a cloud-config that a serializer writes, never pasted text. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { stringify } from 'yaml';
import { streamerFile } from '../../../package-files.ts';
import type { WebApp } from '../catalogue/station.ts';
import { appCommand } from './app-command.ts';
import {
  accountScript,
  canStreamScript,
  filesScript,
  readyScript,
  runScript,
  sessionScript,
  storageScript,
  streamScript,
  vncScript,
} from './linux-scripts.ts';
import { machineGroups } from './machine-groups.ts';
import { oneLine } from './one-line.ts';
import type { ProvisioningOrder } from './order.ts';
import { desktopLinks, fstabEntry, mountsFor } from './storage.ts';
import { obfuscatedVncPassword } from './vnc-password.ts';

const programs = '/usr/local/lib/heps';

/** One entry of `write_files`. Owner is root. */
interface GuestFile {
  readonly path: string;
  readonly permissions: string;
  readonly encoding?: 'b64' | 'gz+b64';
  readonly content: string;
}

export function linuxUserData(order: ProvisioningOrder): string {
  const { person, image, desktop } = order;
  const services = ['heps-vnc', 'heps-stream', 'heps-session', ...image.apps.map(({ id }) => `heps-app-${id}`)];
  const groups = machineGroups(person).flatMap(({ name, gid }) => [String(gid), name]);
  const config = {
    // In place of the image's default account with its sudo. Nobody has a password or a key.
    users: [{ name: 'root', lock_passwd: true }],
    ssh_pwauth: false,
    disable_root: true,
    // Known before the machine's first start: who moves files is sure to reach this one.
    ssh_keys: { ed25519_private: desktop.ssh.hostKeys.privateKey, ed25519_public: desktop.ssh.hostKeys.publicKey },
    write_files: [...programFiles(), ...streamerFiles(), ...serviceFiles(order), ...stationFiles(order)],
    // Lists, which cloud-init quotes for the shell word by word.
    runcmd: [
      [`${programs}/storage`],
      [
        `${programs}/account`,
        person.name,
        String(person.uid),
        String(person.gid),
        fullName(person.displayName),
        ...groups,
      ],
      [`${programs}/files`],
      ['systemctl', 'daemon-reload'],
      ['systemctl', 'enable', '--now', ...services.map((service) => `${service}@${person.name}.service`)],
      [`${programs}/ready`, String(desktop.vncPort), person.name],
    ],
  };
  // Cloud-init reads YAML 1.1, where `yes` and `1:30` are no texts unless they are quoted.
  return `#cloud-config\n${stringify(config, { version: '1.1', lineWidth: 0 })}`;
}

function programFiles(): GuestFile[] {
  const scripts = {
    account: accountScript,
    storage: storageScript,
    files: filesScript,
    vnc: vncScript,
    'can-stream': canStreamScript,
    stream: streamScript,
    session: sessionScript,
    run: runScript,
    ready: readyScript,
  };
  return Object.entries(scripts).map(([name, content]) => program(`${programs}/${name}`, content));
}

/** Where the VNC server listens, for the machine alone, when the streamer has its port. */
function behind(vncPort: number): number {
  return vncPort > 64_535 ? vncPort - 1000 : vncPort + 1000;
}

/** Compressed, since Nova takes 64 KiB of user data. Absent where the package was not built. */
function streamerFiles(): GuestFile[] {
  const path = streamerFile();
  if (path === null) return [];
  const content = gzipSync(readFileSync(path), { level: 9 }).toString('base64');
  return [{ path: `${programs}/stream.mjs`, permissions: '0644', encoding: 'gz+b64', content }];
}

/** Units by the person's name (`%i`), in her login session. */
function serviceFiles({ station, image, desktop }: ProvisioningOrder): GuestFile[] {
  const { mostIn, mostOut } = station.clipboard;
  const isIn = mostIn > 0 ? 1 : 0;
  const isOut = mostOut > 0 ? 1 : 0;
  const clipboard = [
    `-AcceptCutText=${isIn} -SetPrimary=${isIn} -SendCutText=${isOut} -SendPrimary=${isOut}`,
    // In bytes: a character takes up to four in UTF-8.
    `-MaxCutText=${Math.max(1024, 4 * mostIn, 4 * mostOut)}`,
  ].join(' ');
  return [
    plain(
      '/etc/systemd/system/heps-vnc@.service',
      unit(
        'Streaming server',
        [],
        [
          'PAMName=login',
          'RuntimeDirectory=heps-desktop',
          'RuntimeDirectoryMode=0700',
          `ExecStart=${programs}/vnc ${desktop.vncPort} ${behind(desktop.vncPort)} ${clipboard}`,
        ],
      ),
    ),
    plain(
      '/etc/systemd/system/heps-stream@.service',
      unit(
        'Video of what moves',
        ['After=heps-vnc@%i.service'],
        [
          // An image that cannot stream has its VNC server on the port instead: nothing to start again.
          'Restart=on-failure',
          'RestartSec=1',
          `ExecStart=${programs}/stream ${desktop.vncPort} ${behind(desktop.vncPort)}`,
        ],
      ),
    ),
    plain(
      '/etc/systemd/system/heps-session@.service',
      unit(
        'Desktop',
        ['BindsTo=heps-vnc@%i.service', 'After=heps-vnc@%i.service'],
        ['PAMName=login', `ExecStart=${programs}/session`],
      ),
    ),
    ...image.apps.flatMap((app) => appFiles(app, desktop.appBase[app.id]!)),
  ];
}

function appFiles(app: WebApp, base: string): GuestFile[] {
  const path = `${programs}/app-${app.id}`;
  return [
    program(path, `#!/bin/sh\n${appCommand(app, base)}\n`),
    plain(
      `/etc/systemd/system/heps-app-${app.id}@.service`,
      unit(`Web application ${app.id}`, ['After=heps-session@%i.service'], ['RestartSec=5', `ExecStart=${path}`]),
    ),
  ];
}

function unit(description: string, relations: readonly string[], service: readonly string[]): string {
  return [
    '[Unit]',
    `Description=${description} of %i`,
    'Wants=network-online.target',
    'After=network-online.target systemd-user-sessions.service',
    ...relations,
    '[Service]',
    'User=%i',
    'WorkingDirectory=~',
    'Environment=DISPLAY=:1 XAUTHORITY=/run/heps-desktop/xauthority',
    'Restart=always',
    ...service,
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ].join('\n');
}

/** What differs from station to station and person to person. */
function stationFiles({ person, station, image, desktop }: ProvisioningOrder): GuestFile[] {
  const mounts = mountsFor(person, station);
  const entries = mounts.map((mount) => fstabEntry(mount, person));
  const about = { desktop: desktop.id, title: oneLine(desktop.title), person: person.name, station: station.id };
  return [
    {
      path: '/etc/heps/vnc-password',
      permissions: '0600',
      encoding: 'b64',
      content: obfuscatedVncPassword(desktop.vncPassword).toString('base64'),
    },
    plain('/etc/heps/ssh-authority.pub', `${desktop.ssh.authority}\n`),
    plain('/etc/heps/desktop.json', `${JSON.stringify(about)}\n`),
    plain(
      '/etc/heps/fstab',
      lines(
        entries.map((entry) =>
          [entry.source, entry.target, entry.type, entry.options].map(fstabField).join(' ').concat(' 0 0'),
        ),
      ),
    ),
    plain('/etc/heps/links', lines(desktopLinks(mounts, person, station).map(({ path, name }) => `${path}\t${name}`))),
    ...image.software.flatMap(({ title, command, starts }, index) => {
      const content = `#!/bin/sh\n${command}\n`;
      if (starts) return [program(`/etc/heps/start/${index + 1}`, content)];
      const path = `/etc/heps/software/${index + 1}`;
      return [program(path, content), plain(`/etc/heps/icons/${index + 1}.desktop`, icon(title, path))];
    }),
  ];
}

function icon(title: string, path: string): string {
  return lines([
    '[Desktop Entry]',
    'Type=Application',
    `Name=${title.replaceAll('\\', '\\\\')}`,
    `Exec=${programs}/run ${path}`,
    'Icon=utilities-terminal',
  ]);
}

function plain(path: string, content: string): GuestFile {
  return { path, permissions: '0644', content };
}

function program(path: string, content: string): GuestFile {
  return { path, permissions: '0755', content };
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join('');
}

/** Spaces end a field of fstab. */
function fstabField(text: string): string {
  return text.replace(/[\s\\]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

/** What `useradd` takes as a comment: colons end fields of `/etc/passwd`, commas those of the comment. */
function fullName(displayName: string): string {
  return oneLine(displayName.replace(/[:,\\]/g, ' ')).slice(0, 100);
}
