/** Who sends a request with a token of Keystone: asked of Keystone itself, and remembered for some moments. */
import type { Clock } from '../../core/clock.ts';
import { type KeystoneRoles, personaOf } from '../access/keystone-roles.ts';
import { hashOf } from '../access/secrets.ts';
import type { TokenHolder } from '../access/tokens.ts';
import type { ShownToken } from '../openstack/index.ts';
import { Problem } from './problem.ts';

/** Seconds for which an answer of Keystone counts: so long may a token that was revoked still serve. */
const keptForS = 60;
/** Of one that Keystone does not know. */
const refusedForS = 10;
/** Answers that are remembered; the oldest is forgotten. */
const mostRemembered = 10_000;

export interface KeystoneCheckParts {
  /** Asks Keystone. @returns null for a token that it does not know */
  readonly show: (token: string) => Promise<ShownToken | null>;
  readonly roles: KeystoneRoles;
  readonly clock: Pick<Clock, 'nowS'>;
  /** Told of what Keystone failed with. */
  readonly onError: (error: unknown) => void;
}

interface Remembered {
  readonly untilS: number;
  readonly shown: Promise<ShownToken | null>;
}

export class KeystoneCheck {
  readonly #parts: KeystoneCheckParts;
  /** By hash of the token. */
  readonly #answers = new Map<string, Remembered>();

  constructor(parts: KeystoneCheckParts) {
    this.#parts = parts;
  }

  /** @throws Problem 401 for an unknown token, 403 for one without a role here, 503 where Keystone does not answer */
  async check(token: string): Promise<TokenHolder> {
    const shown = await this.#show(token);
    if (shown === null || shown.expiresAtS <= this.#parts.clock.nowS) {
      throw new Problem(401, 'Keystone does not know the token, or it is over');
    }
    const { roles, project, userId, userName, expiresAtS } = shown;
    const role = personaOf(roles, this.#parts.roles);
    if (role === undefined) {
      const known = Object.keys(this.#parts.roles).join(', ');
      throw new Problem(
        403,
        `expected a Keystone token with one of the roles ${known}; this one has ${roles.join(', ')}`,
      );
    }
    return { id: null, role, host: null, person: { userId, userName, project, token: () => token, expiresAtS } };
  }

  async #show(token: string): Promise<ShownToken | null> {
    const { show, clock, onError } = this.#parts;
    const hash = hashOf(token);
    const known = this.#answers.get(hash);
    if (known !== undefined && clock.nowS < known.untilS) return await known.shown;
    const shown = show(token);
    this.#remember(hash, { untilS: clock.nowS + keptForS, shown });
    try {
      const answer = await shown;
      if (answer === null) this.#remember(hash, { untilS: clock.nowS + refusedForS, shown });
      return answer;
    } catch (error) {
      this.#answers.delete(hash);
      onError(error);
      throw new Problem(503, 'Keystone does not say whose token it is', { headers: { 'Retry-After': '1' } });
    }
  }

  #remember(hash: string, answer: Remembered): void {
    this.#answers.delete(hash);
    if (this.#answers.size >= mostRemembered) this.#answers.delete(this.#answers.keys().next().value!);
    this.#answers.set(hash, answer);
  }
}
