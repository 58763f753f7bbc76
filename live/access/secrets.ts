/** Secrets that nobody can guess: 32 random bytes; others keep only the hash. */
import { createHash, randomBytes } from 'node:crypto';

/** 32 random bytes, base64url. */
export function makeSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** What `makeSecret` makes. */
export const secretFormat = /^[A-Za-z0-9_-]{43}$/;

/** SHA-256, hex: enough, since nobody can guess 32 random bytes. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
