/** Keeps what the scheduler knows of its own past: see `cloud-tables.ts`. */
import type { Kysely } from 'kysely';
import { anArray, anObject, aText } from '../../core/check.ts';
import { readJsonColumn } from '../database/json-column.ts';
import type { HeldCard } from './holding.ts';
import type { SchedulingSchema } from './tables.ts';

/**
 * Of a server: `accept` leaves it to whoever has it, `adopt` makes it the server of a request, `delete` removes it. Of a request that is
 * unfinished: `accept` goes on with it, `drop` ends it without touching the cloud.
 */
export const reviewDecisions = ['accept', 'adopt', 'delete', 'drop'] as const;
export type ReviewDecision = (typeof reviewDecisions)[number];

/** Cards of a server, of an earlier process. */
export interface RecalledCards {
  readonly serverId: string;
  readonly host: string;
  readonly cards: readonly HeldCard[];
}

export class ReviewStore {
  readonly #database: Kysely<SchedulingSchema>;

  constructor(database: Kysely<SchedulingSchema>) {
    this.#database = database;
  }

  async readInstallation(): Promise<{ readonly id: string; readonly epoch: number }> {
    const { id, epoch } = await this.#database.selectFrom('installation').selectAll().executeTakeFirstOrThrow();
    return { id, epoch: Number(epoch) };
  }

  /** Never lowers it. */
  async raiseEpoch(epoch: number): Promise<void> {
    await this.#database.updateTable('installation').set({ epoch }).where('epoch', '<', epoch).execute();
  }

  async readDecisions(): Promise<Map<string, ReviewDecision>> {
    const rows = await this.#database.selectFrom('reviews').selectAll().execute();
    return new Map(rows.map(({ subject, decision }) => [subject, decision as ReviewDecision]));
  }

  async readDecision(subject: string): Promise<ReviewDecision | undefined> {
    const row = await this.#database
      .selectFrom('reviews')
      .selectAll()
      .where('subject', '=', subject)
      .executeTakeFirst();
    return row?.decision as ReviewDecision | undefined;
  }

  /** A later decision takes the place of an earlier one. */
  async decide(subject: string, decision: ReviewDecision, atS: number, tokenId: number | null): Promise<void> {
    await this.#database.transaction().execute(async (transaction) => {
      await transaction.deleteFrom('reviews').where('subject', '=', subject).execute();
      await transaction.insertInto('reviews').values({ subject, decision, atS, tokenId }).execute();
    });
  }

  async readCards(): Promise<RecalledCards[]> {
    const rows = await this.#database.selectFrom('serverCards').selectAll().execute();
    return rows.map(({ serverId, host, cards }) => ({
      serverId,
      host,
      cards: readJsonColumn(cards, `serverCards ${serverId}, cards`, heldCards),
    }));
  }

  async keepCards(serverId: string, host: string, cards: readonly HeldCard[]): Promise<void> {
    await this.#database.transaction().execute(async (transaction) => {
      await transaction.deleteFrom('serverCards').where('serverId', '=', serverId).where('host', '=', host).execute();
      await transaction
        .insertInto('serverCards')
        .values({ serverId, host, cards: JSON.stringify(cards) })
        .execute();
    });
  }

  /** @param host null for all hosts */
  async dropCards(serverId: string, host: string | null): Promise<void> {
    const all = this.#database.deleteFrom('serverCards').where('serverId', '=', serverId);
    await (host === null ? all : all.where('host', '=', host)).execute();
  }
}

function heldCards(value: unknown, where: string): HeldCard[] {
  return anArray(value, where).map((item, index) => {
    const { address, model } = anObject(item, `${where}[${index}]`);
    return { address: aText(address, `${where}[${index}].address`), model: aText(model, `${where}[${index}].model`) };
  });
}
