import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InputError } from '../../core/input-error.ts';
import type { Arrival, ArrivalStream, ReadOptions } from '../../traces/arrival.ts';
import { ArrivalRow } from '../../traces/arrival-row.ts';
import { hepsCsvColumns, hepsCsvHeader, readHepsCsv, readHepsCsvReference } from '../../traces/heps-csv.ts';
import { PlainRows } from '../../traces/heps-csv-rows.ts';
import { TextCache } from '../../traces/text-cache.ts';
import { cases } from '../cases.ts';
import { kept, written } from './trace-files.ts';

/** All that a reader shows: rows, the messages of wrong ones, and the error that ended it, if any. */
interface Outcome {
  readonly rows: Arrival[];
  readonly messages: string[];
  readonly error: string | undefined;
}

async function outcome(read: (options: ReadOptions) => ArrivalStream, skipsInvalid: boolean): Promise<Outcome> {
  const rows: Arrival[] = [];
  const messages: string[] = [];
  const onInvalid = skipsInvalid ? (error: InputError) => messages.push(error.message) : undefined;
  try {
    for await (const batch of read({ onInvalid })) rows.push(...batch.map(kept));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { rows, messages, error: error.message };
  }
  return { rows, messages, error: undefined };
}

/** What the reference reader shows, with wrong rows left out and without. */
interface Reference {
  readonly skipped: Outcome;
  readonly reference: Outcome;
}

async function referenceOf(path: string): Promise<Reference> {
  const read = (options: ReadOptions) => readHepsCsvReference(path, options);
  return { skipped: await outcome(read, true), reference: await outcome(read, false) };
}

/**
 * Checks that both readers agree. Rows before an error come in whole batches, and batches are as large as the reads are: where an
 * error is thrown, one reader may have given more of the same rows.
 */
async function expectSame(path: string, chunkBytes: number, expected?: Reference): Promise<Outcome> {
  const { skipped, reference } = expected ?? (await referenceOf(path));
  expect(await outcome((options) => readHepsCsv(path, options, chunkBytes), true)).toEqual(skipped);
  const fast = await outcome((options) => readHepsCsv(path, options, chunkBytes), false);
  expect(fast.error).toBe(reference.error);
  if (reference.error === undefined) expect(fast.rows).toEqual(reference.rows);
  else {
    const both = Math.min(fast.rows.length, reference.rows.length);
    expect(fast.rows.slice(0, both)).toEqual(reference.rows.slice(0, both));
  }
  const withoutNames = ({ rows, ...rest }: Outcome) => ({
    ...rest,
    rows: rows.map((row) => ({ ...row, station: '', flavor: '', image: '', user: '' })),
  });
  const nameless = await outcome((options) => readHepsCsv(path, { ...options, hasNames: false }, chunkBytes), true);
  expect(withoutNames(nameless)).toEqual(withoutNames(skipped));
  return skipped;
}

const usual = <Item>(common: fc.Arbitrary<Item>, odd: fc.Arbitrary<Item>) =>
  fc.oneof({ arbitrary: common, weight: 80 }, { arbitrary: odd, weight: 1 });
const number = (most: number) => fc.integer({ min: 0, max: most }).map(String);
const oddNumber = fc.constantFrom(
  ...['', '-1', '+1', '1.', '.5', '1e3', '0x1', ' 1', '1 ', '00', '007', '0.000', '1.2345', '1.5', 'NaN', '１'],
  ...['123456789', '1234567890', '999999999999', '1234567890123', '999999999999999', '1234567890123456'],
  ...['999999999.999', '1000000000.5', '999999999999.999', '1.5.5', '2147483648', '4294967296'],
);
const decimal = (most: number) =>
  fc
    .tuple(fc.integer({ min: 1, max: most }), fc.constantFrom(0, 1, 2, 3))
    .map(([value, digits]) => (value / 1000).toFixed(digits));
const oddText = fc.constantFrom('a,b', '"', '"a,b"', '"a\nb"', '"a\r\nb"', 'a"b', '\r', 'a\rb', '\uFEFF', '\0', ' x ');
const text = usual(
  fc.oneof(fc.constantFrom('', 'B1', 'VSD-GPU', 'é中', '😀', 'Zoë', 'x'.repeat(63), 'y'.repeat(70)), fc.string()),
  oddText,
).map((each) => (each.startsWith('"') ? each : each.replaceAll(/[,"\r\n]/g, '-')));
const cells: Record<string, fc.Arbitrary<string>> = {
  id: usual(
    fc.nat(999).map((each) => `vm-${each}`),
    fc.oneof(text, oddText),
  ),
  submit_s: usual(fc.constant('time'), oddNumber),
  lifetime_s: usual(decimal(1e9), oddNumber),
  vcpus: usual(decimal(64000), oddNumber),
  ram_mib: usual(number(1e6), oddNumber),
  disk_gib: usual(fc.oneof(number(1000), fc.constant('')), oddNumber),
  cards: usual(number(8), oddNumber),
  card_memory_mib: usual(fc.constantFrom('', '0', '8192'), oddNumber),
  card_cores: usual(fc.constantFrom('', '0', '512'), oddNumber),
  card_models: usual(
    fc.constantFrom('', '', 'A40', 'A40|RTX A6000', 'T4|中'),
    fc.constantFrom('|', 'A40|', '|T4', 'a||b'),
  ),
  station: text,
  flavor: text,
  image: text,
  user: usual(text, oddText),
};
/** Cells that go well together: no wish for cards without cards. */
const withoutStrayWishes = (row: { cards?: string; id?: string }): Record<string, string> =>
  Number(row.cards ?? 0) === 0 && row.id !== 'vm-7'
    ? { ...row, card_memory_mib: '', card_cores: '0', card_models: '' }
    : row;

const lineEnd = fc.oneof(
  { arbitrary: fc.constant('\n'), weight: 60 },
  { arbitrary: fc.constantFrom('\r\n', '\n\n', '\r', '\r\n\r\n', ',\n', '\n \n', ''), weight: 1 },
);
const header = fc
  .tuple(fc.subarray([...hepsCsvColumns.optional]), usual(fc.constant(''), fc.constantFrom('cost', 'id')), fc.nat(300))
  .chain(([optional, extra, dropped]) => {
    const names: string[] = [...hepsCsvColumns.required, ...optional].filter(
      (_, index) => index !== dropped || index > 4,
    );
    return fc.shuffledSubarray(extra === '' ? names : [...names, extra], { minLength: names.length });
  });
/** What may befall a file: at a share of its length, bytes put in or taken out. */
const damage = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  removed: fc.nat(3),
  added: fc.constantFrom('', '"', '""', ',', '\n', '\r\n', '\r', '\uFEFF', '|', '.', '9', '\xff', '\xc3', '\0'),
});
const file = fc
  .record({
    names: header,
    start: fc.oneof({ arbitrary: fc.constant(''), weight: 20 }, fc.constantFrom('\uFEFF', '\n', '\r\n', ' ')),
    rows: fc.array(
      fc.tuple(
        fc.record(cells).map(withoutStrayWishes),
        lineEnd,
        usual(fc.nat(2000), fc.integer({ min: -1500, max: 0 })),
      ),
      { maxLength: 25, size: 'max' },
    ),
    usesReturns: fc.nat(12).map((each) => each === 0),
    endsOpen: fc.boolean(),
    damages: fc.oneof(
      { arbitrary: fc.constant([]), weight: 2 },
      { arbitrary: fc.array(damage, { maxLength: 2 }), weight: 1 },
    ),
  })
  .map(({ names, start, rows, usesReturns, endsOpen, damages }) => {
    let milliseconds = 0;
    const lines = rows.map(([row, end, gap]) => {
      milliseconds = Math.max(0, milliseconds + gap);
      const time = String(milliseconds / 1000);
      return names.map((name) => (row[name] ?? 'x').replace(/^time$/, time)).join(',') + end;
    });
    const all = `${start}${names.join(',')}\n${lines.join('')}`;
    const ended = endsOpen ? all.replace(/\n$/, '') : all;
    let bytes = Buffer.from(usesReturns ? ended.replaceAll('\n', '\r\n') : ended);
    for (const { at, removed, added } of damages) {
      const place = Math.floor(at * bytes.length);
      const piece = Buffer.from(added, added === '\uFEFF' ? 'utf8' : 'latin1');
      bytes = Buffer.concat([bytes.subarray(0, place), piece, bytes.subarray(place + removed)]);
    }
    return bytes;
  });

test('a file reads the same as with csv-parse, whatever is in it and wherever the reads cut it', async () => {
  const path = written({ 'trace.csv': '' });
  const seen = { rows: 0, wrong: 0, errors: 0 };
  const chunkBytes = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constant(256 * 1024));
  await fc.assert(
    fc.asyncProperty(file, chunkBytes, async (bytes, size) => {
      writeFileSync(path, bytes);
      const { rows, messages, error } = await expectSame(path, size);
      seen.rows += rows.length;
      seen.wrong += messages.length;
      if (error !== undefined) seen.errors++;
    }),
    { numRuns: cases(400) },
  );
  // The files are neither all right nor all wrong.
  expect(seen.rows).toBeGreaterThan(cases(1000));
  expect(seen.wrong).toBeGreaterThan(cases(200));
  expect(seen.errors).toBeGreaterThan(cases(50));
});

const rowsText =
  'vm-1,0.5,60,2,4096,,1,,,A40|中,B1,VSD-GPU,img,Zoë\n' +
  'vm-2,7,60.25,0.5,4096,40,0,0,0,,,,,\n' +
  'vm-3,7,x,2,4096,40,0,0,0,,,,,\n' +
  'vm-4,7.001,60,2,4096,40,0,0,0,,B2,"a ""b""\n,",,\n' +
  'vm-5,6,60,2,4096,40,0,0,0,,,,,';

test('a file may be cut at every place', async () => {
  const text = `${hepsCsvHeader}\n${rowsText}`;
  const path = written({ 'trace.csv': text });
  const expected = await referenceOf(path);
  for (let size = 1; size <= Buffer.byteLength(text); size++) {
    const { rows, messages } = await expectSame(path, size, expected);
    expect([rows.length, messages.length]).toEqual([3, 2]);
  }
});

test('a byte order mark is one at the start only, whichever way its row is read', async () => {
  const short = 'id,submit_s,lifetime_s,vcpus,ram_mib,user\n';
  for (const start of ['', '\uFEFF']) {
    for (const row of ['\uFEFFb,1,1,1,1,u', '\uFEFFb,1,1,1,1,"u"', '\uFEFF"b",1,1,1,1,u']) {
      await expectSame(written({ 'trace.csv': `${start}${short}a,0,1,1,1,u\n${row}\n` }), 4096);
    }
  }
  await expectSame(written({ 'trace.csv': Buffer.from(`\uFEFF${short}a,0,1,1,1,u\n`, 'utf16le') }), 4096);
});

test('a packed file reads the same; one that is cut short is refused after some of its rows', async () => {
  const packed = gzipSync(`${hepsCsvHeader}\n${rowsText}`);
  const cut = written({ 'trace.csv.gz': packed.subarray(0, -12) });
  for (const size of [64, 100, 4096]) {
    const { rows } = await expectSame(written({ 'trace.csv.gz': packed }), size);
    const fast = await outcome((options) => readHepsCsv(cut, options, size), true);
    expect(fast.error).toBe((await outcome((options) => readHepsCsvReference(cut, options), true)).error);
    expect(fast.rows).toEqual(rows.slice(0, fast.rows.length));
  }
  await expectSame(written({ 'trace.csv.gz': 'id' }), 4096);
  await expectSame('/nowhere/trace.csv', 4096);
});

test('a row without an end is refused before it fills the memory, a long one is not', async () => {
  const short = 'id,submit_s,lifetime_s,vcpus,ram_mib,user\n';
  const first = 'a,0,1,1,1,ann\n';
  for (const length of [600_000, 1_100_000]) {
    for (const user of ['u'.repeat(length), `"${'u\n'.repeat(length / 2)}`, ','.repeat(length)]) {
      for (const end of ['', `\n${first}`]) {
        await expectSame(written({ 'trace.csv': `${short}${first}b,1,1,1,1,${user}${end}` }), 256 * 1024);
      }
    }
  }
});

test('rows as we write them are plain; rows with a quote, a carriage return or a wrong cell are not', () => {
  const names = hepsCsvHeader.split(',') as (typeof hepsCsvColumns.required)[number][];
  const taken = (row: string) => {
    const arrival = new ArrivalRow();
    const isPlain = new PlainRows(names, { earliestS: 5 }, true).take(Buffer.from(`?${row}\n`), 1, arrival);
    return isPlain ? kept(arrival) : undefined;
  };
  const plain = 'a,5,60.25,0.5,1,2,1,8192,0,A40|T4,B1,VSD,img,Zoë';
  expect(taken(plain)).toEqual({
    atS: 5,
    lifetimeS: 60.25,
    request: {
      id: 'a',
      vcpus: 0.5,
      ramMib: 1,
      diskGib: 2,
      cards: 1,
      cardMemoryMib: 8192,
      cardCores: 0,
      cardModels: ['A40', 'T4'],
    },
    station: 'B1',
    flavor: 'VSD',
    image: 'img',
    user: 'Zoë',
  });
  for (const [from, to] of [
    ['a,', ','],
    ['5,', '4.999,'],
    ['60.25', '60.2500'],
    ['60.25', '60.'],
    ['60.25', '0'],
    ['0.5', '0.0'],
    ['0.5,1', '0.5,'],
    ['8192', '81 92'],
    ['T4', ''],
    ['1,8192', '0,8192'],
    ['B1', '"B1"'],
    ['img', 'i\rmg'],
    ['Zoë', 'Zoë\r'],
    ['Zoë', 'Zoë,'],
    [',Zoë', ''],
  ] as const) {
    expect(taken(plain.replace(from, to)), to).toBeUndefined();
  }
});

test('decimals are the numbers that their texts name', () => {
  const rows = new PlainRows(['submit_s', 'id', 'lifetime_s', 'vcpus', 'ram_mib'], { earliestS: 0 }, true);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 999_999_999 }), fc.stringMatching(/^\d{1,3}$/), (integer, decimals) => {
      const cell = `${integer}.${decimals}`;
      const arrival = new ArrivalRow();
      expect(rows.take(Buffer.from(`0,a,${cell},1,1\n`), 0, arrival)).toBe(true);
      expect(arrival.lifetimeS).toBe(Number(cell));
    }),
    { numRuns: cases(5000) },
  );
});

test('texts of the same hash are told apart, and only a displaced text is made again', () => {
  let made = 0;
  const cache = new TextCache((each) => {
    made++;
    return each;
  });
  const cached = (each: string) => cache.valueOf(Buffer.from(`..${each}..`), 2, 2 + Buffer.byteLength(each), 77);
  for (const each of ['ab', 'ab', 'é', 'é', 'abc', 'ab', 'x'.repeat(63), 'x'.repeat(63)])
    expect(cached(each)).toBe(each);
  expect(made).toBe(5);
  for (const each of ['y'.repeat(64), 'y'.repeat(300), 'x'.repeat(63)]) expect(cached(each)).toBe(each);
  expect(made).toBe(7);
});
