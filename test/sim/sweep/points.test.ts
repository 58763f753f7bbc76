import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parsePlan } from '../../../sim/sweep/plan-file.ts';
import { settleSweep } from '../../../sim/sweep/points.ts';
import type { Sweep } from '../../../sim/sweep/sweep-file.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heps-points-'));
  mkdirSync(join(folder, 'data'));
  copyFileSync('traces/samples/swf/synthetic.swf', join(folder, 'data/a.swf'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function settle(text: string, code = 'one'): Promise<Sweep> {
  return settleSweep(parsePlan(text, 'plan.yaml'), join(folder, 'plan.yaml'), undefined, code);
}

test('the option named first changes slowest, then policies, then seeds', async () => {
  const { points, varied } = await settle('policy: [nova, random]\nseeds: 1..2\nload: [1, 2]\nboot-s: 5\n');
  expect(points.map(({ plan }) => [plan.workload.load, plan.policy, plan.seed])).toEqual([
    [1, 'nova', 1],
    [1, 'nova', 2],
    [1, 'random', 1],
    [1, 'random', 2],
    [2, 'nova', 1],
    [2, 'nova', 2],
    [2, 'random', 1],
    [2, 'random', 2],
  ]);
  expect(points[0]!.plan.cloud.bootS).toBe(5);
  expect(varied).toEqual(['load']);
});

test('null leaves an option out, true gives it without a value, and the rest is as on the command line', async () => {
  const { points } = await settle('mtbf-h: [null, 500]\nresubmit: true\npatience: 15m\n');
  expect(points.map(({ plan }) => plan.cloud.mtbfH)).toEqual([null, 500]);
  expect(points[0]!.plan).toMatchObject({ policy: 'hybrid', seed: 1, cluster: 'heps-250' });
  expect(points[0]!.plan.cloud).toMatchObject({ resubmit: 10, patienceS: 900, backfill: false });
});

test('each point says every option of the plan, by its default where another experiment names it', async () => {
  const { points, varied } = await settle(
    'experiments:\n  a:\n    srm-interval-s: 60\n    backfill: true\n  b:\n    load: 2\n',
  );
  expect(points.map(({ experiment, options }) => [experiment, options])).toEqual([
    ['a', { 'srm-interval-s': 60, backfill: true, load: null }],
    ['b', { 'srm-interval-s': 0, backfill: false, load: 2 }],
  ]);
  expect(varied).toEqual(['srm-interval-s', 'backfill', 'load']);
});

test('every combination is there once', async () => {
  const values = fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(values, values, values, async (loads, intervals, seeds) => {
      const { points } = await settle(`load: [${loads}]\nsrm-interval-s: [${intervals}]\nseeds: [${seeds}]\n`);
      expect(points).toHaveLength(loads.length * intervals.length * seeds.length);
      expect(new Set(points.map(({ file }) => file)).size).toBe(points.length);
    }),
    { numRuns: 20 },
  );
});

test('names of files start from the plan; a file counts by its name and content, not by where it lies', async () => {
  const [inFolder] = (await settle('trace: data/a.swf\ncluster: heps-test-3\n')).points;
  expect(inFolder!.plan.workload.trace).toBe(join(folder, 'data/a.swf'));
  copyFileSync(join(folder, 'data/a.swf'), join(folder, 'a.swf'));
  const [moved] = (await settle('trace: a.swf\ncluster: heps-test-3\n')).points;
  expect(moved!.file).toBe(inFolder!.file);
  writeFileSync(join(folder, 'a.swf'), '; another\n1 0 0 60 4 -1 -1 4 -1 -1 1 1 1 -1 -1 -1 -1 -1\n');
  const [changed] = (await settle('trace: a.swf\ncluster: heps-test-3\n')).points;
  expect(changed!.file).not.toBe(inFolder!.file);
});

test('what other code of heps wrote is another file', async () => {
  const [before] = (await settle('load: 1\n')).points;
  const { points, codeSha256 } = await settle('load: 1\n', 'two');
  expect(codeSha256).toBe('two');
  expect(points[0]!.file).not.toBe(before!.file);
  expect((await settle('load: 1\n')).points[0]!.file).toBe(before!.file);
});

test('points that are the same run share its file', async () => {
  const { points } = await settle('experiments:\n  a:\n    load: [1, 2]\n  b:\n    load: 1\n    boot-s: 0\n');
  expect(points[2]!.file).toBe(points[0]!.file);
  expect(points[1]!.file).not.toBe(points[0]!.file);
});

test.each([
  ['days: 1\ncluster: [heps-250, nix.json]', /^plan\.yaml:2:21, cluster: .*nix\.json: expected a readable file/],
  ['trace: nix.csv', /^plan\.yaml:1:8, trace: .*nix\.csv: expected a readable file/],
  ['trace: data/a.swf\nload: 1', /^plan\.yaml:1:1: option '--load <x>' cannot be used with option '--trace <file>'$/],
  ['seeds: 1..9999\nload: [1,2,3,4,5,6,7,8,9,10,11]', /^plan\.yaml:1:1: expected at most 100000 points, got 109989$/],
])('%j is refused: %s', async (text, message) => {
  await expect(settle(text)).rejects.toThrow(message);
});

test('a plan says where the time of a trace begins: two beginnings are two runs', async () => {
  const { points, varied } = await settle('trace: data/a.swf\nfrom: [first, 2d]\n');
  expect(points.map(({ plan }) => plan.workload.from)).toEqual(['first', 172_800]);
  expect(varied).toEqual(['from']);
  expect(new Set(points.map(({ file }) => file)).size).toBe(2);
  expect(() => settle('from: soon\ntrace: data/a.swf\n')).toThrow(
    /^plan\.yaml:1:7, from: expected first, or a time of the/,
  );
});
