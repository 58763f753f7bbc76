import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { InputError } from '../../../core/input-error.ts';
import { runLocally } from '../../../sim/sweep/local-runner.ts';
import { parsePlan } from '../../../sim/sweep/plan-file.ts';
import { settleSweep } from '../../../sim/sweep/points.ts';
import { distinctPoints, groupResults, missingPoints, readSweep } from '../../../sim/sweep/results.ts';
import { type Sweep, writeSweep } from '../../../sim/sweep/sweep-file.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heps-results-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const common = 'cluster: heps-test-3\ndays: 1\n';

function settle(text: string): Promise<Sweep> {
  return settleSweep(parsePlan(common + text, 'plan.yaml'), join(folder, 'plan.yaml'));
}

const missingIn = (sweep: Sweep): string[] =>
  missingPoints(distinctPoints(sweep), sweep, folder).map(({ file }) => file);

async function carryOut(text: string): Promise<Sweep> {
  const sweep = await settle(text);
  writeSweep(folder, sweep);
  await runLocally(missingPoints(distinctPoints(sweep), sweep, folder), sweep, folder, 1);
  return sweep;
}

test('what is done is not missing, and a longer plan misses only what it adds', async () => {
  const sweep = await carryOut('seeds: 1..2\n');
  expect(missingIn(sweep)).toEqual([]);
  const longer = await settle('seeds: 1..3\n');
  expect(missingIn(longer)).toEqual([longer.points[2]!.file]);
});

test('a result of other options, of another kind or of another version is never taken', async () => {
  const sweep = await carryOut('seeds: 1\n');
  for (const text of ['load: 1.1\n', 'boot-s: 1\n', 'similarity: raw\n', 'runs: full\n']) {
    expect(missingIn(await settle(`seeds: 1\n${text}`)), text).toHaveLength(1);
  }
  expect(missingIn({ ...sweep, heps: '9.9.9' })).toHaveLength(1);
  const [point] = sweep.points;
  expect(missingIn({ ...sweep, points: [{ ...point!, workloadSha256: 'of a trace that was edited' }] })).toHaveLength(
    1,
  );
});

test('a broken, cut or foreign file is run again, to the same bytes', async () => {
  const sweep = await carryOut('seeds: 1..3\n');
  const files = sweep.points.map(({ file }) => join(folder, file));
  const whole = files.map((file) => readFileSync(file, 'utf8'));
  writeFileSync(files[0]!, whole[0]!.slice(0, whole[0]!.length / 2));
  writeFileSync(files[1]!, '');
  writeFileSync(files[2]!, whole[0]!);
  expect(missingIn(sweep)).toHaveLength(3);
  await carryOut('seeds: 1..3\n');
  expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual(whole);
});

test('a finished sweep is read from its folder, in the plan’s order, and grouped over its seeds', async () => {
  await carryOut('policy: [nova, random]\nload: [1, 2]\nseeds: 1..2\n');
  const results = readSweep(folder);
  expect(results.map(({ policy, seed, options }) => [options.load, policy, seed])).toEqual([
    [1, 'nova', 1],
    [1, 'nova', 2],
    [1, 'random', 1],
    [1, 'random', 2],
    [2, 'nova', 1],
    [2, 'nova', 2],
    [2, 'random', 1],
    [2, 'random', 2],
  ]);
  const groups = groupResults(results);
  expect(groups.map(({ policy, options, seeds }) => [options.load, policy, seeds])).toEqual([
    [1, 'nova', [1, 2]],
    [1, 'random', [1, 2]],
    [2, 'nova', [1, 2]],
    [2, 'random', [1, 2]],
  ]);
  expect(groups[1]!.summaries).toEqual([results[2]!.summary, results[3]!.summary]);
  // Policies of a group saw the same requests.
  expect(results[2]!.summary.all.arrived).toBe(results[0]!.summary.all.arrived);
});

test('an unfinished sweep says which run is missing', async () => {
  const sweep = await carryOut('seeds: 1\n');
  rmSync(join(folder, sweep.points[0]!.file));
  expect(() => readSweep(folder)).toThrow(InputError);
  expect(() => readSweep(folder)).toThrow(sweep.points[0]!.file);
});
