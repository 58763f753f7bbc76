import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OutputFile } from '../../../files/output-file.ts';
import { Vm, Vms } from '../../../sim/cloud/vm.ts';
import { ByteWriter } from '../../../sim/records/byte-writer.ts';
import { IdTexts } from '../../../sim/records/id-texts.ts';
import { NumberColumn } from '../../../sim/records/number-column.ts';
import type { RecordedColumn } from '../../../sim/records/recorder.ts';
import { Texts } from '../../../sim/records/texts.ts';
import { ArrivalRow } from '../../../traces/arrival-row.ts';
import { temporaryDirectory, vm } from '../build.ts';

/** The JSON that a column writes. */
function written(path: string, column: RecordedColumn): string {
  const file = new OutputFile(path);
  const writer = new ByteWriter(file);
  column.writeTo(writer);
  writer.flush();
  file.finish();
  return readFileSync(path, 'utf8');
}

test('a column is written as JSON.stringify writes the plain one', () => {
  const path = join(temporaryDirectory(), 'column.json');
  const anyText = fc.oneof(fc.constantFrom('', 'office', 'vcpus:1|ram:2', '"\\\n'), fc.string({ unit: 'binary' }));
  const anyRows = fc.array(fc.tuple(fc.double(), anyText, fc.nat(5)), { maxLength: 60 });
  fc.assert(
    fc.property(anyRows, (rows) => {
      const [numbers, texts] = [new NumberColumn(), new Texts()];
      for (const [number, text] of rows) {
        numbers.push(Number.isFinite(number) ? number : Number.NaN);
        texts.push(text);
      }
      rows.forEach(([, text, row], index) => {
        if (row < rows.length && index % 3 === 0) texts.set(row, text);
        if (row < rows.length && index % 3 === 1) numbers.set(row, index / 8);
      });
      expect(written(path, numbers)).toBe(JSON.stringify(numbers.toPlain()));
      const text = written(path, texts);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(texts.toPlain())));
    }),
  );
});

test('ids come back as they were, whether they came as bytes or as texts, short or long', () => {
  const path = join(temporaryDirectory(), 'ids.json');
  const anyId = fc.oneof(
    fc.nat(999).map((number) => `vm-${number}`),
    fc.string({ minLength: 1, unit: 'grapheme' }),
    fc.constantFrom('"', 'a\\b', 'x'.repeat(17), 'y'.repeat(33), 'z'.repeat(64), 'w'.repeat(65), 'v'.repeat(70_000)),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(anyId, fc.boolean()), { maxLength: 40 }), (rows) => {
      const vms = new Vms(true);
      const shown = new Vm(vms);
      const ids = new IdTexts();
      const slots = rows.map(([id, asBytes]) => {
        const row = new ArrivalRow();
        const bytes = Buffer.from(`,${id},`);
        row.request.pointId(bytes, 1, bytes.length - 1);
        const slot = vms.take(asBytes ? row : vm(id, 0, 1));
        bytes.fill(0);
        return slot;
      });
      slots.forEach((slot, index) => {
        shown.slot = slot;
        expect(shown.id).toBe(rows[index]![0]);
        ids.push(shown);
        shown.slot = vms.takeAgain(slot);
        expect([shown.id, shown.number]).toEqual([rows[index]![0], 2]);
      });
      const expected = rows.map(([id]) => id);
      expect(ids.toPlain()).toEqual(expected);
      expect(written(path, ids)).toBe(JSON.stringify(expected));
    }),
  );
});

test('numbers past the first chunks are where they were put', () => {
  const column = new NumberColumn();
  for (let row = 0; row < 40_000; row++) column.push(row / 2);
  column.set(20_000, -1);
  expect([column.length, column.at(16_383), column.at(16_384), column.at(20_000), column.at(39_999)]).toEqual([
    40_000, 8191.5, 8192, -1, 19_999.5,
  ]);
});
