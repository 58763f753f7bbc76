/** Who may do what with a desktop over the portal's API, and how often. */
import type { Clock } from '../../../core/clock.ts';
import { Problem } from '../../http/problem.ts';
import { RateLimit } from '../../http/rate-limit.ts';
import type { Exchange } from '../../http/routes.ts';
import type { Session } from '../accounts/sessions.ts';
import type { DesktopRecord, DesktopStore } from '../records/desktop-store.ts';
import type { PortalRequests } from './portal-requests.ts';

/** Writes at once, and each second, of one person. */
const writeLimit = { burst: 100, perS: 2 };

export class DesktopAccess {
  readonly #requests: PortalRequests;
  readonly #store: DesktopStore;
  readonly #clock: Pick<Clock, 'nowS'>;
  readonly #writes: RateLimit;

  constructor(requests: PortalRequests, store: DesktopStore, clock: Pick<Clock, 'nowS'>) {
    this.#requests = requests;
    this.#store = store;
    this.#clock = clock;
    this.#writes = new RateLimit(writeLimit, clock);
  }

  /** Who sends a write, from the portal's own page. @throws Problem */
  async writer(exchange: Exchange): Promise<Session> {
    this.#requests.checkWrite(exchange.request);
    const session = await this.#requests.session(exchange);
    if (this.#writes.take(session.person.name)) return session;
    throw new Problem(429, 'That is a lot at once. Wait a few seconds.', { headers: { 'Retry-After': '5' } });
  }

  /** One of the person's, or shared with her. @throws Problem 404, whether there is one or not */
  async seen(id: string, { person }: Session): Promise<DesktopRecord> {
    const record = await this.#store.readRecord(id, this.#clock.nowS);
    const isHers = record?.row.owner === person.name || record?.shares.some((share) => share.person === person.name);
    if (record === undefined || record.row.state === 'deleted' || !isHers) {
      throw new Problem(404, 'There is no such desktop, or it is not shared with you.');
    }
    return record;
  }

  /** One of the person's own. @throws Problem 404, 403 */
  async owned(id: string, session: Session): Promise<DesktopRecord> {
    const record = await this.seen(id, session);
    if (record.row.owner === session.person.name) return record;
    throw new Problem(403, `Only ${record.row.owner}, whose desktop it is, may do that.`);
  }

  /** Any, for administrators. @throws Problem 403, 404 */
  async administered(id: string, { person }: Session): Promise<DesktopRecord> {
    if (!person.isAdmin) throw new Problem(403, 'Only administrators may do that.');
    const record = await this.#store.readRecord(id, this.#clock.nowS);
    if (record === undefined || record.row.state === 'deleted') throw new Problem(404, 'There is no such desktop.');
    return record;
  }
}
