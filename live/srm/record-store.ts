/** What the registry keeps in the database: records, tokens, audit rows. */
import { type Compilable, type Kysely, sql } from 'kysely';
import { InputError } from '../../core/input-error.ts';
import type { Role, TokenHolder } from '../access/tokens.ts';
import { type DatabaseOptions, openDatabase } from '../database/database.ts';
import { type AuditTable, migrate, type RecordTable, type Schema } from '../database/schema.ts';
import { type Step, transact } from '../database/transact.ts';

/** One report with who sent it. */
export interface RecordWrite {
  readonly record: RecordTable;
  readonly tokenId: number;
  readonly requestId: string;
}

/** A token as `heps live token list` shows it. */
export interface StoredToken extends TokenHolder {
  readonly createdAtS: number;
  readonly revokedAtS: number | null;
}

/** Rows of one statement: SQLite takes 32 766 values, and equal statements are made ready once. */
const rowsPerStatement = 100;

/** Records that are read at once: 10 000 at once would be in memory several times over. */
const recordsPerPage = 1000;

export class Store {
  readonly #database: Kysely<Schema>;
  readonly #kind: DatabaseOptions['kind'];

  private constructor(database: Kysely<Schema>, kind: DatabaseOptions['kind']) {
    this.#database = database;
    this.#kind = kind;
  }

  /** Opens the database and brings its tables up to date. @throws InputError when MariaDB does not let us in */
  static async open(options: DatabaseOptions): Promise<Store> {
    const database = openDatabase(options);
    try {
      await migrate(database, options.kind);
    } catch (error) {
      await database.destroy();
      throw openingError(options, error);
    }
    return new Store(database, options.kind);
  }

  /** For what else is kept in the same database. */
  get database(): Kysely<Schema> {
    return this.#database;
  }

  get kind(): DatabaseOptions['kind'] {
    return this.#kind;
  }

  async close(): Promise<void> {
    await this.#database.destroy();
  }

  /** All records, by host name. @param sinceS only those that were received then or later */
  async readRecords(sinceS = Number.NEGATIVE_INFINITY): Promise<RecordTable[]> {
    const records: RecordTable[] = [];
    for (let last: string | undefined = ''; last !== undefined; ) {
      const page: RecordTable[] = await this.#database
        .selectFrom('records')
        .selectAll()
        .where('host', '>', last)
        .where('receivedAtS', '>=', Math.max(sinceS, 0))
        .orderBy('host')
        .limit(recordsPerPage)
        .execute();
      records.push(...page);
      last = page.length < recordsPerPage ? undefined : page.at(-1)!.host;
    }
    return records;
  }

  /**
   * Writes reports and their audit rows: all or none, on disk when it resolves. A report never replaces one of a higher sequence, so
   * that a write which was given up and arrives late does no harm.
   */
  async writeRecords(writes: readonly RecordWrite[]): Promise<void> {
    const steps: Step[] = [];
    for (let start = 0; start < writes.length; start += rowsPerStatement) {
      const some = writes.slice(start, start + rowsPerStatement);
      steps.push({ query: this.#upsert(some.map(({ record }) => record)) });
      steps.push({ query: this.#database.insertInto('audit').values(some.map(auditOf)) });
    }
    await transact(this.#database, steps);
  }

  #upsert(records: readonly RecordTable[]): Compilable {
    const insert = this.#database.insertInto('records').values([...records]);
    const columns = ['version', 'observedAtS', 'receivedAtS', 'inventory', 'usage', 'sequence'] as const;
    if (this.#kind === 'sqlite') {
      return insert.onConflict((conflict) =>
        conflict
          .column('host')
          .doUpdateSet((row) => Object.fromEntries(columns.map((column) => [column, row.ref(`excluded.${column}`)])))
          .whereRef('excluded.sequence', '>', 'records.sequence'),
      );
    }
    // MariaDB assigns from left to right: the sequence, on which the others depend, comes last.
    const newer = (column: (typeof columns)[number]) => {
      const name = sql.ref(column);
      return sql<never>`if(values(${sql.ref('sequence')}) > ${sql.ref('sequence')}, values(${name}), ${name})`;
    };
    return insert.onDuplicateKeyUpdate(Object.fromEntries(columns.map((column) => [column, newer(column)])));
  }

  /** Removes audit rows of reports from before; those of tokens stay. @returns how many */
  async dropReportAudits(beforeS: number): Promise<number> {
    const newest = await this.#database
      .selectFrom('audit')
      .select('id')
      .where('atS', '<', beforeS)
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst();
    if (newest === undefined) return 0;
    const { numDeletedRows } = await this.#database
      .deleteFrom('audit')
      .where('id', '<=', newest.id)
      .where('action', '=', 'report')
      .executeTakeFirst();
    return Number(numDeletedRows);
  }

  /** The latest audit rows, newest first. */
  async readAudit(limit: number): Promise<Omit<AuditTable, 'id'>[]> {
    return await this.#database
      .selectFrom('audit')
      .select(['atS', 'tokenId', 'action', 'subject', 'version', 'requestId'])
      .orderBy('id', 'desc')
      .limit(limit)
      .execute();
  }

  /** Keeps a new token's hash. @returns its id */
  async addToken(hash: string, role: Role, host: string | null, nowS: number): Promise<number> {
    return await this.#database.transaction().execute(async (transaction) => {
      await transaction.insertInto('tokens').values({ hash, role, host, createdAtS: nowS, revokedAtS: null }).execute();
      const { id } = await transaction
        .selectFrom('tokens')
        .select('id')
        .where('hash', '=', hash)
        .executeTakeFirstOrThrow();
      await transaction
        .insertInto('audit')
        .values(tokenAudit('token-create', id, nowS))
        .execute();
      return id;
    });
  }

  /** @returns false when there is no such token, or it was revoked before */
  async revokeToken(id: number, nowS: number): Promise<boolean> {
    return await this.#database.transaction().execute(async (transaction) => {
      const { numUpdatedRows } = await transaction
        .updateTable('tokens')
        .set({ revokedAtS: nowS })
        .where('id', '=', id)
        .where('revokedAtS', 'is', null)
        .executeTakeFirst();
      if (Number(numUpdatedRows) === 0) return false;
      await transaction
        .insertInto('audit')
        .values(tokenAudit('token-revoke', id, nowS))
        .execute();
      return true;
    });
  }

  /** All tokens, revoked ones too, in the order they were made. */
  async readTokens(): Promise<StoredToken[]> {
    return await this.#database
      .selectFrom('tokens')
      .select(['id', 'role', 'host', 'createdAtS', 'revokedAtS'])
      .orderBy('id')
      .execute();
  }

  /** Whoever has the token with that hash; undefined when nobody does, or it was revoked. */
  async findToken(hash: string): Promise<TokenHolder | undefined> {
    return await this.#database
      .selectFrom('tokens')
      .select(['id', 'role', 'host'])
      .where('hash', '=', hash)
      .where('revokedAtS', 'is', null)
      .executeTakeFirst();
  }

  /** Ids of the tokens that were revoked. */
  async readRevoked(): Promise<number[]> {
    const rows = await this.#database.selectFrom('tokens').select('id').where('revokedAtS', 'is not', null).execute();
    return rows.map(({ id }) => id);
  }
}

/** Of what MariaDB refuses at the first query, in one line: there is no connection, or none for this user and database. */
function openingError(options: DatabaseOptions, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  const isRefused = /^(?:ECONN|ENOTFOUND|EHOST|ETIMEDOUT|EAI_|ER_ACCESS|ER_DBACCESS|ER_BAD_DB|PROTOCOL_)/.test(
    code ?? '',
  );
  if (options.kind === 'sqlite' || !isRefused) return error;
  const { host, port, name, user } = options;
  return InputError.saying(
    `database: expected MariaDB at ${host}, port ${port}, with the database ${name} for ${user} (${code}: ${message})`,
  );
}

function auditOf({ record, tokenId, requestId }: RecordWrite): Omit<AuditTable, 'id'> {
  const { host, version, receivedAtS } = record;
  return { atS: receivedAtS, tokenId, action: 'report', subject: host, version, requestId };
}

function tokenAudit(action: 'token-create' | 'token-revoke', id: number, atS: number): Omit<AuditTable, 'id'> {
  return { atS, tokenId: null, action, subject: String(id), version: null, requestId: '' };
}
