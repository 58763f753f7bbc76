/** Opens a database: SQLite in a file of this machine, or MariaDB. */

import { Kysely, MysqlDialect } from 'kysely';
import { sqliteDialect } from './sqlite-thread.ts';

/** Where the records are kept. */
export type DatabaseOptions =
  | { readonly kind: 'sqlite'; readonly file: string }
  | {
      readonly kind: 'mariadb';
      readonly host: string;
      readonly port: number;
      readonly name: string;
      readonly user: string;
      readonly password: string;
    };

/** Milliseconds to wait for a connection to MariaDB, or for another process to let go of the SQLite file. */
const waitMs = 5_000;

/** Opened, or connected to, by the first query, which throws an InputError when the SQLite file cannot be opened. */
export function openDatabase<Schema>(options: DatabaseOptions): Kysely<Schema> {
  if (options.kind === 'sqlite') return new Kysely({ dialect: sqliteDialect(options.file, waitMs) });
  const { host, port, name, user, password } = options;
  const pool = async () => {
    // Not before it is needed: loading it takes a tenth of the start of a server on SQLite.
    const { createPool } = await import('mysql2');
    return createPool({
      host,
      port,
      database: name,
      user,
      password,
      connectTimeout: waitMs,
      connectionLimit: 4,
      queueLimit: 1_000,
      charset: 'utf8mb4',
    });
  };
  return new Kysely({ dialect: new MysqlDialect({ pool }) });
}
