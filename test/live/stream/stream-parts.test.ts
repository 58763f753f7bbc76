/** What the streamer is made of: areas, motion, FLV, the line, cookies of X. */
import { describe, expect, test } from 'vitest';
import { type Area, around, onMacroblocks, pixelsOf } from '../../../live/stream/area.ts';
import { argumentsFor } from '../../../live/stream/encoder.ts';
import { FlvReader } from '../../../live/stream/flv.ts';
import { Line } from '../../../live/stream/line.ts';
import { Motion } from '../../../live/stream/motion.ts';
import { settingsFor, wishOf } from '../../../live/stream/quality.ts';
import { cookieOf } from '../../../live/stream/x11-damage.ts';

const screen: Area = { x: 0, y: 0, width: 1001, height: 801 };

test('what lies around an area and the area itself are the screen, once', () => {
  const hole = { x: 16, y: 32, width: 160, height: 64 };
  const sum = around(hole, screen).reduce((pixels, area) => pixels + pixelsOf(area), pixelsOf(hole));
  expect(sum).toBe(pixelsOf(screen));
  expect(around(screen, screen)).toEqual([]);
});

test('an area of video has even edges within the screen', () => {
  expect(onMacroblocks({ x: 17, y: 1, width: 10, height: 16 }, screen)).toEqual({ x: 16, y: 0, width: 16, height: 32 });
  expect(onMacroblocks(screen, screen)).toEqual({ x: 0, y: 0, width: 1000, height: 800 });
});

test('one large change is no motion, and neither is typing; a few large changes in a quarter of a second are', () => {
  const motion = new Motion();
  motion.add(0, screen);
  expect(motion.moving(10, screen)).toBeNull();
  for (let atMs = 0; atMs < 250; atMs += 10) motion.add(atMs, { x: 0, y: 0, width: 10, height: 20 });
  expect(motion.moving(200, screen)).toBeNull();
  const half = { x: 0, y: 0, width: 500, height: 800 };
  for (const atMs of [300, 340, 380]) motion.add(atMs, half);
  expect(motion.moving(390, screen)).toEqual(half);
  expect(motion.moving(900, screen)).toBeNull();
});

function flvTag(type: number, body: Buffer): Buffer {
  const head = Buffer.alloc(11);
  head[0] = type;
  head.writeUIntBE(body.length, 1, 3);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(11 + body.length);
  return Buffer.concat([head, body, size]);
}

test('pictures come out of FLV whole in whatever pieces it comes, key pictures with their parameters', () => {
  const parameters = Buffer.from([1, 66, 0, 40, 255, 0xe1, 0, 2, 0x67, 66, 1, 0, 1, 0x68]);
  const unit = (...bytes: number[]): Buffer => Buffer.from([0, 0, 0, bytes.length, ...bytes]);
  const file = Buffer.concat([
    Buffer.from('FLV'),
    Buffer.alloc(10),
    flvTag(18, Buffer.from('meta')),
    flvTag(9, Buffer.concat([Buffer.from([0x17, 0, 0, 0, 0]), parameters])),
    flvTag(9, Buffer.concat([Buffer.from([0x17, 1, 0, 0, 0]), unit(6, 9), unit(0x65, 7, 7)])),
    flvTag(9, Buffer.concat([Buffer.from([0x27, 1, 0, 0, 0]), unit(0x41, 8)])),
  ]);
  for (const step of [1, 7, file.length]) {
    const reader = new FlvReader();
    const pictures = [];
    for (let at = 0; at < file.length; at += step) pictures.push(...reader.push(file.subarray(at, at + step)));
    expect(pictures.map(({ isKey, bytes }) => [isKey, bytes.toString('hex')])).toEqual([
      [true, '00000001' + '6742' + '00000001' + '68' + '00000001' + '650707'],
      [false, '000000014108'],
    ]);
  }
});

describe('a line', () => {
  test('is full when what was sent waits 80 ms longer than the shortest answer took', () => {
    const line = new Line();
    const first = line.sent(0, 100);
    line.acknowledged(first, 50);
    const second = line.sent(100, 100);
    expect([line.isFull(229), line.isFull(231)]).toEqual([false, true]);
    line.acknowledged(second, 240);
    expect([line.isFull(1000), line.waitingBytes, line.acknowledgedBytes]).toEqual([false, 0, 200]);
  });

  test('takes no answer to what was not sent', () => {
    const line = new Line();
    line.acknowledged(7, 50);
    expect([line.acknowledgedBytes, line.leastMs]).toEqual([0, 300]);
  });
});

test('a wish is told by the level of quality; a narrow line halves the edge and the rate, but not of what shall be sharp', () => {
  expect([null, 2, 6, 8, 9].map(wishOf)).toEqual(['balanced', 'fluent', 'balanced', 'sharp', 'lossless']);
  const area = { x: 0, y: 0, width: 1920, height: 1080 };
  expect(settingsFor('balanced', 1.5e6, area)).toMatchObject({ scale: 0.5, framesPerS: 30, hasFullColour: false });
  expect(settingsFor('balanced', 20e6, area)).toMatchObject({ scale: 1, framesPerS: 60 });
  expect(settingsFor('sharp', 1.5e6, area)).toMatchObject({ scale: 1, hasFullColour: true });
});

test('an encoder is told one slice a picture and the area', () => {
  const settings = settingsFor('balanced', 20e6, screen);
  const line = argumentsFor(7, { x: 16, y: 32, width: 640, height: 480 }, settings).join(' ');
  expect(line).toContain('-video_size 640x480 -grab_x 16 -grab_y 32 -i :7');
  expect(line).toContain('slices=1');
});

test("an X display's cookie is found by its number", () => {
  const text = (value: string): Buffer => Buffer.concat([Buffer.from([0, value.length]), Buffer.from(value)]);
  const entry = (number: string, data: string): Buffer =>
    Buffer.concat([Buffer.from([1, 0]), text('host'), text(number), text('MIT-MAGIC-COOKIE-1'), text(data)]);
  const file = Buffer.concat([entry('1', 'one'), entry('12', 'two')]);
  expect([cookieOf(file, 12)?.toString(), cookieOf(file, 2)]).toEqual(['two', null]);
  expect(cookieOf(file.subarray(0, 9), 1)).toBeNull();
});
