/**
 * The one clock of all servers that share a database: leases, ages of reports and takeovers are by the database's time, so that a server
 * whose own clock is wrong does as the others do. SQLite is in this process, and so is its clock.
 */
import { type Kysely, sql } from 'kysely';
import type { Clock } from '../../core/clock.ts';
import { wallClock } from '../wall-clock.ts';
import type { DatabaseKind } from './column-types.ts';

/** Asked for the time at once: the quickest answer tells it best. */
const questions = 3;

export interface DatabaseClockParts {
  /** The database's time, Unix seconds; null where that is our own. Throws what the database threw. */
  readonly readS: () => Promise<number | null>;
  /** Of this computer. Defaults to the real time. */
  readonly own?: Clock;
  /** Seconds that nobody sets. Defaults to the process's. */
  readonly steadyS?: () => number;
}

export class DatabaseClock implements Clock {
  readonly #readS: DatabaseClockParts['readS'];
  readonly #own: Clock;
  readonly #steadyS: () => number;
  /** The database's time less the steady one; null until it is measured, and where it is our own. */
  #offsetS: number | null = null;

  constructor({ readS, own = wallClock, steadyS = () => performance.now() / 1000 }: DatabaseClockParts) {
    this.#readS = readS;
    this.#own = own;
    this.#steadyS = steadyS;
  }

  /** Unix seconds of the database, as last measured and carried on since; those of this computer before the first measurement. */
  get nowS(): number {
    return this.#offsetS === null ? this.#own.nowS : this.#steadyS() + this.#offsetS;
  }

  /** Seconds by which this computer's clock is ahead of the database's; negative: behind. */
  get ownAheadS(): number {
    return this.#own.nowS - this.nowS;
  }

  after(delayS: number, action: () => void): () => void {
    return this.#own.after(delayS, action);
  }

  /** Asks the database; to be called every few seconds. @throws what the database threw; the clock then goes on as it was */
  async measure(): Promise<void> {
    let quickestS = Number.POSITIVE_INFINITY;
    let offsetS: number | null = null;
    for (let left = questions; left > 0; left--) {
      const askedS = this.#steadyS();
      const timeS = await this.#readS();
      if (timeS === null) return;
      const answeredS = this.#steadyS();
      if (answeredS - askedS >= quickestS) continue;
      quickestS = answeredS - askedS;
      // It looked at its clock at some moment in between.
      offsetS = timeS - (askedS + answeredS) / 2;
    }
    this.#offsetS = offsetS;
  }
}

/** The clock of an open database, measured once. @throws what the database threw */
export async function databaseClock<Schema>(database: Kysely<Schema>, kind: DatabaseKind): Promise<DatabaseClock> {
  const clock = new DatabaseClock({ readS: () => timeOf(database, kind) });
  await clock.measure();
  return clock;
}

async function timeOf<Schema>(database: Kysely<Schema>, kind: DatabaseKind): Promise<number | null> {
  if (kind === 'sqlite') return null;
  // In UTC: a local time comes twice when summer ends.
  const { rows } = await sql<{ us: number | string }>`
    select timestampdiff(microsecond, '1970-01-01 00:00:00', utc_timestamp(6)) as us`.execute(database);
  return Number(rows[0]!.us) / 1e6;
}
