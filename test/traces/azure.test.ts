import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readAzure } from '../../traces/azure.ts';
import { collect, fullSet, refusal, sample, skipping, written } from './trace-files.ts';

const maps = {
  'flav_map.txt': '2,3.5 g\n1,0.75 a\n',
  // Bin 0 is [0, 300) s, bin 1 [300, 600) s, bin 2 [600, 1500) s.
  'v1.interval_map.txt': '0 0\n300 1\n600 2\n900 2\n1200 2\n',
};
const files = (vms: string, lifetimes: string) =>
  written({ 'v1.test.txt': vms, 'v1.test.c99.txt': lifetimes, ...maps });
const repeated = (element: string, count: number) => Array.from({ length: count }, () => element).join(',');

test('a VM has the size of its flavour, its name, and an id by its place in the file', async () => {
  const arrivals = await collect(readAzure(files('900 g,a,|,g,|\n', '900 U1,U1,|,U1,|\n')));
  const byId = arrivals.toSorted((a, b) => a.request.id.localeCompare(b.request.id));
  expect(byId.map(({ request, flavor }) => [request.id, request.vcpus, request.ramMib, flavor])).toEqual([
    ['azure-0', 2, 3584, '2vcpu-3.5g'],
    ['azure-1', 1, 768, '1vcpu-0.75g'],
    ['azure-2', 2, 3584, '2vcpu-3.5g'],
  ]);
  expect(byId[0]).toMatchObject({ station: '', image: '', user: '', request: { diskGib: 0, cards: 0 } });
});

test('VMs arrive in whole seconds within their interval, counted from the first, in order', async () => {
  const path = files(
    `600 ${repeated('g', 500)}\n1200 ${repeated('g', 500)}\n`,
    `600 ${repeated('U0', 500)}\n1200 ${repeated('U0', 500)}\n`,
  );
  const times = (await collect(readAzure(path))).map((arrival) => arrival.atS);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(times.every(Number.isInteger)).toBe(true);
  expect(times[0]).toBeGreaterThanOrEqual(0);
  expect(times[499]).toBeLessThan(300);
  expect(times[500]).toBeGreaterThanOrEqual(600);
  expect(times[999]).toBeLessThan(900);
  // Uniform in [0, 300): mean 149.5, standard error of 500 draws 3.9.
  const mean = times.slice(0, 500).reduce((sum, time) => sum + time, 0) / 500;
  expect(Math.abs(mean - 149.5)).toBeLessThan(5 * 3.9);
});

test('lifetimes are whole seconds spread over their bin, at least 1, also for VMs that had not ended', async () => {
  for (const [bin, from, to] of [
    ['U0', 1, 300],
    ['U1', 300, 600],
    ['U2', 600, 1500],
    ['C2', 600, 1500],
  ] as const) {
    const arrivals = await collect(readAzure(files(`0 ${repeated('g', 2000)}\n`, `0 ${repeated(bin, 2000)}\n`)));
    const lifetimes = arrivals.map((arrival) => arrival.lifetimeS);
    expect(lifetimes.every(Number.isInteger)).toBe(true);
    expect(Math.min(...lifetimes)).toBeGreaterThanOrEqual(from);
    expect(Math.max(...lifetimes)).toBeLessThan(to);
    // Both ends of the bin are reached to within 1 % of it, as 2000 draws miss 1 % with probability 0.99^2000 < 1e-8.
    expect(Math.min(...lifetimes)).toBeLessThan(from + (to - from) / 100);
    expect(Math.max(...lifetimes)).toBeGreaterThanOrEqual(Math.floor(to - 1 - (to - from) / 100));
  }
});

test('the same seed gives the same arrivals, another seed others', async () => {
  const path = sample('azure2017/v1.test.txt');
  const [first, again, other] = await Promise.all([1, 1, 2].map((seed) => collect(readAzure(path, { seed }))));
  expect(again).toEqual(first);
  expect(await collect(readAzure(path))).toEqual(first);
  expect(other).not.toEqual(first);
});

test('the sample has its VMs, each with a flavour of the map', async () => {
  const path = sample('azure2017/v1.test.txt');
  const arrivals = await collect(readAzure(path));
  expect(arrivals).toHaveLength(readFileSync(path, 'utf8').match(/[a-p]/g)!.length);
  expect(new Set(arrivals.map((arrival) => arrival.request.id)).size).toBe(arrivals.length);
  for (const { flavor } of arrivals) expect(flavor).toMatch(/^(1|2|4|8|16)vcpu-\d+(\.\d+)?g$/);
});

test('lines that do not correspond are refused with their numbers, also when wrong rows are left out', async () => {
  const message = (vms: string, lifetimes: string) =>
    refusal(readAzure(files(`0 g,|\n${vms}\n`, `0 U1,|\n${lifetimes}\n`), { onInvalid: () => {} }));
  expect(await message('300 g,|', '600 U1,|')).toBe('v1.test.c99.txt:2: expected 300, as in v1.test.txt, got 600');
  expect(await message('300 g,g,|', '300 U1,|')).toBe(
    'v1.test.c99.txt:2: expected 3 elements, as in v1.test.txt, got 2',
  );
  expect(await message('300 g,|,g', '300 U1,U1,|')).toBe(
    'v1.test.c99.txt:2, column 2: expected the end of a batch (|), as in v1.test.txt, got "U1"',
  );
  expect(await message('300 g,g,|', '300 U1,|,|')).toBe(
    'v1.test.c99.txt:2, column 2: expected a lifetime, as in v1.test.txt, got "|"',
  );
  expect(await message('300 g,|', '')).toBe('v1.test.c99.txt: expected 2 lines, as in v1.test.txt, got 1');
  expect(await message('nonsense', '300 U1,|')).toBe(
    'v1.test.txt:2: expected a time in seconds, a space and a list separated by commas, got "nonsense"',
  );
});

test('a line out of order is refused, or left out without a change for the others', async () => {
  const lines = (times: readonly number[], element: string) => times.map((time) => `${time} ${element},|\n`).join('');
  const of = (...times: number[]) => files(lines(times, 'g'), lines(times, 'U1'));
  expect(await refusal(readAzure(of(0, 0)))).toBe(
    'v1.test.txt:2: expected a time of at least 300, as lines are in order of time, got 0',
  );
  const whole = await collect(readAzure(of(0, 300, 600, 900)));
  const without = (...ids: string[]) => whole.filter(({ request }) => !ids.includes(request.id));
  const ahead = await skipping((options) => readAzure(of(0, 9e9, 600, 900), options));
  expect(ahead.taken).toEqual(without('azure-1'));
  expect(ahead.messages).toEqual([
    'v1.test.txt:2: expected a time of at most 300, as lines are in order of time, got 9000000000',
  ]);
  const behind = await skipping((options) => readAzure(of(0, 300, 600, 299), options));
  expect(behind.taken).toEqual(without('azure-3'));
  expect(behind.messages).toEqual([
    'v1.test.txt:4: expected a time of at least 900, as lines are in order of time, got 299',
  ]);
});

test('an unknown flavour or bin is refused, or left out without a change for the others', async () => {
  expect(await refusal(readAzure(files('0 g,|,z,|\n', '0 U1,|,U1,|\n')))).toBe(
    'v1.test.txt:1, column 3: expected a letter of flav_map.txt, got "z"',
  );
  expect(await refusal(readAzure(files('0 g,|\n', '0 U3,|\n')))).toBe(
    'v1.test.c99.txt:1, column 1: expected U or C and a bin of v1.interval_map.txt, got "U3"',
  );
  const whole = await collect(readAzure(files('0 g,g,g,|\n', '0 U1,U1,U1,|\n')));
  const path = files('0 g,z,g,|\n', '0 U1,U1,U1,|\n');
  const { taken, messages } = await skipping((options) => readAzure(path, options));
  expect(taken).toEqual(whole.filter((arrival) => arrival.request.id !== 'azure-1'));
  expect(messages).toEqual(['v1.test.txt:1, column 2: expected a letter of flav_map.txt, got "z"']);
});

test('a missing companion is named', async () => {
  const alone = written({ 'v1.train.txt': '0 g,|\n', ...maps });
  expect(await refusal(readAzure(alone))).toBe(
    'v1.train.txt: expected one lifetime file v1.train.c*.txt beside it, got nothing',
  );
  const two = written({ 'v1.test.txt': '', 'v1.test.c1.txt': '', 'v1.test.c2.txt': '', ...maps });
  expect(await refusal(readAzure(two))).toBe(
    'v1.test.txt: expected one lifetime file v1.test.c*.txt beside it, got "v1.test.c1.txt and v1.test.c2.txt"',
  );
  const without = written({ 'v1.test.txt': '', 'v1.test.c1.txt': '' });
  expect(await refusal(readAzure(without))).toBe('v1.test.txt: expected one flav_map.txt beside it, got nothing');
});

test('maps with a wrong line are refused', async () => {
  const withMaps = (changed: Partial<typeof maps>) =>
    refusal(readAzure(written({ 'v1.test.txt': '', 'v1.test.c1.txt': '', ...maps, ...changed })));
  expect(await withMaps({ 'flav_map.txt': '2,3.5 g\n2 h\n' })).toBe(
    'flav_map.txt:2: expected <vCPUs>,<GB> <letter>, got "2 h"',
  );
  expect(await withMaps({ 'v1.interval_map.txt': '0 0\n300 2\n' })).toBe(
    'v1.interval_map.txt:2: expected <duration in s> <bin>, both ascending, got "300 2"',
  );
});

const isHere = existsSync(fullSet('azure2017'));
const where = isHere ? '' : ' (skipped: the full set is not in ../shared/traces)';

test.skipIf(!isHere)(`the full test part has 410 276 VMs of 2.45 vCPUs on average${where}`, async () => {
  let vms = 0;
  let vcpus = 0;
  let lastS = 0;
  let isOrdered = true;
  for await (const batch of readAzure(fullSet('azure2017/v1.test.txt'))) {
    for (const { atS, request } of batch) {
      vms++;
      vcpus += request.vcpus;
      isOrdered &&= atS >= lastS;
      lastS = atS;
    }
  }
  expect(vms).toBe(410_276);
  expect(vcpus / vms).toBeCloseTo(2.45, 2);
  expect(isOrdered).toBe(true);
});

test.skipIf(!isHere)(`the full train part is refused for want of lifetimes${where}`, async () => {
  expect(await refusal(readAzure(fullSet('azure2017/v1.train.txt')))).toMatch(
    /v1\.train\.c\*\.txt beside it, got nothing$/,
  );
});
