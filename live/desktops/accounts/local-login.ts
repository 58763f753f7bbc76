/** Logs people in by the name and password of a local account. */
import type { Kysely } from 'kysely';
import { anObject, noOtherFields } from '../../../core/check.ts';
import type { Clock } from '../../../core/clock.ts';
import { InputError } from '../../../core/input-error.ts';
import { Problem } from '../../http/problem.ts';
import { RateLimit } from '../../http/rate-limit.ts';
import { noteAudit, type Origin } from '../records/audit-trail.ts';
import type { DesktopSchema } from '../records/tables.ts';
import { isPassword, PasswordsBusy } from './passwords.ts';
import type { People } from './people.ts';

/** A burst of tries, then one per this many seconds: for a name, and for an address, which many people may share. */
const perName = { burst: 5, perS: 1 / 60 };
const perAddress = { burst: 30, perS: 1 / 10 };

export class LocalLogin {
  readonly #people: People;
  readonly #database: Kysely<DesktopSchema>;
  readonly #clock: Pick<Clock, 'nowS'>;
  readonly #names: RateLimit;
  readonly #addresses: RateLimit;

  constructor(people: People, database: Kysely<DesktopSchema>, clock: Pick<Clock, 'nowS'>) {
    this.#people = people;
    this.#database = database;
    this.#clock = clock;
    this.#names = new RateLimit(perName, clock);
    this.#addresses = new RateLimit(perAddress, clock);
  }

  /** @returns the person's name @throws Problem, the same for an unknown name and a wrong password */
  async logIn(body: unknown, origin: Origin): Promise<string> {
    const { name, password } = credentialsIn(body);
    const refuse = async (detail: string): Promise<void> =>
      noteAudit(this.#database, { atS: this.#clock.nowS, action: 'log-in-refuse', person: name, detail, ...origin });
    if (!this.#addresses.take(origin.address ?? '') || !this.#names.take(name)) {
      await refuse('rate-limit');
      const detail = 'There were too many tries. Wait a minute, then try again.';
      throw new Problem(429, detail, { headers: { 'Retry-After': '60' } });
    }
    const row = await this.#people.row(name);
    const kept = row === undefined || row.removedAtS !== null ? null : row.password;
    let isRight: boolean;
    try {
      isRight = await isPassword(password, kept);
    } catch (error) {
      if (!(error instanceof PasswordsBusy)) throw error;
      throw new Problem(503, 'Many people log in at this moment. Try again.', { headers: { 'Retry-After': '2' } });
    }
    if (!isRight) {
      await refuse('password');
      throw new Problem(401, 'The name or the password is not right.');
    }
    return name;
  }
}

function credentialsIn(body: unknown): { name: string; password: string } {
  const { name, password, ...others } = anObject(body, 'body');
  noOtherFields(others, '', ['name', 'password']);
  for (const [field, value] of Object.entries({ name, password })) {
    if (typeof value !== 'string' || value === '' || value.length > 200) {
      // Never with what came: it may be a password.
      throw InputError.saying(`${field}: expected a text of 1 to 200 characters`);
    }
  }
  return { name: name as string, password: password as string };
}
