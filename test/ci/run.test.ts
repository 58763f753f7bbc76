/** `.ci/run` on suites of one line each: what it counts, what it leaves out, and when it fails. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

let folder: string;
let bin: string;

function script(path: string, line: string): void {
  writeFileSync(path, `#!/bin/sh\n${line}\n`);
  chmodSync(path, 0o755);
}

const suite = (name: string, line: string): void => script(join(folder, '.ci', name), line);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'heps-ci-'));
  bin = join(folder, '.git/bin');
  for (const name of ['.ci', 'a', 'b']) mkdirSync(join(folder, name));
  execFileSync('git', ['init', '-q', folder]);
  mkdirSync(bin);
  // The packages of this repository are not installed for it.
  script(join(bin, 'npm'), 'exit 0');
  cpSync(resolve('.ci/run'), join(folder, '.ci/run'));
  writeFileSync(join(folder, '.ci/lib'), '');
  writeFileSync(join(folder, '.ci/suites'), '# name lane paths\nunit first\nlong one a\nshort two b\n');
  for (const name of ['a', 'b']) writeFileSync(join(folder, name, 'file'), name);
  suite('unit', 'echo 5 passed, 0 failed');
  suite('long', 'echo text; echo 2 passed, 0 failed');
  suite('short', 'echo 1 passed, 0 failed');
});
afterEach(() => rmSync(folder, { recursive: true }));

function run(environment: Readonly<Record<string, string>> = {}): { status: number | null; last: string; out: string } {
  const env = { PATH: `${bin}:${process.env.PATH}`, HOME: folder, ...environment };
  const { status, stdout } = spawnSync(join(folder, '.ci/run'), { encoding: 'utf8', env });
  return { status, last: stdout.trimEnd().split('\n').at(-1)!, out: stdout };
}

test('the counts of all suites are summed in the last line, and lines carry the name of their suite', () => {
  const { status, last, out } = run();
  expect([status, last]).toEqual([0, '8 passed, 0 failed']);
  expect(out).toContain('\nlong: text\n');
});

test('a suite that passed is left out while its paths are as they were, and the first ones never are', () => {
  run();
  const again = run();
  expect([again.status, again.last]).toEqual([0, '5 passed, 0 failed']);
  expect(again.out).toContain('long: left out');
  writeFileSync(join(folder, 'a/file'), 'other');
  expect(run().last).toBe('7 passed, 0 failed');
  expect(run({ HEPS_CI_ALL: '1' }).last).toBe('8 passed, 0 failed');
  suite('short', 'echo 3 passed, 0 failed');
  expect(run().last).toBe('8 passed, 0 failed');
});

test('a suite that failed makes the whole fail, and runs again', () => {
  suite('long', 'echo 1 passed, 1 failed; exit 1');
  expect(run()).toMatchObject({ status: 1, last: '7 passed, 1 failed' });
  expect(run()).toMatchObject({ status: 1, last: '6 passed, 1 failed' });
  suite('long', 'echo crashed; exit 9');
  expect(run()).toMatchObject({ status: 1, last: '5 passed, 1 failed' });
});

test('a suite that this machine cannot have is said to be left out, and asked for again', () => {
  suite('short', 'exit 3');
  const { status, last, out } = run();
  expect([status, last]).toEqual([0, '7 passed, 0 failed']);
  expect(out).toMatch(/short +\d+ +left out: this machine cannot have its packages/);
  suite('short', 'echo 1 passed, 0 failed');
  expect(run().last).toBe('6 passed, 0 failed');
});

test('what failed and what was unsteady is named after the table', () => {
  suite('long', 'echo unsteady: a waits; echo failed: b is c; echo 1 passed, 1 failed; exit 1');
  const { status, out } = run();
  expect(status).not.toBe(0);
  expect(out).toContain('\nunsteady: long: a waits\nfailed: long: b is c\n\n7 passed, 1 failed');
});

test('a test that passes when tried again is unsteady; one that had a counterexample, or a file that does not load, has failed', () => {
  const report = (
    tests: readonly [string, string, readonly string[]][],
    message = '',
    fileStatus = 'passed',
  ): [number | null, string] => {
    const assertionResults = tests.map(([fullName, status, failureMessages]) => ({
      fullName,
      status,
      failureMessages,
    }));
    const file = join(folder, 'report.json');
    writeFileSync(
      file,
      JSON.stringify({ testResults: [{ name: 'x.test.ts', status: fileStatus, message, assertionResults }] }),
    );
    const { status, stdout } = spawnSync('node', ['.ci/count-tests.mjs', file, '0'], { encoding: 'utf8' });
    return [status, stdout];
  };
  expect(
    report([
      ['a', 'passed', []],
      ['b', 'passed', ['Error: late\n    at x']],
      ['c', 'skipped', []],
    ]),
  ).toEqual([0, 'unsteady: b: Error: late\n2 passed, 0 failed\n']);
  expect(
    report([
      ['a', 'passed', []],
      ['b', 'passed', ['Error: Property failed after 3 tests']],
    ]),
  ).toEqual([1, 'failed: b: Error: Property failed after 3 tests\n1 passed, 1 failed\n']);
  expect(report([['a', 'passed', []]], 'cannot be loaded', 'failed')).toEqual([
    1,
    'failed: x.test.ts: cannot be loaded\n1 passed, 1 failed\n',
  ]);
  expect(report([])).toEqual([1, '0 passed, 1 failed\n']);
});
