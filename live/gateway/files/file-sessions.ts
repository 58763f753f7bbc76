/** The lines to files that are open at this gateway, one for each right. */
import { type FilesGrant, Refused } from '../authority/authority.ts';
import { checkRoom, type GatewayContext } from '../connections/context.ts';
import { rootsAt } from './file-place.ts';
import { FileSession } from './file-session.ts';
import { logIn } from './ssh-login.ts';

/** Seconds without a request after which a line is closed; the next request opens another. */
const unusedS = 60;
const lookS = 15;

export class FileSessions {
  readonly #context: GatewayContext;
  readonly #open = new Map<string, Promise<FileSession>>();

  constructor(context: GatewayContext) {
    this.#context = context;
  }

  /** The line of that right, opened where there is none. @param secret proves the right to the authority @throws Refused, SftpGone */
  async of(grant: FilesGrant, secret: string): Promise<FileSession> {
    const known = this.#open.get(grant.id);
    if (known !== undefined) return await known;
    const opening = this.#opened(grant, secret);
    this.#open.set(grant.id, opening);
    try {
      const session = await opening;
      void session.ended.then(() => this.#forget(grant.id, opening));
      return session;
    } catch (error) {
      this.#forget(grant.id, opening);
      throw error;
    }
  }

  async #opened(grant: FilesGrant, secret: string): Promise<FileSession> {
    const { authority, clock, rights, metrics, log } = this.#context;
    checkRoom(this.#context, grant);
    const { upstream, desktopId, person, role, id } = grant;
    const login = await logIn(upstream, (publicKey) => authority.certify(secret, desktopId, publicKey));
    try {
      const session = new FileSession(grant, login, await rootsAt(login.sftp, upstream.mounts), clock);
      rights.add(session);
      metrics.opened('files');
      const fields = { grant: id, desktop: desktopId, person, role, backend: 'files' };
      log.info(fields, 'files opened');
      this.#closeWhenUnused(session);
      void session.ended.then((kind) => {
        rights.remove(session);
        metrics.closed('files', kind);
        log.info({ ...fields, reason: kind }, 'files closed');
      });
      return session;
    } catch (error) {
      login.close();
      throw error;
    }
  }

  #closeWhenUnused(session: FileSession): void {
    const { clock } = this.#context;
    const look = (): void => {
      if (session.endedBecause !== null) return;
      if (session.users === 0 && clock.nowS - session.activeAtS >= unusedS) session.end('idle', 'Nobody used it.');
      else clock.after(lookS, look);
    };
    clock.after(lookS, look);
  }

  #forget(id: string, opening: Promise<FileSession>): void {
    if (this.#open.get(id) === opening) this.#open.delete(id);
  }
}

/** Of a right to files. @throws Refused */
export function checkedFiles(grant: { readonly upstream: { readonly kind: string } }): asserts grant is FilesGrant {
  if (grant.upstream.kind !== 'files') throw new Refused('token-other-kind');
}
