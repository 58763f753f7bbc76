/** Pixels as they stand in rectangles: PIXEL_FORMAT of RFB, section 7.4. */

export interface PixelFormat {
  readonly bytesPerPixel: number;
  /** Of Tight's TPIXEL: 3 where a pixel of 4 bytes has 24 bits of colour. */
  readonly bytesPerTightPixel: number;
}

/** Bytes of a PIXEL_FORMAT. */
export const pixelFormatBytes = 16;

/** @returns null for one that RFB does not know */
export function readPixelFormat(bytes: Buffer, at: number): PixelFormat | null {
  const bits = bytes[at]!;
  if (bits !== 8 && bits !== 16 && bits !== 32) return null;
  const [depth, isTrueColour] = [bytes[at + 1]!, bytes[at + 3]! !== 0];
  const hasByteColours = [4, 6, 8].every((offset) => bytes.readUInt16BE(at + offset) === 255);
  const isPacked = bits === 32 && depth === 24 && isTrueColour && hasByteColours;
  return { bytesPerPixel: bits / 8, bytesPerTightPixel: isPacked ? 3 : bits / 8 };
}
