/** Connect tokens and grants in the database: only hashes of secrets, and a token is gone with its first use. */
import type { Kysely } from 'kysely';
import { type AuditEntry, noteAudit } from '../records/audit-trail.ts';
import { type Desktop, desktopOf } from '../records/desktop.ts';
import type { ConnectTokenTable, DesktopSchema, GrantTable } from '../records/tables.ts';
import type { StandingFacts } from './standing.ts';

/** A right in use, with what decides whether it holds. */
export interface GrantFacts {
  readonly grant: GrantTable;
  readonly facts: StandingFacts;
  readonly activeAtS: number | null;
}

export class ConnectStore {
  readonly #database: Kysely<DesktopSchema>;

  constructor(database: Kysely<DesktopSchema>) {
    this.#database = database;
  }

  async addToken(row: ConnectTokenTable, entry: AuditEntry): Promise<void> {
    await this.#database.transaction().execute(async (transaction) => {
      await transaction.insertInto('connectTokens').values(row).execute();
      await noteAudit(transaction, entry);
    });
  }

  /** Takes a token. Of several who do at once, on whatever servers, the one whose statement deletes it has it. */
  async takeToken(hash: string): Promise<ConnectTokenTable | undefined> {
    const row = await this.#database
      .selectFrom('connectTokens')
      .selectAll()
      .where('hash', '=', hash)
      .executeTakeFirst();
    const { numDeletedRows } = await this.#database
      .deleteFrom('connectTokens')
      .where('hash', '=', hash)
      .executeTakeFirst();
    return Number(numDeletedRows) === 1 ? row : undefined;
  }

  async addGrant(row: GrantTable, entry: AuditEntry): Promise<void> {
    await this.#database.transaction().execute(async (transaction) => {
      await transaction.insertInto('grants').values(row).execute();
      await transaction.updateTable('desktops').set({ activeAtS: row.seenAtS }).where('id', '=', row.desktop).execute();
      await noteAudit(transaction, entry);
    });
  }

  async grantBySecret(secretHash: string): Promise<GrantTable | undefined> {
    return await this.#database
      .selectFrom('grants')
      .selectAll()
      .where('secretHash', '=', secretHash)
      .executeTakeFirst();
  }

  async grantById(id: string): Promise<GrantTable | undefined> {
    return await this.#database.selectFrom('grants').selectAll().where('id', '=', id).executeTakeFirst();
  }

  /** The connection is over; an application's right outlives its connections. */
  async endGrant(id: string, entry: Omit<AuditEntry, 'person' | 'desktop'>): Promise<void> {
    await this.#database.transaction().execute(async (transaction) => {
      const grant = await transaction.selectFrom('grants').selectAll().where('id', '=', id).executeTakeFirst();
      if (grant === undefined) return;
      if (grant.kind !== 'app') await transaction.deleteFrom('grants').where('id', '=', id).execute();
      await noteAudit(transaction, { ...entry, person: grant.person, desktop: grant.desktop });
    });
  }

  /** That gateways have them open. */
  async noteSeen(ids: readonly string[], nowS: number): Promise<void> {
    if (ids.length === 0) return;
    await this.#database
      .updateTable('grants')
      .set({ seenAtS: nowS })
      .where('id', 'in', [...ids])
      .execute();
  }

  /** What decides whether a right holds. */
  async factsOf(
    session: string,
    person: string,
    desktop: string,
  ): Promise<{ readonly facts: StandingFacts; readonly row: Desktop | undefined }> {
    const database = this.#database;
    const row = await database.selectFrom('desktops').selectAll().where('id', '=', desktop).executeTakeFirst();
    const login = await database
      .selectFrom('sessions')
      .select(['usedAtS', 'endsAtS'])
      .where('hash', '=', session)
      .where('person', '=', person)
      .executeTakeFirst();
    const who = await database
      .selectFrom('people')
      .select(['removedAtS', 'isAdmin'])
      .where('name', '=', person)
      .executeTakeFirst();
    const shared = await database
      .selectFrom('shares')
      .select('role')
      .where('desktop', '=', desktop)
      .where('person', '=', person)
      .executeTakeFirst();
    const facts = { session: login ?? null, person: who ?? null, desktop: row ?? null, share: shared?.role ?? null };
    return { facts, row: row === undefined ? undefined : desktopOf(row) };
  }

  /** The same of many grants, in one query. */
  async grantFacts(ids: readonly string[]): Promise<GrantFacts[]> {
    if (ids.length === 0) return [];
    const rows = await this.#database
      .selectFrom('grants')
      .leftJoin('sessions', (join) =>
        join.onRef('sessions.hash', '=', 'grants.session').onRef('sessions.person', '=', 'grants.person'),
      )
      .leftJoin('people', 'people.name', 'grants.person')
      .leftJoin('desktops', 'desktops.id', 'grants.desktop')
      .leftJoin('shares', (join) =>
        join.onRef('shares.desktop', '=', 'grants.desktop').onRef('shares.person', '=', 'grants.person'),
      )
      .selectAll('grants')
      .select([
        'sessions.usedAtS',
        'sessions.endsAtS as sessionEndsAtS',
        'people.name as personName',
        'people.removedAtS',
        'people.isAdmin',
        'desktops.owner',
        'desktops.state',
        'desktops.endsAtS as desktopEndsAtS',
        'desktops.activeAtS',
        'shares.role as shareRole',
      ])
      .where('grants.id', 'in', [...ids])
      .execute();
    return rows.map((row) => ({
      grant: row,
      facts: {
        session: row.usedAtS === null ? null : { usedAtS: row.usedAtS, endsAtS: row.sessionEndsAtS! },
        person: row.personName === null ? null : { removedAtS: row.removedAtS, isAdmin: row.isAdmin! },
        desktop: row.owner === null ? null : { owner: row.owner, state: row.state!, endsAtS: row.desktopEndsAtS },
        share: row.shareRole,
      },
      activeAtS: row.activeAtS,
    }));
  }
}
