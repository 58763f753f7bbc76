/** Where the secrets of connects stand in requests: rule 3 of the gateway. */
import type { IncomingMessage } from 'node:http';
import { notesProtocol } from '../../../core/wire/portal.ts';
import { secretFormat } from '../../access/secrets.ts';

/** What a browser sends for `new WebSocket(url, ['binary', 'token.…'])`, or with `heps-notes` between them. */
const protocols = /^binary(?:, ?heps-notes)?, ?token\.([A-Za-z0-9_-]{43})$/;
const withoutToken = /^binary(?:, ?heps-notes)?$/;

/** Begin of every cookie of the gateway; none of these goes to a web application or comes from one. */
const ourCookies = /^(?:__(?:Host|Secure)-)?heps/i;

/** Names of the gateway's cookies. The prefixes let browsers take them over HTTPS only; `__Host-` needs the path `/`. */
export function cookieNames(isSecure: boolean): Readonly<Record<'stream' | 'app' | 'files', string>> {
  return isSecure
    ? { stream: '__Host-heps-stream', app: '__Secure-heps-app', files: '__Secure-heps-files' }
    : { stream: 'heps-stream', app: 'heps-app', files: 'heps-files' };
}

/** The token with which a stream is asked for: of the subprotocols, or where `binary` stands alone of the cookie. @returns null for anything else */
export function streamToken(request: IncomingMessage, cookie: string): string | null {
  const asked = request.headers['sec-websocket-protocol'] ?? '';
  const found = protocols.exec(asked)?.[1] ?? (withoutToken.test(asked) ? cookieOf(request, cookie) : null);
  return found !== null && secretFormat.test(found) ? found : null;
}

/** Whether the page understands texts beside the stream: what is not from here takes bytes only. */
export function takesNotes(request: IncomingMessage): boolean {
  return request.headers['sec-websocket-protocol']?.includes(notesProtocol) ?? false;
}

/** @returns null where it is missing, or there twice */
export function cookieOf(request: IncomingMessage, name: string): string | null {
  const values = cookiesOf(request).filter((each) => each.startsWith(`${name}=`));
  return values.length === 1 ? values[0]!.slice(name.length + 1) : null;
}

/** The request's cookies without the gateway's; '' when there are none. */
export function foreignCookies(request: IncomingMessage): string {
  return cookiesOf(request)
    .filter((each) => !isOurCookie(each))
    .join('; ');
}

/** @param cookie `name=value…` */
export function isOurCookie(cookie: string): boolean {
  return ourCookies.test(cookie.trim());
}

function cookiesOf(request: IncomingMessage): string[] {
  return (request.headers.cookie ?? '')
    .split(';')
    .map((each) => each.trim())
    .filter((each) => each !== '');
}

/** The secret of `Authorization: Bearer …`; null where there is none. */
export function bearerOf({ headers }: IncomingMessage): string | null {
  const found = /^Bearer ([A-Za-z0-9_-]{43})$/.exec(headers.authorization ?? '')?.[1];
  return found !== undefined && secretFormat.test(found) ? found : null;
}

export interface CookieOptions {
  readonly path: string;
  readonly maxAgeS: number;
  readonly isSecure: boolean;
}

/** Set-Cookie of a secret that no script reads and no other site sends. */
export function secretCookie(name: string, secret: string, { path, maxAgeS, isSecure }: CookieOptions): string {
  const secure = isSecure ? '; Secure' : '';
  return `${name}=${secret}; Path=${path}; Max-Age=${Math.max(0, Math.floor(maxAgeS))}; HttpOnly; SameSite=Strict${secure}`;
}
