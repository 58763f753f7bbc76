/** What is no run file is refused with the place and what was expected there. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { InputError } from '../../../core/input-error.ts';
import { checkRunFile } from '../../../core/runs/check-run-file.ts';
import type { RunFile } from '../../../core/runs/run-file.ts';
import { hostsOf, runFileOf, runOf, temporaryDirectory, vm } from '../../sim/build.ts';

/** Two VMs on one host. */
async function someRun(): Promise<Record<string, unknown>> {
  const run = runOf(hostsOf(4), [vm('a', 0, 10), vm('b', 0, 10)]);
  return { ...(await runFileOf(run, join(temporaryDirectory(), 'run.json'))) };
}

test('gives back what it was given when that is a run file', async () => {
  const run = await someRun();
  expect(checkRunFile(run, 'x.json')).toBe(run);
});

test('takes a run without decisions', async () => {
  const run = { ...(await someRun()), decisions: null, faults: null, conflicts: null };
  expect(checkRunFile(run, 'x.json')).toBe(run);
});

test('takes a run that says how long its warm-up was', async () => {
  const run = await someRun();
  const inputs = { ...(run.inputs as object), warmUpS: 86_400 };
  expect(checkRunFile({ ...run, inputs }, 'x.json').inputs.warmUpS).toBe(86_400);
  const message = 'x.json, inputs.warmUpS: expected a number of at least 0, got "1d"';
  expect(() => checkRunFile({ ...run, inputs: { ...inputs, warmUpS: '1d' } }, 'x.json')).toThrow(message);
});

const decisions = (run: Record<string, unknown>, changed: object) => ({
  ...run,
  decisions: { ...(run as unknown as RunFile).decisions, ...changed },
});

test.each<[string, (run: Record<string, unknown>) => unknown, string]>([
  [
    'another version',
    (run) => ({ ...run, format: 'heps-run/2' }),
    'x.json, format: expected heps-run/1, which is what this version of heps reads (another version wrote the file: read it ' +
      'with that one), got "heps-run/2"',
  ],
  [
    'another file',
    () => ({ format: 'heps-cluster/1' }),
    'x.json, format: expected heps-run/1 (a run file, as heps simulate and heps compare write it), got "heps-cluster/1"',
  ],
  ['no format', () => ({}), 'x.json, format: expected heps-run/1 (a run file'],
  ['no object', (run) => [run], 'x.json: expected an object, got '],
  ['no summary', (run) => ({ ...run, summary: undefined }), 'x.json, summary: expected an object, got nothing'],
  ['no faults', (run) => ({ ...run, faults: undefined }), 'x.json, faults: expected an object, got nothing'],
  ['no policy', (run) => ({ ...run, inputs: {} }), 'x.json, inputs.workload: expected an object, got nothing'],
  ['no series', (run) => ({ ...run, series: { intervalS: 60 } }), 'x.json, series.vms: expected an array, got nothing'],
  [
    'a short column',
    (run) => decisions(run, { host: [0] }),
    'x.json, decisions.host: expected 2 rows, as attempt has, got 1',
  ],
  [
    'a short column of texts',
    (run) => decisions(run, { outcome: { texts: ['completed'], rows: [0, 0, 0] } }),
    'x.json, decisions.outcome: expected 2 rows, as attempt has, got 3',
  ],
  [
    'a missing column',
    (run) => decisions(run, { endS: undefined }),
    'x.json, decisions.endS: expected an array, got nothing',
  ],
  [
    'a text for a number',
    (run) => decisions(run, { host: [0, '1'] }),
    'x.json, decisions.host[1]: expected a number, got "1"',
  ],
  [
    'a text that is not there',
    (run) => decisions(run, { outcome: { texts: ['completed'], rows: [0, 1] } }),
    'x.json, decisions.outcome.rows[1]: expected the place of one of 1 texts, got 1',
  ],
])('refuses %s, and says what it expected', async (_what, change, message) => {
  const changed = change(await someRun());
  expect(() => checkRunFile(changed, 'x.json')).toThrow(InputError);
  expect(() => checkRunFile(changed, 'x.json')).toThrow(message);
});
