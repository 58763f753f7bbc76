/** `heps live demo`: the whole way from login to a moving desktop, on this computer and without a cloud. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { installMissing } from '../demo/debian-packages.ts';
import { makeAccounts, roles } from '../demo/demo-accounts.ts';
import { makeDemoFolder } from '../demo/demo-folder.ts';
import { isInstalled, sshServer } from '../desktops/machines/local/programs.ts';
import { readConfiguration } from '../server/configuration.ts';
import { makeLog } from '../server/log.ts';
import { wallClock } from '../wall-clock.ts';
import { aPortNumber } from './port-option.ts';

interface DemoOptions {
  readonly folder?: string;
  readonly port: number;
  readonly gatewayPort: number;
}

export function addDemo(live: Command): void {
  live
    .command('demo')
    .description('virtual desktops on this computer: server, accounts and real VNC desktops on loopback (Debian)')
    .option('--folder <folder>', 'folder for its database and desktops (default: a temporary one, removed at the end)')
    .option('--port <port>', 'port of the portal, on 127.0.0.1', aPortNumber, 8790)
    .option('--gateway-port <port>', 'port of the streaming gateway, on 127.0.0.1', aPortNumber, 8791)
    .addHelpText(
      'after',
      `
It installs Debian packages that are missing (tigervnc, openbox, xterm, mesa-utils …) when it is run as root, and says so;
otherwise it says which command does.

Example:
  heps live demo --folder ~/heps-demo`,
    )
    .action(runDemo);
}

async function runDemo({ folder: given, port, gatewayPort }: DemoOptions): Promise<void> {
  const { startLiveServer } = await import('../server/server.ts');
  await installMissing((text) => console.log(`The demonstration ${text}`));
  const folder = given === undefined ? mkdtempSync(join(tmpdir(), 'heps-demo-')) : resolve(given);
  const ended = new Promise<void>((end) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => end());
  });
  try {
    const configuration = readConfiguration(makeDemoFolder(folder, { portal: port, gateway: gatewayPort }), {});
    const passwords = await makeAccounts(configuration.database, wallClock);
    const server = await startLiveServer(configuration, makeLog(configuration.log.level));
    console.log(welcome(`http://127.0.0.1:${port}/portal/`, passwords, folder));
    await ended;
    console.log('\nStopping the desktops …');
    await server.stop();
  } finally {
    if (given === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

function welcome(url: string, passwords: ReadonlyMap<string, string>, folder: string): string {
  const people = [...passwords].map(([name, password]) => `    ${name.padEnd(6)} ${password}   ${roles[name]}`);
  return [
    '',
    'HEPS virtual cloud desktops: a demonstration, reachable from this computer only.',
    '',
    `  Open      ${url}`,
    '',
    '  Log in as',
    ...people,
    '',
    '  Then      1. as chen, apply for a desktop at B7 hard X-ray imaging; it is ready in seconds: connect.',
    '            2. share it with li, view only, and log in as li in a private window.',
    '            3. apply at BE, which asks for a card: it waits, and says why. This computer gives no card away.',
    ...(existsSync(sshServer)
      ? ['            4. drop files onto the picture of the desktop, or open Files there.']
      : []),
    `            ${existsSync(sshServer) ? 5 : 4}. as admin, look at all desktops and at the audit trail.`,
    ...(isInstalled('jupyter-notebook')
      ? []
      : ['', '  For Jupyter inside the desktop: apt-get install jupyter-notebook, then start this again.']),
    ...(existsSync(sshServer)
      ? []
      : ['', `  For files in and out of a desktop: a computer with ${sshServer} (Debian's openssh-server).`]),
    '',
    `  Files are in ${folder}. Ctrl-C ends everything.`,
    '',
  ].join('\n');
}
