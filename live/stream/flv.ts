/** Cuts what ffmpeg writes as FLV into pictures of H.264, each as soon as its last byte is there, in the form of Annex B. */

/** One access unit. */
export interface Picture {
  readonly bytes: Buffer;
  readonly isKey: boolean;
}

const fileHeadBytes = 9;
/** The size of the previous tag, then type, size, time and stream of the next. */
const tagHeadBytes = 4 + 11;
const videoTag = 9;
/** Kind of picture and codec, kind of packet, composition time. */
const videoHeadBytes = 5;
const startCode = Buffer.from([0, 0, 0, 1]);

export class FlvReader {
  #held: Buffer = Buffer.alloc(0);
  #skipped = false;
  /** SPS and PPS, which stand before each key picture. */
  #parameters: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): readonly Picture[] {
    let bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    if (!this.#skipped) {
      if (bytes.length < fileHeadBytes) {
        this.#held = bytes;
        return [];
      }
      bytes = bytes.subarray(fileHeadBytes);
      this.#skipped = true;
    }
    const pictures: Picture[] = [];
    while (bytes.length >= tagHeadBytes) {
      const end = tagHeadBytes + bytes.readUIntBE(5, 3);
      if (bytes.length < end) break;
      if (bytes[4] === videoTag) this.#video(bytes.subarray(tagHeadBytes, end), pictures);
      bytes = bytes.subarray(end);
    }
    this.#held = bytes;
    return pictures;
  }

  #video(body: Buffer, pictures: Picture[]): void {
    const packet = body[1];
    const data = body.subarray(videoHeadBytes);
    if (packet === 0) this.#parameters = parametersOf(data);
    if (packet !== 1) return;
    const isKey = body[0]! >> 4 === 1;
    const units = annexB(data);
    if (units.length > 0) pictures.push({ isKey, bytes: Buffer.concat(isKey ? [this.#parameters, ...units] : units) });
  }
}

/** Of an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3). */
function parametersOf(record: Buffer): Buffer {
  const parts: Buffer[] = [];
  let at = 5;
  for (const mask of [0x1f, 0xff]) {
    const count = record[at++]! & mask;
    for (let index = 0; index < count; index++) {
      const length = record.readUInt16BE(at);
      parts.push(startCode, record.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
  }
  return Buffer.concat(parts);
}

/** Slices alone: noVNC warns of what it does not know, and parameters stand before key pictures already. */
function annexB(data: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at + 4 <= data.length; ) {
    const length = data.readUInt32BE(at);
    const kind = data[at + 4]! & 0x1f;
    if (kind === 1 || kind === 5) parts.push(startCode, data.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return parts;
}
