/** Who sends a request to the portal, from where, and whether it comes from the portal's own page. */
import type { IncomingMessage } from 'node:http';
import type { BlockList } from 'node:net';
import { backgroundHeader, type LoginWays } from '../../../core/wire/portal.ts';
import { clientAddress, networksOf } from '../../http/client-address.ts';
import { Problem } from '../../http/problem.ts';
import type { Exchange } from '../../http/routes.ts';
import type { Session, Sessions } from '../accounts/sessions.ts';
import type { Origin } from '../records/audit-trail.ts';

export interface PortalRequestsParts {
  /** The portal's origin. */
  readonly publicUrl: string;
  readonly trustedProxies: readonly string[];
  readonly sessions: Pick<Sessions, 'find'>;
  readonly login: LoginWays;
}

/** A cookie of the portal's: never for scripts, and only for this host. */
export interface CookieOptions {
  /** `Lax` where it has to come along when another site sends the browser here. */
  readonly sameSite: 'Strict' | 'Lax';
  /** Seconds; 0 removes it, null: until the browser is closed. */
  readonly maxAgeS: number | null;
}

export class PortalRequests {
  readonly #parts: PortalRequestsParts;
  readonly #proxies: BlockList;
  readonly #isSecure: boolean;

  constructor(parts: PortalRequestsParts) {
    this.#parts = parts;
    this.#proxies = networksOf(parts.trustedProxies, 'gateway.trustedProxies');
    this.#isSecure = parts.publicUrl.startsWith('https:');
  }

  originOf({ request, requestId }: Pick<Exchange, 'request' | 'requestId'>): Origin {
    return { address: clientAddress(request, this.#proxies).slice(0, 64), requestId };
  }

  /** @throws Problem 401, which says how to log in */
  async session({ request }: Pick<Exchange, 'request'>): Promise<Session> {
    const session = await this.#parts.sessions.find(this.cookie(request, 'session'), !isOfPageItself(request));
    if (session !== undefined) return session;
    throw new Problem(401, 'You are not logged in.', { members: { login: this.#parts.login } });
  }

  /** @throws Problem 403 unless the portal's own page sends it, 415 for what a form of another page could send */
  checkWrite({ headers }: IncomingMessage): void {
    if (headers.origin !== this.#parts.publicUrl) {
      throw new Problem(403, `Expected a request of the page at ${this.#parts.publicUrl}.`);
    }
    const type = (headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
    if (type !== 'application/json') throw new Problem(415, 'expected Content-Type: application/json');
  }

  /** The value of one of the portal's cookies; undefined for none, or for two of that name. */
  cookie({ headers }: IncomingMessage, name: string): string | undefined {
    const prefix = `${this.#nameOf(name)}=`;
    const values = (headers.cookie ?? '')
      .split(';')
      .map((part) => part.trim())
      .filter((part) => part.startsWith(prefix));
    return values.length === 1 ? values[0]!.slice(prefix.length) : undefined;
  }

  /** `Set-Cookie`. @param value of letters, digits, `-` and `_` */
  setCookie(name: string, value: string, { sameSite, maxAgeS }: CookieOptions): string {
    return [
      `${this.#nameOf(name)}=${value}`,
      'Path=/',
      'HttpOnly',
      `SameSite=${sameSite}`,
      ...(this.#isSecure ? ['Secure'] : []),
      ...(maxAgeS === null ? [] : [`Max-Age=${Math.floor(maxAgeS)}`]),
    ].join('; ');
  }

  /** With the prefix that browsers let only this host set, over HTTPS. */
  #nameOf(name: string): string {
    return `${this.#isSecure ? '__Host-' : ''}heps-${name}`;
  }
}

/** Whether a page asks on its own: for events, or as it says in a header. Only of readings: whoever changes something is there. */
function isOfPageItself({ method, headers }: IncomingMessage): boolean {
  if (method !== 'GET') return false;
  return headers[backgroundHeader] !== undefined || headers.accept === 'text/event-stream';
}
