/** Rights to web applications, by their cookies: each request needs one, so that what the authority said is kept for some seconds. */
import type { Clock } from '../../../core/clock.ts';
import { secretFormat } from '../../access/secrets.ts';
import { type Authority, type Grant, Refused } from '../authority/authority.ts';

/** Beyond these the oldest is asked for again. */
const mostKept = 10_000;

export class AppGrants {
  readonly #authority: Pick<Authority, 'appGrant'>;
  readonly #clock: Pick<Clock, 'nowS'>;
  readonly #keptForS: number;
  /** Oldest first. */
  readonly #kept = new Map<string, { readonly grant: Promise<Grant>; readonly atS: number }>();

  constructor(authority: Pick<Authority, 'appGrant'>, clock: Pick<Clock, 'nowS'>, keptForS: number) {
    this.#authority = authority;
    this.#clock = clock;
    this.#keptForS = keptForS;
  }

  /**
   * Applications share the gateway's origin, so a page of one can read what another shows to the same browser: nobody gets one of a machine
   * that is somebody else's.
   *
   * @param beforeAsking called when the authority is to be asked; may throw
   * @throws Refused
   */
  async of(secret: string | null, desktopId: string, app: string, beforeAsking: () => void): Promise<Grant> {
    if (secret === null || !secretFormat.test(secret)) throw new Refused('token-malformed');
    const grant = await this.#asked(secret, desktopId, app, beforeAsking);
    if (grant.upstream.kind !== 'app') throw new Refused('token-other-kind');
    if (grant.desktopId !== desktopId || grant.role !== 'owner' || this.#clock.nowS >= grant.endsAtS) {
      throw new Refused('right-ended');
    }
    return grant;
  }

  #asked(secret: string, desktopId: string, app: string, beforeAsking: () => void): Promise<Grant> {
    const key = `${desktopId} ${app} ${secret}`;
    const { nowS } = this.#clock;
    const kept = this.#kept.get(key);
    if (kept !== undefined && nowS - kept.atS < this.#keptForS) return kept.grant;
    beforeAsking();
    const grant = this.#authority.appGrant(secret, desktopId, app);
    this.#kept.delete(key);
    if (this.#kept.size >= mostKept) this.#kept.delete(this.#kept.keys().next().value!);
    this.#kept.set(key, { grant, atS: nowS });
    grant.catch(() => this.#kept.delete(key)); // a refusal is not kept
    return grant;
  }
}
