/** How long a rectangle of a FramebufferUpdate is, from its first bytes: what lets the gateway skip it without looking at the picture. */
import { encodings } from './encodings.ts';
import type { PixelFormat } from './pixel-format.ts';
import { ProtocolError } from './protocol-error.ts';

/** Position, size and encoding. */
const headBytes = 12;

/** Encoding of the rectangle that begins at `at`; its head must be there. */
export function encodingAt(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at + 8);
}

/** @returns bytes of the rectangle with its head; 0 when more bytes are needed to tell */
export function rectangleBytes(bytes: Buffer, at: number, format: PixelFormat): number {
  const there = bytes.length - at;
  if (there < headBytes) return 0;
  const width = bytes.readUInt16BE(at + 4);
  const height = bytes.readUInt16BE(at + 6);
  const body = at + headBytes;
  const { bytesPerPixel } = format;
  /** The body begins with a head of `head` bytes, which holds `length`. */
  const after = (head: number, length: () => number): number =>
    there < headBytes + head ? 0 : headBytes + head + length();
  const encoding = encodingAt(bytes, at);
  switch (encoding) {
    case encodings.tight:
    case encodings.tightPng: {
      const length = tightBytes(bytes, body, width, height, format.bytesPerTightPixel);
      return length === 0 ? 0 : headBytes + length;
    }
    case encodings.raw:
      return headBytes + width * height * bytesPerPixel;
    case encodings.copyRect:
      return headBytes + 4;
    case encodings.rre:
      return after(4, () => bytesPerPixel + bytes.readUInt32BE(body) * (bytesPerPixel + 8));
    case encodings.zlib:
    case encodings.zrle:
    case encodings.desktopName:
      return after(4, () => bytes.readUInt32BE(body));
    case encodings.h264:
      return after(8, () => atMostH264(bytes.readUInt32BE(body), width * height));
    case encodings.cursor:
      return headBytes + width * height * bytesPerPixel + ((width + 7) >> 3) * height;
    case encodings.vmwareCursor:
      return after(2, () => width * height * (bytes[body] === 0 ? 2 * bytesPerPixel : 4));
    case encodings.extendedDesktopSize:
      return after(4, () => bytes[body]! * 16);
    case encodings.qemuLed:
      return headBytes + 1;
    case encodings.desktopSize:
    case encodings.lastRect:
    case encodings.qemuExtendedKey:
    case encodings.extendedMouseButtons:
      return headBytes;
    default:
      throw new ProtocolError(`the desktop sent a rectangle of encoding ${encoding}, which was not asked for`);
  }
}

/** H.264 without any compression (I_PCM of 4:4:4) has three bytes a pixel; beyond that and some headers it is no picture. */
function atMostH264(length: number, pixels: number): number {
  const most = 3 * pixels + 65_536;
  if (length > most) throw new ProtocolError(`the desktop sent ${length} bytes of H.264 for ${pixels} pixels`);
  return length;
}

/** Data below this size stand as they are, without a length. */
const leastCompressed = 12;

/** Section 7.7.6 of RFB. @returns 0 when more bytes are needed to tell */
function tightBytes(bytes: Buffer, at: number, width: number, height: number, bytesPerPixel: number): number {
  if (at >= bytes.length) return 0;
  const kind = bytes[at]! >> 4;
  if (kind === 8) return 1 + bytesPerPixel;
  if (kind === 9 || kind === 10) return compactBytes(bytes, at, 1);
  if (kind > 7) throw new ProtocolError(`the desktop sent a Tight rectangle of kind ${kind}`);
  let head = 1;
  let filter = 0;
  if ((kind & 4) !== 0) {
    if (at + head >= bytes.length) return 0;
    filter = bytes[at + head++]!;
  }
  let size = width * height * bytesPerPixel;
  if (filter === 1) {
    if (at + head >= bytes.length) return 0;
    const colours = bytes[at + head]! + 1;
    head += 1 + colours * bytesPerPixel;
    size = (colours === 2 ? (width + 7) >> 3 : width) * height;
  } else if (filter > 2) {
    throw new ProtocolError(`the desktop sent a Tight rectangle with filter ${filter}`);
  }
  return size < leastCompressed ? head + size : compactBytes(bytes, at, head);
}

/** The size of a head of `head` bytes, a length of one to three bytes (seven bits each, lowest first) and its data. */
function compactBytes(bytes: Buffer, at: number, head: number): number {
  let length = 0;
  for (let index = 0; index < 3; index++) {
    const byte = bytes[at + head + index];
    if (byte === undefined) return 0;
    length |= (index === 2 ? byte : byte & 0x7f) << (7 * index);
    if (byte < 0x80 || index === 2) return head + index + 1 + length;
  }
  return 0;
}
