/** Transactions whose statements are known beforehand: sent at once, so that on SQLite nobody waits for one statement after the other. */
import type { Compilable, Kysely } from 'kysely';
import { isBeaten, isTaken } from './database-errors.ts';
import { errorOf, SqliteThread } from './sqlite-thread.ts';

/** One statement of a transaction. */
export interface Step {
  readonly query: Compilable;
  /** Rows that it must change. Left out: any number. */
  readonly rows?: number;
  /** Thrown when it changes another number of rows, or when a row of its key is there already. */
  readonly otherwise?: Error;
}

/** Times that a transaction is retried when MariaDB let another one win. */
const mostRepeats = 3;

/** Writes all or nothing; on disk when it resolves. @throws the `otherwise` of the step that failed, or what the database threw */
export async function transact<Schema>(database: Kysely<Schema>, steps: readonly Step[]): Promise<void> {
  for (let left = mostRepeats; ; left--) {
    try {
      return await write(database, steps);
    } catch (error) {
      if (left === 0 || !isBeaten(error)) throw error;
    }
  }
}

async function write<Schema>(database: Kysely<Schema>, steps: readonly Step[]): Promise<void> {
  const statements = steps.map(({ query, rows }) => ({ ...query.compile(), rows }));
  const isWritten = await database.getExecutor().provideConnection(async (connection) => {
    if (!(connection instanceof SqliteThread)) return false;
    const together = statements.map(({ sql, parameters, rows }) => ({ sql, parameters, rows }));
    const failure = await connection.executeTogether(together);
    if (failure === null) return true;
    const { at, changed } = failure;
    const error = errorOf(failure);
    throw at === undefined ? error : changed === undefined ? refusal(steps[at]!, error) : miscount(steps[at]!, changed);
  });
  if (isWritten) return;
  await database.transaction().execute(async (transaction) => {
    for (const [at, { rows, ...query }] of statements.entries()) {
      const step = steps[at]!;
      const { numAffectedRows } = await transaction.executeQuery(query).catch((error: Error) => {
        throw refusal(step, error);
      });
      const changed = Number(numAffectedRows ?? 0);
      if (rows !== undefined && changed !== rows) throw miscount(step, changed);
    }
  });
}

/** Of a statement that the database did not take. */
function refusal({ otherwise }: Step, error: Error): Error {
  return otherwise !== undefined && isTaken(error) ? otherwise : error;
}

/** Of a statement that changed another number of rows than it must. */
function miscount({ rows, otherwise }: Step, changed: number): Error {
  return otherwise ?? new Error(`expected ${rows} rows to change, ${changed} did`);
}
