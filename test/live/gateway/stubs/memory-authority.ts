/** An authority in memory: grants by token, each good once. */
import { randomBytes } from 'node:crypto';
import type { DesktopRole } from '../../../../core/wire/portal.ts';
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
} from '../../../../live/gateway/authority/authority.ts';

export class MemoryAuthority implements Authority {
  /** Sentences by grant id. */
  readonly ended = new Map<string, string>();
  /** Roles that have changed, by grant id. */
  readonly roles = new Map<string, DesktopRole>();
  readonly reports: ConnectionReport[] = [];
  readonly transfers: TransferReport[] = [];
  readonly refusals: RefusalReason[] = [];
  readonly attempts: ConnectAttempt[] = [];
  /** Of the last question. */
  asked: readonly OpenGrant[] = [];
  /** Questions for the right of an application. */
  appQuestions = 0;
  /** Signs keys; set by tests of files. */
  certifier: (grant: FilesGrant, publicKey: string) => Promise<string> = async () => {
    throw new Refused('right-ended');
  };
  /** When set, it does not answer. */
  isAway = false;
  readonly #connects = new Map<string, { readonly grant: Grant; readonly expiresAtS: number }>();
  readonly #apps = new Map<string, { readonly grant: Grant; readonly app: string }>();
  #count = 0;

  /** A grant of a desktop on this computer. */
  grant(port: number, fields: Partial<Grant> = {}): Grant {
    this.#count++;
    return {
      id: `grant-${this.#count}`,
      desktopId: '3d6c2f6e-0000-4000-8000-000000000001',
      person: 'chen',
      role: 'owner',
      upstream: { kind: 'vnc', address: '127.0.0.1', port, password: null },
      clipboard: { mostIn: 1000, mostOut: 1000 },
      endsAtS: Date.now() / 1000 + 3600,
      idleLimitS: null,
      ...fields,
    };
  }

  /** @returns a token that is good once, within a number of seconds */
  mint(grant: Grant, expiresInS = 30): string {
    const token = randomBytes(32).toString('base64url');
    this.#connects.set(token, { grant, expiresAtS: Date.now() / 1000 + expiresInS });
    return token;
  }

  async redeem(attempt: ConnectAttempt): Promise<Grant> {
    await this.#answer();
    this.attempts.push(attempt);
    const found = this.#connects.get(attempt.token);
    this.#connects.delete(attempt.token);
    if (found === undefined) throw new Refused('token-unknown');
    if (found.expiresAtS <= Date.now() / 1000) throw new Refused('token-expired');
    return found.grant;
  }

  async exchange(attempt: ConnectAttempt): Promise<{ secret: string; path: string; endsAtS: number }> {
    const grant = await this.redeem(attempt);
    if (grant.upstream.kind === 'files') {
      const filesSecret = randomBytes(32).toString('base64url');
      this.#apps.set(filesSecret, { grant, app: '' });
      return { secret: filesSecret, path: `/files/${grant.desktopId}/`, endsAtS: grant.endsAtS };
    }
    if (grant.upstream.kind !== 'app') {
      return { secret: this.mint(grant), path: '/desktop', endsAtS: Date.now() / 1000 + 30 };
    }
    const secret = randomBytes(32).toString('base64url');
    this.#apps.set(secret, { grant, app: 'jupyter' });
    return { secret, path: `/apps/${grant.desktopId}/jupyter/tree`, endsAtS: grant.endsAtS };
  }

  async appGrant(secret: string, desktopId: string, app: string): Promise<Grant> {
    await this.#answer();
    this.appQuestions++;
    const found = this.#apps.get(secret);
    if (found === undefined || found.grant.desktopId !== desktopId || found.app !== app) {
      throw new Refused('token-unknown');
    }
    if (this.ended.has(found.grant.id)) throw new Refused('right-ended');
    return found.grant;
  }

  async filesGrant(secret: string, desktopId: string): Promise<FilesGrant> {
    await this.#answer();
    const found = this.#apps.get(secret)?.grant;
    if (found?.upstream.kind !== 'files' || found.files === undefined || found.desktopId !== desktopId) {
      throw new Refused('token-unknown');
    }
    if (this.ended.has(found.id)) throw new Refused('right-ended');
    return { ...found, upstream: found.upstream, files: found.files };
  }

  async certify(secret: string, desktopId: string, publicKey: string): Promise<string> {
    return await this.certifier(await this.filesGrant(secret, desktopId), publicKey);
  }

  async transferred(report: TransferReport): Promise<void> {
    this.transfers.push(report);
  }

  async check(open: readonly OpenGrant[]): Promise<RightsNow> {
    await this.#answer();
    this.asked = open;
    const ended = new Map(open.flatMap(({ id }) => (this.ended.has(id) ? [[id, this.ended.get(id)!]] : [])));
    return { ended, roles: this.roles };
  }

  async closed(report: ConnectionReport): Promise<void> {
    this.reports.push(report);
  }

  async refused(reason: RefusalReason): Promise<void> {
    this.refusals.push(reason);
  }

  #answer(): Promise<void> {
    return this.isAway ? new Promise(() => {}) : Promise.resolve();
  }
}
