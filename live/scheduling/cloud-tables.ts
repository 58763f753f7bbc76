/** The tables with which the scheduler knows its own past: how far its database has come, what an operator decided, and cards of servers. */
import { randomUUID } from 'node:crypto';
import { type Kysely, type Migration, sql } from 'kysely';
import { type DatabaseKind, seconds, textTypes } from '../database/column-types.ts';

/** This installation; one row. */
export interface InstallationTable {
  /** Always 1. */
  only: number;
  /** UUID; also in the metadata of its servers, `heps:installation`. */
  id: string;
  /** Rises with what is done, and is written to the cloud too: a database that is behind the cloud is an older copy. */
  epoch: number;
}

/** What an operator decided of a server or a request that was in doubt. */
export interface ReviewTable {
  /** Id of the server, or of the request. */
  subject: string;
  /** A ReviewDecision. */
  decision: string;
  atS: number;
  tokenId: number | null;
}

/** Cards that a server was last seen to have on a host: one that is stopped is named by nobody. */
export interface ServerCardsTable {
  serverId: string;
  host: string;
  /** JSON of HeldCard[]. */
  cards: string;
}

/** Makes them, with the installation's id. */
export function cloudTables(kind: DatabaseKind): Migration {
  const { name, json } = textTypes(kind);
  return {
    async up(database: Kysely<{ installation: InstallationTable }>) {
      const { schema } = database;
      await schema
        .createTable('installation')
        .addColumn('only', 'integer', (column) => column.notNull().primaryKey())
        .addColumn('id', sql`char(36)`, (column) => column.notNull())
        .addColumn('epoch', 'bigint', (column) => column.notNull())
        .execute();
      await database.insertInto('installation').values({ only: 1, id: randomUUID(), epoch: 0 }).execute();
      await schema
        .createTable('reviews')
        .addColumn('subject', sql`varchar(64)`, (column) => column.notNull().primaryKey())
        .addColumn('decision', sql`varchar(16)`, (column) => column.notNull())
        .addColumn('atS', seconds, (column) => column.notNull())
        .addColumn('tokenId', 'integer')
        .execute();
      await schema
        .createTable('serverCards')
        .addColumn('serverId', sql`varchar(64)`, (column) => column.notNull())
        .addColumn('host', name, (column) => column.notNull())
        .addColumn('cards', json, (column) => column.notNull())
        .addPrimaryKeyConstraint('serverCardsKey', ['serverId', 'host'])
        .execute();
      await schema.alterTable('audit').addColumn('detail', json).execute();
    },
  };
}
