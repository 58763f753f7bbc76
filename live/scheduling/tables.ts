/** The tables of requests for servers, of what they hold, and of comparisons with where Nova put servers. Times are Unix seconds. */
import { type Kysely, type Migration, sql } from 'kysely';
import type { AuditTable } from '../access/audit-table.ts';
import { type DatabaseKind, seconds, textTypes } from '../database/column-types.ts';
import type { InstallationTable, ReviewTable, ServerCardsTable } from './cloud-tables.ts';

/** One request for a server, and what it holds: a claim on a host and its cards, from the decision until the server is gone. */
export interface RequestTable {
  /** UUID; also in the metadata of the server, `heps:request`. */
  id: string;
  /** Chosen by the sender; the same one again is the same request. With the token's id before it. */
  idempotencyKey: string;
  tokenId: number;
  /** JSON of the ServerSpec. */
  spec: string;
  state: RequestState;
  /** One more with every change, so that two who change it at once notice. */
  revision: number;
  /** The process that works on it, and until when it has it for itself. */
  owner: string;
  leaseUntilS: number;
  /** 1 for the first try of a create, one more for each further one; also in the metadata, `heps:attempt`. */
  attempt: number;
  /** On which the claim or the server is; null when nothing is held, as of one that was shelved. */
  host: string | null;
  /** JSON of HeldCard[]. */
  cards: string;
  /** Since when a create of this attempt may be under way; null before. */
  sentAtS: number | null;
  /** Nova's id; null until it is known. */
  serverId: string | null;
  /** JSON of the DecisionRecord of this attempt. */
  decision: string;
  /** JSON of PastAttempt[]: hosts that were tried before. */
  history: string;
  /** Why it failed; null while it has not. */
  fault: string | null;
  createdAtS: number;
  changedAtS: number;
  /** In which the server is, and whose it is there, by id and by name at the time; null in rows from before they were written down. */
  projectId: string | null;
  projectName: string | null;
  userId: string | null;
  userName: string | null;
  /** 1: asked for by that user with her token of Keystone, with which it is created; 0: by the scheduler's own login. */
  byPerson: number;
}

/**
 * `claimed`: the claim stands, a create is sent or about to be; `building`: Nova has taken it; `active`; `failing`: this attempt's server
 * is being removed, then the next host is tried; `deleting`; `failed`, `deleted`: over, nothing is held.
 */
export type RequestState = 'claimed' | 'building' | 'active' | 'failing' | 'deleting' | 'failed' | 'deleted';

/** Rises with every change of what is held on the host: two processes that claim on it at once notice. */
export interface HostVersionTable {
  host: string;
  version: number;
}

/** A server that others booted: where it went, and where the policy would have put it at that moment. */
export interface ComparisonTable {
  serverId: string;
  atS: number;
  name: string;
  /** JSON of the VmRequest. */
  request: string;
  /** Where it runs. */
  novaHost: string;
  /** Where the policy would have put it; null: nowhere. */
  host: string | null;
  score: number | null;
  /** Why it would have refused novaHost; null when it would have taken it. */
  objection: string | null;
}

/** What an audit row says of a request for a server. */
export type RequestAction =
  /** A decision that was only asked for. */
  | 'advice'
  /** What became of a request for a server: its new state. */
  | `server-${RequestState}`
  /** A server of an attempt that was given up has turned up, and is removed; the detail names it, with the proof that this is right. */
  | 'server-stray'
  /** A server is removed on an operator's word. */
  | 'server-removing'
  /** What an operator decided of a server or a request that was in doubt. */
  | 'review';

/** The tables that the scheduler reads and writes. */
export interface SchedulingSchema {
  requests: RequestTable;
  hostVersions: HostVersionTable;
  comparisons: ComparisonTable;
  installation: InstallationTable;
  reviews: ReviewTable;
  serverCards: ServerCardsTable;
  audit: AuditTable;
}

/** Makes its own in a new database. */
export function schedulingTables(kind: DatabaseKind): Migration {
  const { name, json } = textTypes(kind);
  return {
    async up(database: Kysely<SchedulingSchema>) {
      await database.schema
        .createTable('requests')
        .addColumn('id', sql`char(36)`, (column) => column.notNull().primaryKey())
        .addColumn('idempotencyKey', name, (column) => column.notNull().unique())
        .addColumn('tokenId', 'integer', (column) => column.notNull())
        .addColumn('spec', json, (column) => column.notNull())
        .addColumn('state', sql`varchar(16)`, (column) => column.notNull())
        .addColumn('revision', 'bigint', (column) => column.notNull())
        .addColumn('owner', sql`char(36)`, (column) => column.notNull())
        .addColumn('leaseUntilS', seconds, (column) => column.notNull())
        .addColumn('attempt', 'integer', (column) => column.notNull())
        .addColumn('host', name)
        .addColumn('cards', json, (column) => column.notNull())
        .addColumn('sentAtS', seconds)
        .addColumn('serverId', sql`varchar(64)`)
        .addColumn('decision', json, (column) => column.notNull())
        .addColumn('history', json, (column) => column.notNull())
        .addColumn('fault', json)
        .addColumn('createdAtS', seconds, (column) => column.notNull())
        .addColumn('changedAtS', seconds, (column) => column.notNull())
        .execute();
      await database.schema.createIndex('requestsByHost').on('requests').column('host').execute();
      await database.schema.createIndex('requestsByState').on('requests').column('state').execute();
      await database.schema.createIndex('requestsByTime').on('requests').column('createdAtS').execute();
      await database.schema
        .createTable('hostVersions')
        .addColumn('host', name, (column) => column.notNull().primaryKey())
        .addColumn('version', 'bigint', (column) => column.notNull())
        .execute();
      await database.schema
        .createTable('comparisons')
        .addColumn('serverId', sql`varchar(64)`, (column) => column.notNull().primaryKey())
        .addColumn('atS', seconds, (column) => column.notNull())
        .addColumn('name', json, (column) => column.notNull())
        .addColumn('request', json, (column) => column.notNull())
        .addColumn('novaHost', name, (column) => column.notNull())
        .addColumn('host', name)
        .addColumn('score', seconds)
        .addColumn('objection', sql`varchar(64)`)
        .execute();
      await database.schema.createIndex('comparisonsByTime').on('comparisons').column('atS').execute();
    },
  };
}
