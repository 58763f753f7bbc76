/** RFB messages and rectangles, as bytes. */
import { deflateSync } from 'node:zlib';

/** Of these bytes each, from high to low. */
function bytesOf(...fields: readonly (readonly [value: number, bytes: number])[]): Buffer {
  return Buffer.concat(
    fields.map(([value, count]) => {
      const field = Buffer.alloc(count);
      field.writeUIntBE(value, 0, count);
      return field;
    }),
  );
}

export const key = (code = 0x61): Buffer => bytesOf([4, 1], [1, 1], [0, 2], [code, 4]);
export const pointer = (x = 10, y = 20, mask = 1): Buffer => bytesOf([5, 1], [mask, 1], [x, 2], [y, 2]);
export const morePointer = (x = 10, y = 20): Buffer => bytesOf([5, 1], [0x81, 1], [x, 2], [y, 2], [1, 1]);
export const updateRequest = (): Buffer => bytesOf([3, 1], [1, 1], [0, 4], [1920, 2], [1080, 2]);
export const continuousUpdates = (): Buffer => bytesOf([150, 1], [1, 1], [0, 4], [1920, 2], [1080, 2]);
export const setDesktopSize = (screens = 1): Buffer =>
  Buffer.concat([bytesOf([251, 1], [0, 1], [800, 2], [600, 2], [screens, 1], [0, 1]), Buffer.alloc(16 * screens, 7)]);
export const xvp = (): Buffer => Buffer.from([250, 0, 1, 2]);
export const qemuKey = (): Buffer => bytesOf([255, 1], [0, 1], [1, 2], [0x61, 4], [30, 4]);
export const fence = (payload: Buffer = Buffer.from('abcd')): Buffer =>
  Buffer.concat([bytesOf([248, 1], [0, 3], [0, 4], [payload.length, 1]), payload]);
export const setEncodings = (...encodings: readonly number[]): Buffer =>
  Buffer.concat([bytesOf([2, 1], [0, 1], [encodings.length, 2]), ...encodings.map((each) => signed(each))]);
/** What noVNC sets: 32 bits a pixel, 24 of them colour. */
export const setPixelFormat = (bits = 32, depth = 24, most = 255): Buffer =>
  bytesOf(
    [0, 4],
    [bits, 1],
    [depth, 1],
    [0, 1],
    [1, 1],
    [most, 2],
    [most, 2],
    [most, 2],
    [0, 1],
    [8, 1],
    [16, 1],
    [0, 3],
  );

/** In both directions: 6 from the browser, 3 from the desktop. */
export const cutText = (type: 3 | 6, text: string): Buffer =>
  Buffer.concat([bytesOf([type, 1], [0, 3], [text.length, 4]), Buffer.from(text, 'latin1')]);
export const extendedCutText = (type: 3 | 6, flags: number, data: Buffer = Buffer.alloc(0)): Buffer =>
  Buffer.concat([bytesOf([type, 1], [0, 3]), signed(-(4 + data.length)), signed(flags | 0), data]);
/** As TigerVNC and noVNC say it: text, and all five actions. */
export const capsFlags = 0x1f000001;
export const caps = (type: 3 | 6): Buffer => extendedCutText(type, capsFlags, bytesOf([0, 4]));
export const requestText = (type: 3 | 6): Buffer => extendedCutText(type, (1 << 25) | 1);
export const peekText = (type: 3 | 6): Buffer => extendedCutText(type, 1 << 26);
export const notifyText = (type: 3 | 6): Buffer => extendedCutText(type, (1 << 27) | 1);
/** With the text in it, packed. */
export const provideText = (type: 3 | 6, text: string): Buffer => {
  const bytes = Buffer.from(`${text}\0`);
  return extendedCutText(type, (1 << 28) | 1, deflateSync(Buffer.concat([bytesOf([bytes.length, 4]), bytes])));
};

export const bell = (): Buffer => Buffer.from([2]);
export const colourMap = (colours: number): Buffer =>
  Buffer.concat([bytesOf([1, 1], [0, 1], [0, 2], [colours, 2]), Buffer.alloc(6 * colours, 9)]);
export const update = (...rectangles: readonly Buffer[]): Buffer =>
  Buffer.concat([bytesOf([0, 1], [0, 1], [rectangles.length, 2]), ...rectangles]);
/** Says more rectangles than it has; the last one is LastRect. */
export const openEndedUpdate = (...rectangles: readonly Buffer[]): Buffer =>
  Buffer.concat([bytesOf([0, 1], [0, 1], [0xffff, 2]), ...rectangles, rectangle(0, 0, -224)]);
export const rectangle = (width: number, height: number, encoding: number, body: Buffer = Buffer.alloc(0)): Buffer =>
  Buffer.concat([bytesOf([0, 4], [width, 2], [height, 2]), signed(encoding), body]);
export const raw = (width: number, height: number, bytesPerPixel = 4): Buffer =>
  rectangle(width, height, 0, Buffer.alloc(width * height * bytesPerPixel, 3));
/** With a length of four bytes before the data: ZRLE, Zlib, DesktopName. */
export const lengthFirst = (encoding: number, length: number): Buffer =>
  rectangle(64, 64, encoding, Buffer.concat([bytesOf([length, 4]), Buffer.alloc(length, 3)]));
export const tight = (width: number, height: number, control: readonly number[], length: number | null): Buffer =>
  rectangle(
    width,
    height,
    7,
    Buffer.concat([
      Buffer.from(control),
      length === null ? Buffer.alloc(0) : compact(length),
      Buffer.alloc(length ?? 0, 3),
    ]),
  );

/** Seven bits a byte, lowest first. */
export function compact(length: number): Buffer {
  if (length < 1 << 7) return Buffer.from([length]);
  if (length < 1 << 14) return Buffer.from([(length & 0x7f) | 0x80, length >> 7]);
  return Buffer.from([(length & 0x7f) | 0x80, ((length >> 7) & 0x7f) | 0x80, length >> 14]);
}

function signed(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
