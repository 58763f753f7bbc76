/** Why a connection ends, and how that is said to the browser. */
import { streamCloseCodes } from '../../../core/wire/portal.ts';

export type EndKind =
  | 'client-closed'
  | 'client-lost'
  | 'client-error'
  | 'right-ended'
  | 'idle'
  | 'desktop-away'
  | 'authority-away'
  | 'gateway-stops';

/** Of RFC 6455, where it has one. */
export const closeCodes: Readonly<Record<EndKind, number>> = {
  'client-closed': 1000,
  'client-lost': 1000,
  'client-error': 1002,
  'right-ended': streamCloseCodes.rightEnded,
  idle: streamCloseCodes.idle,
  'desktop-away': streamCloseCodes.desktopAway,
  'authority-away': streamCloseCodes.goingAway,
  'gateway-stops': streamCloseCodes.goingAway,
};

/** Of a close frame. */
const mostReasonBytes = 123;

/** As much of the sentence as a close frame takes, in whole characters. */
export function closeReason(sentence: string): string {
  let reason = sentence;
  while (Buffer.byteLength(reason) > mostReasonBytes) reason = reason.slice(0, -1);
  return reason.replace(/[\uD800-\uDBFF]$/, '');
}
