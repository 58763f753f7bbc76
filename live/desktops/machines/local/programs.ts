/** Programs of this computer that desktops on it need. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** Debian's package of each. */
const packages = {
  Xtigervnc: 'tigervnc-standalone-server',
  xauth: 'xauth',
  openbox: 'openbox',
  xterm: 'xterm',
  xsetroot: 'x11-xserver-utils',
  glxgears: 'mesa-utils',
} as const;

/** What no program shows: openbox ends where there is no font. */
const besides = ['fonts-dejavu-core', 'xfonts-base', 'libgl1-mesa-dri'];

/** By which files are moved, where it is there; not installed for a demonstration, since Debian would open it to the network. */
export const sshServer = '/usr/sbin/sshd';

/** Whether the program is on the path. */
export function isInstalled(program: string): boolean {
  return (process.env.PATH ?? '').split(':').some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Debian packages that are missing for desktops on this computer; none: all is there. */
export function missingPackages(): string[] {
  const missing = Object.entries(packages).filter(([program]) => !isInstalled(program));
  return missing.length === 0 ? [] : [...missing.map(([, name]) => name), ...besides];
}
