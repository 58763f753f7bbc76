/** Who sends a request: from its Authorization header, by the tokens of the database. */

import { hashOf } from '../access/secrets.ts';
import type { TokenStore } from '../access/token-store.ts';
import type { Role, TokenHolder } from '../access/tokens.ts';
import { Problem } from './problem.ts';

/** Holders that are remembered; the oldest is forgotten. */
const mostRemembered = 50_000;

export class TokenCheck {
  readonly #store: Pick<TokenStore, 'findToken' | 'readRevoked'>;
  /** By hash of the token. */
  readonly #holders = new Map<string, TokenHolder>();

  constructor(store: Pick<TokenStore, 'findToken' | 'readRevoked'>) {
    this.#store = store;
  }

  /**
   * @param allowBasic whether the token may come as the password of any name, as browsers send it
   * @throws Problem 401 without a known token, 403 with one of another role
   */
  async check(header: string | undefined, roles: readonly Role[], allowBasic: boolean): Promise<TokenHolder> {
    const challenge = allowBasic ? 'Basic realm="heps: any name, a token as password", charset="UTF-8"' : 'Bearer';
    const refused = (detail: string): Problem =>
      new Problem(401, detail, { headers: { 'WWW-Authenticate': challenge } });
    const token = tokenIn(header, allowBasic);
    if (token === null) throw refused('expected Authorization: Bearer TOKEN');
    const hash = hashOf(token);
    const holder = this.#holders.get(hash) ?? (await this.#find(hash));
    if (holder === undefined) throw refused('the token is not known, or was revoked');
    if (!roles.includes(holder.role)) {
      throw new Problem(403, `expected a token of the role ${roles.join(', ')}; this one is of ${holder.role}`);
    }
    return holder;
  }

  /** Forgets who was revoked; to be called every few seconds. */
  async refresh(): Promise<void> {
    const revoked = new Set(await this.#store.readRevoked());
    for (const [hash, { id }] of this.#holders) {
      if (revoked.has(id)) this.#holders.delete(hash);
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
