/** Whether a failed request is sent again, and after how long. */
import { NoAnswerError, OpenStackError } from './errors.ts';
import { isDistrust } from './http.ts';

/** How often and how patiently a call is repeated that had no answer. */
export interface RetryOptions {
  /** How often one request is sent at most. Defaults to 4. */
  readonly attempts: number;
  /** Seconds before the second attempt, before jitter; it doubles with each one. Defaults to 0.5. */
  readonly firstDelayS: number;
  /** Seconds from the first attempt after which none begins. Defaults to 60. */
  readonly withinS: number;
}

export const defaultRetries: RetryOptions = { attempts: 4, firstDelayS: 0.5, withinS: 60 };

/**
 * Whether sending it again can help and cannot do it twice. A request that must not be done twice is sent again only
 * when it has not been done for sure: it never left, or was refused for coming too often.
 * @param repeatable whether doing it twice is the same as doing it once
 */
export function mayRepeat(error: unknown, repeatable: boolean): boolean {
  if (error instanceof NoAnswerError) {
    return !isDistrust(error.cause as Error) && (repeatable || !error.mayHaveArrived);
  }
  if (!(error instanceof OpenStackError)) return false;
  return error.status === 429 || (repeatable && (error.status === 502 || error.status === 503));
}

/**
 * Seconds until the next attempt: what the service asked for, else a doubling delay less a random part of up to
 * half, so that many callers do not come back at once. Null: no further attempt.
 * @param sent attempts so far @param elapsedS since the first one began
 * @param retryAfterS what the service asked for; null for nothing @param random in [0, 1)
 */
export function nextDelayS(
  sent: number,
  elapsedS: number,
  retryAfterS: number | null,
  random: () => number,
  options: RetryOptions,
): number | null {
  if (sent >= options.attempts) return null;
  const delayS = retryAfterS ?? options.firstDelayS * 2 ** (sent - 1) * (1 - random() / 2);
  return elapsedS + delayS > options.withinS ? null : delayS;
}

/** The header in seconds from `nowS`: it is a number of seconds, or a date. Null where there is none that can be read. */
export function retryAfterS(header: string | null, nowS: number): number | null {
  if (header === null) return null;
  if (/^\d+$/.test(header.trim())) return Number(header);
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? null : Math.max(0, atMs / 1000 - nowS);
}
