/** The figures, intervals and verdicts of a comparison are one computation: in `--json`, in the table and on the page. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { formatEstimate, hasFigures, judgementOf } from '../../core/runs/figure-text.ts';
import { measures, titleOf } from '../../core/runs/measures.ts';
import type { Estimate } from '../../core/statistics/estimate.ts';
import { readRunFile } from '../../sim/records/run-file-io.ts';
import { type Run, runOf, titlesOf } from '../../viz/model/run.ts';
import { compareGroups, groupRuns } from '../../viz/model/run-groups.ts';
import { verdictsOn } from '../../viz/model/verdicts.ts';
import { comparedPolicies, comparedSeeds, comparisonCommand, hepsOutput, writeCluster } from '../comparison.ts';

interface Said {
  readonly comparison: readonly {
    readonly label: string;
    readonly estimates: readonly (Estimate | null)[];
    readonly differences: readonly (Estimate | null)[];
  }[];
  readonly verdicts: readonly string[];
  readonly runs: readonly { readonly out: string }[];
}

let folder: string;
let said: Said;
let table: string;
let runs: readonly Run[];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heps-one-'));
  writeCluster(folder);
  said = JSON.parse(hepsOutput(folder, ...comparisonCommand, '--json')) as Said;
  table = hepsOutput(folder, ...comparisonCommand);
  const opened = said.runs.map(({ out }) => runOf(readRunFile(join(folder, out)), out));
  const titles = titlesOf(opened);
  runs = opened.map((run, index) => ({ ...run, title: titles[index]! }));
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true }));

/** Measures, by label, with the page's estimates and differences. */
const ofPage = (some: readonly Run[]) => {
  const groups = groupRuns(some);
  return { groups, compared: compareGroups(groups, some) };
};

test('the page, opened on the run files, has the figures of --json to the last bit', () => {
  const { groups, compared } = ofPage(runs);
  expect(groups.map(({ title }) => title)).toEqual(comparedPolicies);
  expect(groups.map(({ runs: places }) => places.length)).toEqual(comparedPolicies.map(() => comparedSeeds.length));
  const plain = compared.map(({ measure, estimates, differences }) => ({
    label: measure.label,
    estimates,
    differences,
  }));
  expect(plain).toEqual(
    said.comparison.map(({ label, estimates, differences }) => ({ label, estimates, differences })),
  );
});

test('the page says of two policies what --json and the table say', () => {
  expect(said.verdicts).toHaveLength(comparedPolicies.length - 1);
  comparedPolicies.slice(1).forEach((policy, index) => {
    const two = runs.filter(({ file }) => [comparedPolicies[0], policy].includes(file.inputs.policy.name));
    const { groups, compared } = ofPage(two);
    expect(verdictsOn(groups, two, compared)[0]).toBe(said.verdicts[index]);
  });
  const words = table.replaceAll(/\s+/g, ' ');
  for (const verdict of said.verdicts) expect(words).toContain(verdict);
});

test('the table shows every estimate and every difference of --json, and judges as the page does', () => {
  const lines = table.split('\n').map((line) => line.split(/\s{2,}/));
  const signs = { better: '(+)', worse: '(-)', open: '(=)', same: '(=)' };
  const judged = new Set<string>();
  for (const [place, { estimates, differences }] of said.comparison.entries()) {
    const measure = measures[place]!;
    const [ofMeans, ofDifferences] = lines.filter(([title]) => title === titleOf(measure));
    if (!hasFigures({ estimates })) {
      expect(ofMeans).toBeUndefined();
      continue;
    }
    expect(ofMeans!.slice(1)).toEqual(estimates.map((each) => formatEstimate(measure, each)));
    const texts = differences.slice(1).map((each) => {
      if (each === null) return '–';
      const judgement = measure.better === undefined ? null : judgementOf(measure, each);
      if (judgement !== null) judged.add(judgement);
      return `${each.mean >= 0 ? '+' : ''}${formatEstimate(measure, each)}${judgement === null ? '' : ` ${signs[judgement]}`}`;
    });
    expect(ofDifferences!.slice(1).filter((text) => text !== '')).toEqual(texts);
  }
  expect([...judged]).toEqual(expect.arrayContaining(['better', 'worse', 'open']));
});
