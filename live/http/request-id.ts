/** By what a request is named in logs and audit rows. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** One from outside that may stand in a log. */
const good = /^[\w.-]{1,64}$/;

/** The sender's `X-Request-Id` where it is a good one, or a new one. */
export function requestIdOf({ headers }: IncomingMessage): string {
  const asked = headers['x-request-id'];
  return typeof asked === 'string' && good.test(asked) ? asked : randomUUID();
}
