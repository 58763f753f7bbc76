/** The storage that a person's desktop mounts, and what of it is linked on the desktop. */
import { posix } from 'node:path';
import type { Person } from '../accounts/person.ts';
import type { Mount, Station } from '../catalogue/station.ts';

/** A line of `/etc/fstab` by its fields, not yet escaped. */
export interface FstabEntry {
  readonly source: string;
  readonly target: string;
  readonly type: string;
  readonly options: string;
}

/** A link on the desktop. */
export interface DesktopLink {
  readonly path: string;
  readonly name: string;
}

/** Mounts of the station to which the person has a right by a group. */
export function mountsFor(person: Person, station: Station): Mount[] {
  const groups = new Set(person.groups.map(({ name }) => name));
  return station.mounts.filter((mount) => mount.groups.length === 0 || mount.groups.some((name) => groups.has(name)));
}

/** A desktop starts without storage that does not answer (`nofail`), and waits for the network before it asks (`_netdev`). */
export function fstabEntry(mount: Mount, person: Person): FstabEntry {
  const options = mount.options.split(',').filter((option) => option !== '');
  const has = (name: string): boolean => options.some((option) => option.split('=')[0] === name);
  for (const option of ['nofail', '_netdev']) {
    if (!has(option)) options.push(option);
  }
  // Windows shares know no POSIX numbers: what is there is the person's.
  if (mount.type === 'cifs' && !has('uid') && !has('multiuser')) options.push(`uid=${person.uid}`, `gid=${person.gid}`);
  return { source: mount.source, target: mount.target, type: mount.type, options: options.join(',') };
}

/** Links on the desktop, each under a name of its own. */
export function desktopLinks(mounts: readonly Mount[], person: Person, station: Station): DesktopLink[] {
  const used = new Map<string, number>();
  return mounts
    .filter(({ link }) => link !== null)
    .map(({ target, link }) => {
      const path = posix.join(target, pathBelow(link!, person, station));
      const name = posix.basename(path);
      const count = (used.get(name) ?? 0) + 1;
      used.set(name, count);
      return { path, name: count === 1 ? name : `${name} (${count})` };
    });
}

/** `{user}` and `{station}` by their names. */
export function pathBelow(link: string, person: Person, station: Station): string {
  return link.replaceAll('{user}', person.name).replaceAll('{station}', station.id);
}
