/** `heps live account`, as built. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { temporaryFolder } from '../live/srm/build.ts';
import { hepsHere } from './in-process.ts';

const { path: folder, remove } = temporaryFolder();
const config = join(folder, 'heps.yaml');
writeFileSync(config, 'database: {file: heps.db}\n');
afterAll(remove);

/** As a process, with a password on its standard input. */
function accountBy(input: string, argument: string) {
  const arguments_ = ['dist/cli.js', 'live', 'account', ...argument.split(' '), '--config', config];
  const { status, stdout, stderr } = spawnSync(process.execPath, arguments_, { input, encoding: 'utf8' });
  return { status, stdout, stderr };
}

const account = (...args: readonly string[]) => hepsHere(folder, 'live', 'account', ...args, '--config', config);

test('accounts are made with the password from standard input, listed, and removed', async () => {
  expect(accountBy('correct horse\n', 'add chen --groups b7:70001,ct:70002 --admin')).toMatchObject({
    status: 0,
    stderr: '',
  });
  writeFileSync(join(folder, 'password'), 'battery staple\n');
  expect((await account('add', 'li', '--uid', '21001', '--password-file', 'password')).status).toBe(0);
  const { stdout } = await account('list');
  expect(stdout.split('\n').map((line) => line.trim().split(/\s+/))).toEqual([
    ['chen', '20000', 'local', 'chen', 'administrator'],
    ['li', '21001', 'local', 'li'],
    [''],
  ]);
  expect(accountBy('another one\n', 'password li').status).toBe(0);
  expect((await account('remove', 'chen')).status).toBe(0);
  expect((await account('list')).stdout).toContain('removed');
});

test.each([
  ['add Chen', 'correct horse', 'name: expected a user name of small letters, digits, _ and -, got "Chen"'],
  ['add wang', 'short', 'password: expected 8 to 200 characters, got "5 characters"'],
  ['add wang --uid 0', 'correct horse', '--uid: expected a number of the directory, at least 1000, got "0"'],
  ['add wang --groups b7', 'correct horse', '--groups, the number of b7: expected a number of the directory'],
  ['remove nobody_here', '', 'name: expected an account of the list, got "nobody_here"'],
])('%j is refused in one line', async (argument, password, message) => {
  writeFileSync(join(folder, 'password'), password);
  const given = password === '' ? [] : ['--password-file', 'password'];
  const { status, stderr } = await account(...argument.split(' '), ...given);
  expect([status, stderr.trim().split('\n').length]).toEqual([2, 1]);
  expect(stderr).toContain(message);
});
