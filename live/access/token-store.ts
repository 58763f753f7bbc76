/** The tokens in the database, each change with its audit row. */
import type { Insertable, Kysely } from 'kysely';
import type { AuditTable } from './audit-table.ts';
import type { TokenTable } from './token-table.ts';
import type { Role, TokenHolder } from './tokens.ts';

/** The tables that it reads and writes. */
export interface TokenSchema {
  tokens: TokenTable;
  audit: AuditTable;
}

/** A token as `heps live token list` shows it. */
export interface StoredToken extends TokenHolder {
  readonly createdAtS: number;
  readonly revokedAtS: number | null;
}

export class TokenStore {
  readonly #database: Kysely<TokenSchema>;

  constructor(database: Kysely<TokenSchema>) {
    this.#database = database;
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

  /** The holder of the token with that hash; undefined when there is none, or it was revoked. */
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

function tokenAudit(action: 'token-create' | 'token-revoke', id: number, atS: number): Insertable<AuditTable> {
  return { atS, tokenId: null, action, subject: String(id), version: null, requestId: '' };
}
