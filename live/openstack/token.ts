/** A token of Keystone and how long it serves. */
import { anObject, aText } from '../../core/check.ts';
import { InputError } from '../../core/input-error.ts';
import { type Endpoint, readCatalog } from './catalog.ts';

/** Who a login is, as Keystone names it. */
export interface Identity {
  readonly projectId: string;
  readonly userId: string;
}

export interface Token {
  /** The secret itself; a function, so that printing a token does not show it. */
  readonly text: () => string;
  /** From then on a new one is asked for. */
  readonly renewAtS: number;
  readonly catalog: readonly Endpoint[];
  /** Null where the token has no project: nothing can be shown to be its own then. */
  readonly identity: Identity | null;
}

/** A token with less left than this is not used for a new request: the request may pass through several services. */
const marginS = 120;

/**
 * Reads the answer of `POST /v3/auth/tokens`. Its life is counted from `askedAtS` on our own clock, so that the clocks
 * need not agree. One that lives no longer than twice the margin is renewed at half its life.
 */
export function readToken(text: string | null, body: unknown, askedAtS: number): Token {
  const secret = text ?? '';
  if (secret === '') throw InputError.saying('X-Subject-Token: expected a text'); // without showing what came
  const token = anObject(anObject(body, 'body').token, 'token');
  const lifeS = secondsOf(token.expires_at, 'token.expires_at') - secondsOf(token.issued_at, 'token.issued_at');
  return {
    text: () => secret,
    renewAtS: askedAtS + lifeS - Math.min(marginS, lifeS / 2),
    catalog: readCatalog(token.catalog, 'token.catalog'),
    identity: identityOf(token),
  };
}

function identityOf({ project, user }: Readonly<Record<string, unknown>>): Identity | null {
  if (project === undefined || user === undefined) return null;
  return {
    projectId: aText(anObject(project, 'token.project').id, 'token.project.id'),
    userId: aText(anObject(user, 'token.user').id, 'token.user.id'),
  };
}

function secondsOf(value: unknown, where: string): number {
  const atMs = Date.parse(aText(value, where));
  if (Number.isNaN(atMs)) throw new InputError(where, 'a time', value);
  return atMs / 1000;
}
