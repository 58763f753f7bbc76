/** A gateway's line to the files of one machine, for one right: open while it is used, ended within two seconds of the right's end. */
import type { Clock } from '../../../core/clock.ts';
import type { DesktopRole } from '../../../core/wire/portal.ts';
import type { FilesGrant } from '../authority/authority.ts';
import type { EndKind } from '../connections/end-of-connection.ts';
import type { OpenConnection } from '../connections/open-rights.ts';
import type { Root } from './file-place.ts';
import type { Sftp } from './sftp.ts';
import type { Login } from './ssh-login.ts';

/** What is read or written at a time, and how much of it may be under way for one transfer. */
export const pieceBytes = 64 * 1024;
export const piecesUnderWay = 12;

export class FileSession implements OpenConnection {
  readonly grant: FilesGrant;
  readonly openedAtS: number;
  readonly roots: readonly Root[];
  /** Resolves when the line is gone. */
  readonly ended: Promise<EndKind>;
  readonly #login: Login;
  readonly #clock: Pick<Clock, 'nowS'>;
  #activeAtS: number;
  /** Of each request that uses it, what breaks it off. */
  readonly #users = new Set<() => void>();
  #end: { readonly kind: EndKind; readonly sentence: string } | null = null;

  constructor(grant: FilesGrant, login: Login, roots: readonly Root[], clock: Pick<Clock, 'nowS'>) {
    this.grant = grant;
    this.roots = roots;
    this.#login = login;
    this.#clock = clock;
    this.openedAtS = clock.nowS;
    this.#activeAtS = clock.nowS;
    this.ended = login.ended.then((said) => {
      this.#end ??= { kind: 'desktop-away', sentence: `The desktop’s machine has closed the line (${said}).` };
      for (const breakOff of this.#users) breakOff();
      return this.#end.kind;
    });
  }

  get sftp(): Sftp {
    return this.#login.sftp;
  }

  get activeAtS(): number {
    return this.#activeAtS;
  }

  get users(): number {
    return this.#users.size;
  }

  /** Why it has ended; null while it is open. */
  get endedBecause(): { readonly kind: EndKind; readonly sentence: string } | null {
    return this.#end;
  }

  /**
   * A request uses it until the function returned is called.
   *
   * @param breakOff called when the line ends before that: a browser that sends or takes nothing would not notice
   */
  use(breakOff: () => void): () => void {
    const user = (): void => breakOff();
    this.noteUse();
    this.#users.add(user);
    return () => {
      this.noteUse();
      this.#users.delete(user);
    };
  }

  noteUse(): void {
    this.#activeAtS = this.#clock.nowS;
  }

  /** What may be moved depends on the role, and the line was opened for one: the next request opens another, or is refused. */
  takeRole(role: DesktopRole): void {
    if (role !== this.grant.role) this.end('right-ended', 'What you may do on this desktop has changed.');
  }

  end(kind: EndKind, sentence: string): void {
    if (this.#end !== null) return;
    this.#end = { kind, sentence };
    this.#login.close();
  }

  /** The machine is asked by SSH itself whether it is there; no browser stays connected. */
  ping(): void {}
}
