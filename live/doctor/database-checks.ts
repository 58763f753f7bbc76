/** Whether the server's database can be used as it is: nothing in it is changed, not even brought up to date. */

import { type Kysely, sql } from 'kysely';
import { InputError } from '../../core/input-error.ts';
import { isThere } from '../../files/is-there.ts';
import type { Check } from '../checks.ts';
import { type DatabaseOptions, openDatabase } from '../database/database.ts';
import { migrate } from '../database/migrate.ts';
import { type ServerSchema, serverMigrations } from '../server/migrations.ts';
import { check } from './cloud-checks.ts';
import { databaseStep } from './steps.ts';

/** Opens it, compares its tables with ours, writes a row and takes it back. */
export async function checkDatabase(options: DatabaseOptions): Promise<Check[]> {
  const where = options.kind === 'sqlite' ? options.file : `${options.name} at ${options.host}:${options.port}`;
  // Opening would make it.
  if (options.kind === 'sqlite' && !isThere(options.file)) {
    return [wrong(`${where} is not there`, 'heps live token create makes it, as does heps live serve')];
  }
  let database: Kysely<ServerSchema>;
  try {
    database = openDatabase(options);
  } catch (error) {
    return [wrong(textOf(error), 'check database in the configuration, and who may write the file')];
  }
  try {
    const tables = await checkTables(database, where);
    if (tables.status === 'wrong') return [tables];
    return [tables, await checkWrite(database)];
  } catch (error) {
    return [wrong(`${where}: ${textOf(error)}`, 'check database in the configuration, and whether it answers')];
  } finally {
    await database.destroy();
  }
}

async function checkTables(database: Kysely<ServerSchema>, where: string): Promise<Check> {
  const done = await stepsDone(database);
  const expected = await allSteps();
  const missing = expected.filter((name) => !done.includes(name));
  const unknown = done.filter((name) => !expected.includes(name));
  if (unknown.length > 0) {
    return wrong(
      `${where}: its tables are of a newer version (${unknown.join(', ')})`,
      'use that version of heps here too',
    );
  }
  if (missing.length > 0) {
    return wrong(
      `${where}: its tables lack ${missing.join(', ')}`,
      'heps live serve brings them up to date when it starts',
    );
  }
  return check(databaseStep, 'ok', `${where}, tables up to date`);
}

/** In a transaction that is rolled back. */
async function checkWrite(database: Kysely<ServerSchema>): Promise<Check> {
  const takenBack = new Error('to be rolled back');
  try {
    await database.transaction().execute(async (transaction) => {
      // No host has such a name.
      await transaction
        .insertInto('hostVersions')
        .values({ host: `/doctor/${crypto.randomUUID()}`, version: 0 })
        .execute();
      throw takenBack;
    });
  } catch (error) {
    if (error !== takenBack)
      return wrong(`cannot be written: ${textOf(error)}`, 'check who may write there, and the space left');
  }
  return check(databaseStep, 'ok', 'a write works');
}

/** Names of the migrations that a database has had; none where it never had one. */
async function stepsDone(database: Kysely<ServerSchema>): Promise<string[]> {
  const tables = await database.introspection.getTables({ withInternalKyselyTables: true });
  if (tables.every(({ name }) => name !== 'kysely_migration')) return [];
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(database);
  return rows.map(({ name }) => name);
}

/** Names of all our migrations: those that a new database gets. */
async function allSteps(): Promise<string[]> {
  const fresh = openDatabase<ServerSchema>({ kind: 'sqlite', file: ':memory:' });
  try {
    await migrate(fresh, serverMigrations('sqlite'));
    return await stepsDone(fresh);
  } finally {
    await fresh.destroy();
  }
}

function wrong(found: string, remedy: string): Check {
  return check(databaseStep, 'wrong', found, remedy);
}

function textOf(error: unknown): string {
  if (error instanceof InputError) return error.message;
  const { code, message } = error as NodeJS.ErrnoException;
  return code === undefined || message.includes(code) ? message : `${code}: ${message}`;
}
