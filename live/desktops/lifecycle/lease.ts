/** Work that only one of several servers may do at a time: who has it, and until when. */
import type { Kysely } from 'kysely';
import type { Clock } from '../../../core/clock.ts';
import { isTaken } from '../../database/database-errors.ts';
import type { DesktopSchema } from '../records/tables.ts';

export interface LeaseParts {
  readonly database: Kysely<DesktopSchema>;
  readonly name: string;
  /** Of this process; another one after each start. */
  readonly owner: string;
  /** Seconds for which it is had unless it is renewed. */
  readonly leaseS: number;
  readonly clock: Pick<Clock, 'nowS'>;
}

export class Lease {
  readonly #parts: LeaseParts;
  #untilS = Number.NEGATIVE_INFINITY;

  constructor(parts: LeaseParts) {
    this.#parts = parts;
  }

  /** Whether this process has it for a while yet, as far as it knows. */
  get isHeld(): boolean {
    return this.#parts.clock.nowS < this.#untilS - this.#parts.leaseS / 4;
  }

  /** Takes or renews it. @returns whether this process has it now */
  async take(): Promise<boolean> {
    const { database, name, owner, leaseS, clock } = this.#parts;
    const { nowS } = clock;
    const untilS = nowS + leaseS;
    const { numUpdatedRows } = await database
      .updateTable('leases')
      .set({ owner, untilS })
      .where('name', '=', name)
      .where((where) => where.or([where('owner', '=', owner), where('untilS', '<', nowS)]))
      .executeTakeFirst();
    const isTaken = Number(numUpdatedRows) === 1 || (await this.#isFirst(untilS));
    this.#untilS = isTaken ? untilS : Number.NEGATIVE_INFINITY;
    return isTaken;
  }

  /** Leaves it to the next process. */
  async letGo(): Promise<void> {
    const { database, name, owner } = this.#parts;
    this.#untilS = Number.NEGATIVE_INFINITY;
    await database.deleteFrom('leases').where('name', '=', name).where('owner', '=', owner).execute();
  }

  async #isFirst(untilS: number): Promise<boolean> {
    const { database, name, owner } = this.#parts;
    const known = await database.selectFrom('leases').select('name').where('name', '=', name).executeTakeFirst();
    if (known !== undefined) return false;
    try {
      await database.insertInto('leases').values({ name, owner, untilS }).execute();
      return true;
    } catch (error) {
      if (isTaken(error)) return false;
      throw error;
    }
  }
}

/** Of a database that no other process has open. */
export const soleLease: Pick<Lease, 'isHeld' | 'take' | 'letGo'> = {
  isHeld: true,
  take: async () => true,
  letGo: async () => undefined,
};
