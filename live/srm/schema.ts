/** The registry's tables and how they came to be. One schema for SQLite and MariaDB; times are Unix seconds. */
import { type ColumnDataType, type Generated, type Kysely, type Migration, Migrator, sql } from 'kysely';
import type { Role } from './tokens.ts';

export interface RecordTable {
  host: string;
  /** 1 for the host's first report, one more for each that was taken. */
  version: number;
  sequence: number;
  observedAtS: number;
  /** When the registry took it, on its own clock. */
  receivedAtS: number;
  /** JSON of the HostInventory. */
  inventory: string;
  /** JSON of the SrmRecord without host, observedAtS and sequence. */
  usage: string;
}

export interface TokenTable {
  id: Generated<number>;
  /** SHA-256, hex. */
  hash: string;
  role: Role;
  /** The one host that an agent's token may write; null for the other roles. */
  host: string | null;
  createdAtS: number;
  revokedAtS: number | null;
}

/** One row per write: who did what, under which request. */
export interface AuditTable {
  id: Generated<number>;
  atS: number;
  /** Null on the command line. */
  tokenId: number | null;
  action: AuditAction;
  /** Host or token id. */
  subject: string;
  /** Version of the record that was written; null for tokens. */
  version: number | null;
  requestId: string;
}

export type AuditAction = 'report' | 'token-create' | 'token-revoke';

export interface Schema {
  records: RecordTable;
  tokens: TokenTable;
  audit: AuditTable;
}

export type DatabaseKind = 'sqlite' | 'mariadb';

/** Brings the tables up to date. @throws whatever the step that failed threw; nothing of it is kept on SQLite */
export async function migrate(database: Kysely<Schema>, kind: DatabaseKind): Promise<void> {
  const migrator = new Migrator({
    db: database,
    provider: { getMigrations: async () => ({ '2026-11-srm-registry': firstTables(kind) }) },
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}

function firstTables(kind: DatabaseKind): Migration {
  const isMariadb = kind === 'mariadb';
  // MariaDB compares without regard to case by default, and its TEXT ends at 64 KiB.
  const name = isMariadb ? sql`varchar(255) character set utf8mb4 collate utf8mb4_bin` : sql`text`;
  const json = isMariadb ? sql`mediumtext character set utf8mb4` : sql`text`;
  const seconds: ColumnDataType = 'double precision';
  return {
    async up(database: Kysely<Schema>) {
      await database.schema
        .createTable('records')
        .addColumn('host', name, (column) => column.notNull().primaryKey())
        .addColumn('version', 'bigint', (column) => column.notNull())
        .addColumn('sequence', 'bigint', (column) => column.notNull())
        .addColumn('observedAtS', seconds, (column) => column.notNull())
        .addColumn('receivedAtS', seconds, (column) => column.notNull())
        .addColumn('inventory', json, (column) => column.notNull())
        .addColumn('usage', json, (column) => column.notNull())
        .execute();
      await database.schema
        .createTable('tokens')
        .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
        .addColumn('hash', sql`char(64)`, (column) => column.notNull().unique())
        .addColumn('role', sql`varchar(16)`, (column) => column.notNull())
        .addColumn('host', name)
        .addColumn('createdAtS', seconds, (column) => column.notNull())
        .addColumn('revokedAtS', seconds)
        .execute();
      await database.schema
        .createTable('audit')
        .addColumn('id', isMariadb ? 'bigint' : 'integer', (column) => column.primaryKey().autoIncrement())
        .addColumn('atS', seconds, (column) => column.notNull())
        .addColumn('tokenId', 'integer')
        .addColumn('action', sql`varchar(32)`, (column) => column.notNull())
        .addColumn('subject', name, (column) => column.notNull())
        .addColumn('version', 'bigint')
        .addColumn('requestId', sql`varchar(64)`, (column) => column.notNull())
        .execute();
    },
  };
}
