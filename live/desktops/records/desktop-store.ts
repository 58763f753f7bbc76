/** Desktops, their shares and the rights in use, in the database: what was acknowledged is there, whatever dies. */
import type { Kysely, Transaction } from 'kysely';
import type { DesktopRole, DesktopState, ShareView } from '../../../core/wire/portal.ts';
import { isBeaten, isTaken } from '../../database/database-errors.ts';
import type { CountedDesktop } from '../catalogue/limits.ts';
import { type AuditEntry, noteAudit } from './audit-trail.ts';
import { aliveStates, columnsOf, type Desktop, type DesktopChanges, desktopOf, rowOf } from './desktop.ts';
import { readGroups } from './group.ts';
import { type MachineOrder, readMachineOrder } from './machine-order.ts';
import type { DesktopSchema, GrantTable } from './tables.ts';

/** Somebody else has changed the desktop since it was read: read it again. */
export class DesktopChanged extends Error {
  override readonly name = 'DesktopChanged';
}

/** Seconds after which a connection that no gateway reports as open counts as closed. */
export const grantSeenS = 20;

/** A desktop with what belongs to it. */
export interface DesktopRecord {
  readonly row: Desktop;
  readonly shares: readonly ShareView[];
  /** People whose stream is open. */
  readonly viewers: readonly string[];
}

export interface DesktopFilter {
  /** Part of an id, an owner's name, a title, a host, or a station. */
  readonly search: string;
  readonly state: DesktopState | null;
  readonly limit: number;
}

const goneStates: readonly DesktopState[] = ['deleted'];
/** Seconds for which people see what became of a desktop that others than they have ended. */
const endedShownS = 14 * 86_400;

export class DesktopStore {
  readonly #database: Kysely<DesktopSchema>;

  constructor(database: Kysely<DesktopSchema>) {
    this.#database = database;
  }

  get database(): Kysely<DesktopSchema> {
    return this.#database;
  }

  /**
   * Writes a new desktop with its audit row, if `mayAdd` says nothing against it. One after the other for each owner.
   *
   * @param mayAdd throws what the applicant is told
   * @returns the desktop that had the same application key already; undefined when this one was written
   */
  async add(
    row: Desktop,
    order: MachineOrder,
    entry: AuditEntry,
    mayAdd: (own: readonly Desktop[]) => void,
  ): Promise<Desktop | undefined> {
    return await this.#transaction(async (transaction) => {
      // Holds the owner's row until the end: two applications at once do not both find room within the limits.
      await transaction
        .updateTable('people')
        .set((people) => ({ isAdmin: people.ref('isAdmin') }))
        .where('name', '=', row.owner)
        .execute();
      const known = await transaction
        .selectFrom('desktops')
        .selectAll()
        .where('applicationKey', '=', row.applicationKey)
        .executeTakeFirst();
      if (known !== undefined) return desktopOf(known);
      const own = await transaction
        .selectFrom('desktops')
        .selectAll()
        .where('owner', '=', row.owner)
        .where('state', 'not in', [...goneStates])
        .execute();
      mayAdd(own.map(desktopOf));
      await transaction.insertInto('desktops').values(rowOf(row)).execute();
      const machineOrder = JSON.stringify(order);
      await transaction.insertInto('machineOrders').values({ desktop: row.id, machineOrder }).execute();
      await noteAudit(transaction, entry);
      return undefined;
    });
  }

  /**
   * Changes a desktop, with audit rows: all or none.
   *
   * @returns the desktop as it is now
   * @throws DesktopChanged when it is not at that revision any more
   */
  async change(
    row: Desktop,
    changes: DesktopChanges,
    nowS: number,
    ...entries: readonly AuditEntry[]
  ): Promise<Desktop> {
    const moved = { revision: row.revision + 1, changedAtS: nowS };
    await this.#transaction(async (transaction) => {
      const { numUpdatedRows } = await transaction
        .updateTable('desktops')
        .set({ ...columnsOf(changes), ...moved })
        .where('id', '=', row.id)
        .where('revision', '=', row.revision)
        .executeTakeFirst();
      if (Number(numUpdatedRows) !== 1) {
        throw new DesktopChanged(`desktop ${row.id} is not at revision ${row.revision}`);
      }
      if (changes.state === 'deleting' || changes.state === 'deleted' || changes.state === 'failed') {
        // Nobody comes in by what was given before.
        await transaction.deleteFrom('connectTokens').where('desktop', '=', row.id).execute();
      }
      if (changes.state === 'deleted') {
        await transaction.deleteFrom('shares').where('desktop', '=', row.id).execute();
        await transaction.deleteFrom('machineOrders').where('desktop', '=', row.id).execute();
      }
      await noteAudit(transaction, ...entries);
    });
    return { ...row, ...changes, ...moved };
  }

  async read(id: string): Promise<Desktop | undefined> {
    const row = await this.#database.selectFrom('desktops').selectAll().where('id', '=', id).executeTakeFirst();
    return row === undefined ? undefined : desktopOf(row);
  }

  /** What is asked for of its machine. @throws when it is deleted */
  async readOrder(id: string): Promise<MachineOrder> {
    const { machineOrder } = await this.#database
      .selectFrom('machineOrders')
      .select('machineOrder')
      .where('desktop', '=', id)
      .executeTakeFirstOrThrow();
    return readMachineOrder(machineOrder, id);
  }

  /** Those that need handling, in order of application. */
  async readUnsettled(): Promise<Desktop[]> {
    const rows = await this.#database
      .selectFrom('desktops')
      .selectAll()
      .where('state', '!=', 'deleted')
      .orderBy('createdAtS')
      .orderBy('id')
      .execute();
    return rows.map(desktopOf);
  }

  /** A desktop with what belongs to it. */
  async readRecord(id: string, nowS: number): Promise<DesktopRecord | undefined> {
    const row = await this.read(id);
    return row === undefined ? undefined : (await this.#recordsOf([row], nowS))[0];
  }

  /** Those of the people and those that are shared with them, the newest first; of deleted ones those that ended lately for a reason. */
  async readOf(people: readonly string[], nowS: number): Promise<DesktopRecord[]> {
    if (people.length === 0) return [];
    const rows = await this.#database
      .selectFrom('desktops')
      .selectAll()
      .where((where) =>
        where.or([
          where('state', 'not in', [...goneStates]),
          where.and([where('reason', 'is not', null), where('stateAtS', '>', nowS - endedShownS)]),
        ]),
      )
      .where((where) =>
        where.or([
          where('owner', 'in', [...people]),
          where(
            'id',
            'in',
            where
              .selectFrom('shares')
              .select('desktop')
              .where('person', 'in', [...people]),
          ),
        ]),
      )
      .orderBy('createdAtS', 'desc')
      .execute();
    return await this.#recordsOf(rows.map(desktopOf), nowS);
  }

  /** For administrators, the newest first. */
  async search({ search, state, limit }: DesktopFilter, nowS: number): Promise<DesktopRecord[]> {
    let query = this.#database.selectFrom('desktops').selectAll().orderBy('createdAtS', 'desc').limit(limit);
    if (state === null) query = query.where('state', 'not in', [...goneStates]);
    else query = query.where('state', '=', state === 'connected' ? 'ready' : state);
    if (search !== '') {
      const like = `%${search.replace(/[\\%_]/g, '')}%`;
      query = query.where((where) =>
        where.or((['id', 'owner', 'title', 'host', 'station'] as const).map((column) => where(column, 'like', like))),
      );
    }
    const records = await this.#recordsOf((await query.execute()).map(desktopOf), nowS);
    return state === 'connected' ? records.filter(({ viewers }) => viewers.length > 0) : records;
  }

  /** Of those that hold cards or did since then, and those that are there, with the names of their owners' groups. */
  async readCounted(
    sinceS: number,
  ): Promise<(CountedDesktop & { readonly id: string; readonly groups: readonly string[] })[]> {
    const rows = await this.#database
      .selectFrom('desktops')
      .innerJoin('people', 'people.name', 'desktops.owner')
      .select(['desktops.id', 'owner', 'cards', 'state', 'heldFromS', 'heldUntilS', 'groups'])
      .where((where) =>
        where.or([
          where('state', 'in', [...aliveStates]),
          where.and([
            where('heldFromS', 'is not', null),
            where.or([where('heldUntilS', 'is', null), where('heldUntilS', '>', sinceS)]),
          ]),
        ]),
      )
      .execute();
    return rows.map(({ state, groups, ...row }) => ({
      ...row,
      isAlive: aliveStates.includes(state),
      groups: readGroups(groups, row.owner).map(({ name }) => name),
    }));
  }

  /** What the person may do with the desktop; undefined: nothing. */
  async roleOf(row: Pick<Desktop, 'id' | 'owner'>, person: string): Promise<DesktopRole | undefined> {
    if (row.owner === person) return 'owner';
    const share = await this.#database
      .selectFrom('shares')
      .select('role')
      .where('desktop', '=', row.id)
      .where('person', '=', person)
      .executeTakeFirst();
    return share?.role;
  }

  /** Shares it, in place of what that person had before. */
  async share(desktop: string, person: string, role: 'control' | 'view', entry: AuditEntry): Promise<void> {
    await this.#transaction(async (transaction) => {
      await transaction.deleteFrom('shares').where('desktop', '=', desktop).where('person', '=', person).execute();
      await transaction.insertInto('shares').values({ desktop, person, role }).execute();
      await noteAudit(transaction, entry);
    });
  }

  /** Takes a share back; streams that are open by it end when their gateway asks next. @returns false where there was none */
  async unshare(desktop: string, person: string, entry: AuditEntry): Promise<boolean> {
    return await this.#transaction(async (transaction) => {
      const { numDeletedRows } = await transaction
        .deleteFrom('shares')
        .where('desktop', '=', desktop)
        .where('person', '=', person)
        .executeTakeFirst();
      if (Number(numDeletedRows) === 0) return false;
      await transaction
        .deleteFrom('connectTokens')
        .where('desktop', '=', desktop)
        .where('person', '=', person)
        .execute();
      await noteAudit(transaction, entry);
      return true;
    });
  }

  /** That somebody did something with it; a little later than known is not written. */
  async noteActivity(desktop: string, atS: number): Promise<void> {
    await this.#database
      .updateTable('desktops')
      .set({ activeAtS: atS })
      .where('id', '=', desktop)
      .where((where) => where.or([where('activeAtS', 'is', null), where('activeAtS', '<', atS - 15)]))
      .execute();
  }

  /** That its owner was told of that end, so long before it. */
  async noteReminder(desktop: string, remindedEndS: number, remindedLeadS: number): Promise<void> {
    await this.#database
      .updateTable('desktops')
      .set({ remindedEndS, remindedLeadS })
      .where('id', '=', desktop)
      .execute();
  }

  /** Removes tokens, rights and leases that are over. */
  async sweep(nowS: number): Promise<void> {
    await this.#database
      .deleteFrom('connectTokens')
      .where('endsAtS', '<', nowS - 60)
      .execute();
    await this.#database
      .deleteFrom('grants')
      .where((where) =>
        where.or([
          where('endsAtS', '<', nowS),
          where.and([where('kind', 'not in', ['app', 'files']), where('seenAtS', '<', nowS - 10 * grantSeenS)]),
        ]),
      )
      .execute();
  }

  async #recordsOf(rows: readonly Desktop[], nowS: number): Promise<DesktopRecord[]> {
    if (rows.length === 0) return [];
    const ids = rows.map(({ id }) => id);
    const shares = await this.#database
      .selectFrom('shares')
      .selectAll()
      .where('desktop', 'in', ids)
      .orderBy('person')
      .execute();
    const open = await this.#openStreams(ids, nowS);
    return rows.map((row) => ({
      row,
      shares: shares.filter(({ desktop }) => desktop === row.id).map(({ person, role }) => ({ person, role })),
      viewers: [...new Set(open.filter(({ desktop }) => desktop === row.id).map(({ person }) => person))],
    }));
  }

  async #openStreams(ids: readonly string[], nowS: number): Promise<Pick<GrantTable, 'desktop' | 'person'>[]> {
    return await this.#database
      .selectFrom('grants')
      .select(['desktop', 'person'])
      .where('desktop', 'in', [...ids])
      .where('kind', '=', 'stream')
      .where('seenAtS', '>', nowS - grantSeenS)
      .orderBy('person')
      .execute();
  }

  /** Again, a few times, where MariaDB made another transaction win, or another took a key at the same moment: it is read the next time. */
  async #transaction<T>(work: (transaction: Transaction<DesktopSchema>) => Promise<T>): Promise<T> {
    for (let left = 3; ; left--) {
      try {
        return await this.#database.transaction().execute(work);
      } catch (error) {
        if (left === 0 || !(isBeaten(error) || isTaken(error))) throw error;
      }
    }
  }
}
