/** `heps live serve` as it is run: a process that says where it is ready, and ends when it is told to. */
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from './build.ts';
import { startServerProcess } from './server-process.ts';

test('it answers where it says that it is ready, and ends by SIGTERM with 0', async () => {
  const { path, remove } = temporaryFolder();
  const server = await startServerProcess(path, { file: 'heps.db' });
  onTestFinished(async () => {
    await server.end('SIGKILL');
    remove();
  });
  expect((await fetch(new URL('/readyz', server.url))).status).toBe(200);
  expect(await server.end('SIGTERM')).toBe(0);
});
