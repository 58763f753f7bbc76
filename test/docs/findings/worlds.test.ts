/** The worlds of the findings: a design that moves one factor at a time, data found by digest, and nodes drawn repeatably. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { subset } from '../../../docs/findings/worlds/node-subsets.ts';
import { factors, morrisDesign, workloadOf } from '../../../docs/findings/worlds/screening.ts';
import { findData } from '../../../sim/reproduce/data-files.ts';
import { readHepsParameters } from '../../../traces/heps-parameters-reader.ts';
import { clusterOf, hostSpec } from '../../core/build.ts';

const folder = mkdtempSync(join(tmpdir(), 'heps-worlds-'));
afterAll(() => rmSync(folder, { recursive: true }));
const heps: unknown = JSON.parse(readFileSync('traces/workloads/heps.json', 'utf8'));

test('a trajectory moves every factor once, one at a time, by two thirds of its range, and stays within it', () => {
  const design = morrisDesign(5, 1);
  expect(design).toHaveLength(5 * (factors.length + 1));
  for (const [index, { moved, values, trajectory }] of design.entries()) {
    for (const [factor, value] of values.entries()) {
      const { least, most } = factors[factor]!;
      expect(value).toBeGreaterThanOrEqual(least * 0.999);
      expect(value).toBeLessThanOrEqual(most * 1.001);
    }
    if (moved < 0) continue;
    const before = design[index - 1]!;
    expect(before.trajectory).toBe(trajectory);
    const changed = values.flatMap((value, factor) => (value === before.values[factor] ? [] : [factor]));
    expect(changed).toEqual([moved]);
    const { least, most } = factors[moved]!;
    const ratio = Math.abs(Math.log(values[moved]! / before.values[moved]!)) / Math.log(most / least);
    expect(ratio).toBeCloseTo(2 / 3, 4);
  }
  for (let trajectory = 0; trajectory < 5; trajectory++) {
    const moved = design.filter((each) => each.trajectory === trajectory && each.moved >= 0).map((each) => each.moved);
    expect(moved.sort((a, b) => a - b)).toEqual(factors.map((_, index) => index));
  }
  expect(morrisDesign(5, 1)).toEqual(design);
});

test('every variant is a workload that the generator reads, and differs from HEPS where its factors do', () => {
  for (const variant of morrisDesign(2, 1)) readHepsParameters(workloadOf(heps, variant, 'variant'));
  const plan = readHepsParameters(heps);
  const values = factors.map(({ name }) => (name === 'desktops for analysis' ? 2 : 1));
  const doubled = readHepsParameters(workloadOf(heps, { trajectory: 0, moved: -1, values }, 'variant'));
  expect(doubled.beamlines.map(({ profile }) => profile.analysisPerUser)).toEqual(
    plan.beamlines.map(({ profile }) => 2 * profile.analysisPerUser),
  );
  expect(doubled.kinds).toEqual(plan.kinds);
});

test('data is found by name and digest in any folder below, and what is not is said', () => {
  mkdirSync(join(folder, 'deep/er'), { recursive: true });
  writeFileSync(join(folder, 'deep/er/list.csv'), 'right');
  writeFileSync(join(folder, 'list.csv'), 'wrong');
  writeFileSync(join(folder, 'other.csv'), 'changed');
  const file = (name: string, content: string) => {
    return { name, sha256: createHash('sha256').update(content).digest('hex'), source: 'its home' };
  };
  const [right, changed, missing] = [file('list.csv', 'right'), file('other.csv', 'as it was'), file('none.csv', '')];
  const { paths, absent } = findData(folder, [right, changed, missing]);
  expect([...paths]).toEqual([[right, join(folder, 'deep/er/list.csv')]]);
  expect(absent.get(changed)).toContain('has another SHA-256');
  expect(absent.get(missing)).toMatch(/^none\.csv \(SHA-256 [0-9a-f]{64}\) is not in the folder; from its home$/);
  expect(findData(undefined, [right]).absent.size).toBe(1);
});

test('nodes are drawn without replacement, in their order, and the same again under the same seed', () => {
  const hosts = Array.from({ length: 20 }, (_, index) => hostSpec({ vcpus: 8, ramMib: 1024 }, index));
  const drawn = subset('nodes', hosts, 6, 3);
  expect(drawn.name).toBe('nodes-6-3');
  expect(new Set(drawn.hosts).size).toBe(6);
  expect(drawn.hosts).toEqual(hosts.filter((host) => drawn.hosts.includes(host)));
  expect(subset('nodes', hosts, 6, 3)).toEqual(drawn);
  expect(subset('nodes', hosts, 6, 4).hosts).not.toEqual(drawn.hosts);
  expect(clusterOf(...subset('nodes', hosts, 99, 1).hosts).hosts).toHaveLength(20);
});
