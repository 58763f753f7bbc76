/** How much text a cut-text message brings, plain or in the extended form: what the clipboard's policy looks at. */
import { constants, inflateSync } from 'node:zlib';
import { ProtocolError } from './protocol-error.ts';

/** Type, padding and length, the same in both directions. */
export const cutTextHeadBytes = 8;

/** Actions of the extended form are the upper bits of its flags; only this one brings text. */
const provideAction = 1 << 28;
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

/** How one of these is to be treated. `need-all`: the message must be there as a whole before this can be told. */
export type CutTextVerdict = 'pass' | 'drop' | 'need-all';

/** @param most characters */
export function judgeCutText(bytes: Buffer, at: number, text: CutText, most: number): CutTextVerdict {
  if (!text.isExtended) return text.bytes - cutTextHeadBytes <= most ? 'pass' : 'drop';
  if (text.bytes > cutTextHeadBytes + most * 4 + overheadBytes) return 'drop';
  if (bytes.length - at < text.bytes) return 'need-all';
  if (text.bytes < cutTextHeadBytes + 4) throw new ProtocolError('an extended cut text without flags');
  const body = bytes.subarray(at + cutTextHeadBytes, at + text.bytes);
  if ((body.readUInt32BE(0) & provideAction) === 0) return 'pass';
  return providesAtMost(body.subarray(4), most) ? 'pass' : 'drop';
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
      const text = data.toString('utf8', at + 4, end);
      characters += text.endsWith('\0') ? text.length - 1 : text.length;
      at = end;
    }
    return characters <= most;
  } catch {
    return false; // too long, or no zlib: neither is passed on
  }
}
