/** The thread in which a SQLite database is open: the driver waits for the disk at each commit, and nobody else shall wait with it. */
import { parentPort, workerData } from 'node:worker_threads';
import SqliteFile from 'libsql';
import { makePrivate } from './private-file.ts';
import type { SqliteAnswer, SqliteFailure, SqliteQuery, SqliteStatement } from './sqlite-thread.ts';

const { file, waitMs } = workerData as { file: string; waitMs: number };
const port = parentPort!;
const answer = (message: SqliteAnswer): void => port.postMessage(message);

/** Statements made ready once: one for each number of rows of a write, and some others. */
const mostKept = 300;

try {
  if (file !== ':memory:') makePrivate(file);
  const database = new SqliteFile(file, { timeout: waitMs });
  // A write-ahead log that is synced at each commit: what was committed survives kill -9 and loss of power, and others may write too.
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  // What is removed, such as user data with secrets, is overwritten.
  database.pragma('secure_delete = ON');
  const kept = new Map<string, SqliteFile.Statement>();
  const statementOf = (sql: string): SqliteFile.Statement => {
    let statement = kept.get(sql);
    if (statement === undefined) {
      if (kept.size >= mostKept) kept.delete(kept.keys().next().value!);
      statement = database.prepare(sql);
      kept.set(sql, statement);
    }
    return statement;
  };
  /** All or none. */
  const writeTogether = (statements: readonly SqliteStatement[]): SqliteFailure | null => {
    let at: number | undefined;
    try {
      statementOf('begin immediate').run();
      for (at = 0; at < statements.length; at++) {
        const { sql, parameters, rows } = statements[at]!;
        const { changes: changed } = statementOf(sql).run(parameters);
        if (rows !== undefined && changed !== rows)
          throw Object.assign(new Error('another number of rows'), { changed });
      }
      at = undefined;
      statementOf('commit').run();
      return null;
    } catch (error) {
      if (database.inTransaction) statementOf('rollback').run();
      return { ...failureOf(error), ...(at !== undefined && { at }) };
    }
  };
  port.on('message', (query: SqliteQuery | 'close') => {
    if (query === 'close') {
      database.close();
      port.close();
      return;
    }
    const { id } = query;
    if ('together' in query) {
      const failure = writeTogether(query.together);
      return answer(failure === null ? { id, rows: [] } : { id, failure });
    }
    const { sql, parameters } = query;
    try {
      const statement = statementOf(sql);
      if (statement.reader) {
        answer({ id, rows: statement.all(parameters) as object[] });
      } else {
        const { changes, lastInsertRowid } = statement.run(parameters);
        answer({ id, rows: [], changes, insertId: Number(lastInsertRowid) });
      }
    } catch (error) {
      answer({ id, failure: failureOf(error) });
    }
  });
  answer({ id: 0, rows: [] });
} catch (error) {
  answer({ id: 0, failure: { message: (error as Error).message, code: undefined } });
}

function failureOf(error: unknown): SqliteFailure {
  const { message, code, changed } = error as NodeJS.ErrnoException & { changed?: number };
  return { message, code, ...(changed !== undefined && { changed }) };
}
