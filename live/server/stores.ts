/** The server's database, opened, with the stores that are there whatever the configuration has. */
import type { Kysely } from 'kysely';
import { TokenStore } from '../access/token-store.ts';
import type { DatabaseOptions } from '../database/database.ts';
import { type DatabaseClock, databaseClock } from '../database/database-clock.ts';
import { openMigrated } from '../database/migrate.ts';
import { RecordStore } from '../srm/record-store.ts';
import { type ServerSchema, serverMigrations } from './migrations.ts';

export interface Stores {
  /** For further stores. */
  readonly database: Kysely<ServerSchema>;
  readonly kind: DatabaseOptions['kind'];
  readonly records: RecordStore;
  readonly tokens: TokenStore;
  /** The database's time. */
  readonly clock: DatabaseClock;
  close(): Promise<void>;
}

/** Opens the database and brings its tables up to date. @throws InputError when it cannot be opened */
export async function openStores(options: DatabaseOptions): Promise<Stores> {
  const { kind } = options;
  const database = await openMigrated<ServerSchema>(options, serverMigrations);
  const clock = await databaseClock(database, kind);
  return {
    database,
    kind,
    clock,
    records: new RecordStore({ database, kind }),
    tokens: new TokenStore(database),
    close: () => database.destroy(),
  };
}
