/** Messages of RFB that the streamer makes itself. */
import { encodings } from '../gateway/rfb/encodings.ts';
import type { Area } from './area.ts';

export function updateRequest(area: Area, isIncremental: boolean): Buffer {
  const bytes = Buffer.alloc(10);
  bytes[0] = 3;
  bytes[1] = isIncremental ? 1 : 0;
  writeArea(bytes, area, 2);
  return bytes;
}

/** Whether the decoder of this area begins again. */
const resetFlag = 1;

/** A FramebufferUpdate with one rectangle of H.264. */
export function videoUpdate(area: Area, picture: Buffer, isReset: boolean): Buffer {
  const bytes = Buffer.alloc(4 + 12 + 8);
  bytes.writeUInt16BE(1, 2);
  writeArea(bytes, area, 4);
  bytes.writeInt32BE(encodings.h264, 12);
  bytes.writeUInt32BE(picture.length, 16);
  bytes.writeUInt32BE(isReset ? resetFlag : 0, 20);
  return Buffer.concat([bytes, picture]);
}

/** Asks for the number back once all before it is done. */
export function fence(id: number): Buffer {
  const bytes = Buffer.alloc(9 + 4);
  bytes[0] = 248;
  // A request, answered after what came before.
  bytes.writeUInt32BE(0x80000001, 4);
  bytes[8] = 4;
  bytes.writeUInt32BE(id, 9);
  return bytes;
}

/** Says that pictures may be had without asking for each. */
export const offersContinuousUpdates = Buffer.from([150]);

function writeArea(bytes: Buffer, { x, y, width, height }: Area, at: number): void {
  bytes.writeUInt16BE(x, at);
  bytes.writeUInt16BE(y, at + 2);
  bytes.writeUInt16BE(width, at + 4);
  bytes.writeUInt16BE(height, at + 6);
}
