/** What the end of a connection means for the person: is it tried again, or is it over, and with which sentence. */
import { streamCloseCodes } from '../../../core/wire/portal.ts';

export type Ending =
  | { readonly kind: 'retry'; readonly sentence: string }
  /** `mayReturn`: the person may connect again. */
  | { readonly kind: 'over'; readonly sentence: string; readonly mayReturn: boolean };

const keepsRunning = 'Your desktop keeps running, with everything open in it.';

/** Of a WebSocket that closed. */
export function endingOfClose(code: number, reason: string): Ending {
  switch (code) {
    case streamCloseCodes.rightEnded:
      return { kind: 'over', sentence: reason || 'You no longer have access to this desktop.', mayReturn: false };
    case streamCloseCodes.idle:
      return {
        kind: 'over',
        sentence: reason || 'The connection was closed because it was idle for a while. The desktop keeps running.',
        mayReturn: true,
      };
    case streamCloseCodes.desktopAway:
      return { kind: 'retry', sentence: reason || 'The desktop is not answering at the moment.' };
    case streamCloseCodes.goingAway:
      return { kind: 'retry', sentence: `The streaming server is restarting. ${keepsRunning}` };
    default:
      return { kind: 'retry', sentence: `The connection broke. ${keepsRunning}` };
  }
}

/** Of a ticket that was refused. @param status of the portal's answer; 0: there was none */
export function endingOfRefusal(status: number, sentence: string): Ending {
  if (status === 401) {
    return {
      kind: 'over',
      sentence: 'You are logged out. Log in at the portal and connect again; the desktop keeps running.',
      mayReturn: true,
    };
  }
  if (status === 403 || status === 404 || status === 410) return { kind: 'over', sentence, mayReturn: false };
  return { kind: 'retry', sentence };
}

/** Seconds before the first, second, … try after a break; the last holds for all that follow. */
const pausesS = [0.5, 1, 2, 4, 8, 15, 30];
/** Tries after which the person is asked instead: about ten minutes. */
export const mostTries = 25;

/** @param tries how many have failed in a row */
export function pauseBeforeS(tries: number): number {
  return pausesS[Math.min(tries, pausesS.length - 1)]!;
}
