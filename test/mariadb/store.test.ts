import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStores } from '../../live/server/stores.ts';
import { reportOf, temporaryFolder } from '../live/srm/build.ts';
import { storeSuite } from '../live/srm/record-store-suite.ts';
import { agentTokens, put, startServerProcess } from '../live/srm/server-process.ts';
import { MariadbProcess } from './mariadb.ts';

const mariadb = new MariadbProcess();

beforeAll(async () => {
  await mariadb.install();
  await mariadb.start();
});
afterAll(() => mariadb.remove());

storeSuite(async () => ({ options: await mariadb.freshDatabase(), remove: async () => {} }));

test('who may not come in is told in one line, without the password', async () => {
  const wrong = { ...mariadb.optionsFor('heps_1'), password: 'not-the-password' };
  const error = await openStores(wrong).catch((reason: unknown) => reason as Error);
  expect(error).toMatchObject({ name: 'InputError' });
  expect((error as Error).message).toContain('ER_ACCESS_DENIED_ERROR');
  expect((error as Error).message).not.toContain('not-the-password');
});

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'the server outlives MariaDB ended by %s: it answers 503 meanwhile and takes reports again, and nothing taken is lost',
  async (signal) => {
    const { path, remove } = temporaryFolder();
    const { kind, host, port, name, user, password } = await mariadb.freshDatabase();
    writeFileSync(join(path, 'password'), password);
    const options = { kind, host, port, name, user, password, tls: null };
    let store = await openStores(options);
    const tokens = await agentTokens(store, ['gpu-01', 'gpu-02']);
    await store.close();
    const server = await startServerProcess(path, { kind, host, port, name, user, passwordFile: 'password' });
    try {
      for (const agent of ['gpu-01', 'gpu-02']) {
        expect((await put(server.url, tokens.get(agent)!, reportOf(agent, 1), 0)).status).toBe(200);
      }
      await mariadb.stop(signal);
      const lost = await put(server.url, tokens.get('gpu-01')!, reportOf('gpu-01', 2), 1);
      expect([lost.status, lost.headers.get('retry-after')]).toEqual([503, '1']);
      expect((await fetch(`${server.url}healthz`)).status).toBe(200);
      const ready = await fetch(`${server.url}readyz`);
      expect([ready.status, await ready.text()]).toEqual([503, expect.stringContaining('the database does not serve')]);
      await mariadb.start();
      const again = await put(server.url, tokens.get('gpu-01')!, reportOf('gpu-01', 3), 1);
      expect([again.status, await again.json()]).toEqual([200, { version: 2 }]);
      expect((await fetch(`${server.url}readyz`)).status).toBe(200);
      expect(await server.end('SIGTERM')).toBe(0);
      expect(server.log.join('\n')).not.toContain(password);
      store = await openStores(options);
      expect((await store.records.readRecords()).map(({ host, sequence }) => [host, sequence])).toEqual([
        ['gpu-01', 3],
        ['gpu-02', 1],
      ]);
      await store.close();
    } finally {
      await server.end('SIGKILL');
      remove();
    }
  },
);
