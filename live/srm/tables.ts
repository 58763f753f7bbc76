/** The table of the SRM records. Times are Unix seconds. */
import type { Kysely } from 'kysely';
import { type DatabaseKind, seconds, textTypes } from '../database/column-types.ts';

/**
 * Seconds by which a host's clock may be ahead of ours. A sequence is the milliseconds of the host's clock: one beyond that is no
 * clock's, and any other may follow it.
 */
export const mostAheadS = 366 * 86_400;

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

/** Makes the table in a new database. */
export async function createRecordTable<Schema>({ schema }: Kysely<Schema>, kind: DatabaseKind): Promise<void> {
  const { name, json } = textTypes(kind);
  await schema
    .createTable('records')
    .addColumn('host', name, (column) => column.notNull().primaryKey())
    .addColumn('version', 'bigint', (column) => column.notNull())
    .addColumn('sequence', 'bigint', (column) => column.notNull())
    .addColumn('observedAtS', seconds, (column) => column.notNull())
    .addColumn('receivedAtS', seconds, (column) => column.notNull())
    .addColumn('inventory', json, (column) => column.notNull())
    .addColumn('usage', json, (column) => column.notNull())
    .execute();
}
