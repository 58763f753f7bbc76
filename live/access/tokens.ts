/** Tokens: who may do what. Only the hash of one is kept; the token itself is shown once, when it is made. */
import { makeSecret } from './secrets.ts';

/** Those that a token of our own may have. */
export const roles = ['reader', 'scheduler', 'plugin', 'admin', 'agent', 'gateway'] as const;

/**
 * `agent` writes the record of its one host; `reader`, `scheduler` and `admin` read all; `scheduler` also makes servers, and removes those of
 * its project; `plugin` asks for Nova's filter where servers should go, and nothing else; `gateway` asks who may connect to a desktop. People
 * with a token of Keystone: `project-member` makes, sees and removes servers of her project, `project-reader` sees them.
 */
export type Role = (typeof roles)[number] | 'project-member' | 'project-reader';

/** Somebody with a token of Keystone. */
export interface Person {
  readonly userId: string;
  readonly userName: string;
  /** Null for a token of no project. */
  readonly project: { readonly id: string; readonly name: string } | null;
  /** A function, so that printing a person does not show it. */
  readonly token: () => string;
  /** Unix seconds. */
  readonly expiresAtS: number;
}

/** Whose token it is, without the token. */
export interface TokenHolder {
  /** Null for one of Keystone. */
  readonly id: number | null;
  readonly role: Role;
  /** Set for agents. */
  readonly host: string | null;
  /** Set for tokens of Keystone. */
  readonly person?: Person;
}

/** 32 random bytes; the prefix tells people and secret scanners what it is. */
export function makeToken(): string {
  return `heps_${makeSecret()}`;
}
