/** People as the desktop service knows them, from the facility's directory or from a local account. */
import type { Group } from '../records/group.ts';

export interface Person {
  /** Login name, unique, a POSIX user name: `^[a-z_][a-z0-9_-]{0,31}$`. */
  readonly name: string;
  readonly displayName: string;
  /** Numbers of the directory; what the desktop's account gets, so that rights on the storage hold. */
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly Group[];
  readonly isAdmin: boolean;
  /** Where mail reaches them; left out where that is not known. */
  readonly email?: string;
}
