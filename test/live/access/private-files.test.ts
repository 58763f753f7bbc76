/** What is secret is its owner's: the database, and a file to which a token is printed. */
import { execFileSync } from 'node:child_process';
import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../srm/build.ts';
import { startServerProcess } from '../srm/server-process.ts';

test('database and printed tokens are 0600, whatever the umask, and so is a database that was open to others', async () => {
  const { path, remove } = temporaryFolder();
  const at = (name: string): string => join(path, name);
  const modeOf = (name: string): string => (statSync(at(name)).mode & 0o777).toString(8);
  writeFileSync(at('heps.yaml'), 'database: { file: heps.db }\n');
  const create = `${process.execPath} ${resolve('dist/cli.js')} live token create --config ${at('heps.yaml')} --role reader`;
  execFileSync('sh', ['-c', `umask 022; ${create} > ${at('reader.token')}`]);
  expect([modeOf('heps.db'), modeOf('reader.token')]).toEqual(['600', '600']);
  chmodSync(at('heps.db'), 0o644);
  const server = await startServerProcess(path, { file: 'heps.db' });
  onTestFinished(async () => {
    await server.end('SIGKILL');
    remove();
  });
  expect(['heps.db', 'heps.db-wal', 'heps.db-shm', 'heps.db-lock'].map(modeOf)).toEqual(Array(4).fill('600'));
});
