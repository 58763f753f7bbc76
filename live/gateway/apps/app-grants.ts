/** Rights to web applications, by their cookies: each request needs one, so that what the authority said is kept for some seconds. */
import type { Clock } from '../../../core/clock.ts';
import { secretFormat } from '../../access/secrets.ts';
import { type Authority, type Grant, Refused } from '../authority/authority.ts';
import { KeptGrants } from '../connections/kept-grants.ts';

export class AppGrants {
  readonly #authority: Pick<Authority, 'appGrant'>;
  readonly #clock: Pick<Clock, 'nowS'>;
  readonly #kept: KeptGrants<Grant>;

  constructor(authority: Pick<Authority, 'appGrant'>, clock: Pick<Clock, 'nowS'>, keptForS: number) {
    this.#authority = authority;
    this.#clock = clock;
    this.#kept = new KeptGrants(clock, keptForS);
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
    return this.#kept.of(`${desktopId} ${app} ${secret}`, () => {
      beforeAsking();
      return this.#authority.appGrant(secret, desktopId, app);
    });
  }
}
