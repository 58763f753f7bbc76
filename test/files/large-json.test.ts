import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readJson } from '../../files/large-json.ts';

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heps-json-'));
  file = join(folder, 'x.json');
});
afterAll(() => rmSync(folder, { recursive: true }));

const inPieces = (text: string, pieceBytes: number): unknown => {
  writeFileSync(file, text);
  return readJson(file, pieceBytes);
};

test('a file read in pieces of any length is the value that JSON.parse makes of it, whatever its layout', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.integer({ min: 1, max: 30 }), fc.constantFrom(0, 2), (value, pieceBytes, indent) => {
      const text = JSON.stringify(value, null, indent);
      expect(inPieces(text, pieceBytes)).toEqual(JSON.parse(text));
    }),
    { numRuns: 100 },
  );
});

test('texts with braces, commas, quotes and backslashes are not taken apart', () => {
  const value = { 'a,"b': ['{,[', '\\"', ':', '高能,'], c: [[], {}, [{ d: '],' }]] };
  for (let pieceBytes = 1; pieceBytes < 40; pieceBytes++) {
    expect(inPieces(` ${JSON.stringify(value)}\n`, pieceBytes)).toEqual(value);
  }
});

test('what JSON.parse refuses is refused in pieces too', () => {
  const wrong = [
    '{"a":[1,2',
    '{"a":1,}',
    '[1,2,]',
    '[1 2]',
    '{"a" 1}',
    '{a:1}',
    '{1:1}',
    '["a]',
    '[1]]',
    '[,1]',
    '{"a":1]',
    '',
  ];
  for (const text of wrong) {
    expect(() => JSON.parse(text), text).toThrow(SyntaxError);
    for (let pieceBytes = 1; pieceBytes < 12; pieceBytes++) {
      expect(() => inPieces(text, pieceBytes), `${text} in pieces of ${pieceBytes}`).toThrow(SyntaxError);
    }
  }
});
