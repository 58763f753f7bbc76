/** The plan behind docs/findings-heps.md, and how its figures are written: on a small sweep, against the runs' own summaries. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Figures, markdownTable } from '../../../docs/findings/figures.ts';
import { runLocally } from '../../../sim/sweep/local-runner.ts';
import { parsePlan, readPlanText } from '../../../sim/sweep/plan-file.ts';
import { settleSweep } from '../../../sim/sweep/points.ts';
import { distinctPoints, readSweep } from '../../../sim/sweep/results.ts';
import { writeSweep } from '../../../sim/sweep/sweep-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'heps-findings-'));
const plan = join(folder, 'plan.yaml');
let figures: Figures;

beforeAll(async () => {
  writeFileSync(plan, 'days: 2\nseeds: 1..2\nexperiments:\n  small:\n    policy: [hybrid, nova]\n');
  const sweep = await settleSweep(parsePlan(readPlanText(plan), plan), plan);
  writeSweep(folder, sweep);
  await runLocally(distinctPoints(sweep), sweep, folder, 1);
  figures = new Figures(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

test('the plan of the docs/findings is one that heps sweep takes, and has every experiment that the page names', async () => {
  const { points } = await settleSweep(
    parsePlan(readPlanText('docs/findings/heps-plan.yaml'), 'docs/findings/heps-plan.yaml'),
    'docs/findings/heps-plan.yaml',
  );
  const experiments = new Set(points.map(({ experiment }) => experiment));
  const page = readFileSync('docs/findings-heps.md', 'utf8');
  const lines = page.split('\n').filter((line) => /^Experiments? `/.test(line));
  const named = lines.flatMap((line) =>
    [...line.split('. By hand')[0]!.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name!),
  );
  expect(named.length).toBe(11);
  expect(named.filter((name) => !experiments.has(name))).toEqual([]);
});

test('means and differences are those of the runs, over two seeds with Student’s 12.706', () => {
  const shares = (policy: string): number[] =>
    readSweep(folder)
      .filter((result) => result.policy === policy)
      .map(({ summary }) => summary.servedShare! * 100);
  const written = (a: number, b: number): string =>
    `${((a + b) / 2).toFixed(2)} ± ${((12.7062 * Math.abs(a - b)) / 2).toFixed(2)}`;
  const [h1, h2] = shares('hybrid') as [number, number];
  const [n1, n2] = shares('nova') as [number, number];
  expect(figures.mean('served as asked', 'small', { policy: 'hybrid' })).toBe(written(h1, h2));
  expect(figures.difference('served as asked', 'small', { policy: 'hybrid' }, { policy: 'nova' })).toBe(
    `+${written(h1 - n1, h2 - n2)}`,
  );
  expect(figures.difference('served as asked', 'small', { policy: 'nova' }, { policy: 'hybrid' })).toBe(
    `−${written(h1 - n1, h2 - n2)}`,
  );
  expect(figures.mean('conflicts', 'small', { policy: 'nova' })).toBe('0.0');
});

test('what means no point, or several, or no measure is refused', () => {
  expect(() => figures.mean('served as asked', 'small', {})).toThrow('must mean one point, got 2');
  expect(() => figures.mean('served as asked', 'other', {})).toThrow('must mean one point, got 0');
  expect(() => figures.mean('served', 'small', { policy: 'nova' })).toThrow('no measure served');
});

test('a table has a rule that puts figures to the right', () => {
  expect(markdownTable([['a', 'b'], ['1', '2']])).toBe('| a | b |\n| --- | ---: |\n| 1 | 2 |'); // biome-ignore format: short
});
