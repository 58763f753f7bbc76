/** Files that nobody but their owner may read: the database has user data, which may hold secrets, and what people did. */
import { chmodSync, closeSync, existsSync, openSync } from 'node:fs';

const ownerOnly = 0o600;

/** Makes the file where it is not there, and closes it to others where it is: SQLite gives its other files the same mode. */
export function makePrivate(file: string): void {
  closeSync(openSync(file, 'a', ownerOnly));
  for (const each of [file, `${file}-wal`, `${file}-shm`]) {
    if (!existsSync(each)) continue;
    try {
      chmodSync(each, ownerOnly);
    } catch (error) {
      // Another user's, who decides.
      if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
    }
  }
}
