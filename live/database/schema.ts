/** The registry's tables and how they came to be. One schema for SQLite and MariaDB; times are Unix seconds. */
import { type Generated, type Kysely, type Migration, Migrator, sql } from 'kysely';
import type { Role } from '../access/tokens.ts';
import { type DesktopSchema, desktopTables } from '../desktops/records/tables.ts';
import { counterType, type DatabaseKind, seconds, textTypes } from './column-types.ts';

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
  /** On which the claim is; null when nothing is held. */
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

/** One row per write: who did what, under which request. */
export interface AuditTable {
  id: Generated<number>;
  atS: number;
  /** Null on the command line. */
  tokenId: number | null;
  action: AuditAction;
  /** Host, token id or id of the request for a server. */
  subject: string;
  /** Version of the record, or revision of the request, that was written; null for tokens. */
  version: number | null;
  requestId: string;
}

export type AuditAction =
  | 'report'
  | 'token-create'
  | 'token-revoke'
  /** A decision that was only asked for. */
  | 'advice'
  /** What became of a request for a server: its new state. */
  | `server-${RequestState}`
  /** A server of an attempt that was given up turned up, and was removed. */
  | 'server-stray';

export interface Schema extends DesktopSchema {
  records: RecordTable;
  tokens: TokenTable;
  audit: AuditTable;
  requests: RequestTable;
  hostVersions: HostVersionTable;
  comparisons: ComparisonTable;
}

/** Brings the tables up to date. @throws whatever the step that failed threw; nothing of it is kept on SQLite */
export async function migrate(database: Kysely<Schema>, kind: DatabaseKind): Promise<void> {
  const migrator = new Migrator({
    db: database,
    provider: { getMigrations: async () => migrations(kind) },
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}

function migrations(kind: DatabaseKind): Record<string, Migration> {
  return {
    '2026-11-srm-registry': registryTables(kind),
    '2026-11b-scheduling': schedulingTables(kind),
    '2026-11c-desktops': desktopTables(kind),
  };
}

function registryTables(kind: DatabaseKind): Migration {
  const { name, json } = textTypes(kind);
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
        .addColumn('id', counterType(kind), (column) => column.primaryKey().autoIncrement())
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

function schedulingTables(kind: DatabaseKind): Migration {
  const { name, json } = textTypes(kind);
  return {
    async up(database: Kysely<Schema>) {
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
