import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Arrival } from '../../traces/arrival.ts';
import { formatHepsCsv, hepsCsvHeader, readHepsCsv } from '../../traces/heps-csv.ts';
import { collect, refusal, skipping, written } from './trace-files.ts';

const read = (text: string) => readHepsCsv(written({ 'trace.csv': text }));
const short = 'id,submit_s,lifetime_s,vcpus,ram_mib\n';

test('the header is the documented one', () => {
  expect(hepsCsvHeader).toBe(
    'id,submit_s,lifetime_s,vcpus,ram_mib,disk_gib,cards,card_memory_mib,card_cores,card_models,station,flavor,image,user',
  );
});

test('the five required columns are enough; everything else is then nothing asked and nothing known', async () => {
  expect(await collect(read(`${short}a,0,60,2,4096\n`))).toEqual([
    {
      atS: 0,
      lifetimeS: 60,
      request: {
        id: 'a',
        vcpus: 2,
        ramMib: 4096,
        diskGib: 0,
        cards: 0,
        cardMemoryMib: 0,
        cardCores: 0,
        cardModels: [],
      },
      station: '',
      flavor: '',
      image: '',
      user: '',
    },
  ]);
});

test('columns may stand in any order, and optional cells may be empty', async () => {
  const header = 'card_models,cards,user,ram_mib,vcpus,lifetime_s,submit_s,id,card_memory_mib';
  const [gpu, cpu] = await collect(read(`${header}\nA40|RTX A6000,2,ann,1,0.5,0.001,7.25,g,8192\n,,,1,1,1,8,c,\n`));
  expect(gpu).toMatchObject({ atS: 7.25, lifetimeS: 0.001, user: 'ann' });
  expect(gpu?.request).toMatchObject({ cards: 2, cardMemoryMib: 8192, cardModels: ['A40', 'RTX A6000'], vcpus: 0.5 });
  expect(cpu?.request).toMatchObject({ cards: 0, cardModels: [] });
});

const text = fc.oneof(
  fc.constantFrom('', 'VSD-CPU', 'a,b', '"', 'say "hi"', 'two\nlines', 'a\r\nb', '\r', ' padded ', 'é中', '#', ';'),
  fc.string(),
);
const thousandths = (least: number, most: number) =>
  fc.integer({ min: least, max: most }).map((number) => number / 1000);
const name = fc.string({ minLength: 1 }).filter((each) => !each.includes('|'));
const arrival: fc.Arbitrary<Arrival> = fc
  .record({
    gapS: thousandths(0, 1e7),
    lifetimeS: thousandths(1, 1e10),
    cards: fc.integer({ min: 0, max: 8 }),
    id: fc.string({ minLength: 1 }),
    vcpus: thousandths(1, 1e6),
    sizes: fc.array(fc.integer({ min: 0, max: 1e9 }), { minLength: 4, maxLength: 4 }),
    models: fc.array(name, { maxLength: 3 }),
    texts: fc.array(text, { minLength: 4, maxLength: 4 }),
  })
  .map(({ gapS, lifetimeS, cards, id, vcpus, sizes, models, texts }) => ({
    atS: gapS,
    lifetimeS,
    request: {
      id,
      vcpus,
      ramMib: sizes[0]!,
      diskGib: sizes[1]!,
      cards,
      cardMemoryMib: cards === 0 ? 0 : sizes[2]!,
      cardCores: cards === 0 ? 0 : sizes[3]!,
      cardModels: cards === 0 ? [] : models,
    },
    station: texts[0]!,
    flavor: texts[1]!,
    image: texts[2]!,
    user: texts[3]!,
  }));

test('what is written reads back the same, whatever the texts', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(arrival, { maxLength: 20 }), async (drawn) => {
      const arrivals = drawn.toSorted((a, b) => a.atS - b.atS);
      expect(await collect(read(`${hepsCsvHeader}\n${formatHepsCsv(arrivals)}`))).toEqual(arrivals);
    }),
    { numRuns: 200 },
  );
});

test('times are written to the millisecond, a lifetime of less as one; card wishes without cards are left out', async () => {
  const [plain] = await collect(read(`${short}a,0,60,2,4096\n`));
  const request = { ...plain!.request, cardCores: 5, cardModels: ['T4'] };
  expect(formatHepsCsv([{ ...plain!, atS: 1.23456, lifetimeS: 1e-6, request }])).toBe(
    'a,1.235,0.001,2,4096,0,0,0,0,,,,,\n',
  );
});

test('a model name that could not be read back is refused', async () => {
  const [plain] = await collect(read(`${short}a,0,60,2,4096\n`));
  const withModel = (model: string) => [{ ...plain!, request: { ...plain!.request, cards: 1, cardModels: [model] } }];
  expect(() => formatHepsCsv(withModel('A40|A10'))).toThrow('card model must be a name without |, got A40|A10');
  expect(() => formatHepsCsv(withModel(''))).toThrow('card model must be');
});

test('rows out of order are refused with the time that was expected', async () => {
  expect(await refusal(read(`${short}a,300,1,1,1\nb,300,1,1,1\nc,299.5,1,1,1\n`))).toBe(
    'trace.csv:4, column submit_s: expected at least 300, since rows are in order of submit_s, got "299.5"',
  );
});

test('each wrong cell is refused with file, line, column and what was expected', async () => {
  const whole = 'expected a whole number of at least 0';
  const least = 'expected a number of at least 0.001 with at most 3 decimals';
  const full = `${hepsCsvHeader}\n`;
  expect(await refusal(read(`${short},0,60,2,4096\n`))).toBe('trace.csv:2, column id: expected a text, got ""');
  expect(await refusal(read(`${short}a,-1,60,2,4096\n`))).toBe(
    'trace.csv:2, column submit_s: expected a number of at least 0 with at most 3 decimals, got "-1"',
  );
  expect(await refusal(read(`${short}a,0,0,2,4096\n`))).toBe(`trace.csv:2, column lifetime_s: ${least}, got "0"`);
  expect(await refusal(read(`${short}a,0,1,0.0001,4096\n`))).toBe(`trace.csv:2, column vcpus: ${least}, got "0.0001"`);
  expect(await refusal(read(`${short}a,0,1,1,4.5\n`))).toBe(`trace.csv:2, column ram_mib: ${whole}, got "4.5"`);
  expect(await refusal(read(`${full}a,0,1,1,1,1,two,,,,,,,\n`))).toBe(`trace.csv:2, column cards: ${whole}, got "two"`);
  expect(await refusal(read(`${full}a,0,1,1,1,1,1,,,A40||T4,,,,\n`))).toBe(
    'trace.csv:2, column card_models: expected names separated by |, got "A40||T4"',
  );
  expect(await refusal(read(`${short}a,0,1,1\n`))).toBe('trace.csv:2: expected 5 columns, got 4');
});

test('describing cards without asking for one is refused', async () => {
  const expected = 'trace.csv:2, column cards: expected at least 1, since cards are described, got 0';
  for (const cells of ['0,8192,,', ',,512,', '0,,,A40']) {
    expect(await refusal(read(`${hepsCsvHeader}\na,0,1,1,1,1,${cells},,,,\n`))).toBe(expected);
  }
});

test('wrong rows are left out when asked, and do not move the time that later rows are held to', async () => {
  const path = written({ 'trace.csv': `${short}a,1,1,1,1\nb,900,0,1,1\nc,2,1,1,1\nd,0,1,1,1\ne,x\nf,3,1,1,1\n` });
  const { taken, messages } = await skipping((options) => readHepsCsv(path, options));
  expect(taken.map((each) => each.request.id)).toEqual(['a', 'c', 'f']);
  expect(messages).toEqual([
    'trace.csv:3, column lifetime_s: expected a number of at least 0.001 with at most 3 decimals, got "0"',
    'trace.csv:6: expected 5 columns, got 2',
    'trace.csv:5, column submit_s: expected at least 2, since rows are in order of submit_s, got "0"',
  ]);
});

test('a row far ahead is the one that is left out, however it is written', async () => {
  const times = Array.from({ length: 5000 }, (_, index) => (index === 3 || index === 3000 ? 1.7e9 : index));
  for (const user of ['u', '"u"']) {
    const rows = times.map((time, index) => `v${index},${time},1,1,1,${index === 2 ? user : 'u'}\n`).join('');
    const path = written({ 'trace.csv': `id,submit_s,lifetime_s,vcpus,ram_mib,user\n${rows}` });
    const { taken, messages } = await skipping((options) => readHepsCsv(path, options));
    expect(taken).toHaveLength(4998);
    expect(messages).toEqual([
      'trace.csv:5, column submit_s: expected at most 4, since rows are in order of submit_s, got "1700000000"',
      'trace.csv:3002, column submit_s: expected at most 3001, since rows are in order of submit_s, got "1700000000"',
    ]);
  }
});

test('whole numbers as pandas writes them are read, and halves of them are not', async () => {
  const header = 'id,submit_s,lifetime_s,vcpus,ram_mib,disk_gib,cards,card_memory_mib\n';
  const [gpu, cpu] = await collect(
    read(`${header}a,0.0,3.6e3,4.0,4096.0,40.0,1.0,16384.0\nb,1e3,7200.0,2.0,2048.0,,,\n`),
  );
  expect(gpu).toMatchObject({ atS: 0, lifetimeS: 3600 });
  expect(gpu?.request).toMatchObject({ vcpus: 4, ramMib: 4096, diskGib: 40, cards: 1, cardMemoryMib: 16384 });
  expect(cpu).toMatchObject({ atS: 1000, request: { ramMib: 2048, diskGib: 0, cards: 0 } });
  expect(await refusal(read(`${short}a,0,60,2,4096.5\n`))).toMatch(
    /column ram_mib: expected a whole number .* got "4096.5"$/,
  );
  expect(await refusal(read(`${short}a,0,60,2,nan\n`))).toMatch(
    /column ram_mib: expected a whole number .* got "nan"$/,
  );
});
