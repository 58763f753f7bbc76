/**
 * Tokens of people whose servers are still to be created: in memory only, and no longer than they are needed. A server is created with its
 * owner's token, so that project, quota, key pair and networks are hers; all else is done with the scheduler's own login.
 */
import type { Clock } from '../../core/clock.ts';
import type { Person } from '../access/tokens.ts';

export class PersonLogins {
  readonly #clock: Pick<Clock, 'nowS'>;
  /** By id of the request. */
  readonly #people = new Map<string, Person>();

  constructor(clock: Pick<Clock, 'nowS'>) {
    this.#clock = clock;
  }

  /** Keeps it until the request's server is there or given up, or the token is over. */
  keep(requestId: string, person: Person): void {
    const { nowS } = this.#clock;
    for (const [id, { expiresAtS }] of this.#people) if (expiresAtS <= nowS) this.#people.delete(id);
    this.#people.set(requestId, person);
  }

  /** Null where there is none, as after a restart, or where it is over. */
  tokenFor(requestId: string): (() => string) | null {
    const person = this.#people.get(requestId);
    return person === undefined || person.expiresAtS <= this.#clock.nowS ? null : person.token;
  }

  forget(requestId: string): void {
    this.#people.delete(requestId);
  }
}
