import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { readSwf } from '../../traces/swf.ts';
import { collect, refusal, sample, skipping, written } from './trace-files.ts';

/** A job: submit, run time, allocated, used memory, requested, requested memory, status; the rest as in a log. */
function job(
  number: number,
  fields: Partial<Record<'submit' | 'run' | 'allocated' | 'used' | 'requested' | 'memory' | 'status', number>>,
) {
  const { submit = 0, run = 60, allocated = 2, used = -1, requested = -1, memory = -1, status = 1 } = fields;
  return `  ${number} ${submit} 5 ${run} ${allocated} -1 ${used} ${requested} -1 ${memory} ${status} 7 3 -1 2 -1 -1 -1\n`;
}
const log = (text: string) => written({ 'log.swf': text });
const requests = async (text: string) => (await collect(readSwf(log(text)))).map((arrival) => arrival.request);

test('a job is a VM with a vCPU per processor; comments and blank lines are passed over', async () => {
  const text = `; Version: 2.2\n\n${job(1, { submit: 10, requested: 4, memory: 1048576 })};\n`;
  expect(await collect(readSwf(log(text)))).toEqual([
    {
      atS: 10,
      lifetimeS: 60,
      request: {
        id: 'swf-1',
        vcpus: 4,
        ramMib: 4096,
        diskGib: 0,
        cards: 0,
        cardMemoryMib: 0,
        cardCores: 0,
        cardModels: [],
      },
      station: '3',
      flavor: 'queue-2',
      image: '',
      user: '7',
    },
  ]);
});

test('processors are those requested, else those allocated', async () => {
  const [both, allocated] = await requests(job(1, { requested: 8, allocated: 4 }) + job(2, { allocated: 4 }));
  expect([both?.vcpus, allocated?.vcpus]).toEqual([8, 4]);
});

test('memory per processor is that requested, else that used, else 4096 MiB or as the option says', async () => {
  // Two processors: 2 · 1500 KiB = 2.93 MiB, rounded up; 2 · 2048 KiB = 4 MiB; 2 · 4096 MiB.
  const text = job(1, { memory: 1500, used: 900 }) + job(2, { used: 2048 }) + job(3, {});
  expect((await requests(text)).map((request) => request.ramMib)).toEqual([3, 4, 8192]);
  const [, , third] = await collect(readSwf(log(text), { ramMibPerVcpu: 1024 }));
  expect(third?.request.ramMib).toBe(2048);
});

test('what the log does not know is empty', async () => {
  const text = '1 0 5 60 2 -1 -1 -1 -1 -1 1 -1 -1 -1 -1 -1 -1 -1\n';
  expect(await collect(readSwf(log(text)))).toMatchObject([{ station: '', flavor: '', user: '' }]);
});

test('the parts of a checkpointed job are left out, being in its own line', async () => {
  const text =
    job(1, { status: 1 }) + job(1, { submit: -1, status: 2 }) + job(1, { submit: -1, status: 3 }) + job(2, {});
  expect((await requests(text)).map((request) => request.id)).toEqual(['swf-1', 'swf-2']);
});

test('the synthetic sample has 300 jobs, and reads the same from a gzip file', async () => {
  const arrivals = await collect(readSwf(sample('swf/synthetic.swf')));
  expect(arrivals).toHaveLength(300);
  const packed = written({ 'log.swf.gz': gzipSync(job(1, {})) });
  expect(await collect(readSwf(packed))).toEqual(await collect(readSwf(log(job(1, {})))));
});

test('wrong jobs are refused with file, line, column and what was expected', async () => {
  const message = (text: string) => refusal(readSwf(log(`; log\n${job(1, { submit: 300 })}${text}`)));
  expect(await message(job(2, { submit: 299 }))).toBe(
    'log.swf:3, column submit time: expected at least 300, since jobs are in order of submit time, got "299"',
  );
  expect(await message(job(2, { submit: 300, run: -1 }))).toBe(
    'log.swf:3, column run time: expected a number of seconds of at least 0, got "-1"',
  );
  expect(await message(job(2, { submit: 300, allocated: -1 }))).toBe(
    'log.swf:3, column allocated processors: expected a whole number of at least 1, got "-1"',
  );
  expect(await message('2 300 5 60\n')).toBe('log.swf:3: expected 18 columns, got 4');
});

test('wrong jobs are left out when asked, with their messages', async () => {
  const path = log(job(1, {}) + job(2, { submit: 900, run: -1 }) + job(3, { submit: 5 }));
  const { taken, messages } = await skipping((options) => readSwf(path, options));
  expect(taken.map((arrival) => arrival.request.id)).toEqual(['swf-1', 'swf-3']);
  expect(messages).toEqual(['log.swf:2, column run time: expected a number of seconds of at least 0, got "-1"']);
});

test('lines are counted through batches', async () => {
  const many = Array.from({ length: 5000 }, (_, index) => job(index, {})).join('');
  expect(await refusal(readSwf(log(`${many}x\n`)))).toBe('log.swf:5001: expected 18 columns, got 1');
  expect(await requests(many)).toHaveLength(5000);
});

test('a run time of 0 lasts a second, and times may be decimals', async () => {
  const text =
    job(1, { run: 0 }) +
    job(2, { submit: 4.709164, run: 265.8 }) +
    job(3, { submit: 5, run: 0.0004 }) +
    job(4, { submit: 5 });
  const jobs = await collect(readSwf(log(text.replace(' 60 ', ' 6e1 ').replace(' -1 ', ' -1.0 '))));
  expect(jobs.map(({ atS, lifetimeS }) => [atS, lifetimeS])).toEqual([
    [0, 1],
    [4.709, 265.8],
    [5, 1],
    [5, 60],
  ]);
});

test('jobs cancelled before they ran and parts of jobs are told of, and no other job is', async () => {
  const path = log(
    job(1, { run: -1, status: 5 }) +
      job(2, { run: 10, status: 5 }) +
      job(3, { status: 2 }) +
      job(4, { run: -1, status: 0 }),
  );
  const rows: string[] = [];
  const invalid: string[] = [];
  const jobs = await collect(
    readSwf(path, { onNoVm: ({ reason }) => rows.push(reason), onInvalid: ({ reason }) => invalid.push(reason) }),
  );
  expect(jobs.map((arrival) => arrival.request.id)).toEqual(['swf-2']);
  expect([rows, invalid]).toEqual([['never-ran', 'part-of-job'], ['wrong-value']]);
});

test('CRLF, tabs, blank lines and a job without a known number of processors allocated are taken', async () => {
  const text = `; log\r\n\r\n${job(1, { allocated: -1, requested: 4 }).trim().replaceAll(' ', '\t')}\r\n`;
  expect(await requests(text)).toMatchObject([{ id: 'swf-1', vcpus: 4 }]);
});

test('a job far ahead is the one that is left out', async () => {
  const path = log([0, 1e9, 1e9, 5, 6, 7].map((submit, index) => job(index, { submit })).join(''));
  const { taken, messages } = await skipping((options) => readSwf(path, options));
  expect(taken.map((arrival) => arrival.atS)).toEqual([0, 5, 6, 7]);
  expect(messages).toEqual(
    [2, 3].map(
      (line) =>
        `log.swf:${line}, column submit time: expected at most 5, since jobs are in order of submit time, got "1000000000"`,
    ),
  );
});
