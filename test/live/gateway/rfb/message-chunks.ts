/** Bytes in pieces of any sizes. */
import fc from 'fast-check';

/** Lengths of pieces, used round and round. */
export const pieces = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 });

export function inPieces(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const length = lengths[index % lengths.length]!;
    parts.push(bytes.subarray(at, at + length));
    at += length;
  }
  return parts;
}
