import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { InputError } from '../../../core/input-error.ts';
import { type SimulateProgress, simulate, simulateDecisions } from '../../../sim/runs/simulate.ts';
import { hostSpec } from '../../core/build.ts';
import { temporaryDirectory, vm } from '../build.ts';

const cluster = [hostSpec({ vcpus: 2, ramMib: 4096 }, 0)];
/** VMs of one vCPU: a and b fill the host until 100 s, c finds it full and d does not. */
const workload = [vm('a', 0, 100), vm('b', 1, 99), vm('c', 2, 10), vm('d', 100, 10)];

test('a simulation has its figures, its series and every decision', async () => {
  const run = await simulate({ cluster, workload, policy: 'first-fit' });
  expect(run).toMatchObject({
    policy: 'first-fit',
    seed: 1,
    file: null,
    rows: { leftOut: [] },
    repeatedIds: 0,
    warmUp: { how: 'none' },
  });
  expect(run.summary.all).toMatchObject({ arrived: 4, placed: 3, refused: 1 });
  expect(run.decisions().id).toEqual(['a', 'b', 'c', 'd']);
  expect(run.decisions().host).toEqual([0, 0, -1, 0]);
  expect(run.series.arrived).toEqual([4]);
});

test('the cloud behaves as told: with a queue, c waits until a and b have ended', async () => {
  const run = await simulate({ cluster, workload, policy: 'first-fit', cloud: { onFull: 'queue' } });
  expect(run.decisions().startS).toEqual([0, 1, 100, 100]);
});

test('decisions in memory are those of the run file, and none are kept with summaryOnly', async () => {
  const out = join(temporaryDirectory(), 'a.run.json');
  const run = await simulate({ cluster, workload, out });
  expect(run.read().decisions).toEqual(run.decisions());
  const short = await simulate({ cluster, workload, summaryOnly: true });
  expect(() => short.decisions()).toThrow('out: expected a place for run files, to read one, got nothing');
});

test('the decisions alone are the CSV that a whole run streams', async () => {
  const folder = temporaryDirectory();
  const [whole, alone] = [join(folder, 'whole.csv'), join(folder, 'alone.csv')];
  await simulate({ cluster, workload, decisionsFile: whole });
  const { counts } = await simulateDecisions({ cluster, workload, decisionsFile: alone });
  expect(counts).toEqual({ arrived: 4, placed: 3, lost: 0, turnedAway: 1 });
  expect(readFileSync(alone, 'utf8')).toBe(readFileSync(whole, 'utf8'));
});

test('progress tells VMs and simulated time', async () => {
  const told: SimulateProgress[] = [];
  await simulate({ cluster, workload, onProgress: (progress) => told.push(progress) });
  expect(told.at(-1)).toEqual({ share: 1, arrived: 4, nowS: 100 });
});

test('a timer can stop a simulation, and nothing is left of its file', async () => {
  const folder = temporaryDirectory();
  const out = join(folder, 'a.run.json');
  const signal = AbortSignal.timeout(50);
  await expect(simulate({ days: 200, out, signal })).rejects.toThrow('timeout');
  expect(readdirSync(folder)).toEqual([]);
});

test.each([
  [{ policy: 'best' }, 'policy: expected one of hybrid'],
  [{ seed: -1 }, 'seed: expected a whole number of at least 0, got -1'],
  [{ seeds: [1] }, 'seeds: expected one of the fields'],
  [{ out: '' }, 'out: expected a text, got ""'],
])('%o is refused, naming the option', async (options, message) => {
  const work = simulate({ cluster, workload, ...options });
  await expect(work).rejects.toThrow(InputError);
  await expect(work).rejects.toThrow(message);
});
