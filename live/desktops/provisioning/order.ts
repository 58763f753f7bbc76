/** What a machine is told at its start: for whom, for which station, and how its desktop is reached. */
import { InputError } from '../../../core/input-error.ts';
import { pointOf, type SshKeyPair } from '../../gateway/files/ssh-key.ts';
import type { Person } from '../accounts/person.ts';
import type { DesktopImage, Station } from '../catalogue/station.ts';
import { isOneLine } from './one-line.ts';

export interface ProvisioningOrder {
  readonly person: Person;
  readonly station: Station;
  readonly image: DesktopImage;
  readonly desktop: {
    readonly id: string;
    readonly title: string;
    /** At most 8 ASCII letters and digits: VncAuth takes no more. */
    readonly vncPassword: string;
    readonly vncPort: number;
    /** Of each web application, the path below which the gateway shows it: `{jupyter: '/apps/3f2a…/jupyter'}`. */
    readonly appBase: Readonly<Record<string, string>>;
    /** How its files are reached. */
    readonly ssh: OrderedSsh;
  };
}

export interface OrderedSsh {
  readonly port: number;
  /** `ssh-ed25519 AAAA…`: whose certificates the machine takes. */
  readonly authority: string;
  /** The machine's own, so that it is known before anybody has asked it. */
  readonly hostKeys: SshKeyPair;
}

/** Accounts below are the image's own. */
const leastUid = 500;
/** 100 is `users` nearly everywhere; what is below is the image's own. */
export const leastGid = 100;

/**
 * Refuses what could mean something else on the machine than it says. Free texts (names of people, titles, names of groups) may be anything
 * here; the code that writes them out quotes them.
 *
 * @throws InputError
 */
export function checkOrder({ person, station, image, desktop }: ProvisioningOrder): void {
  matches(person.name, /^[a-z_][a-z0-9_-]{0,31}$/, 'person.name', 'a POSIX user name');
  atLeast(person.uid, leastUid, 'person.uid');
  atLeast(person.gid, leastGid, 'person.gid');
  for (const [at, group] of person.groups.entries()) atLeast(group.gid, 0, `person.groups[${at}].gid`);
  matches(station.id, /^[a-z0-9][a-z0-9-]{0,30}$/, 'station.id', 'small letters, digits and -');
  matches(desktop.id, /^[0-9A-Za-z-]{1,64}$/, 'desktop.id', 'a UUID');
  matches(desktop.vncPassword, /^[0-9A-Za-z]{6,8}$/, 'desktop.vncPassword', '6 to 8 letters and digits', '…');
  atLeast(desktop.vncPort, 1, 'desktop.vncPort');
  atLeast(desktop.ssh.port, 1, 'desktop.ssh.port');
  if (pointOf(desktop.ssh.authority) === null) {
    throw new InputError('desktop.ssh.authority', 'a public key of kind ssh-ed25519', desktop.ssh.authority);
  }
  for (const app of image.apps) {
    matches(app.id, /^[a-z0-9][a-z0-9-]{0,30}$/, 'app.id', 'small letters, digits and -');
    const where = `desktop.appBase.${app.id}`;
    matches(desktop.appBase[app.id] ?? '', /^(\/[0-9A-Za-z_-]+)+\/?$/, where, 'a path of letters, digits, - and _');
  }
  const lines = [
    ...station.mounts.flatMap((mount) => [mount.source, mount.target, mount.options, mount.link ?? '']),
    ...image.software.map(({ title }) => title),
  ];
  for (const line of lines) {
    if (!isOneLine(line)) throw new InputError(`station ${station.id}`, 'texts without control characters', line);
  }
}

function matches(value: string, pattern: RegExp, where: string, expected: string, shown = value): void {
  if (!pattern.test(value)) throw new InputError(where, expected, shown);
}

function atLeast(value: number, least: number, where: string): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new InputError(where, `a whole number of at least ${least}`, value);
  }
}
