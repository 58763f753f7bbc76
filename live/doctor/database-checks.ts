/** Whether the server's database can be used as it is: nothing in it is changed, not even brought up to date. */
import type { Kysely } from 'kysely';
import { InputError } from '../../core/input-error.ts';
import { isThere } from '../../files/is-there.ts';
import type { Check } from '../checks.ts';
import { type DatabaseOptions, openDatabase } from '../database/database.ts';
import { databaseClock } from '../database/database-clock.ts';
import { migrationsDone } from '../database/migrate.ts';
import { type ServerSchema, serverMigrations } from '../server/migrations.ts';
import type { ServiceClocks } from './clock-checks.ts';
import { check } from './cloud-checks.ts';
import { databaseStep } from './steps.ts';

/** Opens it, compares its tables with ours, writes a row and takes it back. */
export async function checkDatabase(
  options: DatabaseOptions,
  clocks: Pick<ServiceClocks, 'note'> | null = null,
): Promise<Check[]> {
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
    if (options.kind === 'mariadb')
      clocks?.note('the database', -(await databaseClock(database, options.kind)).ownAheadS);
    if (tables.status === 'wrong') return [tables];
    return [tables, await checkWrite(database)];
  } catch (error) {
    return [wrong(`${where}: ${textOf(error)}`, 'check database in the configuration, and whether it answers')];
  } finally {
    await database.destroy();
  }
}

async function checkTables(database: Kysely<ServerSchema>, where: string): Promise<Check> {
  const done = await migrationsDone(database);
  const expected = Object.keys(serverMigrations('sqlite'));
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

function wrong(found: string, remedy: string): Check {
  return check(databaseStep, 'wrong', found, remedy);
}

function textOf(error: unknown): string {
  if (error instanceof InputError) return error.message;
  const { code, message } = error as NodeJS.ErrnoException;
  return code === undefined || message.includes(code) ? message : `${code}: ${message}`;
}
