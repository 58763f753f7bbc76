/** What gateways ask: takes connect tokens, and says which rights still hold. Where it cannot tell, it refuses. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../../core/clock.ts';
import type { DesktopRole } from '../../../core/wire/portal.ts';
import { hashOf, makeSecret, secretFormat } from '../../access/secrets.ts';
import {
  type Authority,
  type ConnectAttempt,
  type ConnectionReport,
  type FilesGrant,
  type Grant,
  type OpenGrant,
  type RefusalReason,
  Refused,
  type RightsNow,
  type TransferReport,
  type Upstream,
} from '../../gateway/authority/authority.ts';
import type { Sessions } from '../accounts/sessions.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Station } from '../catalogue/station.ts';
import type { Machines } from '../machines/machines.ts';
import { noteAudit, type Origin } from '../records/audit-trail.ts';
import type { Desktop } from '../records/desktop.ts';
import { type DesktopStore, grantSeenS } from '../records/desktop-store.ts';
import type { ConnectTokenTable, GrantTable } from '../records/tables.ts';
import type { AddressCheck } from './address-check.ts';
import type { ConnectStore } from './connect-store.ts';
import { filesOf, isFrom, networksFor } from './file-rights.ts';
import type { SshAuthority } from './ssh-authority.ts';
import { standingOf } from './standing.ts';
import { type TokenServer, tokenLifeS } from './token-server.ts';

export interface LocalAuthorityParts {
  readonly store: DesktopStore;
  readonly connects: ConnectStore;
  readonly sessions: Pick<Sessions, 'noteUse'>;
  readonly tokens: Pick<TokenServer, 'renew'>;
  readonly machines: Pick<Machines, 'status' | 'consoleUrl' | 'sshLogin'>;
  readonly addresses: Pick<AddressCheck, 'objectionTo'>;
  readonly catalogue: Catalogue;
  readonly ssh: Pick<SshAuthority, 'certify'>;
  readonly clock: Pick<Clock, 'nowS'>;
  /** Seconds without use after which a login ends. */
  readonly sessionIdleS: number;
  /** Seconds after which a connection that nobody uses is closed; null: never. */
  readonly connectionIdleS: number | null;
  readonly onRefuse: (reason: RefusalReason) => void;
  /** Told when somebody connects or goes. */
  readonly onChange: () => void;
}

/** Rights of one question. */
const mostChecked = 10_000;

export class LocalAuthority implements Authority {
  readonly #parts: LocalAuthorityParts;

  constructor(parts: LocalAuthorityParts) {
    this.#parts = parts;
  }

  async redeem(attempt: ConnectAttempt): Promise<Grant> {
    return await this.#noted(attempt, async (about) => {
      const { token, row, endsAtS } = await this.#take(attempt, about, ['stream', 'console']);
      const upstream = await this.#upstreamOf(token, row);
      const grant = this.#grantOf(token, null, endsAtS);
      await this.#keep(grant, attempt);
      return this.#answer(grant, upstream, row);
    });
  }

  async exchange(attempt: ConnectAttempt) {
    return await this.#noted(attempt, async (about) => {
      const { token, row, endsAtS } = await this.#take(attempt, about, ['stream', 'app', 'files']);
      const { address, requestId } = attempt;
      if (token.kind === 'stream') {
        const secret = await this.#parts.tokens.renew(token, { address, requestId });
        return { secret, path: '/desktop', endsAtS: this.#parts.clock.nowS + tokenLifeS };
      }
      const secret = makeSecret();
      if (token.kind === 'files') {
        await this.#keep(this.#grantOf(token, hashOf(secret), endsAtS), attempt);
        return { secret, path: `/files/${row.id}/`, endsAtS };
      }
      const app = this.#appOf(token, row);
      await this.#keep(this.#grantOf(token, hashOf(secret), endsAtS), attempt);
      return { secret, path: `${appBase(row.id, app.id)}${app.path}`, endsAtS };
    });
  }

  async appGrant(secret: string, desktopId: string, app: string): Promise<Grant> {
    const { connects } = this.#parts;
    return await this.#noted({ address: null, requestId: '' }, async (about) => {
      const grant = secretFormat.test(secret) ? await connects.grantBySecret(hashOf(secret)) : undefined;
      if (grant?.kind !== 'app' || grant.desktop !== desktopId || grant.app !== app) throw new Refused('token-unknown');
      about.person = grant.person;
      about.desktop = grant.desktop;
      const { row } = await this.#standing(grant);
      return this.#answer(grant, await this.#upstreamOf(grant, row), row);
    });
  }

  async filesGrant(secret: string, desktopId: string): Promise<FilesGrant> {
    return await this.#noted({ address: null, requestId: '' }, async (about) => {
      const { grant, row } = await this.#filesRight(secret, desktopId, about);
      const upstream = await this.#upstreamOf(grant, row);
      if (upstream.kind !== 'files') throw new Refused('token-other-kind');
      const files = filesOf(this.#stationOf(row), grant.role);
      if (files === null) throw new Refused('right-ended');
      return { ...this.#answer(grant, upstream, row), upstream, files };
    });
  }

  async certify(secret: string, desktopId: string, publicKey: string): Promise<string> {
    return await this.#noted({ address: null, requestId: '' }, async (about) => {
      const { grant, row } = await this.#filesRight(secret, desktopId, about);
      if (filesOf(this.#stationOf(row), grant.role) === null) throw new Refused('right-ended');
      const keyId = `${grant.person} of ${row.owner}'s desktop ${row.id}, grant ${grant.id}`;
      return await this.#parts.ssh.certify({ publicKey, account: row.owner, keyId }, this.#parts.clock.nowS);
    });
  }

  /** @throws Refused */
  async #filesRight(secret: string, desktopId: string, about: About) {
    const grant = secretFormat.test(secret) ? await this.#parts.connects.grantBySecret(hashOf(secret)) : undefined;
    if (grant?.kind !== 'files' || grant.desktop !== desktopId) throw new Refused('token-unknown');
    about.person = grant.person;
    about.desktop = grant.desktop;
    const { row } = await this.#standing(grant);
    return { grant, row };
  }

  async check(open: readonly OpenGrant[]): Promise<RightsNow> {
    const { connects, store, sessions, clock, sessionIdleS } = this.#parts;
    const asked = open.slice(0, mostChecked);
    const ended = new Map(asked.map(({ id }) => [id, 'The right to connect has ended.']));
    const activeAt = new Map(asked.map(({ id, activeAtS }) => [id, activeAtS]));
    const roles = new Map<string, DesktopRole>();
    const seen: string[] = [];
    for (const { grant, facts, activeAtS } of await connects.grantFacts([...ended.keys()])) {
      const standing = standingOf(grant, facts, sessionIdleS, clock.nowS);
      // A restart is no end: the machine closes the connection itself, and the browser connects again.
      const isRestarting =
        !standing.isGood && standing.reason === 'desktop-not-running' && facts.desktop?.state === 'starting';
      if (!standing.isGood && !isRestarting) {
        ended.set(grant.id, standing.sentence);
        continue;
      }
      ended.delete(grant.id);
      // Told each time until it ends: an answer may be lost.
      if (standing.isGood && standing.role !== grant.role) roles.set(grant.id, standing.role);
      if (grant.seenAtS < clock.nowS - grantSeenS / 4) seen.push(grant.id);
      // A gateway's clock may be ahead.
      const lastS = Math.min(activeAt.get(grant.id) ?? Number.NEGATIVE_INFINITY, clock.nowS);
      if (lastS > (activeAtS ?? 0) + 15) await store.noteActivity(grant.desktop, lastS);
      if (lastS > facts.session!.usedAtS + 60) await sessions.noteUse(grant.session);
    }
    await connects.noteSeen(seen, clock.nowS);
    return { ended, roles };
  }

  async closed({ grantId, reason, openS, bytesOut, bytesIn, frames }: ConnectionReport): Promise<void> {
    const { connects, clock, onChange } = this.#parts;
    const detail = `${reason}; ${Math.round(openS)} s, ${bytesOut} bytes out, ${bytesIn} in, ${frames} frames`;
    await connects.endGrant(grantId, { atS: clock.nowS, action: 'connect-end', detail: detail.slice(0, 500) });
    onChange();
  }

  async transferred({
    grantId,
    direction,
    path,
    bytes,
    sha256,
    outcome,
    address,
    requestId,
  }: TransferReport): Promise<void> {
    const { connects, store, clock } = this.#parts;
    const grant = await connects.grantById(grantId);
    const action = ({ in: 'file-in', out: 'file-out', change: 'file-change' } as const)[direction];
    const sum = sha256 === null ? '' : `; ${bytes} bytes, SHA-256 ${sha256}`;
    const detail = `${outcome}${sum}; ${path}`.slice(0, 5000);
    const about = { person: grant?.person ?? null, desktop: grant?.desktop ?? null };
    await noteAudit(store.database, { atS: clock.nowS, action, detail, ...about, address, requestId });
  }

  async refused(reason: RefusalReason, address: string, requestId: string): Promise<void> {
    this.#parts.onRefuse(reason);
    await this.#noteRefusal(reason, { address, requestId }, {});
  }

  /** Notes a refusal with what is known of it by then. */
  async #noted<T>(attempt: Origin, work: (about: About) => Promise<T>): Promise<T> {
    const about: About = {};
    try {
      return await work(about);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#parts.onRefuse(error.reason);
      await this.#noteRefusal(error.reason, attempt, about);
      throw error;
    }
  }

  /** Takes the token, whatever comes of it. @throws Refused */
  async #take({ token: secret, address }: ConnectAttempt, about: About, kinds: readonly string[]) {
    if (!secretFormat.test(secret)) throw new Refused('token-malformed');
    const token = await this.#parts.connects.takeToken(hashOf(secret));
    if (token === undefined) throw new Refused('token-unknown');
    about.person = token.person;
    about.desktop = token.desktop;
    if (this.#parts.clock.nowS >= token.endsAtS) throw new Refused('token-expired');
    if (!kinds.includes(token.kind)) throw new Refused('token-other-kind');
    const standing = await this.#standing(token);
    if (!isFrom(networksFor(this.#stationOf(standing.row), token.kind), address)) throw new Refused('network');
    return { token, ...standing };
  }

  /** @throws Refused unless the right holds now */
  async #standing(right: Pick<GrantTable, 'kind' | 'person' | 'role' | 'session' | 'desktop'>) {
    const { connects, clock, sessionIdleS } = this.#parts;
    const { facts, row } = await connects.factsOf(right.session, right.person, right.desktop);
    const standing = standingOf(right, facts, sessionIdleS, clock.nowS);
    if (!standing.isGood) throw new Refused(standing.reason);
    if (standing.role !== right.role) throw new Refused('right-ended');
    return { row: row!, endsAtS: standing.endsAtS };
  }

  /** Where the machine is now, as the cloud says. @throws Refused */
  async #upstreamOf(right: Pick<GrantTable, 'kind' | 'app'>, row: Desktop): Promise<Upstream> {
    const { machines, addresses, store } = this.#parts;
    if (right.kind === 'console') {
      const url = await machines.consoleUrl(row.id);
      if (url === null) throw new Refused('desktop-not-running');
      return { kind: 'console', url };
    }
    const status = await machines.status(row.id);
    if (status.kind !== 'running' || status.address === null) throw new Refused('desktop-not-running');
    const { address } = status;
    if (addresses.objectionTo(address) !== null) throw new Refused('upstream-forbidden');
    if (right.kind === 'app') return { kind: 'app', address, port: this.#appOf(right, row).port };
    const order = await store.readOrder(row.id);
    if (right.kind !== 'files') return { kind: 'vnc', address, port: order.vncPort, password: order.vncPassword };
    // One from before its machine knew of this.
    if (order.ssh == null) throw new Refused('right-ended');
    const { hostKey, mounts } = order.ssh;
    return { kind: 'files', address, ...machines.sshLogin(row.owner, order.ssh.port), hostKey, mounts };
  }

  #stationOf({ station }: Desktop): Station | undefined {
    return this.#parts.catalogue.stations.find(({ id }) => id === station);
  }

  /** @throws Refused when the image does not offer it any more */
  #appOf({ app }: Pick<GrantTable, 'app'>, { station, image }: Desktop) {
    const { stations } = this.#parts.catalogue;
    const images = stations.find(({ id }) => id === station)?.images ?? [];
    const found = images.find(({ id }) => id === image)?.apps.find(({ id }) => id === app);
    if (found === undefined) throw new Refused('right-ended');
    return found;
  }

  #grantOf(token: ConnectTokenTable, secret: string | null, endsAtS: number): GrantTable {
    const { kind, desktop, person, role, session, app } = token;
    const seenAtS = this.#parts.clock.nowS;
    return { id: randomUUID(), kind, desktop, person, role, session, app, secretHash: secret, endsAtS, seenAtS };
  }

  async #keep(grant: GrantTable, { address, requestId }: ConnectAttempt): Promise<void> {
    const { connects, clock, onChange } = this.#parts;
    const { person, desktop, kind, role, app } = grant;
    const detail = [kind, role, ...(app === null ? [] : [app])].join(' ');
    const entry = { atS: clock.nowS, action: 'connect-accept', person, desktop, detail, address, requestId } as const;
    await connects.addGrant(grant, entry);
    onChange();
  }

  #answer({ id, kind, desktop, person, role, endsAtS }: GrantTable, upstream: Upstream, row: Desktop): Grant {
    const { connectionIdleS } = this.#parts;
    const station = this.#stationOf(row);
    return {
      id,
      desktopId: desktop,
      person,
      role,
      upstream,
      // Of a station that is gone, nothing passes.
      clipboard: station?.clipboard ?? { mostIn: 0, mostOut: 0 },
      clientNetworks: networksFor(station, kind),
      endsAtS,
      idleLimitS: connectionIdleS,
    };
  }

  async #noteRefusal(
    reason: RefusalReason,
    { address, requestId }: Origin,
    { person = null, desktop = null }: About,
  ): Promise<void> {
    const { store, clock } = this.#parts;
    const entry = { atS: clock.nowS, action: 'connect-refuse', detail: reason } as const;
    await noteAudit(store.database, { ...entry, person, desktop, address, requestId });
  }
}

/** Whom a refusal is about, as far as that is known. */
interface About {
  person?: string | null;
  desktop?: string | null;
}

/** The path below which the gateway shows an application. */
export function appBase(desktop: string, app: string): string {
  return `/apps/${desktop}/${app}`;
}
