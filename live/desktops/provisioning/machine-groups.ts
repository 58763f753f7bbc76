/** The directory's groups as groups of a machine. */
import type { Person } from '../accounts/person.ts';
import type { Group } from '../records/group.ts';
import { leastGid } from './order.ts';

/** Members of these are as good as root, and root can act as anybody on NFS. */
const powerful = ['root', 'sudo', 'wheel', 'admin', 'adm', 'disk', 'shadow', 'docker', 'lxd', 'libvirt', 'kvm'];

/**
 * Each with a name that every system takes: rights on the storage hold by number, so a name such as `domain users` becomes `heps-<gid>`.
 * Left out are groups that give power over the machine, by name or by a number that images use themselves.
 */
export function machineGroups(person: Person): Group[] {
  return person.groups
    .filter(({ name, gid }) => gid >= leastGid && !powerful.includes(name.toLowerCase()))
    .map(({ name, gid }) => ({ name: /^[a-z_][a-z0-9_-]{0,30}$/.test(name) ? name : `heps-${gid}`, gid }));
}
