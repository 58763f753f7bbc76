/** Keystone, as far as judging other people's tokens needs it. */
import { anArray, anObject, aText } from '../../core/check.ts';
import { aTime } from './answer-values.ts';
import { isNotFound } from './errors.ts';
import type { Session } from './session.ts';

/** A token that somebody showed, as Keystone knows it (`GET /v3/auth/tokens`). */
export interface ShownToken {
  readonly userId: string;
  readonly userName: string;
  /** Null for a token without a project, as of the whole system. */
  readonly project: { readonly id: string; readonly name: string } | null;
  /** Names of the roles that it has there. */
  readonly roles: readonly string[];
  /** Unix seconds of Keystone. */
  readonly expiresAtS: number;
}

/** Asks Keystone about it, with our own login. @returns null for one that it does not know, or that is over */
export async function showToken(session: Session, token: string): Promise<ShownToken | null> {
  const headers = { 'x-subject-token': token };
  const call = {
    service: 'identity',
    method: 'GET',
    path: '/auth/tokens',
    query: { nocatalog: '1' },
    headers,
  } as const;
  try {
    return (await session.request(call, readShownToken)).value;
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

function readShownToken(body: unknown): ShownToken {
  const token = anObject(anObject(body, 'body').token, 'token');
  const user = anObject(token.user, 'token.user');
  const project = token.project === undefined ? null : anObject(token.project, 'token.project');
  return {
    userId: aText(user.id, 'token.user.id'),
    userName: aText(user.name, 'token.user.name'),
    project:
      project === null
        ? null
        : { id: aText(project.id, 'token.project.id'), name: aText(project.name, 'token.project.name') },
    roles: anArray(token.roles ?? [], 'token.roles').map((role, index) =>
      aText(anObject(role, `token.roles[${index}]`).name, `token.roles[${index}].name`),
    ),
    expiresAtS: aTime(token.expires_at, 'token.expires_at'),
  };
}
