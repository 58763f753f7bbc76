/** What a role of Keystone may do here: as OpenStack's own personas do, unless the configuration says otherwise. */
import { anObject, oneOf } from '../../core/check.ts';
import type { Role } from './tokens.ts';

/** What a person's token may be here, the most powerful first: of several roles the first one counts. */
export const keystonePersonas = [
  'admin',
  'scheduler',
  'reader',
  'plugin',
  'project-member',
  'project-reader',
] as const satisfies readonly Role[];

/** Our role by the name of Keystone's. */
export type KeystoneRoles = Readonly<Record<string, (typeof keystonePersonas)[number]>>;

/** Of Keystone's default roles; each implies the ones below it. */
export const usualKeystoneRoles: KeystoneRoles = {
  admin: 'admin',
  member: 'project-member',
  reader: 'project-reader',
};

/** @throws InputError naming the role */
export function keystoneRoles(value: unknown, where: string): KeystoneRoles {
  const roles = Object.entries(anObject(value, where));
  return Object.fromEntries(roles.map(([name, role]) => [name, oneOf(role, `${where}.${name}`, keystonePersonas)]));
}

/** The most powerful of what those roles may be; undefined where none of them is anything here. */
export function personaOf(roles: readonly string[], known: KeystoneRoles): Role | undefined {
  const mine = new Set(roles.map((role) => known[role]));
  return keystonePersonas.find((persona) => mine.has(persona));
}
