import { execFileSync, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { csvHeader } from '../../traces/csv.ts';
import { readRawChunks } from '../../traces/file-bytes.ts';
import { readTrace, recogniseTrace } from '../../traces/formats.ts';
import { collect, refusal, written } from './trace-files.ts';

const rows = Array.from({ length: 20_000 }, (_, index) => `v${index},${index},60,1,1024\n`);
const trace = `id,submit_s,lifetime_s,vcpus,ram_mib\n${rows.join('')}`;

/** A FIFO through which another process writes the content, once. */
function fifoOf(content: string | Buffer): string {
  const file = written({ content });
  const fifo = join(dirname(file), 'fifo');
  execFileSync('mkfifo', [fifo]);
  spawn('sh', ['-c', `cat '${file}' > '${fifo}'`], { stdio: 'ignore' });
  return fifo;
}

test.each([
  ['plain', trace],
  ['packed', gzipSync(trace)],
])('what comes through a pipe is read from its first byte, and can be read again: %s', async (_, content) => {
  const path = fifoOf(content);
  expect(await recogniseTrace(path)).toBe('heps-csv');
  expect(await csvHeader(path)).toHaveLength(5);
  for (const _ of [1, 2]) expect(await collect(await readTrace(path))).toHaveLength(20_000);
  const raw: Buffer[] = [];
  for await (const chunk of readRawChunks(path)) raw.push(chunk);
  expect(Buffer.concat(raw)).toEqual(Buffer.from(content));
});

test('two readers of a pipe at one time share it', async () => {
  const path = fifoOf(trace);
  const read = await Promise.all([1, 2].map(async () => collect(await readTrace(path))));
  expect(read.map((arrivals) => arrivals.length)).toEqual([20_000, 20_000]);
});

test('reading that stops early leaves the pipe to others', async () => {
  const path = fifoOf(gzipSync(trace));
  for await (const batch of await readTrace(path)) if (batch.length > 0) break;
  expect(await collect(await readTrace(path))).toHaveLength(20_000);
});

test('an error names the pipe, and no copy is left in a folder', async () => {
  const path = fifoOf('id,submit_s,lifetime_s,vcpus,ram_mib\na,x,1,1,1\n');
  expect(await refusal(await readTrace(path))).toMatch(/^fifo:2, column submit_s: expected a number/);
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith('heps-pipe-'))).toEqual([]);
});
