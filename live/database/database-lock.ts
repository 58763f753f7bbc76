/** Holds a SQLite database for one process: two schedulers on one file would not see each other's claims. */
import SqliteFile from 'libsql';
import { InputError } from '../../core/input-error.ts';
import type { DatabaseOptions } from './database.ts';
import { makePrivate } from './private-file.ts';

/**
 * By an exclusive transaction in a file beside it, which the system ends with the process, however that ends.
 *
 * @returns what lets go
 * @throws InputError when another process has it
 */
export function holdDatabase(options: DatabaseOptions): () => void {
  if (options.kind !== 'sqlite' || options.file === ':memory:') return () => undefined;
  let lock: SqliteFile.Database;
  try {
    makePrivate(`${options.file}-lock`);
    lock = new SqliteFile(`${options.file}-lock`, { timeout: 0 });
    lock.exec('begin exclusive');
  } catch (error) {
    const isHeld = /locked|busy/i.test((error as Error).message);
    throw InputError.saying(
      isHeld
        ? `${options.file}: expected a database that no other heps live serve has open`
        : `${options.file}-lock: expected a folder that can be written to (${(error as Error).message})`,
    );
  }
  return () => lock.close();
}
