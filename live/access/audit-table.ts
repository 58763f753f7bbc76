/** The table of who wrote what: reports, tokens, requests for servers. Desktops have their own, of people. Times are Unix seconds. */
import { type Generated, type Kysely, sql } from 'kysely';
import { counterType, type DatabaseKind, seconds, textTypes } from '../database/column-types.ts';

/** One row per write: who did what, under which request. */
export interface AuditTable {
  id: Generated<number>;
  atS: number;
  /** Null on the command line. */
  tokenId: number | null;
  /** What was done, as each store names its own. */
  action: string;
  /** Host, token id or id of the request for a server. */
  subject: string;
  /** Version of the record, or revision of the request, that was written; null for tokens. */
  version: number | null;
  requestId: string;
  /** Who asked, as Keystone names her, where that was with its token. Later than the table. */
  userId: Generated<string | null>;
  /** Names what was done to what, and why it was right, where the action alone does not say. Later than the table. */
  detail: Generated<string | null>;
}

/** Makes the table in a new database. */
export async function createAuditTable<Schema>({ schema }: Kysely<Schema>, kind: DatabaseKind): Promise<void> {
  await schema
    .createTable('audit')
    .addColumn('id', counterType(kind), (column) => column.primaryKey().autoIncrement())
    .addColumn('atS', seconds, (column) => column.notNull())
    .addColumn('tokenId', 'integer')
    .addColumn('action', sql`varchar(32)`, (column) => column.notNull())
    .addColumn('subject', textTypes(kind).name, (column) => column.notNull())
    .addColumn('version', 'bigint')
    .addColumn('requestId', sql`varchar(64)`, (column) => column.notNull())
    .execute();
}
