/** Opens the registry's database: SQLite in a file of this machine, or MariaDB. */

import { Kysely, MysqlDialect, type SqliteDatabase, SqliteDialect } from 'kysely';
import SqliteFile from 'libsql';
import { createPool } from 'mysql2';
import { InputError } from '../../core/input-error.ts';
import type { Schema } from './schema.ts';

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

/** @throws InputError when the SQLite file cannot be opened; MariaDB is connected to by the first query */
export function openDatabase(options: DatabaseOptions): Kysely<Schema> {
  if (options.kind === 'sqlite')
    return new Kysely({ dialect: new SqliteDialect({ database: openFile(options.file) }) });
  const { host, port, name, user, password } = options;
  const pool = createPool({
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
  return new Kysely({ dialect: new MysqlDialect({ pool }) });
}

/**
 * With a write-ahead log that is synced at each commit: what was committed survives kill -9 and loss of power, and `heps live token` may
 * write while the server runs.
 */
function openFile(file: string): SqliteDatabase {
  try {
    const database = new SqliteFile(file, { timeout: waitMs });
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    return { prepare: keptStatements(database), close: () => void database.close() };
  } catch (error) {
    throw InputError.saying(
      `${file}: expected a SQLite database or a folder to make it in (${(error as Error).message})`,
    );
  }
}

/** Statements made ready once: Kysely asks anew at each use, which took a tenth of the time of a report. */
function keptStatements(database: SqliteFile.Database): SqliteDatabase['prepare'] {
  const kept = new Map<string, ReturnType<SqliteDatabase['prepare']>>();
  return (sql) => {
    let statement = kept.get(sql);
    if (statement === undefined) {
      // One for each number of rows of a write, and some others.
      if (kept.size >= 300) kept.delete(kept.keys().next().value!);
      statement = database.prepare(sql) as unknown as ReturnType<SqliteDatabase['prepare']>;
      kept.set(sql, statement);
    }
    return statement;
  };
}
