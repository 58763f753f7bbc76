/**
 * A browser in which somebody has logged in before, by a cookie that outlives the login: others who try her name elsewhere do not delay her
 * there. The cookie is no login. It is bound to name and password, and every server can check it by what the database has anyway.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const format = /^([\w-]{22})\.([\w-]{43})$/;

/** @param passwordHash as it is kept: a new password makes a new one of every browser */
export function newKnownBrowser(name: string, passwordHash: string): string {
  const id = randomBytes(16).toString('base64url');
  return `${id}.${signature(id, name, passwordHash)}`;
}

/** @returns the browser's id; null for one that is not known */
export function knownBrowserOf(cookie: string | undefined, name: string, passwordHash: string | null): string | null {
  const [, id, signed] = format.exec(cookie ?? '') ?? [];
  if (id === undefined || signed === undefined || passwordHash === null) return null;
  const expected = Buffer.from(signature(id, name, passwordHash));
  return timingSafeEqual(expected, Buffer.from(signed)) ? id : null;
}

function signature(id: string, name: string, passwordHash: string): string {
  return createHmac('sha256', passwordHash).update(`known browser\n${name}\n${id}`).digest('base64url');
}
