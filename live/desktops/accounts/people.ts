/** People in the database: local accounts, and those whom the unified login has named. */
import type { Kysely } from 'kysely';
import { InputError } from '../../../core/input-error.ts';
import { noteAudit, type Origin } from '../records/audit-trail.ts';
import { readGroups } from '../records/group.ts';
import type { DesktopSchema, PersonTable } from '../records/tables.ts';
import { hashPassword } from './passwords.ts';
import type { Person } from './person.ts';

/** Of a local account, without its password. */
export interface NewAccount extends Omit<Person, 'uid' | 'gid'> {
  /** Null: the next one that is free, from 20 000 on; the group's is the same. */
  readonly uid: number | null;
  readonly gid: number | null;
}

const firstUid = 20_000;

/** The name belongs to another identity. */
export class NameTaken extends Error {
  override readonly name = 'NameTaken';
}

export class People {
  readonly #database: Kysely<DesktopSchema>;

  constructor(database: Kysely<DesktopSchema>) {
    this.#database = database;
  }

  /** One who may log in; undefined for others. */
  async find(name: string): Promise<Person | undefined> {
    const row = await this.row(name);
    return row === undefined || row.removedAtS !== null ? undefined : personOf(row);
  }

  async row(name: string): Promise<PersonTable | undefined> {
    return await this.#database.selectFrom('people').selectAll().where('name', '=', name).executeTakeFirst();
  }

  async list(): Promise<PersonTable[]> {
    return await this.#database.selectFrom('people').selectAll().orderBy('name').execute();
  }

  /** Makes a local account, or gives one that was removed back. @throws InputError when the name is taken */
  async add(account: NewAccount, password: string, nowS: number): Promise<void> {
    const hash = await hashPassword(password);
    await this.#database.transaction().execute(async (transaction) => {
      const { name } = account;
      const known = await transaction.selectFrom('people').selectAll().where('name', '=', name).executeTakeFirst();
      if (known !== undefined && (known.removedAtS === null || known.subject !== null)) {
        throw new InputError('name', 'one that nobody has', name);
      }
      const { most } = await transaction
        .selectFrom('people')
        .select((row) => row.fn.max('uid').as('most'))
        .executeTakeFirstOrThrow();
      const uid = account.uid ?? known?.uid ?? Math.max(firstUid, Number(most ?? 0) + 1);
      const row: PersonTable = {
        name,
        displayName: account.displayName,
        uid,
        gid: account.gid ?? known?.gid ?? uid,
        groups: JSON.stringify(account.groups),
        isAdmin: account.isAdmin ? 1 : 0,
        subject: null,
        password: hash,
        createdAtS: known?.createdAtS ?? nowS,
        removedAtS: null,
        email: account.email ?? null,
      };
      if (known === undefined) await transaction.insertInto('people').values(row).execute();
      else await transaction.updateTable('people').set(row).where('name', '=', name).execute();
      await noteAudit(transaction, { atS: nowS, action: 'account-add', person: name });
    });
  }

  /** Nobody logs in by it any more, and those who have are out. @throws InputError when there is none */
  async remove(name: string, nowS: number): Promise<void> {
    await this.#database.transaction().execute(async (transaction) => {
      const { numUpdatedRows } = await transaction
        .updateTable('people')
        .set({ removedAtS: nowS, password: null })
        .where('name', '=', name)
        .where('removedAtS', 'is', null)
        .executeTakeFirst();
      if (Number(numUpdatedRows) === 0) throw new InputError('name', 'an account of the list', name);
      await transaction.deleteFrom('sessions').where('person', '=', name).execute();
      await noteAudit(transaction, { atS: nowS, action: 'account-remove', person: name });
    });
  }

  /** Sets a local account's password; who is logged in is out. @throws InputError when there is no local account of that name */
  async setPassword(name: string, password: string, nowS: number): Promise<void> {
    const hash = await hashPassword(password);
    await this.#database.transaction().execute(async (transaction) => {
      const { numUpdatedRows } = await transaction
        .updateTable('people')
        .set({ password: hash })
        .where('name', '=', name)
        .where('subject', 'is', null)
        .where('removedAtS', 'is', null)
        .executeTakeFirst();
      if (Number(numUpdatedRows) === 0) throw new InputError('name', 'a local account of the list', name);
      await transaction.deleteFrom('sessions').where('person', '=', name).execute();
      await noteAudit(transaction, { atS: nowS, action: 'account-password', person: name });
    });
  }

  /**
   * Keeps what the unified login says of a person. The first identity that comes with a name has it for good.
   *
   * @param subject hash of issuer and subject
   * @throws NameTaken
   */
  async learn(person: Person, subject: string, nowS: number, origin: Origin): Promise<void> {
    const { name, displayName, uid, gid, groups, isAdmin, email = null } = person;
    const said = { displayName, uid, gid, groups: JSON.stringify(groups), isAdmin: isAdmin ? 1 : 0, email };
    await this.#database
      .transaction()
      .execute(async (transaction) => {
        const known = await transaction
          .selectFrom('people')
          .select(['name', 'subject', 'removedAtS'])
          .where((where) => where.or([where('name', '=', name), where('subject', '=', subject)]))
          .execute();
        const [first] = known;
        if (first === undefined) {
          const row = { name, ...said, subject, password: null, createdAtS: nowS, removedAtS: null };
          await transaction.insertInto('people').values(row).execute();
          return;
        }
        const isSame = known.length === 1 && first.name === name && first.subject === subject;
        if (!isSame) throw new NameTaken(`the name ${name} belongs to another identity`);
        if (first.removedAtS !== null) throw new NameTaken(`the account ${name} was removed`);
        await transaction.updateTable('people').set(said).where('name', '=', name).execute();
      })
      .catch(async (error: unknown) => {
        if (error instanceof NameTaken) {
          const detail = error.message;
          await noteAudit(this.#database, { atS: nowS, action: 'log-in-refuse', person: name, detail, ...origin });
        }
        throw error;
      });
  }
}

export function personOf({ name, displayName, uid, gid, groups, isAdmin, email }: PersonTable): Person {
  return {
    name,
    displayName,
    uid,
    gid,
    groups: readGroups(groups, name),
    isAdmin: isAdmin === 1,
    ...(email !== null && { email }),
  };
}
