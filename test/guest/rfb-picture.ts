/** The least of a VNC client: logs in, asks for the whole picture once, and has it as PNG. RFC 6143. */
import { createCipheriv } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { crc32, deflateSync } from 'node:zlib';

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Red, green and blue of each pixel, rows from the top. */
  readonly rgb: Buffer;
}

/** @param password null where the other side asks for none */
export async function takePicture(stream: Duplex, password: string | null): Promise<Picture> {
  const read = reader(stream);
  await read(12);
  stream.write('RFB 003.008\n');
  const types = await read((await read(1))[0]!);
  if (password === null) stream.write(Buffer.from([wanted(types, 1)]));
  else {
    stream.write(Buffer.from([wanted(types, 2)]));
    stream.write(answerTo(await read(16), password));
  }
  if ((await read(4)).readUInt32BE(0) !== 0) throw new Error('the password was refused');
  stream.write(Buffer.from([1])); // shared
  const init = await read(24);
  const [width, height] = [init.readUInt16BE(0), init.readUInt16BE(2)];
  await read(init.readUInt32BE(20));
  // 32 bits a pixel, little-endian, red in the lowest byte; raw encoding only.
  stream.write(Buffer.from([0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16, 0, 0, 0]));
  stream.write(Buffer.from([2, 0, 0, 1, 0, 0, 0, 0]));
  const request = Buffer.from([3, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  request.writeUInt16BE(width, 6);
  request.writeUInt16BE(height, 8);
  stream.write(request);
  const rgb = Buffer.alloc(width * height * 3);
  for (let left = width * height; left > 0; ) {
    const header = await read(4);
    if (header[0] !== 0) throw new Error(`expected a picture, got message ${header[0]}`);
    for (let rectangles = header.readUInt16BE(2); rectangles > 0; rectangles--) {
      const at = await read(12);
      const [x, y, w, h] = [at.readUInt16BE(0), at.readUInt16BE(2), at.readUInt16BE(4), at.readUInt16BE(6)];
      const pixels = await read(w * h * 4);
      for (let pixel = 0; pixel < w * h; pixel++) {
        const to = ((y + Math.floor(pixel / w)) * width + x + (pixel % w)) * 3;
        pixels.copy(rgb, to, pixel * 4, pixel * 4 + 3);
      }
      left -= w * h;
    }
  }
  stream.destroy();
  return { width, height, rgb };
}

/** Share of the pixels that are not of the commonest colour: what lies on the background. */
export function drawnShare({ rgb }: Picture): number {
  const counts = new Map<number, number>();
  for (let at = 0; at < rgb.length; at += 3) {
    const colour = rgb.readUIntBE(at, 3);
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  return 1 - Math.max(...counts.values()) / (rgb.length / 3);
}

export function pngOf({ width, height, rgb }: Picture): Buffer {
  const rows = Buffer.alloc(height * (width * 3 + 1));
  for (let y = 0; y < height; y++) rgb.copy(rows, y * (width * 3 + 1) + 1, y * width * 3, (y + 1) * width * 3);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}

function wanted(types: Buffer, type: number): number {
  if (!types.includes(type)) throw new Error(`expected security type ${type}, got ${[...types].join(', ')}`);
  return type;
}

/** VncAuth: the challenge under the password, whose bytes DES takes with their bits in reverse. */
function answerTo(challenge: Buffer, password: string): Buffer {
  const key = Buffer.alloc(8);
  for (const [at, byte] of [...Buffer.from(password)].slice(0, 8).entries()) {
    key[at] = Number.parseInt(byte.toString(2).padStart(8, '0').split('').reverse().join(''), 2);
  }
  const cipher = createCipheriv('des-ede3-ecb', Buffer.concat([key, key, key]), null);
  return cipher.setAutoPadding(false).update(challenge);
}

/** Reads a number of bytes, however they come. */
function reader(stream: Duplex): (bytes: number) => Promise<Buffer> {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let parts: Buffer[] = [];
  let have = 0;
  return async (bytes) => {
    while (have < bytes) {
      const { value, done } = await chunks.next();
      if (done === true) throw new Error('the desktop hung up');
      parts.push(value);
      have += value.length;
    }
    const all = Buffer.concat(parts);
    parts = [all.subarray(bytes)];
    have -= bytes;
    return all.subarray(0, bytes);
  };
}
