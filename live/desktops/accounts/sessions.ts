/** Login sessions: a random cookie whose hash is in the database, so that several servers share them. */
import type { Kysely } from 'kysely';
import type { Clock } from '../../../core/clock.ts';
import { hashOf, makeSecret, secretFormat } from '../../access/secrets.ts';
import { noteAudit, type Origin } from '../records/audit-trail.ts';
import type { DesktopSchema } from '../records/tables.ts';
import { personOf } from './people.ts';
import type { Person } from './person.ts';

export interface SessionSettings {
  /** Seconds without use after which it ends. */
  readonly idleS: number;
  /** Seconds after which it ends in any case. */
  readonly longestS: number;
}

/** Who is logged in. */
export interface Session {
  readonly hash: string;
  readonly person: Person;
  readonly endsAtS: number;
}

/** Seconds between two notes that a session is used. */
const noteEveryS = 60;

export class Sessions {
  readonly #database: Kysely<DesktopSchema>;
  readonly #settings: SessionSettings;
  readonly #clock: Pick<Clock, 'nowS'>;

  constructor(database: Kysely<DesktopSchema>, settings: SessionSettings, clock: Pick<Clock, 'nowS'>) {
    this.#database = database;
    this.#settings = settings;
    this.#clock = clock;
  }

  /** @returns the cookie's value */
  async begin(person: string, origin: Origin): Promise<string> {
    const { nowS } = this.#clock;
    const secret = makeSecret();
    const endsAtS = nowS + this.#settings.longestS;
    const row = { hash: hashOf(secret), person, createdAtS: nowS, usedAtS: nowS, endsAtS };
    await this.#database.transaction().execute(async (transaction) => {
      await transaction.insertInto('sessions').values(row).execute();
      await noteAudit(transaction, { atS: nowS, action: 'log-in', person, ...origin });
    });
    return secret;
  }

  /**
   * @param isUse false for what a page asks on its own, which must not keep a login alive
   * @returns undefined for a cookie of nobody, or a session that is over
   */
  async find(secret: string | undefined, isUse = true): Promise<Session | undefined> {
    if (secret === undefined || !secretFormat.test(secret)) return undefined;
    const session = await this.findByHash(hashOf(secret));
    if (session !== undefined && isUse) await this.noteUse(session.hash);
    return session;
  }

  async findByHash(hash: string): Promise<Session | undefined> {
    const { nowS } = this.#clock;
    const row = await this.#database
      .selectFrom('sessions')
      .innerJoin('people', 'people.name', 'sessions.person')
      .selectAll('people')
      .select(['sessions.hash', 'sessions.usedAtS', 'sessions.endsAtS'])
      .where('sessions.hash', '=', hash)
      .where('people.removedAtS', 'is', null)
      .executeTakeFirst();
    if (row === undefined || nowS >= row.endsAtS || nowS >= row.usedAtS + this.#settings.idleS) return undefined;
    return { hash, person: personOf(row), endsAtS: row.endsAtS };
  }

  /** That it is in use, written once a minute. */
  async noteUse(hash: string): Promise<void> {
    const { nowS } = this.#clock;
    await this.#database
      .updateTable('sessions')
      .set({ usedAtS: nowS })
      .where('hash', '=', hash)
      .where('usedAtS', '<', nowS - noteEveryS)
      .execute();
  }

  /** Logs out. */
  async end({ hash, person }: Session, origin: Origin): Promise<void> {
    const { nowS } = this.#clock;
    await this.#database.transaction().execute(async (transaction) => {
      await transaction.deleteFrom('sessions').where('hash', '=', hash).execute();
      await noteAudit(transaction, { atS: nowS, action: 'log-out', person: person.name, ...origin });
    });
  }

  /** Removes those that are over. */
  async sweep(): Promise<void> {
    const { nowS } = this.#clock;
    await this.#database
      .deleteFrom('sessions')
      .where((where) => where.or([where('endsAtS', '<=', nowS), where('usedAtS', '<=', nowS - this.#settings.idleS)]))
      .execute();
  }

  /** How many there are. */
  async count(): Promise<number> {
    const { count } = await this.#database
      .selectFrom('sessions')
      .select((row) => row.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    return Number(count);
  }
}
