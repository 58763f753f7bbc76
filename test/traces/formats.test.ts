import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { isOpenbNodeFile, readTrace, recogniseTrace } from '../../traces/formats.ts';
import { hepsCsvHeader } from '../../traces/heps-csv.ts';
import { foreverS, readOpenbPods } from '../../traces/openb.ts';
import { collect, refusal, sample, written } from './trace-files.ts';

test('the samples are recognised, and our own format', async () => {
  expect(await recogniseTrace(sample('openb/pods.csv'))).toBe('openb');
  expect(await recogniseTrace(sample('openb/pods-without-times.csv'))).toBe('openb');
  expect(await recogniseTrace(sample('azure2017/v1.test.txt'))).toBe('azure2017');
  expect(await recogniseTrace(sample('swf/synthetic.swf'))).toBe('swf');
  expect(await recogniseTrace(written({ a: `\uFEFF${hepsCsvHeader}\r\n` }))).toBe('heps-csv');
  expect(await recogniseTrace(written({ a: `\n${'1 '.repeat(18)}\n` }))).toBe('swf');
  expect(await recogniseTrace(written({ 'a.gz': gzipSync(hepsCsvHeader) }))).toBe('heps-csv');
});

test('a first line longer than what is read at once is recognised', async () => {
  expect(await recogniseTrace(written({ a: `300 ${'g,'.repeat(100_000)}|\n` }))).toBe('azure2017');
});

test('a header with a mistake is recognised, so that its reader says what is wrong', async () => {
  const path = written({ 'trace.csv': 'id,submit_s,lifetime_s,vcpu,ram_mib\n' });
  expect(await refusal(await readTrace(path))).toMatch(/^trace\.csv:1, column 4: expected one of the columns id, /);
});

test('a file in no known format is refused, naming the formats', async () => {
  const expected =
    'expected the first line of heps-csv (id,submit_s,lifetime_s,vcpus,ram_mib,…), ' +
    'openb (name,cpu_milli,memory_mib,num_gpu,gpu_milli,…), alibaba-2025 (instance_sn,role,app_name,cpu_request,…), azure2017 (a time, a space and letters; or a row of vmtable.csv), ' +
    'swf (18 columns, or a comment after ;)';
  expect(await refusal(recogniseTrace(written({ 'notes.txt': 'hello\n' })))).toBe(
    `notes.txt:1: ${expected}, got "hello"`,
  );
  expect(await refusal(recogniseTrace(written({ 'notes.txt': '' })))).toBe(`notes.txt:1: ${expected}, got nothing`);
});

test('a trace is read in its format, with the options that concern it', async () => {
  const path = sample('openb/pods.csv');
  const arrivals = await collect(await readTrace(path));
  expect(arrivals).toEqual(await collect(readOpenbPods(path)));
  const [first] = await collect(await readTrace(path, { times: 'order' }));
  expect(first).toMatchObject({ atS: 0, lifetimeS: foreverS });
});

test('every sample is in order of time', async () => {
  for (const name of ['openb/pods.csv', 'openb/pods-without-times.csv', 'azure2017/v1.test.txt', 'swf/synthetic.swf']) {
    const times = (await collect(await readTrace(sample(name)))).map((arrival) => arrival.atS);
    expect(times, name).toEqual(times.toSorted((a, b) => a - b));
  }
});

test('a node list is told from a workload', async () => {
  expect(await isOpenbNodeFile(sample('openb/nodes.csv'))).toBe(true);
  expect(await isOpenbNodeFile(written({ 'NODES.TXT': gzipSync('\uFEFF"sn","cpu_milli","memory_mib"\r\n') }))).toBe(
    true,
  );
  expect(await isOpenbNodeFile(sample('openb/pods.csv'))).toBe(false);
  expect(await isOpenbNodeFile(written({ a: '{"hosts": []}\n' }))).toBe(false);
  expect(await isOpenbNodeFile(written({ a: '' }))).toBe(false);
});
