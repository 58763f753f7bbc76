/** The SRM records in the database, each write with its audit row. */
import { type Compilable, type Insertable, type Kysely, sql } from 'kysely';
import type { AuditTable } from '../access/audit-table.ts';
import type { DatabaseKind } from '../database/column-types.ts';
import { type Step, transact } from '../database/transact.ts';
import type { RecordTable } from './tables.ts';

/** One report with who sent it. */
export interface RecordWrite {
  readonly record: RecordTable;
  readonly tokenId: number;
  readonly requestId: string;
}

/** The tables that it reads and writes. */
export interface RecordSchema {
  records: RecordTable;
  audit: AuditTable;
}

/** Rows of one statement: SQLite takes 32 766 values, and equal statements are made ready once. */
const rowsPerStatement = 100;

/** Records that are read at once: 10 000 at once would be in memory several times over. */
const recordsPerPage = 1000;

export class RecordStore {
  readonly #database: Kysely<RecordSchema>;
  readonly #kind: DatabaseKind;

  constructor({ database, kind }: { readonly database: Kysely<RecordSchema>; readonly kind: DatabaseKind }) {
    this.#database = database;
    this.#kind = kind;
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
}

function auditOf({ record, tokenId, requestId }: RecordWrite): Insertable<AuditTable> {
  const { host, version, receivedAtS } = record;
  return { atS: receivedAtS, tokenId, action: 'report', subject: host, version, requestId };
}
