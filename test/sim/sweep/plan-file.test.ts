import { expect, test } from 'vitest';
import { InputError } from '../../../core/input-error.ts';
import { parsePlan } from '../../../sim/sweep/plan-file.ts';

/** Options of each experiment with their plain values. */
function valuesIn(text: string): Record<string, unknown>[] {
  return parsePlan(text, 'plan.yaml').experiments.map(({ options }) =>
    Object.fromEntries([...options].map(([name, values]) => [name, values.map(({ value }) => value)])),
  );
}

function messageOf(text: string): string {
  try {
    parsePlan(text, 'plan.yaml');
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return 'nothing was wrong';
}

test('a key is an option with a value or a list, and seeds may be ranges', () => {
  expect(valuesIn('load: [0.7, 1]\npolicy: nova\nbackfill: [true, false]\nseeds: 3..5\npatience: 4h\n')).toEqual([
    { load: [0.7, 1], policy: ['nova'], backfill: [true, false], seeds: [3, 4, 5], patience: ['4h'] },
  ]);
  expect(valuesIn('seeds: [1..2, 7]')).toEqual([{ seeds: [1, 2, 7] }]);
});

test('experiments share the options above them, and put their own in the place of the same', () => {
  const text = 'load: [0.7, 1]\nexperiments:\n  a:\n    mtbf-h: [null, 500]\n  b:\n    load: 1.3\n  c:\n';
  expect(parsePlan(text, 'plan.yaml').experiments.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  expect(valuesIn(text)).toEqual([{ load: [0.7, 1], 'mtbf-h': [null, 500] }, { load: [1.3] }, { load: [0.7, 1] }]);
});

test('an alias stands for what its anchor names', () => {
  expect(valuesIn('experiments:\n  a:\n    load: &loads [0.7, 1]\n  b:\n    load: *loads\n')[1]).toEqual({
    load: [0.7, 1],
  });
});

test.each([
  // Columns count from 1: in `load: [0.7, x]` the x is the 13th character.
  ['load: [0.7, x]', 'plan.yaml:1:13, load: expected a number above 0, got "x"'],
  ['days: 1\nlod: 1', 'plan.yaml:2:1: lod is no option of a run; did you mean load?'],
  ['policies: nova', 'plan.yaml:1:1: policies is no option of a run; did you mean policy?'],
  ['expriments:\n  a:\n', 'plan.yaml:1:1: expriments is no option of a run; did you mean experiments?'],
  ['experiments:\n  a:\n    lod: 1', 'plan.yaml:3:5: lod is no option of a run; did you mean load?'],
  ['load: []', 'plan.yaml:1:1, load: expected at least one value, got none'],
  ['load: [1, 1.0]', 'plan.yaml:1:11, load: expected different values, got 1'],
  ['seeds: [1..3, 2]', 'plan.yaml:1:15, seeds: expected different values, got 2'],
  ['seeds: 3..x', 'plan.yaml:1:8, seeds: expected distinct seeds such as 1..5 or 1,2,7, got "3..x"'],
  ['on-full: quee', 'plan.yaml:1:10, on-full: expected one of queue, reject, got "quee"'],
  ['backfill: 3', 'plan.yaml:1:11, backfill: expected true or false, got 3'],
  ['load: true', 'plan.yaml:1:7, load: expected a value for --load, got true'],
  ['load:\n  a: 1', 'plan.yaml:2:3, load: expected a value or a list of values'],
  ['load: 1\nload: 2', 'plan.yaml:2:1: expected YAML (Map keys must be unique)'],
  ['load: *loads', 'plan.yaml:1:7: expected the name of an anchor, got *loads'],
  ['runs: some', 'plan.yaml:1:7, runs: expected summary or full, got "some"'],
  ['experiments: []', 'plan.yaml:1:1, experiments: expected names, each with its options'],
  ['experiments:\n  a: 3', 'plan.yaml:2:3, a: expected options of runs, such as load: [0.7, 1]'],
  ['', 'plan.yaml:1:1: expected options of runs, such as load: [0.7, 1]'],
  ['[1, 2]', 'plan.yaml:1:1: expected options of runs, such as load: [0.7, 1]'],
])('%j is refused: %s', (text, message) => expect(messageOf(text)).toContain(message));
