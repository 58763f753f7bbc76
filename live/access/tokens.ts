/** Tokens: who may do what. Only the hash of one is kept; the token itself is shown once, when it is made. */
import { makeSecret } from './secrets.ts';

export const roles = ['reader', 'scheduler', 'admin', 'agent', 'gateway'] as const;

/** `agent` writes the record of its one host; `reader`, `scheduler` and `admin` read all; `gateway` asks who may connect to a desktop. */
export type Role = (typeof roles)[number];

/** Whose token it is, without the token. */
export interface TokenHolder {
  readonly id: number;
  readonly role: Role;
  /** Set for agents. */
  readonly host: string | null;
}

/** 32 random bytes; the prefix tells people and secret scanners what it is. */
export function makeToken(): string {
  return `heps_${makeSecret()}`;
}
