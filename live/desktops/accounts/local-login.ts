/** Logs people in by the name and password of a local account. */
import type { Kysely } from 'kysely';
import { anObject, noOtherFields } from '../../../core/check.ts';
import type { Clock } from '../../../core/clock.ts';
import { InputError } from '../../../core/input-error.ts';
import { Problem } from '../../http/problem.ts';
import { RateLimit } from '../../http/rate-limit.ts';
import { noteAudit, type Origin } from '../records/audit-trail.ts';
import type { DesktopSchema } from '../records/tables.ts';
import { knownBrowserOf, newKnownBrowser } from './known-browser.ts';
import { isPassword, PasswordsBusy } from './passwords.ts';
import type { People } from './people.ts';

/**
 * Failures: a burst, then one per this many seconds. For a name from one address, so that nobody can lock out somebody elsewhere; for a browser
 * in which she has logged in before, whatever comes from its address; and for an address, behind which a whole course may sit.
 */
const perName = { burst: 5, perS: 1 / 60 };
const perAddress = { burst: 120, perS: 1 / 5 };
/** Rows of refusals for coming too often, of one address. */
const notes = { burst: 1, perS: 1 / 60 };

/** Who has logged in. */
export interface LocalLoginAnswer {
  readonly name: string;
  /** Cookie of a browser that is known from now on; null: it was. */
  readonly newKnownBrowser: string | null;
}

export class LocalLogin {
  readonly #people: People;
  readonly #database: Kysely<DesktopSchema>;
  readonly #clock: Pick<Clock, 'nowS'>;
  readonly #names: RateLimit;
  readonly #addresses: RateLimit;
  readonly #notes: RateLimit;

  constructor(people: People, database: Kysely<DesktopSchema>, clock: Pick<Clock, 'nowS'>) {
    this.#people = people;
    this.#database = database;
    this.#clock = clock;
    this.#names = new RateLimit(perName, clock);
    this.#addresses = new RateLimit(perAddress, clock);
    this.#notes = new RateLimit(notes, clock);
  }

  /** @param knownBrowser the cookie that came along @throws Problem, the same for an unknown name and a wrong password */
  async logIn(body: unknown, origin: Origin, knownBrowser?: string): Promise<LocalLoginAnswer> {
    const { name, password } = credentialsIn(body);
    const row = await this.#people.row(name);
    const kept = row === undefined || row.removedAtS !== null ? null : row.password;
    const browser = knownBrowserOf(knownBrowser, name, kept);
    const giveBack = await this.#take(name, browser, origin);
    let isRight = false;
    try {
      isRight = await isPassword(password, kept);
    } catch (error) {
      giveBack();
      if (!(error instanceof PasswordsBusy)) throw error;
      throw new Problem(503, 'Many people log in at this moment. Try again.', { headers: { 'Retry-After': '2' } });
    }
    if (!isRight) {
      await this.#noteRefusal(name, 'password', origin);
      throw new Problem(401, 'The name or the password is not right.');
    }
    giveBack();
    return { name, newKnownBrowser: browser === null ? newKnownBrowser(name, kept!) : null };
  }

  /** Counts a try as a failure, before it can be told, since many may come at once. @returns takes that back @throws Problem */
  async #take(name: string, browser: string | null, origin: Origin): Promise<() => void> {
    const address = origin.address ?? '';
    const pair = browser === null ? `${address} ${name}` : `browser ${browser}`;
    if (browser !== null || this.#addresses.take(address)) {
      if (this.#names.take(pair)) {
        return () => {
          this.#names.giveBack(pair);
          if (browser === null) this.#addresses.giveBack(address);
        };
      }
    }
    if (this.#notes.take(address)) await this.#noteRefusal(name, 'rate-limit', origin);
    const detail = 'There were too many tries that failed. Wait a minute, then try again.';
    throw new Problem(429, detail, { headers: { 'Retry-After': '60' } });
  }

  async #noteRefusal(name: string, detail: string, origin: Origin): Promise<void> {
    await noteAudit(this.#database, {
      atS: this.#clock.nowS,
      action: 'log-in-refuse',
      person: name,
      detail,
      ...origin,
    });
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
