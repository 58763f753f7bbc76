/** Opens a database whose tables are up to date. Which tables those are is for the caller to say. */
import { type Kysely, type Migration, Migrator } from 'kysely';
import { InputError } from '../../core/input-error.ts';
import type { DatabaseKind } from './column-types.ts';
import { type DatabaseOptions, openDatabase } from './database.ts';

/** By name; made in the order of the names, each once. A database keeps the names of those that it has had. */
export type Migrations = Readonly<Record<string, Migration>>;

/** Brings the tables up to date. @throws whatever the step that failed threw; nothing of it is kept on SQLite */
export async function migrate<Schema>(database: Kysely<Schema>, migrations: Migrations): Promise<void> {
  const migrator = new Migrator({ db: database, provider: { getMigrations: async () => ({ ...migrations }) } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}

/** Opens the database and brings its tables up to date. @throws InputError when MariaDB does not let us in */
export async function openMigrated<Schema>(
  options: DatabaseOptions,
  migrationsFor: (kind: DatabaseKind) => Migrations,
): Promise<Kysely<Schema>> {
  const database = openDatabase<Schema>(options);
  try {
    await migrate(database, migrationsFor(options.kind));
  } catch (error) {
    await database.destroy();
    throw openingError(options, error);
  }
  return database;
}

/** Of what MariaDB refuses at the first query, in one line: there is no connection, or none for this user and database. */
function openingError(options: DatabaseOptions, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  const isRefused = /^(?:ECONN|ENOTFOUND|EHOST|ETIMEDOUT|EAI_|ER_ACCESS|ER_DBACCESS|ER_BAD_DB|PROTOCOL_)/.test(
    code ?? '',
  );
  if (options.kind === 'sqlite' || !isRefused) return error;
  const { host, port, name, user } = options;
  return InputError.saying(
    `database: expected MariaDB at ${host}, port ${port}, with the database ${name} for ${user} (${code}: ${message})`,
  );
}
