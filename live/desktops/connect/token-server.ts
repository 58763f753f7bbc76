/**
 * The token server (paper, section 3.2): gives a person who is logged in a token for one connection to one desktop. 32 random bytes; of these
 * only the SHA-256 is kept; it lives for 30 s at most, and is bound to person, desktop, role and login session.
 */
import type { Clock } from '../../../core/clock.ts';
import type { DesktopRole, DesktopState } from '../../../core/wire/portal.ts';
import { hashOf, makeSecret } from '../../access/secrets.ts';
import type { RefusalReason } from '../../gateway/authority/authority.ts';
import { Problem } from '../../http/problem.ts';
import { RateLimit } from '../../http/rate-limit.ts';
import type { Session } from '../accounts/sessions.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { noteAudit, type Origin } from '../records/audit-trail.ts';
import type { Desktop } from '../records/desktop.ts';
import type { DesktopStore } from '../records/desktop-store.ts';
import type { ConnectKind, ConnectTokenTable } from '../records/tables.ts';
import type { ConnectStore } from './connect-store.ts';
import { filesOf, isFrom, networksFor } from './file-rights.ts';
import { standingOf } from './standing.ts';

/** Seconds that a token lives. */
export const tokenLifeS = 30;

/** States that nothing leads out of. */
const overStates: readonly DesktopState[] = ['failed', 'deleting', 'deleted'];

const perPerson = { burst: 30, perS: 0.5 };
const perAddress = { burst: 120, perS: 4 };

export interface TokenServerParts {
  readonly store: DesktopStore;
  readonly connects: ConnectStore;
  readonly catalogue: Catalogue;
  readonly clock: Pick<Clock, 'nowS'>;
  /** Seconds without use after which a login ends. */
  readonly sessionIdleS: number;
  /** Told of each token, and of each that was not given. */
  readonly onMint: (kind: ConnectKind) => void;
  readonly onRefuse: (reason: RefusalReason) => void;
}

/** What is wanted. */
export interface ConnectWish {
  readonly kind: ConnectKind;
  readonly desktop: string;
  /** Of kind `app`; null otherwise. */
  readonly app: string | null;
}

export interface MintedToken {
  readonly token: string;
  readonly role: DesktopRole;
  readonly row: Desktop;
}

export class TokenServer {
  readonly #parts: TokenServerParts;
  readonly #people: RateLimit;
  readonly #addresses: RateLimit;

  constructor(parts: TokenServerParts) {
    this.#parts = parts;
    this.#people = new RateLimit(perPerson, parts.clock);
    this.#addresses = new RateLimit(perAddress, parts.clock);
  }

  /**
   * @throws Problem with a sentence for the person: 404 where it is not hers to know of, 403 where it is the owner's alone, 409 when it is
   * not ready, 410 when it never will be, 429
   */
  async mint({ hash, person }: Session, wish: ConnectWish, origin: Origin): Promise<MintedToken> {
    const { store, connects, clock, sessionIdleS, onMint } = this.#parts;
    const refuse = async (reason: RefusalReason, problem: Problem): Promise<never> => {
      await this.#noteRefusal(reason, person.name, wish.desktop, origin);
      throw problem;
    };
    if (!this.#people.take(person.name) || !this.#addresses.take(origin.address ?? '')) {
      const detail = 'You connect very often. Wait a few seconds, then try again.';
      return await refuse('rate-limit', new Problem(429, detail, { headers: { 'Retry-After': '5' } }));
    }
    const { facts, row } = await connects.factsOf(hash, person.name, wish.desktop);
    const isConsole = wish.kind === 'console';
    const role = row === undefined ? undefined : isConsole ? 'owner' : await store.roleOf(row, person.name);
    if (row === undefined || role === undefined || (isConsole && !person.isAdmin)) {
      return await refuse('right-ended', new Problem(404, 'There is no such desktop, or it is not shared with you.'));
    }
    if (wish.kind === 'app' && role !== 'owner') {
      const detail = 'Web applications are for the owner of the desktop. Connect to the desktop instead.';
      return await refuse('right-ended', new Problem(403, detail));
    }
    const station = this.#parts.catalogue.stations.find(({ id }) => id === row.station);
    const networks = networksFor(station, wish.kind);
    if (!isFrom(networks, origin.address)) {
      const what = wish.kind === 'files' ? 'Files of this station are moved' : 'Desktops of this station are used';
      const detail = `${what} within its networks only, and you come from ${origin.address ?? 'an unknown address'}.`;
      return await refuse('network', new Problem(403, detail));
    }
    if (wish.kind === 'files') {
      if (filesOf(station, role) === null) {
        const detail =
          role === 'view' ? 'Who only looks at a desktop moves no files.' : 'This station lets you move no files.';
        return await refuse('right-ended', new Problem(403, detail));
      }
      if ((await store.readOrder(row.id)).ssh == null) {
        const detail = 'The files of this desktop cannot be moved: its machine was made without a way for that.';
        return await refuse('right-ended', new Problem(409, detail));
      }
    }
    const standing = standingOf({ kind: wish.kind, person: person.name, role }, facts, sessionIdleS, clock.nowS);
    if (!standing.isGood) {
      const isOver = overStates.includes(row.state);
      const status = standing.reason === 'session-ended' ? 401 : isOver ? 410 : 409;
      return await refuse(standing.reason, new Problem(status, standing.sentence));
    }
    const token = await this.renew({ ...wish, person: person.name, role, session: hash }, origin);
    onMint(wish.kind);
    return { token, role, row };
  }

  /** A token of that right, which has been checked. */
  async renew(right: Omit<ConnectTokenTable, 'hash' | 'endsAtS'>, origin: Origin): Promise<string> {
    const { connects, clock } = this.#parts;
    const token = makeSecret();
    const { kind, desktop, person, role, session, app } = right;
    const row = { hash: hashOf(token), kind, desktop, person, role, session, app };
    const detail = [kind, role, ...(app === null ? [] : [app])].join(' ');
    await connects.addToken(
      { ...row, endsAtS: clock.nowS + tokenLifeS },
      { atS: clock.nowS, action: 'connect-mint', person, desktop, detail, ...origin },
    );
    return token;
  }

  async #noteRefusal(reason: RefusalReason, person: string, desktop: string, origin: Origin): Promise<void> {
    const { store, clock, onRefuse } = this.#parts;
    onRefuse(reason);
    // What is no id has no place in the column.
    const named = desktop.length <= 36 ? desktop : null;
    await noteAudit(store.database, {
      atS: clock.nowS,
      action: 'connect-refuse',
      person,
      desktop: named,
      detail: reason,
      ...origin,
    });
  }
}
