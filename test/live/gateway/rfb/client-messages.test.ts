import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ClientMessages } from '../../../../live/gateway/rfb/client-messages.ts';
import { ItemStream } from '../../../../live/gateway/rfb/item-stream.ts';
import type { RfbState } from '../../../../live/gateway/rfb/rfb-state.ts';
import * as m from '../stubs/messages.ts';
import { inPieces, pieces } from './message-chunks.ts';

function stateOf(fields: Partial<RfbState> = {}): RfbState {
  return {
    role: 'control',
    clipboard: { mostIn: 10, mostOut: 10 },
    format: { bytesPerPixel: 4, bytesPerTightPixel: 3 },
    takesExtendedClipboard: true,
    takesExtendedMouse: true,
    ...fields,
  };
}

/** What reaches the desktop. */
function passed(bytes: Buffer, state = stateOf(), lengths: readonly number[] = [bytes.length]): Buffer {
  const stream = new ItemStream(new ClientMessages(state));
  return Buffer.concat(inPieces(bytes, lengths).flatMap((piece) => [...stream.push(piece)]));
}

const looking = {
  'a request for a picture': m.updateRequest(),
  'continuous updates': m.continuousUpdates(),
  'a fence': m.fence(),
  encodings: m.setEncodings(0, 1),
};
const doing = {
  'a key': m.key(),
  'a QEMU key': m.qemuKey(),
  'the pointer': m.pointer(),
  'the pointer with more buttons': m.morePointer(),
  'a text': m.cutText(6, 'rm -rf /'),
  'a packed text': m.provideText(6, 'rm'),
  'a size': m.setDesktopSize(2),
};

describe('the way to the desktop', () => {
  test.each(Object.entries(doing))('rule 10: of one who may only look, no such message passes: %s', (_, message) => {
    expect(passed(message, stateOf({ role: 'view' }))).toHaveLength(0);
    expect(passed(message, stateOf({ role: 'owner' }))).toEqual(message);
  });

  test("the size is the owner's to set: a guest who may type does not", () => {
    expect(passed(m.setDesktopSize(2))).toHaveLength(0);
    expect(passed(Buffer.concat([m.setDesktopSize(2), m.key()]))).toEqual(m.key());
  });

  test('whatever one sends who may only look, in whatever pieces, the desktop hears only what asks for pictures', () => {
    const both = [...Object.values(looking), ...Object.values(doing), m.xvp()];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...both), { maxLength: 30 }), pieces, (sequence, lengths) => {
        const allowed = sequence.filter((message) => (Object.values(looking) as Buffer[]).includes(message));
        expect(passed(Buffer.concat(sequence), stateOf({ role: 'view' }), lengths)).toEqual(Buffer.concat(allowed));
      }),
    );
  });

  test('random bytes of one who may only look never bring a key, a pointer or a text to the desktop', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 8 }), (parts) => {
        const stream = new ItemStream(new ClientMessages(stateOf({ role: 'view' })));
        const heard: Buffer[] = [];
        try {
          for (const part of parts) heard.push(...stream.push(Buffer.from(part)));
        } catch {
          // The connection ends here; what has passed before counts.
        }
        expect(typesIn(Buffer.concat(heard)).filter((type) => ![0, 2, 3, 150, 248].includes(type))).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  test('in whatever pieces, the same passes of one who may do all', () => {
    const all = [...Object.values(looking), ...Object.values(doing), m.cutText(6, 'longer than ten')];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...all), { maxLength: 30 }), pieces, (sequence, lengths) => {
        const bytes = Buffer.concat(sequence);
        expect(passed(bytes, stateOf(), lengths)).toEqual(passed(bytes));
      }),
    );
  });

  test('rule 11: texts beyond the policy are dropped whole, packed or not', () => {
    const heardOf = (text: Buffer): Buffer => passed(Buffer.concat([text, m.key()]));
    expect(heardOf(m.cutText(6, '0123456789'))).toHaveLength(18 + 8);
    expect(heardOf(m.cutText(6, '0123456789a'))).toEqual(m.key());
    expect(heardOf(m.provideText(6, '0123456789a'))).toEqual(m.key());
    expect(heardOf(m.provideText(6, 'a'.repeat(1_000_000)))).toEqual(m.key());
  });

  test.each([
    ['in', { mostIn: 10, mostOut: 0 }, [m.caps(6), m.notifyText(6), m.provideText(6, '“短” 🦊')]],
    ['out', { mostIn: 0, mostOut: 10 }, [m.caps(6), m.requestText(6), m.peekText(6)]],
  ])(
    'where texts may only go %s, what is needed for that passes, and nothing of the other way',
    (_, clipboard, expected) => {
      const all = [m.caps(6), m.requestText(6), m.peekText(6), m.notifyText(6), m.provideText(6, '“短” 🦊')];
      const plain = m.cutText(6, clipboard.mostIn === 0 ? '' : 'much too long');
      expect(passed(Buffer.concat([...all, plain, m.key()]), stateOf({ clipboard }))).toEqual(
        Buffer.concat([...expected, m.key()]),
      );
    },
  );

  test('a packed text does not pass before the desktop has said that it takes such', () => {
    expect(passed(m.provideText(6, 'a'), stateOf({ takesExtendedClipboard: false }))).toHaveLength(0);
  });

  test('encodings are reduced to those whose rectangles can be walked, and to what the person may have', () => {
    const [hextile, jpeg, tight, quality, xvp, clipboard] = [5, 21, 7, -26, -309, -0x3f5e1a32];
    const asked = m.setEncodings(hextile, jpeg, tight, quality, xvp, clipboard, 1234);
    expect(passed(asked)).toEqual(m.setEncodings(tight, quality, clipboard));
    expect(passed(asked, stateOf({ role: 'owner' }))).toEqual(m.setEncodings(tight, quality, xvp, clipboard));
    expect(passed(asked, stateOf({ role: 'view' }))).toEqual(m.setEncodings(tight, quality));
    for (const mosts of [
      { mostIn: 5, mostOut: 0 },
      { mostIn: 0, mostOut: 5 },
    ]) {
      expect(passed(asked, stateOf({ clipboard: mosts }))).toEqual(m.setEncodings(tight, quality, clipboard));
    }
    const noWay = stateOf({ clipboard: { mostIn: 0, mostOut: 0 } });
    expect(passed(asked, noWay)).toEqual(m.setEncodings(tight, quality));
  });

  test('only the owner restarts the machine', () => {
    expect(passed(m.xvp())).toHaveLength(0);
    expect(passed(m.xvp(), stateOf({ role: 'owner' }))).toEqual(m.xvp());
  });

  test('a pixel format holds for what comes back, and is refused once pictures are under way', () => {
    const state = stateOf();
    passed(m.setPixelFormat(16, 15, 31), state);
    expect(state.format).toEqual({ bytesPerPixel: 2, bytesPerTightPixel: 2 });
    passed(m.setPixelFormat(), state);
    expect(state.format).toEqual({ bytesPerPixel: 4, bytesPerTightPixel: 3 });
    expect(() => passed(Buffer.concat([m.updateRequest(), m.setPixelFormat()]))).toThrow(/pixel format/);
  });

  test.each([
    ['a type that nobody knows', Buffer.from([7])],
    ['a QEMU message of another kind', Buffer.from([255, 1])],
    ['more encodings than there are', m.setEncodings(...Array(257).fill(0))],
    ['a fence with more than 64 bytes', m.fence(Buffer.alloc(65))],
    ['more screens than there are', m.setDesktopSize(17)],
  ])('ends the connection: %s', (_, message) => {
    expect(() => passed(message)).toThrow();
  });

  test('a longer pointer message is refused where the desktop would take its last byte for the next message', () => {
    expect(() => passed(m.morePointer(), stateOf({ takesExtendedMouse: false }))).toThrow(/buttons/);
  });
});

/** Types of the messages that passed, read by lengths of their own. */
function typesIn(bytes: Buffer): number[] {
  const types: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const type = bytes[at]!;
    types.push(type);
    if (type === 0) at += 20;
    else if (type === 2) at += 4 + 4 * bytes.readUInt16BE(at + 2);
    else if (type === 3 || type === 150) at += 10;
    else if (type === 248) at += 9 + (bytes[at + 8] ?? 0);
    else break;
  }
  return types;
}
