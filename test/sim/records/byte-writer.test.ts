import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OutputFile } from '../../../files/output-file.ts';
import { ByteWriter } from '../../../sim/records/byte-writer.ts';
import { csvCell } from '../../../traces/csv.ts';
import { temporaryDirectory } from '../build.ts';

/** What the file holds after the calls. */
function written(path: string, write: (csv: ByteWriter) => void): string {
  const file = new OutputFile(path);
  const csv = new ByteWriter(file);
  write(csv);
  csv.flush();
  file.finish();
  return readFileSync(path, 'utf8');
}

const anyNumber = fc.oneof(
  fc.nat(1_000_000),
  fc.nat(1_000_000_000).map((thousandths) => thousandths / 1000),
  fc.tuple(fc.nat(1e9), fc.nat(1e9)).map(([a, b]) => a / 1000 + b / 1000),
  fc.double({ min: 0, max: 200 }),
  fc.double({ min: 16, max: 2 ** 53 }),
  fc.tuple(fc.nat(1e9), fc.integer({ min: -3, max: 3 })).map(([n, steps]) => (n / 1000) * (1 + steps * Number.EPSILON)),
  fc.tuple(fc.nat(2 ** 31), fc.integer({ min: 0, max: 31 })).map(([n, shift]) => n / 2 ** shift),
  fc.double(),
  fc.constantFrom(0, -0, 0.1, 1e12, 1e12 - 0.001, 1e15, 1e21, 2 ** 31, 2 ** 31 - 1, 2 ** 53, 5e-324, 1e-7, 0.0005),
);

test('numbers are written as JavaScript writes them, whichever way', () => {
  const path = join(temporaryDirectory(), 'numbers.csv');
  fc.assert(
    fc.property(fc.array(anyNumber, { maxLength: 300, size: 'max' }), (numbers) => {
      const text = written(path, (csv) => {
        for (const number of numbers) {
          csv.number(number);
          csv.endRow();
        }
      });
      expect(text).toBe(numbers.map((number) => `${number}\n`).join(''));
    }),
    { numRuns: 500 },
  );
});

test('texts are in quotes where they must be, and bytes are refused where they are not a cell as they stand', () => {
  const path = join(temporaryDirectory(), 'texts.csv');
  const anyText = fc.oneof(
    fc.string(),
    fc.constantFrom('a,b', '"', 'a\nb', '\r', 'é中', '😀', ''),
    fc.string({ unit: 'binary' }),
  );
  fc.assert(
    fc.property(fc.array(anyText), (texts) => {
      const text = written(path, (csv) => {
        for (const each of texts) {
          const bytes = Buffer.from(`..${each}..`);
          if (!csv.utf8(bytes, 2, bytes.length - 2)) csv.text(each);
          csv.comma();
          csv.text(each);
          csv.endRow();
        }
      });
      const asBytes = (each: string) => Buffer.from(each).toString();
      expect(text).toBe(asBytes(texts.map((each) => `${csvCell(each)},${csvCell(each)}\n`).join('')));
    }),
  );
});

test('rows, lists and texts longer than the buffer come out in their order', () => {
  const path = join(temporaryDirectory(), 'long.csv');
  const long = '中'.repeat(40_000);
  const text = written(path, (csv) => {
    for (let row = 0; row < 20_000; row++) {
      csv.plain('row');
      csv.comma();
      csv.list([0, 7, row]);
      if (row === 10_000) csv.text(long);
      csv.comma();
      csv.bytes(Buffer.from('host'));
      csv.endRow();
    }
  });
  const row = (index: number) => `row,0-7-${index}${index === 10_000 ? long : ''},host\n`;
  expect(text).toBe(Array.from({ length: 20_000 }, (_, index) => row(index)).join(''));
});
