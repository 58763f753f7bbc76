/** Encodings of rectangles, and what clients call pseudo-encodings: https://github.com/rfbproto/rfbproto, section 7.6.1. */

export const encodings = {
  raw: 0,
  copyRect: 1,
  rre: 2,
  zlib: 6,
  tight: 7,
  zrle: 16,
  h264: 50,
  tightPng: -260,
  desktopSize: -223,
  lastRect: -224,
  cursor: -239,
  qemuExtendedKey: -258,
  qemuLed: -261,
  desktopName: -307,
  extendedDesktopSize: -308,
  xvp: -309,
  fence: -312,
  continuousUpdates: -313,
  extendedMouseButtons: -316,
  vmwareCursor: 0x574d5664,
  /** 0xc0a1e5ce */
  extendedClipboard: -0x3f5e1a32,
} as const;

const known: ReadonlySet<number> = new Set(Object.values(encodings));

/**
 * Whether the gateway can tell where a rectangle in it ends without looking at every byte, or it brings no rectangle. Hextile and JPEG (21)
 * have no length, so clients are not let to ask for them.
 */
export function isWalkable(encoding: number): boolean {
  const isQualityLevel = encoding >= -32 && encoding <= -23;
  const isCompressionLevel = encoding >= -256 && encoding <= -247;
  return known.has(encoding) || isQualityLevel || isCompressionLevel;
}
