/**
 * Who may connect where: what the streaming gateway asks before it opens a stream, and again while it is open (the paper's section 3.2,
 * step 5: "calls an external authentication API"). In one process it is the token server itself; a separate gateway asks over HTTP.
 */
import type { ClipboardPolicy, DesktopRole, FilePolicy } from '../../../core/wire/portal.ts';

/** Where a stream comes from. */
export type Upstream =
  /** A VNC server. `address` is an IP address that the authority has checked against the networks that are allowed. */
  | { readonly kind: 'vnc'; readonly address: string; readonly port: number; readonly password: string | null }
  /** A console proxy of Nova's: RFB over WebSocket, by the address that Nova gave. */
  | { readonly kind: 'console'; readonly url: string }
  /** A web application in the machine. */
  | { readonly kind: 'app'; readonly address: string; readonly port: number }
  /** The machine's own SSH server, at which `account` moves files. */
  | {
      readonly kind: 'files';
      readonly address: string;
      readonly port: number;
      readonly account: string;
      /** `ssh-ed25519 AAAA…`: what the machine proves to be. */
      readonly hostKey: string;
      /** Folders of data beside the account's home; links are followed into them. */
      readonly mounts: readonly string[];
    };

/** A right that was given, for one connection or one web application. */
export interface Grant {
  /** Names it in `check` and in audit rows; no secret. */
  readonly id: string;
  readonly desktopId: string;
  readonly person: string;
  readonly role: DesktopRole;
  readonly upstream: Upstream;
  readonly clipboard: ClipboardPolicy;
  /** What files may be moved; left out: none. */
  readonly files?: FilePolicy;
  /** Networks from which the right may be used; empty or left out: any. */
  readonly clientNetworks?: readonly string[];
  /** Unix seconds at which it ends whatever happens. */
  readonly endsAtS: number;
  /** Seconds without key, pointer or clipboard message after which the gateway closes it; null: never. */
  readonly idleLimitS: number | null;
}

/** A right to files. */
export interface FilesGrant extends Grant {
  readonly upstream: Extract<Upstream, { readonly kind: 'files' }>;
  readonly files: FilePolicy;
}

/** One who asks to connect. */
export interface ConnectAttempt {
  readonly token: string;
  /** Of the client, as listed proxies say. */
  readonly address: string;
  readonly requestId: string;
}

/** A right that is in use at this gateway. */
export interface OpenGrant {
  readonly id: string;
  /** Unix seconds of the last key, pointer or clipboard message; null when there was none. */
  readonly activeAtS: number | null;
}

/** Header of a gateway that changes the role of an open stream; from others, a right whose role has changed ends. */
export const takesRolesHeader = 'heps-takes-roles';

/** How rights in use stand now, by id. */
export interface RightsNow {
  /** Those that have ended, each with a sentence for the person. */
  readonly ended: ReadonlyMap<string, string>;
  /** What may be done by those whose role is another than the one they were given with. */
  readonly roles: ReadonlyMap<string, DesktopRole>;
}

/** What became of a connection, for the audit trail and the metrics. */
export interface ConnectionReport {
  readonly grantId: string;
  readonly reason: string;
  readonly openS: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly frames: number;
}

/** What became of a file, for the audit trail. */
export interface TransferReport {
  readonly grantId: string;
  /** To the machine, from it, or a change on it: a folder made, something deleted. */
  readonly direction: 'in' | 'out' | 'change';
  readonly path: string;
  readonly bytes: number;
  /** Of these bytes, hex; null where nothing was moved. */
  readonly sha256: string | null;
  /** `complete`, `begun`, `deleted`, or why it broke off. */
  readonly outcome: string;
  readonly address: string;
  readonly requestId: string;
}

/** Why a connection is refused. What the client is told is less: `403`. */
export const refusalReasons = [
  'token-malformed',
  'token-unknown',
  'token-expired',
  'token-other-kind',
  'session-ended',
  'right-ended',
  'desktop-not-running',
  'upstream-forbidden',
  'origin',
  'network',
  'rate-limit',
  'authority-away',
] as const;
export type RefusalReason = (typeof refusalReasons)[number];

export class Refused extends Error {
  override readonly name = 'Refused';
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason) {
    super(`refused: ${reason}`);
    this.reason = reason;
  }
}

/** Everything that is not an answer within the time limit is a refusal: it fails closed. */
export interface Authority {
  /** Takes a connect token, which is gone by that. @throws Refused */
  redeem(attempt: ConnectAttempt): Promise<Grant>;
  /**
   * Takes a connect token that came in an address, and gives another secret for an HttpOnly cookie: of a desktop's token another connect
   * token, good once within 30 s; of an application's or
   * files' token one that is good as long as the right is. @throws Refused
   */
  exchange(
    attempt: ConnectAttempt,
  ): Promise<{ readonly secret: string; readonly path: string; readonly endsAtS: number }>;
  /** The right of an application's cookie; a positive answer may be kept for some seconds. @throws Refused */
  appGrant(secret: string, desktopId: string, app: string): Promise<Grant>;
  /** The right of a page's secret to the files of a desktop; a positive answer may be kept for some seconds. @throws Refused */
  filesGrant(secret: string, desktopId: string): Promise<FilesGrant>;
  /** A certificate with which the gateway's key may log in at the machine, good for a minute. @throws Refused */
  certify(secret: string, desktopId: string, publicKey: string): Promise<string>;
  /** Of the rights in use here, those that have ended or changed. Asked every two seconds. */
  check(open: readonly OpenGrant[]): Promise<RightsNow>;
  /** Notes the end of a connection. */
  closed(report: ConnectionReport): Promise<void>;
  /** Notes what was done with a file. */
  transferred(report: TransferReport): Promise<void>;
  /** Notes a refusal that the gateway itself decided. */
  refused(reason: RefusalReason, address: string, requestId: string): Promise<void>;
}
