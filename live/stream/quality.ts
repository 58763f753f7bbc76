/** What a viewer's wish and line make of a video. */
import { type Area, pixelsOf } from './area.ts';
import type { EncoderSettings } from './encoder.ts';

/** From the quality level that a client of RFB sets, 0 to 9. `lossless`: no video at all. */
export type Wish = 'fluent' | 'balanced' | 'sharp' | 'lossless';

/** @param level null: the client sets none */
export function wishOf(level: number | null): Wish {
  if (level === null) return 'balanced';
  if (level <= 3) return 'fluent';
  if (level <= 7) return 'balanced';
  return level === 8 ? 'sharp' : 'lossless';
}

export const mostBitsPerS = 40e6;
export const leastBitsPerS = 400e3;
/** Below this many bits a pixel and second of thirty pictures, half the edge looks better than its blocks. */
const leastBitsPerPixel = 0.05;
const rateFactors = { fluent: 28, balanced: 23, sharp: 17 } as const;

export function settingsFor(wish: Exclude<Wish, 'lossless'>, bitsPerS: number, area: Area): EncoderSettings {
  const framesPerS = bitsPerS >= 5e6 ? 60 : 30;
  const isScarce = bitsPerS < leastBitsPerPixel * pixelsOf(area) * framesPerS;
  return {
    framesPerS,
    rateFactor: rateFactors[wish],
    bitsPerS,
    scale: isScarce && wish !== 'sharp' ? 0.5 : 1,
    hasFullColour: wish === 'sharp',
  };
}
