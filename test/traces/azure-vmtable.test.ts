import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { readAzureVmTable } from '../../traces/azure-vmtable.ts';
import { readTrace, recogniseTrace } from '../../traces/formats.ts';
import { collect, refusal, skipping, written } from './trace-files.ts';

/** A row in the published order of columns; the values are made up. */
const vm = (id: string, created: number | string, deleted: number, cores = '2', memory = '3.5') =>
  `${id},sub/1,dep/1,${created},${deleted},99.3,3.4,10.2,Interactive,${cores},${memory}\n`;
const table = (text: string) => written({ 'vmtable.csv': text });

test('a VM lives from creation to deletion, with its id, size, category and subscription', async () => {
  expect(await collect(readAzureVmTable(table(vm('x/Y+z', 300, 900))))).toEqual([
    {
      atS: 300,
      lifetimeS: 600,
      request: {
        id: 'x/Y+z',
        vcpus: 2,
        ramMib: 3584,
        diskGib: 0,
        cards: 0,
        cardMemoryMib: 0,
        cardCores: 0,
        cardModels: [],
      },
      station: 'Interactive',
      flavor: '2vcpu-3.5g',
      image: '',
      user: 'sub/1',
    },
  ]);
});

test('the table is recognised, with gzip, quotes or a byte order mark too', async () => {
  const text = vm('a', 0, 300) + vm('b', 0, 300);
  for (const content of [text, gzipSync(text), `\uFEFF${text}`, text.replaceAll(/[^,\n]+/g, '"$&"')]) {
    const path = written({ vms: content });
    expect(await recogniseTrace(path)).toBe('azure-vmtable');
    expect((await collect(await readTrace(path))).map(({ request }) => request.id)).toEqual(['a', 'b']);
  }
});

test('a VM that is deleted as it is created lives a second', async () => {
  expect(await collect(readAzureVmTable(table(vm('a', 300, 300))))).toMatchObject([{ atS: 300, lifetimeS: 1 }]);
});

test('the open buckets of V2 are 30 vCPUs and 70 GB, as in its own notebook', async () => {
  const [open] = await collect(readAzureVmTable(table(vm('a', 0, 1, '>24', '>64'))));
  expect(open?.request).toMatchObject({ vcpus: 30, ramMib: 70 * 1024 });
});

test('a table out of order is sorted by creation, VMs of one second as in the file', async () => {
  const path = table(vm('a', 600, 900) + vm('b', 0, 900) + vm('c', 600, 700) + vm('d', 300, 900));
  const vms = await collect(readAzureVmTable(path));
  expect(vms.map(({ atS, request }) => `${atS} ${request.id}`)).toEqual(['0 b', '300 d', '600 a', '600 c']);
});

test('wrong rows are refused with line and column, or left out', async () => {
  const message = (row: string) => refusal(readAzureVmTable(table(vm('a', 0, 1) + row)));
  expect(await message(vm('b', 300, 299))).toBe(
    'vmtable.csv:2, column vmdeleted: expected at least 300, when it was created, got "299"',
  );
  expect(await message(vm('b', 'x', 1))).toMatch(/^vmtable\.csv:2, column vmcreated: expected a whole number/);
  expect(await message(vm('b', 0, 1, '>12'))).toBe(
    'vmtable.csv:2, column vmcorecountbucket: expected a number above 0, or >24, got ">12"',
  );
  expect(await message('b,1\n')).toBe('vmtable.csv:2: expected 11 columns, got 2');
  const path = table(vm('a', 0, 1) + vm('b', 300, 299) + vm('c', 400, 500));
  const { taken, messages } = await skipping((options) => readAzureVmTable(path, options));
  expect(taken.map(({ request }) => request.id)).toEqual(['a', 'c']);
  expect(messages).toHaveLength(1);
});
