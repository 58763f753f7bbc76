import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Vm, Vms } from '../../../sim/cloud/vm.ts';
import { IdTexts } from '../../../sim/records/id-texts.ts';
import { NumberColumn } from '../../../sim/records/number-column.ts';
import { countRepeatedIds } from '../../../sim/records/repeated-ids.ts';
import { vm } from '../build.ts';

/** The columns of decisions about VMs with these ids, each with the number of its submission. */
function columnsOf(rows: readonly (readonly [string, number])[]): { id: IdTexts; attempt: NumberColumn } {
  const vms = new Vms(true);
  const shown = new Vm(vms);
  const [id, attempt] = [new IdTexts(), new NumberColumn()];
  for (const [text, number] of rows) {
    shown.slot = vms.take(vm(text, 0, 1));
    id.push(shown);
    attempt.push(number);
  }
  return { id, attempt };
}

test('an id counts once however often it comes, and a VM submitted again is the same request', () => {
  const rows = ['a', 'b', 'a', 'c', 'a', 'b', 'd'].map((text) => [text, 1] as const);
  expect(countRepeatedIds(columnsOf(rows))).toBe(2);
  expect(countRepeatedIds(columnsOf([...rows, ['c', 2], ['d', 2], ['d', 3]]))).toBe(2);
  expect(countRepeatedIds(columnsOf([]))).toBe(0);
});

test('ids that repeat are counted whatever is in them', () => {
  const text = fc.oneof(fc.constantFrom('a', 'é', '"', 'a\\', '\\"', ',', '","'), fc.string({ minLength: 1 }));
  fc.assert(
    fc.property(fc.array(text, { maxLength: 40 }), (ids) => {
      const repeated = new Set(ids.filter((id, index) => ids.indexOf(id) < index));
      expect(countRepeatedIds(columnsOf(ids.map((id) => [id, 1])))).toBe(repeated.size);
    }),
  );
});
