/** The table of the tokens. Times are Unix seconds. */
import { type Generated, type Kysely, sql } from 'kysely';
import { type DatabaseKind, seconds, textTypes } from '../database/column-types.ts';
import type { Role } from './tokens.ts';

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

/** Makes the table in a new database. */
export async function createTokenTable<Schema>({ schema }: Kysely<Schema>, kind: DatabaseKind): Promise<void> {
  const { name } = textTypes(kind);
  await schema
    .createTable('tokens')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('hash', sql`char(64)`, (column) => column.notNull().unique())
    .addColumn('role', sql`varchar(16)`, (column) => column.notNull())
    .addColumn('host', name)
    .addColumn('createdAtS', seconds, (column) => column.notNull())
    .addColumn('revokedAtS', seconds)
    .execute();
}
