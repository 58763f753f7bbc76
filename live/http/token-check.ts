/** Who sends a request: by the tokens of the database, from its Authorization header; or by Keystone's, from X-Auth-Token. */
import type { IncomingHttpHeaders } from 'node:http';
import { hashOf } from '../access/secrets.ts';
import type { TokenStore } from '../access/token-store.ts';
import type { Role, TokenHolder } from '../access/tokens.ts';
import type { KeystoneCheck } from './keystone-check.ts';
import { Problem } from './problem.ts';

/** Holders that are remembered; the oldest is forgotten. */
const mostRemembered = 50_000;

export class TokenCheck {
  readonly #store: Pick<TokenStore, 'findToken' | 'readRevoked'>;
  /** By hash of the token. */
  readonly #holders = new Map<string, TokenHolder>();

  readonly #keystone: Pick<KeystoneCheck, 'check'> | null;

  /** @param keystone null where no tokens of Keystone are taken */
  constructor(
    store: Pick<TokenStore, 'findToken' | 'readRevoked'>,
    keystone: Pick<KeystoneCheck, 'check'> | null = null,
  ) {
    this.#store = store;
    this.#keystone = keystone;
  }

  /**
   * @param allowBasic whether the token may come as the password of any name, as browsers send it
   * @throws Problem 401 without a known token, 403 with one of another role
   */
  async check(headers: IncomingHttpHeaders, roles: readonly Role[], allowBasic: boolean): Promise<TokenHolder> {
    const holder = await this.#holderOf(headers, allowBasic);
    if (roles.includes(holder.role)) return holder;
    throw new Problem(403, `expected a token of the role ${roles.join(', ')}; this one is of ${holder.role}`);
  }

  async #holderOf(headers: IncomingHttpHeaders, allowBasic: boolean): Promise<TokenHolder> {
    const { authorization: header, 'x-auth-token': shown } = headers;
    if (this.#keystone !== null && header === undefined && typeof shown === 'string' && shown !== '') {
      return await this.#keystone.check(shown);
    }
    const challenge = allowBasic ? 'Basic realm="heps: any name, a token as password", charset="UTF-8"' : 'Bearer';
    const refused = (detail: string): Problem =>
      new Problem(401, detail, { headers: { 'WWW-Authenticate': challenge } });
    const token = tokenIn(header, allowBasic);
    if (token === null)
      throw refused(`expected Authorization: Bearer TOKEN${this.#keystone === null ? '' : ', or X-Auth-Token'}`);
    const hash = hashOf(token);
    const holder = this.#holders.get(hash) ?? (await this.#find(hash));
    if (holder === undefined) throw refused('the token is not known, or was revoked');
    return holder;
  }

  /** Forgets who was revoked; to be called every few seconds. */
  async refresh(): Promise<void> {
    const revoked = new Set(await this.#store.readRevoked());
    for (const [hash, { id }] of this.#holders) {
      if (id !== null && revoked.has(id)) this.#holders.delete(hash);
    }
  }

  async #find(hash: string): Promise<TokenHolder | undefined> {
    const holder = await this.#store.findToken(hash);
    if (holder === undefined) return undefined;
    if (this.#holders.size >= mostRemembered) this.#holders.delete(this.#holders.keys().next().value!);
    this.#holders.set(hash, holder);
    return holder;
  }
}

function tokenIn(header: string | undefined, allowBasic: boolean): string | null {
  const [, scheme, value] = /^(\w+) +(\S+)$/.exec(header ?? '') ?? [];
  if (scheme === undefined) return null;
  if (scheme.toLowerCase() === 'bearer') return value!;
  if (!allowBasic || scheme.toLowerCase() !== 'basic') return null;
  const pair = Buffer.from(value!, 'base64').toString('utf8');
  return pair.includes(':') ? pair.slice(pair.indexOf(':') + 1) : null;
}
