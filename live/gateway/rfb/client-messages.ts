/** Messages from the browser: which of them reach the desktop, by role and by the clipboard's policy. */
import { cutTextAt, judgeCutText } from './clipboard.ts';
import { encodings, isWalkable } from './encodings.ts';
import type { Items } from './item-stream.ts';
import { pixelFormatBytes, readPixelFormat } from './pixel-format.ts';
import { ProtocolError } from './protocol-error.ts';
import { offersExtendedClipboard, type RfbState } from './rfb-state.ts';

export const clientTypes = {
  setPixelFormat: 0,
  setEncodings: 2,
  updateRequest: 3,
  key: 4,
  pointer: 5,
  cutText: 6,
  continuousUpdates: 150,
  fence: 248,
  xvp: 250,
  setDesktopSize: 251,
  qemu: 255,
} as const;

/** All that one who may only look can send; whatever is not here is dropped. */
const viewerMay: ReadonlySet<number> = new Set([
  clientTypes.setPixelFormat,
  clientTypes.setEncodings,
  clientTypes.updateRequest,
  clientTypes.continuousUpdates,
  clientTypes.fence,
]);
/** What shows that somebody is there. */
const activities: ReadonlySet<number> = new Set([
  clientTypes.key,
  clientTypes.pointer,
  clientTypes.cutText,
  clientTypes.qemu,
]);

const mostEncodings = 256;
const mostFenceBytes = 64;
const mostScreens = 16;
/** In a pointer message: one more byte with buttons follows. */
const moreButtons = 0x80;

export class ClientMessages implements Items {
  passes = true;
  replacement: Buffer | null = null;
  /** Key, pointer and clipboard messages that have passed. */
  activities = 0;
  readonly #state: RfbState;
  #hasAskedForPicture = false;

  constructor(state: RfbState) {
    this.#state = state;
  }

  measure(bytes: Buffer, at: number): number {
    const type = bytes[at]!;
    this.replacement = null;
    this.passes = this.#state.role !== 'view' || viewerMay.has(type);
    const length = this.#length(type, bytes, at);
    if (length > 0 && this.passes && activities.has(type)) this.activities++;
    return length;
  }

  #length(type: number, bytes: Buffer, at: number): number {
    const there = bytes.length - at;
    switch (type) {
      case clientTypes.setPixelFormat:
        return this.#setPixelFormat(bytes, at);
      case clientTypes.setEncodings:
        return this.#setEncodings(bytes, at);
      case clientTypes.updateRequest:
        this.#hasAskedForPicture = true;
        return 10;
      case clientTypes.key:
        return 8;
      case clientTypes.pointer:
        return this.#pointer(bytes, at);
      case clientTypes.cutText:
        return this.#cutText(bytes, at);
      case clientTypes.continuousUpdates:
        this.#hasAskedForPicture = true;
        return 10;
      case clientTypes.fence:
        if (there < 9) return 0;
        return 9 + atMost(bytes[at + 8]!, mostFenceBytes, 'a fence with bytes');
      case clientTypes.xvp:
        // Shuts the machine down or restarts it.
        if (this.#state.role !== 'owner') this.passes = false;
        return 4;
      case clientTypes.setDesktopSize:
        if (there < 8) return 0;
        // The owner's window sets the size: two who both did would never come to rest.
        if (this.#state.role !== 'owner') this.passes = false;
        return 8 + 16 * atMost(bytes[at + 6]!, mostScreens, 'screens');
      case clientTypes.qemu:
        if (there < 2) return 0;
        if (bytes[at + 1] !== 0) throw new ProtocolError(`a QEMU message of kind ${bytes[at + 1]}`);
        return 12;
      default:
        throw new ProtocolError(`a message of type ${type}`);
    }
  }

  /** Once pictures are under way nobody could tell from which of them on another format holds; noVNC sets it before. */
  #setPixelFormat(bytes: Buffer, at: number): number {
    const length = 4 + pixelFormatBytes;
    if (bytes.length - at < length) return 0;
    if (this.#hasAskedForPicture) throw new ProtocolError('a pixel format after the first request for a picture');
    const format = readPixelFormat(bytes, at + 4);
    if (format === null) throw new ProtocolError(`pixels of ${bytes[at + 4]} bits`);
    this.#state.format = format;
    return length;
  }

  /** Reduced to what the way back understands, and to what this person may have. */
  #setEncodings(bytes: Buffer, at: number): number {
    if (bytes.length - at < 4) return 0;
    const count = atMost(bytes.readUInt16BE(at + 2), mostEncodings, 'encodings');
    const length = 4 + 4 * count;
    if (bytes.length - at < length) return 0;
    const asked = Array.from({ length: count }, (_, index) => bytes.readInt32BE(at + 4 + 4 * index));
    const kept = asked.filter((encoding) => this.#mayAskFor(encoding));
    this.replacement = Buffer.alloc(4 + 4 * kept.length);
    this.replacement[0] = clientTypes.setEncodings;
    this.replacement.writeUInt16BE(kept.length, 2);
    for (const [index, encoding] of kept.entries()) this.replacement.writeInt32BE(encoding, 4 + 4 * index);
    this.passes = false;
    return length;
  }

  #mayAskFor(encoding: number): boolean {
    if (encoding === encodings.extendedClipboard) return offersExtendedClipboard(this.#state);
    if (encoding === encodings.xvp) return this.#state.role === 'owner';
    return isWalkable(encoding);
  }

  /** A longer message that the desktop takes for a shorter one would let its last byte begin another. */
  #pointer(bytes: Buffer, at: number): number {
    if (bytes.length - at < 2) return 0;
    if ((bytes[at + 1]! & moreButtons) === 0) return 6;
    if (!this.#state.takesExtendedMouse) throw new ProtocolError('more mouse buttons than the desktop offers');
    return 7;
  }

  #cutText(bytes: Buffer, at: number): number {
    const text = cutTextAt(bytes, at);
    if (text === null) return 0;
    if (!this.passes) return text.bytes;
    if (text.isExtended && !this.#state.takesExtendedClipboard) {
      this.passes = false;
      return text.bytes;
    }
    const { mostIn, mostOut } = this.#state.clipboard;
    const verdict = judgeCutText(bytes, at, text, { along: mostIn, against: mostOut });
    if (verdict === 'need-more') return 0;
    this.passes = verdict === 'pass';
    return text.bytes;
  }
}

function atMost(count: number, most: number, what: string): number {
  if (count > most) throw new ProtocolError(`${count} ${what}`);
  return count;
}
