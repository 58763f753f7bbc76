import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { InputError } from '../../core/input-error.ts';
import {
  csvHeader,
  decimalCell,
  optionalWholeCell,
  readCsv,
  readLines,
  textCell,
  wholeCell,
} from '../../traces/csv.ts';
import { collect, refusal, written } from './trace-files.ts';

const columns = { required: ['id', 'vcpus'], optional: ['user'] } as const;
type Column = 'id' | 'vcpus' | 'user';

const rowsOf = (path: string, onInvalid?: (error: InputError) => void) =>
  collect(
    readCsv<Column, string>(
      path,
      columns,
      (row) => `${row.line} ${textCell(row, 'id')} ${textCell(row, 'vcpus')} ${textCell(row, 'user')}`,
      onInvalid,
    ),
  );

const refused = (text: string) => refusal(rowsOf(written({ 'trace.csv': text })));

test('columns are found by name in any order, and a missing one reads as empty', async () => {
  expect(await rowsOf(written({ 'trace.csv': 'user,vcpus,id\nann,2,a\nbob,4,b\n' }))).toEqual([
    '2 a 2 ann',
    '3 b 4 bob',
  ]);
  expect(await rowsOf(written({ 'trace.csv': 'vcpus,id\n2,a\n' }))).toEqual(['2 a 2 ']);
});

test('a byte order mark, CRLF, blank lines and a last line without an end are taken', async () => {
  expect(await rowsOf(written({ 'trace.csv': '\uFEFFid,vcpus\r\na,1\r\n\r\nb,2' }))).toEqual(['2 a 1 ', '4 b 2 ']);
});

test('a gzip file is unpacked whatever its name, and no other file is', async () => {
  const text = 'id,vcpus\na,1\n';
  for (const content of [text, gzipSync(text), Buffer.concat([gzipSync('id,vcpus\n'), gzipSync('a,1\n')])]) {
    for (const name of ['trace.csv', 'trace.csv.gz', 'trace']) {
      expect(await rowsOf(written({ [name]: content }))).toEqual(['2 a 1 ']);
    }
  }
  const cut = gzipSync('id,vcpus\na,1\n').subarray(0, 20);
  expect(await refusal(rowsOf(written({ 'trace.csv.gz': cut })))).toBe(
    'trace.csv.gz: expected a gzip file, got "Z_BUF_ERROR"',
  );
});

test('line numbers are those on which rows start, also after cells with line ends', async () => {
  const text = 'id,vcpus\n"a\nb\r\nc",1\nd,2\n"e\nf",3\ng,4\n';
  expect((await rowsOf(written({ 'trace.csv': text }))).map((row) => row.replace(/ [\s\S]*/, ''))).toEqual([
    '2',
    '5',
    '6',
    '8',
  ]);
});

test('a long file comes in batches, each row once and in order', async () => {
  const rows = Array.from({ length: 50_000 }, (_, index) => `vm-${index},${index}`);
  const path = written({ 'trace.csv': `id,vcpus\n${rows.join('\n')}\n` });
  const batches: number[] = [];
  const seen: string[] = [];
  for await (const batch of readCsv<Column, string>(path, columns, (row) => row.cells.join(','))) {
    batches.push(batch.length);
    seen.push(...batch);
  }
  expect(seen).toEqual(rows);
  // 64 KiB of rows of 13 to 15 bytes.
  expect(Math.max(...batches)).toBeLessThan(7000);
});

test('a missing file, a directory and an empty file are refused', async () => {
  const path = written({ 'trace.csv': '' });
  expect(await refusal(rowsOf(path.replace('trace.csv', 'other.csv')))).toBe(
    'other.csv: expected a readable file, got nothing',
  );
  expect(await refusal(rowsOf(path.replace('trace.csv', '')))).toBe(': expected a readable file, got "EISDIR"');
  expect(await refusal(rowsOf(path))).toBe('trace.csv:1: expected the columns id,vcpus, got nothing');
});

test('a header with an unknown, a doubled or a missing column is refused', async () => {
  expect(await refused('id,vcpu\n')).toBe(
    'trace.csv:1, column 2: expected one of the columns id, vcpus, user, got "vcpu"',
  );
  expect(await refused('id,vcpus,id\n')).toBe('trace.csv:1, column 3: expected each column once, got "id"');
  expect(await refused('id,user\n')).toBe('trace.csv:1: expected a column vcpus, got "id,user"');
});

test('a row with too few or too many cells is refused with both numbers, or left out', async () => {
  expect(await refused('id,vcpus\na,1\nb\n')).toBe('trace.csv:3: expected 2 columns, got 1');
  expect(await refused('id,vcpus\na,1,2\n')).toBe('trace.csv:2: expected 2 columns, got 3');
  const errors: string[] = [];
  const path = written({ 'trace.csv': 'id,vcpus\na,1\nb\nc,3\n' });
  expect(await rowsOf(path, ({ message }) => errors.push(message))).toEqual(['2 a 1 ', '4 c 3 ']);
  expect(errors).toEqual([`${path}:3: expected 2 columns, got 1`]);
});

test('a quote that is not closed is refused at the row where it opens, whatever the length of the file', async () => {
  const expected = 'trace.csv:3: expected a row whose quotes are closed, got nothing';
  expect(await refused('id,vcpus\na,1\n"b,2\nc,3\n')).toBe(expected);
  expect(await refused(`id,vcpus\na,1\n"b,2\n${'c,3\n'.repeat(500_000)}`)).toBe(expected);
});

test('a quote within a cell is refused', async () => {
  const expected = 'expected quotes around a whole cell, doubled inside it, got "a stray quote"';
  expect(await refused('id,vcpus\na,1\nb"c,2\n')).toBe(`trace.csv:3: ${expected}`);
  expect(await refused('id,vcpus\na,1\n"b"c,2\n')).toBe(`trace.csv:3: ${expected}`);
});

test('the first error of a file is the one that is thrown', async () => {
  expect(await refused('id,vcpus\na\nb"c,2\n')).toBe('trace.csv:2: expected 2 columns, got 1');
});

test('numbers are read as written, and anything else is refused with what was expected', async () => {
  const row = (text: string) => ({
    path: 'trace.csv',
    line: 7,
    positions: new Map<Column, number>([['vcpus', 0]]),
    cells: [text],
  });
  expect(wholeCell(row('12'), 'vcpus')).toBe(12);
  expect(wholeCell(row('-1'), 'vcpus', -1)).toBe(-1);
  expect(optionalWholeCell(row(''), 'vcpus')).toBe(0);
  expect(decimalCell(row('0.125'), 'vcpus')).toBe(0.125);
  for (const [text, value] of [
    ['4096.0', 4096],
    ['1e3', 1000],
    ['1.5E+1', 15],
    ['0.0', 0],
    ['-0.0', 0],
  ] as const) {
    expect(wholeCell(row(text), 'vcpus')).toBe(value);
    expect(decimalCell(row(text), 'vcpus')).toBe(value);
  }
  expect(decimalCell(row('0.30000000000000004'), 'vcpus')).toBe(0.3);
  expect(decimalCell(row('5e-2'), 'vcpus')).toBe(0.05);
  for (const text of ['', ' 1', '-1', '1.5', '4096.5', '1e-1', '1e15', '0x10', 'NaN', 'nan', 'inf', '1'.repeat(16)]) {
    expect(() => wholeCell(row(text), 'vcpus')).toThrow(
      `trace.csv:7, column vcpus: expected a whole number of at least 0, got "${text}"`,
    );
  }
  for (const text of ['', '-0.5', '1.', '.5', '0.1234', '1e12', 'nan', 'Infinity']) {
    expect(() => decimalCell(row(text), 'vcpus')).toThrow(
      `trace.csv:7, column vcpus: expected a number of at least 0 with at most 3 decimals, got "${text}"`,
    );
  }
  expect(() => decimalCell(row('0'), 'vcpus', 0.001)).toThrow('a number of at least 0.001 with');
});

test('the header alone can be read, and lines without columns too', async () => {
  expect(await csvHeader(written({ 'trace.csv': 'id,"vcpus"\na,1\n' }))).toEqual(['id', 'vcpus']);
  expect(await csvHeader(written({ 'trace.csv': '\n' }))).toBeUndefined();
  expect(await collect(readLines(written({ 'trace.txt': '\uFEFFä\r\n\r\nb' })))).toEqual(['ä', '', 'b']);
});

test('a file of another kind is refused in words that say what to do', async () => {
  const kinds = {
    '504b030414': 'a zip file; unzip it first',
    fd377a585a0000: 'an xz file; unpack it first',
    '425a6839': 'a bzip2 file; unpack it first',
    '28b52ffd04': 'a zstd file; unpack it first',
    '5041523115': 'a Parquet file; write it as CSV first',
    fffe6900: 'UTF-16; save it as UTF-8 first',
  };
  for (const [start, words] of Object.entries(kinds)) {
    const path = written({ 'trace.csv': Buffer.concat([Buffer.from(start, 'hex'), Buffer.from('id,vcpus\na,1\n')]) });
    expect(await refusal(rowsOf(path))).toBe(`trace.csv: expected text, plain or packed by gzip, got ${words}`);
  }
});
