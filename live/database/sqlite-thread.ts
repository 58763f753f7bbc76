/** Kysely on a SQLite database in a thread of its own. */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { InputError } from '../../core/input-error.ts';
import { packageRoot } from '../../package-files.ts';

/** A statement, and how many rows it must change; undefined: any number. */
export interface SqliteStatement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
  readonly rows: number | undefined;
}

/** To the thread: one statement, or a whole transaction. */
export type SqliteQuery =
  | { readonly id: number; readonly sql: string; readonly parameters: readonly unknown[] }
  | { readonly id: number; readonly together: readonly SqliteStatement[] };

/** From the thread; the first one, of id 0, says whether the database is open. */
export type SqliteAnswer =
  | { readonly id: number; readonly rows: object[]; readonly changes?: number; readonly insertId?: number }
  | { readonly id: number; readonly failure: SqliteFailure };

export interface SqliteFailure {
  readonly message: string;
  readonly code: string | undefined;
  /** Which statement of a transaction it was; undefined for its begin and its end. */
  readonly at?: number;
  /** How many rows that one changed, where it must change another number. */
  readonly changed?: number;
}

/** @param waitMs milliseconds to wait for another process to let go of the file */
export function sqliteDialect(file: string, waitMs: number): Dialect {
  return {
    createDriver: () => new SqliteThread(file, waitMs),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (database) => new SqliteIntrospector(database),
  };
}

/** One connection, which one transaction has at a time. */
export class SqliteThread implements Driver, DatabaseConnection {
  readonly #file: string;
  readonly #waitMs: number;
  readonly #waiting = new Map<number, { resolve: (answer: SqliteAnswer) => void; reject: (error: Error) => void }>();
  readonly #queue: (() => void)[] = [];
  #isTaken = false;
  #worker: Worker | null = null;
  #nextId = 1;
  #ended: Error | null = null;

  constructor(file: string, waitMs: number) {
    this.#file = file;
    this.#waitMs = waitMs;
  }

  /** @throws InputError when the file cannot be opened */
  async init(): Promise<void> {
    // Always as built: Node 20 runs no TypeScript.
    const path = join(packageRoot(), 'dist/live/database/sqlite-worker.js');
    // It holds one message at a time: a small heap saves 50 MB.
    const resourceLimits = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 128 };
    this.#worker = new Worker(path, { workerData: { file: this.#file, waitMs: this.#waitMs }, resourceLimits });
    const opened = new Promise<SqliteAnswer>((resolve, reject) => this.#waiting.set(0, { resolve, reject }));
    this.#worker.on('message', (answer: SqliteAnswer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      waiting?.resolve(answer);
    });
    this.#worker.on('error', (error) => this.#end(error));
    this.#worker.on('exit', () => this.#end(new Error('the thread of the database has ended')));
    const answer = await opened;
    if (!('failure' in answer)) return;
    await this.#worker.terminate();
    const expected = 'expected a SQLite database or a folder to make it in';
    throw InputError.saying(`${this.#file}: ${expected} (${answer.failure.message})`);
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    if (this.#isTaken) await new Promise<void>((resolve) => this.#queue.push(resolve));
    this.#isTaken = true;
    return this;
  }

  async releaseConnection(): Promise<void> {
    const next = this.#queue.shift();
    if (next === undefined) this.#isTaken = false;
    else next();
  }

  async executeQuery<R>({ sql, parameters }: Pick<CompiledQuery, 'sql' | 'parameters'>): Promise<QueryResult<R>> {
    const answer = await this.#ask({ sql, parameters });
    if ('failure' in answer) throw errorOf(answer.failure);
    const { rows, changes, insertId } = answer;
    return {
      rows: rows as R[],
      ...(changes !== undefined && { numAffectedRows: BigInt(changes) }),
      ...(insertId !== undefined && { insertId: BigInt(insertId) }),
    };
  }

  /** A whole transaction, in one message; on disk when it resolves. @returns why nothing was written, or null */
  async executeTogether(together: readonly SqliteStatement[]): Promise<SqliteFailure | null> {
    const answer = await this.#ask({ together });
    return 'failure' in answer ? answer.failure : null;
  }

  // biome-ignore lint/correctness/useYield: nobody streams, and Kysely wants to be told so in this way
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('results are not streamed');
  }

  async beginTransaction(): Promise<void> {
    await this.executeQuery(CompiledQuery.raw('begin'));
  }

  async commitTransaction(): Promise<void> {
    await this.executeQuery(CompiledQuery.raw('commit'));
  }

  async rollbackTransaction(): Promise<void> {
    await this.executeQuery(CompiledQuery.raw('rollback'));
  }

  async destroy(): Promise<void> {
    const worker = this.#worker;
    if (worker === null || this.#ended !== null) return;
    const exited = new Promise((resolve) => worker.once('exit', resolve));
    worker.postMessage('close');
    await exited;
  }

  #ask(
    query: Pick<CompiledQuery, 'sql' | 'parameters'> | { readonly together: readonly SqliteStatement[] },
  ): Promise<SqliteAnswer> {
    if (this.#ended !== null) return Promise.reject(this.#ended);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      const message: SqliteQuery = { id, ...query };
      this.#worker!.postMessage(message);
    });
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/** What the driver threw. */
export function errorOf({ message, code }: SqliteFailure): Error {
  return Object.assign(new Error(message), { code });
}
