/** The desktop service's tables. Times are Unix seconds. */
import { type Generated, type Kysely, type Migration, sql } from 'kysely';
import type { DesktopRole, DesktopState } from '../../../core/wire/portal.ts';
import { counterType, type DatabaseKind, seconds, textTypes } from '../../database/column-types.ts';

/** Somebody who has logged in, or has a local account. */
export interface PersonTable {
  name: string;
  displayName: string;
  uid: number;
  gid: number;
  /** JSON of Group[]. */
  groups: string;
  /** 0 or 1. */
  isAdmin: number;
  /** SHA-256 of issuer and subject of the unified login that the name belongs to for good; null for a local account. */
  subject: string | null;
  /** As `passwords.ts` writes it; null where somebody else checks it. */
  password: string | null;
  createdAtS: number;
  /** Since when nobody may log in by that name; null: may. */
  removedAtS: number | null;
  /** Where mail reaches them; null: not known. */
  email: string | null;
}

export interface SessionTable {
  /** SHA-256 of the cookie, hex. */
  hash: string;
  person: string;
  createdAtS: number;
  usedAtS: number;
  endsAtS: number;
}

/** What a person asked for that is not done yet. */
export type DesktopWish = 'stop' | 'start' | 'restart';

export interface DesktopTable {
  /** UUID; also of the machine. */
  id: string;
  owner: string;
  /** SHA-256 of owner and the sender's key: the same one again is the same desktop. */
  applicationKey: string;
  station: string;
  image: string;
  title: string;
  vcpus: number;
  ramMib: number;
  diskGib: number;
  cards: number;
  cardMemoryMib: number;
  /** At least, of each card; 0: any. */
  cardCores: number;
  /** JSON of texts: models of which the cards must be; none: any. */
  askedModels: string;
  lifetimeS: number;
  /** Never `connected`, which is told from the grants. */
  state: DesktopState;
  wish: DesktopWish | null;
  /** One more with every change, so that two who change it at once notice. */
  revision: number;
  reason: string | null;
  expectedAtS: number | null;
  host: string | null;
  /** JSON of texts. */
  cardModels: string;
  createdAtS: number;
  /** Since when it is in this state. */
  stateAtS: number;
  changedAtS: number;
  /** From when to when it held its host and cards; null: not yet. */
  heldFromS: number | null;
  heldUntilS: number | null;
  readyAtS: number | null;
  endsAtS: number | null;
  latestEndAtS: number | null;
  /** Since its time was over: when it is deleted unless it is extended. Null before. */
  deleteAtS: number | null;
  /** The end of which its owner was reminded last, and how long before: 0 when it was over. Changed without a new revision. */
  remindedEndS: number | null;
  remindedLeadS: number | null;
  /** When somebody last did something with it. Changed without a new revision. */
  activeAtS: number | null;
}

/** What is asked for of a desktop's machine, the same at every try. In a table of its own, since it is long; gone with the desktop. */
export interface MachineOrderTable {
  desktop: string;
  /** JSON of the MachineOrder. */
  machineOrder: string;
}

export interface ShareTable {
  desktop: string;
  person: string;
  role: 'control' | 'view';
}

/** What a connection is to: the desktop's picture, Nova's console of it, a web application in it, or its files. */
export type ConnectKind = 'stream' | 'console' | 'app' | 'files';

/** A right to connect once; gone with its first use. */
export interface ConnectTokenTable {
  /** SHA-256 of the token, hex. */
  hash: string;
  kind: ConnectKind;
  desktop: string;
  person: string;
  role: DesktopRole;
  /** Hash of the login session. */
  session: string;
  /** Null for other kinds. */
  app: string | null;
  endsAtS: number;
}

/** A right in use. */
export interface GrantTable {
  /** UUID. */
  id: string;
  kind: ConnectKind;
  desktop: string;
  person: string;
  role: DesktopRole;
  session: string;
  app: string | null;
  /** SHA-256 of the secret that an application's cookie or a page of files has, hex; null for other kinds. */
  secretHash: string | null;
  endsAtS: number;
  /** When a gateway last said that it is open. */
  seenAtS: number;
}

export interface DesktopAuditTable {
  id: Generated<number>;
  atS: number;
  person: string | null;
  action: string;
  desktop: string | null;
  detail: string | null;
  address: string | null;
  requestId: string;
}

/** Which process does what only one may do at a time. */
export interface LeaseTable {
  name: string;
  owner: string;
  untilS: number;
}

/** A secret of the service's own, which all its servers share. */
export interface DesktopSecretTable {
  name: string;
  value: string;
}

export interface DesktopSchema {
  people: PersonTable;
  sessions: SessionTable;
  desktops: DesktopTable;
  machineOrders: MachineOrderTable;
  shares: ShareTable;
  connectTokens: ConnectTokenTable;
  grants: GrantTable;
  desktopAudit: DesktopAuditTable;
  leases: LeaseTable;
  desktopSecrets: DesktopSecretTable;
}

/** What is asked of cards beside their memory; desktops from before asked for nothing else. */
export function desktopCardColumns(): Migration {
  return {
    async up(database: Kysely<DesktopSchema>) {
      const { schema } = database;
      await schema
        .alterTable('desktops')
        .addColumn('cardCores', 'integer', (column) => column.notNull().defaultTo(0))
        .execute();
      await schema
        .alterTable('desktops')
        .addColumn('askedModels', sql`varchar(2000)`, (column) => column.notNull().defaultTo('[]'))
        .execute();
    },
  };
}

/** A desktop whose time is over is kept for a while. */
export function desktopGraceColumn(): Migration {
  return {
    async up(database: Kysely<DesktopSchema>) {
      await database.schema.alterTable('desktops').addColumn('deleteAtS', seconds).execute();
    },
  };
}

/** People are reminded by mail. */
export function reminderColumns(): Migration {
  return {
    async up(database: Kysely<DesktopSchema>) {
      const { schema } = database;
      await schema.alterTable('people').addColumn('email', sql`varchar(254)`).execute();
      await schema.alterTable('desktops').addColumn('remindedEndS', seconds).execute();
      await schema.alterTable('desktops').addColumn('remindedLeadS', seconds).execute();
    },
  };
}

/** Secrets of the service's own. */
export function desktopSecretTable(kind: DatabaseKind): Migration {
  const { name, json } = textTypes(kind);
  return {
    async up(database: Kysely<DesktopSchema>) {
      await database.schema
        .createTable('desktopSecrets')
        .addColumn('name', name, (column) => column.notNull().primaryKey())
        .addColumn('value', json, (column) => column.notNull())
        .execute();
    },
  };
}

export function desktopTables(kind: DatabaseKind): Migration {
  const { name, json } = textTypes(kind);
  const hash = sql`char(64)`;
  const uuid = sql`char(36)`;
  const word = sql`varchar(32)`;
  return {
    async up(database: Kysely<DesktopSchema>) {
      const { schema } = database;
      await schema
        .createTable('people')
        .addColumn('name', name, (column) => column.notNull().primaryKey())
        .addColumn('displayName', name, (column) => column.notNull())
        .addColumn('uid', 'bigint', (column) => column.notNull())
        .addColumn('gid', 'bigint', (column) => column.notNull())
        .addColumn('groups', json, (column) => column.notNull())
        .addColumn('isAdmin', 'integer', (column) => column.notNull())
        .addColumn('subject', hash, (column) => column.unique())
        .addColumn('password', name)
        .addColumn('createdAtS', seconds, (column) => column.notNull())
        .addColumn('removedAtS', seconds)
        .execute();
      await schema
        .createTable('sessions')
        .addColumn('hash', hash, (column) => column.notNull().primaryKey())
        .addColumn('person', name, (column) => column.notNull())
        .addColumn('createdAtS', seconds, (column) => column.notNull())
        .addColumn('usedAtS', seconds, (column) => column.notNull())
        .addColumn('endsAtS', seconds, (column) => column.notNull())
        .execute();
      await schema
        .createTable('desktops')
        .addColumn('id', uuid, (column) => column.notNull().primaryKey())
        .addColumn('owner', name, (column) => column.notNull())
        .addColumn('applicationKey', hash, (column) => column.notNull().unique())
        .addColumn('station', word, (column) => column.notNull())
        .addColumn('image', word, (column) => column.notNull())
        .addColumn('title', name, (column) => column.notNull())
        .addColumn('vcpus', 'integer', (column) => column.notNull())
        .addColumn('ramMib', 'bigint', (column) => column.notNull())
        .addColumn('diskGib', 'bigint', (column) => column.notNull())
        .addColumn('cards', 'integer', (column) => column.notNull())
        .addColumn('cardMemoryMib', 'bigint', (column) => column.notNull())
        .addColumn('lifetimeS', seconds, (column) => column.notNull())
        .addColumn('state', word, (column) => column.notNull())
        .addColumn('wish', word)
        .addColumn('revision', 'bigint', (column) => column.notNull())
        .addColumn('reason', json)
        .addColumn('expectedAtS', seconds)
        .addColumn('host', name)
        .addColumn('cardModels', json, (column) => column.notNull())
        .addColumn('createdAtS', seconds, (column) => column.notNull())
        .addColumn('stateAtS', seconds, (column) => column.notNull())
        .addColumn('changedAtS', seconds, (column) => column.notNull())
        .addColumn('heldFromS', seconds)
        .addColumn('heldUntilS', seconds)
        .addColumn('readyAtS', seconds)
        .addColumn('endsAtS', seconds)
        .addColumn('latestEndAtS', seconds)
        .addColumn('activeAtS', seconds)
        .execute();
      await schema.createIndex('desktopsByOwner').on('desktops').column('owner').execute();
      await schema.createIndex('desktopsByState').on('desktops').column('state').execute();
      await schema
        .createTable('machineOrders')
        .addColumn('desktop', uuid, (column) => column.notNull().primaryKey())
        .addColumn('machineOrder', json, (column) => column.notNull())
        .execute();
      await schema
        .createTable('shares')
        .addColumn('desktop', uuid, (column) => column.notNull())
        .addColumn('person', name, (column) => column.notNull())
        .addColumn('role', word, (column) => column.notNull())
        .addPrimaryKeyConstraint('sharesKey', ['desktop', 'person'])
        .execute();
      await schema.createIndex('sharesByPerson').on('shares').column('person').execute();
      await schema
        .createTable('connectTokens')
        .addColumn('hash', hash, (column) => column.notNull().primaryKey())
        .addColumn('kind', word, (column) => column.notNull())
        .addColumn('desktop', uuid, (column) => column.notNull())
        .addColumn('person', name, (column) => column.notNull())
        .addColumn('role', word, (column) => column.notNull())
        .addColumn('session', hash, (column) => column.notNull())
        .addColumn('app', word)
        .addColumn('endsAtS', seconds, (column) => column.notNull())
        .execute();
      await schema
        .createTable('grants')
        .addColumn('id', uuid, (column) => column.notNull().primaryKey())
        .addColumn('kind', word, (column) => column.notNull())
        .addColumn('desktop', uuid, (column) => column.notNull())
        .addColumn('person', name, (column) => column.notNull())
        .addColumn('role', word, (column) => column.notNull())
        .addColumn('session', hash, (column) => column.notNull())
        .addColumn('app', word)
        .addColumn('secretHash', hash, (column) => column.unique())
        .addColumn('endsAtS', seconds, (column) => column.notNull())
        .addColumn('seenAtS', seconds, (column) => column.notNull())
        .execute();
      await schema.createIndex('grantsByDesktop').on('grants').column('desktop').execute();
      await schema
        .createTable('desktopAudit')
        .addColumn('id', counterType(kind), (column) => column.primaryKey().autoIncrement())
        .addColumn('atS', seconds, (column) => column.notNull())
        .addColumn('person', name)
        .addColumn('action', word, (column) => column.notNull())
        .addColumn('desktop', uuid)
        .addColumn('detail', json)
        .addColumn('address', sql`varchar(64)`)
        .addColumn('requestId', sql`varchar(64)`, (column) => column.notNull())
        .execute();
      await schema.createIndex('desktopAuditByDesktop').on('desktopAudit').column('desktop').execute();
      await schema.createIndex('desktopAuditByPerson').on('desktopAudit').column('person').execute();
      await schema
        .createTable('leases')
        .addColumn('name', name, (column) => column.notNull().primaryKey())
        .addColumn('owner', uuid, (column) => column.notNull())
        .addColumn('untilS', seconds, (column) => column.notNull())
        .execute();
    },
  };
}
