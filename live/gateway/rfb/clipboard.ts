/**
 * Cut-text messages, plain or of the extended form (https://github.com/rfbproto/rfbproto, "Extended Clipboard Pseudo-Encoding"), and what
 * the clipboard's policy makes of them.
 */
import { constants, inflateSync } from 'node:zlib';
import { ProtocolError } from './protocol-error.ts';

/** Type, padding and length, the same in both directions. */
export const cutTextHeadBytes = 8;

/** What a message of the extended form does: the upper byte of its flags, one of them at a time. */
export const clipboardActions = {
  /** Says what its sender understands; the other bits are then the actions that it takes, and do nothing. */
  caps: 1 << 24,
  /** Asks for the other side's text. */
  request: 1 << 25,
  /** Asks whether the other side has a text. */
  peek: 1 << 26,
  /** Says whether there is a text. */
  notify: 1 << 27,
  /** Brings the text. */
  provide: 1 << 28,
} as const;
/** The upper byte. */
const actionMask = 0xff << 24;
/** Flags, and a size of each of sixteen formats. */
const mostCapsBytes = 4 + 16 * 4;
/** What flags, sizes of formats and the compression's own bytes may take beyond the text. */
const overheadBytes = 1024;

export interface CutText {
  /** Bytes of the whole message. */
  readonly bytes: number;
  readonly isExtended: boolean;
}

/** @returns null when more bytes are needed to tell */
export function cutTextAt(bytes: Buffer, at: number): CutText | null {
  if (bytes.length - at < cutTextHeadBytes) return null;
  const length = bytes.readInt32BE(at + 4);
  return { bytes: cutTextHeadBytes + Math.abs(length), isExtended: length < 0 };
}

/** Most characters of a text: with the message's direction, and against it. 0: none may go that way. */
export interface CutTextLimits {
  readonly along: number;
  readonly against: number;
}

/** How one of these is to be treated. `need-more`: not all is there that is needed to tell. */
export type CutTextVerdict = 'pass' | 'drop' | 'need-more';

/** In a direction that takes no text, whatever would bring or announce one is dropped, and so is what asks for one in the other. */
export function judgeCutText(bytes: Buffer, at: number, text: CutText, limits: CutTextLimits): CutTextVerdict {
  if (!text.isExtended) {
    return limits.along > 0 && text.bytes - cutTextHeadBytes <= limits.along ? 'pass' : 'drop';
  }
  const action = cutTextAction(bytes, at, text);
  if (action === null) return 'need-more';
  const bodyBytes = text.bytes - cutTextHeadBytes;
  const { caps, request, peek, notify, provide } = clipboardActions;
  switch (action) {
    case caps:
      return bodyBytes <= mostCapsBytes ? 'pass' : 'drop';
    case request:
    case peek:
      return bodyBytes === 4 && limits.against > 0 ? 'pass' : 'drop';
    case notify:
      return bodyBytes === 4 && limits.along > 0 ? 'pass' : 'drop';
    case provide:
      if (limits.along === 0 || bodyBytes > limits.along * 4 + overheadBytes) return 'drop';
      if (bytes.length - at < text.bytes) return 'need-more';
      return providesAtMost(bytes.subarray(at + cutTextHeadBytes + 4, at + text.bytes), limits.along) ? 'pass' : 'drop';
    default:
      return 'drop'; // several at once, or one that nobody knows: the far end would drop the connection
  }
}

/**
 * What a message of the extended form does. Capabilities have the bits of other actions set as well, so they are told first.
 *
 * @returns one of `clipboardActions`, another number for what is none of them; null when more bytes are needed to tell @throws ProtocolError
 */
export function cutTextAction(bytes: Buffer, at: number, text: CutText): number | null {
  if (text.bytes < cutTextHeadBytes + 4) throw new ProtocolError('an extended cut text without flags');
  if (bytes.length - at < cutTextHeadBytes + 4) return null;
  const action = bytes.readInt32BE(at + cutTextHeadBytes) & actionMask;
  return (action & clipboardActions.caps) !== 0 ? clipboardActions.caps : action;
}

/** Whether all formats together are at most `most` characters; unpacks no more than those can take. */
function providesAtMost(packed: Buffer, most: number): boolean {
  try {
    const data = inflateSync(packed, {
      finishFlush: constants.Z_SYNC_FLUSH, // senders flush, and do not end, the stream
      maxOutputLength: most * 4 + overheadBytes,
    });
    let characters = 0;
    for (let at = 0; at + 4 <= data.length; ) {
      const end = at + 4 + data.readUInt32BE(at);
      // Lines end in CR LF on the way, which are one character for who copied them.
      const text = data.toString('utf8', at + 4, end).replaceAll('\r\n', '\n');
      characters += text.endsWith('\0') ? text.length - 1 : text.length;
      at = end;
    }
    return characters <= most;
  } catch {
    return false; // too long, or no zlib: neither is passed on
  }
}
