/** Opens a database whose tables are up to date. Which tables those are is for the caller to say. */
import { type Kysely, type Migration, Migrator, sql } from 'kysely';
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
    const migrations = migrationsFor(options.kind);
    await refuseNewer(database, migrations, options);
    await migrate(database, migrations);
  } catch (error) {
    await database.destroy();
    throw openingError(options, error);
  }
  return database;
}

/** Names of the migrations that a database has had; none where it never had one. */
export async function migrationsDone<Schema>(database: Kysely<Schema>): Promise<string[]> {
  const tables = await database.introspection.getTables({ withInternalKyselyTables: true });
  if (tables.every(({ name }) => name !== 'kysely_migration')) return [];
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(database);
  return rows.map(({ name }) => name);
}

/** @throws InputError when a newer heps has brought the tables up to date */
async function refuseNewer<Schema>(
  database: Kysely<Schema>,
  migrations: Migrations,
  options: DatabaseOptions,
): Promise<void> {
  const unknown = (await migrationsDone(database)).filter((name) => migrations[name] === undefined);
  if (unknown.length === 0) return;
  const where = options.kind === 'sqlite' ? options.file : `${options.name} at ${options.host}`;
  throw InputError.saying(
    `database ${where}: its tables are of a newer version of heps (${unknown.join(', ')}); use that version here too`,
  );
}

/** Of what MariaDB refuses at the first query, in one line: there is no connection, or none for this user and database. */
function openingError(options: DatabaseOptions, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  const isRefused =
    /^(?:HANDSHAKE_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|CERT_|ERR_TLS_|ERR_SSL_|ERR_OSSL_|ECONN|ENOTFOUND|EHOST|ETIMEDOUT|EAI_|ER_ACCESS|ER_DBACCESS|ER_BAD_DB|PROTOCOL_)/.test(
      code ?? '',
    );
  if (options.kind === 'sqlite' || !isRefused) return error;
  const { host, port, name, user } = options;
  return InputError.saying(
    `database: expected MariaDB at ${host}, port ${port}, with the database ${name} for ${user} (${code}: ${message})`,
  );
}
