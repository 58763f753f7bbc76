import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ItemStream } from '../../../../live/gateway/rfb/item-stream.ts';
import type { RfbState } from '../../../../live/gateway/rfb/rfb-state.ts';
import { ServerMessages } from '../../../../live/gateway/rfb/server-messages.ts';
import * as m from '../stubs/messages.ts';
import { inPieces, pieces } from './message-chunks.ts';

function stateOf(fields: Partial<RfbState> = {}): RfbState {
  return {
    role: 'owner',
    clipboard: { mostIn: 10, mostOut: 10 },
    format: { bytesPerPixel: 4, bytesPerTightPixel: 3 },
    takesExtendedClipboard: false,
    takesExtendedMouse: false,
    ...fields,
  };
}

/** What passes, with the frames that were counted. */
function walk(bytes: Buffer, lengths: readonly number[] = [bytes.length], state = stateOf()) {
  const messages = new ServerMessages(state);
  const stream = new ItemStream(messages);
  const passed = Buffer.concat(inPieces(bytes, lengths).flatMap((piece) => [...stream.push(piece)]));
  return { passed, frames: messages.frames };
}

/** Rectangles of every encoding that is walked, with what makes their lengths differ. */
const rectangles: Readonly<Record<string, Buffer>> = {
  raw: m.raw(7, 3),
  'copy rectangle': m.rectangle(7, 3, 1, Buffer.alloc(4)),
  // One background pixel, then two of a pixel and a place each: 4 + 4 + 2 · (4 + 8).
  rre: m.rectangle(9, 9, 2, Buffer.concat([Buffer.from([0, 0, 0, 2]), Buffer.alloc(4 + 2 * 12, 3)])),
  zlib: m.lengthFirst(6, 33),
  zrle: m.lengthFirst(16, 1000),
  'H.264': m.rectangle(64, 64, 50, Buffer.concat([Buffer.from([0, 0, 0, 20, 0, 0, 0, 1]), Buffer.alloc(20, 3)])),
  'Tight, filled': m.tight(64, 64, [0x80, 1, 2, 3], null),
  'Tight, JPEG': m.tight(64, 64, [0x90], 20_000),
  'Tight, copied and short': m.tight(1, 3, [0x00, ...Array(9).fill(3)], null),
  'Tight, copied': m.tight(64, 64, [0x00], 200),
  'Tight, gradient': m.tight(64, 64, [0x40, 2], 127),
  // Two colours: a bit a pixel, 2 bytes a row.
  'Tight, two colours': m.tight(10, 7, [0x50, 1, 1, ...Array(6).fill(9)], 13),
  'Tight, two colours and short': m.tight(8, 4, [0x50, 1, 1, ...Array(6).fill(9), ...Array(4).fill(3)], null),
  'Tight, 256 colours': m.tight(64, 64, [0x60, 1, 255, ...Array(768).fill(9)], 16_384),
  'Tight PNG': Buffer.concat([m.rectangle(64, 64, -260, Buffer.from([0xa0, 5])), Buffer.alloc(5)]),
  cursor: m.rectangle(9, 2, -239, Buffer.alloc(9 * 2 * 4 + 2 * 2)),
  'VMware cursor, classic': m.rectangle(3, 2, 0x574d5664, Buffer.concat([Buffer.from([0, 0]), Buffer.alloc(48, 3)])),
  'VMware cursor, alpha': m.rectangle(3, 2, 0x574d5664, Buffer.concat([Buffer.from([1, 0]), Buffer.alloc(24, 3)])),
  'desktop size': m.rectangle(800, 600, -223),
  'extended desktop size': m.rectangle(800, 600, -308, Buffer.concat([Buffer.from([2, 0, 0, 0]), Buffer.alloc(32)])),
  'desktop name': m.lengthFirst(-307, 12),
  'QEMU key': m.rectangle(0, 0, -258),
  'QEMU light': m.rectangle(0, 0, -261, Buffer.from([3])),
  'more mouse buttons': m.rectangle(0, 0, -316),
};

describe('the way from the desktop', () => {
  test.each(Object.entries(rectangles))('a rectangle is skipped to its end: %s', (_, rectangle) => {
    // The text behind it shows that the walk has found the end.
    const text = m.cutText(3, 'much longer than allowed');
    const bytes = Buffer.concat([m.update(rectangle), text, m.bell()]);
    expect(walk(bytes).passed).toEqual(Buffer.concat([m.update(rectangle), m.bell()]));
  });

  test('whatever the pieces, the same passes and the same frames are counted', () => {
    const small = Object.values(rectangles).filter(({ length }) => length < 1100);
    const messages = [
      ...small.map((each) => m.update(each, each)),
      m.openEndedUpdate(m.raw(2, 2), m.raw(3, 3)),
      m.update(),
      m.colourMap(3),
      m.fence(),
      m.bell(),
      Buffer.from([150]),
      m.cutText(3, 'short'),
      m.cutText(3, 'much longer than allowed'),
      m.provideText(3, 'short'),
      m.caps(3),
      m.notifyText(3),
      m.requestText(3),
      m.provideText(3, 'much longer than allowed'),
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...messages), { maxLength: 12 }), pieces, (sequence, lengths) => {
        const bytes = Buffer.concat(sequence);
        expect(walk(bytes, lengths)).toEqual(walk(bytes));
      }),
    );
  });

  test('rule 11: texts beyond the policy do not pass, others do', () => {
    const of = (text: string): Buffer => walk(m.cutText(3, text)).passed;
    expect(of('0123456789')).toEqual(m.cutText(3, '0123456789'));
    expect(of('0123456789a')).toHaveLength(0);
  });

  test('a packed text counts by its characters, unpacked', () => {
    expect(walk(m.provideText(3, '零一二三四五六七八九')).passed).not.toHaveLength(0);
    expect(walk(m.provideText(3, '零一二三四五六七八九十')).passed).toHaveLength(0);
    expect(walk(m.provideText(3, 'a'.repeat(1_000_000))).passed).toHaveLength(0);
  });

  test('capabilities of a desktop are not taken for a text, though they have the bit of one', () => {
    const state = stateOf();
    expect(walk(m.caps(3), undefined, state).passed).toEqual(m.caps(3));
    expect(state.takesExtendedClipboard).toBe(true);
  });

  test.each([
    ['out', { mostIn: 0, mostOut: 10 }, [m.caps(3), m.notifyText(3), m.provideText(3, '短 🦊')]],
    ['in', { mostIn: 10, mostOut: 0 }, [m.caps(3), m.requestText(3), m.peekText(3)]],
    ['no way', { mostIn: 0, mostOut: 0 }, []],
  ])(
    'where texts may only go %s, what is needed for that passes, and nothing of the other way',
    (_, clipboard, expected) => {
      const all = [m.caps(3), m.requestText(3), m.peekText(3), m.notifyText(3), m.provideText(3, '短 🦊')];
      const { passed } = walk(Buffer.concat([...all, m.bell()]), undefined, stateOf({ clipboard }));
      expect(passed).toEqual(Buffer.concat([...expected, m.bell()]));
    },
  );

  test('several actions at once, unknown ones and long ones do not pass', () => {
    const odd = [
      m.extendedCutText(3, (3 << 27) | 1),
      m.extendedCutText(3, (1 << 29) | 1),
      m.extendedCutText(3, 1),
      m.extendedCutText(3, (1 << 27) | 1, Buffer.alloc(100)),
      m.extendedCutText(3, m.capsFlags, Buffer.alloc(100)),
    ];
    expect(walk(Buffer.concat([...odd, m.bell()])).passed).toEqual(m.bell());
  });

  test('an end of line counts as one character', () => {
    expect(walk(m.provideText(3, '123\r\n456\r\n78')).passed).not.toHaveLength(0);
  });

  test('rule 10: what the owner copies does not reach one who may only look', () => {
    const texts = [m.cutText(3, 'secret'), m.caps(3), m.provideText(3, 'secret'), m.bell()];
    expect(walk(Buffer.concat(texts), undefined, stateOf({ role: 'view' })).passed).toEqual(m.bell());
  });

  test('an encoding that was not asked for ends the stream', () => {
    expect(() => walk(m.update(m.rectangle(8, 8, 5, Buffer.alloc(100))))).toThrow(/encoding 5/);
    expect(() => walk(Buffer.from([77]))).toThrow(/type 77/);
  });

  test('H.264 passes without being decoded, unless it is longer than any picture of its size', () => {
    const h264 = (length: number): Buffer => {
      const head = Buffer.alloc(8);
      head.writeUInt32BE(length);
      return m.update(m.rectangle(8, 8, 50, head));
    };
    const noise = Buffer.from(Array.from({ length: 500 }, (_, index) => (index * 193) & 255));
    const bytes = Buffer.concat([h264(noise.length), noise, m.bell()]);
    expect(walk(bytes).passed).toEqual(bytes);
    expect(() => walk(h264(3 * 64 + 65_537))).toThrow(/65729 bytes of H.264 for 64 pixels/);
    expect(() => walk(h264(0xffffffff))).toThrow(/H.264/);
  });

  test('pictures pass without being copied', () => {
    const bytes = m.update(m.raw(100, 100));
    const parts = new ItemStream(new ServerMessages(stateOf())).push(bytes);
    expect(parts).toHaveLength(1);
    expect(parts[0]!.buffer).toBe(bytes.buffer);
  });
});
