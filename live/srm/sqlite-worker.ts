/** The thread in which a SQLite database is open: the driver waits for the disk at each commit, and nobody else shall wait with it. */
import { parentPort, workerData } from 'node:worker_threads';
import SqliteFile from 'libsql';
import type { SqliteAnswer, SqliteQuery } from './sqlite-thread.ts';

const { file, waitMs } = workerData as { file: string; waitMs: number };
const port = parentPort!;
const answer = (message: SqliteAnswer): void => port.postMessage(message);

/** Statements made ready once: one for each number of rows of a write, and some others. */
const mostKept = 300;

try {
  const database = new SqliteFile(file, { timeout: waitMs });
  // A write-ahead log that is synced at each commit: what was committed survives kill -9 and loss of power, and others may write too.
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
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
  port.on('message', (query: SqliteQuery | 'close') => {
    if (query === 'close') {
      database.close();
      port.close();
      return;
    }
    const { id, sql, parameters } = query;
    try {
      const statement = statementOf(sql);
      if (statement.reader) {
        answer({ id, rows: statement.all(parameters) as object[] });
      } else {
        const { changes, lastInsertRowid } = statement.run(parameters);
        answer({ id, rows: [], changes, insertId: Number(lastInsertRowid) });
      }
    } catch (error) {
      const { message, code } = error as NodeJS.ErrnoException;
      answer({ id, failure: { message, code } });
    }
  });
  answer({ id: 0, rows: [] });
} catch (error) {
  answer({ id: 0, failure: { message: (error as Error).message, code: undefined } });
}
