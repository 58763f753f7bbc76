import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openStores } from '../../../live/server/stores.ts';
import { reportOf, temporaryFolder } from './build.ts';
import { readAudit } from './read-audit.ts';
import { storeSuite } from './record-store-suite.ts';
import { agentTokens, put, startServerProcess } from './server-process.ts';

describe('SQLite', () => {
  storeSuite(async () => {
    const { path, remove } = temporaryFolder();
    return { options: { kind: 'sqlite', file: join(path, 'heps.db') }, remove: async () => remove() };
  });
});

test('a file that is no database is refused and stays as it is', async () => {
  const file = join(import.meta.dirname, 'record-store.test.ts');
  const before = readFileSync(file, 'utf8');
  await expect(openStores({ kind: 'sqlite', file })).rejects.toThrow(`${file}: expected a SQLite database`);
  expect(readFileSync(file, 'utf8')).toBe(before);
});

test('what was acknowledged is there after kill -9 in the middle of writes', async () => {
  const { path, remove } = temporaryFolder();
  const database = { kind: 'sqlite', file: join(path, 'heps.db') } as const;
  const hosts = Array.from({ length: 40 }, (_, index) => `gpu-${index}`);
  const acknowledged = new Map(hosts.map((host) => [host, 0]));
  try {
    let store = await openStores(database);
    const tokens = await agentTokens(store, hosts);
    await store.close();
    for (const reportsUntilKill of [30, 200, 555]) {
      const server = await startServerProcess(path, database);
      let answers = 0;
      let isOver = false;
      const agents = hosts.map(async (host) => {
        let { version } = (await (await put(server.url, tokens.get(host)!, reportOf(host, 0), 999_999)).json()) as {
          version: number;
        };
        while (!isOver) {
          // The connection breaks off in the middle of some reports: they may be taken or not.
          const response = await put(server.url, tokens.get(host)!, reportOf(host, version + 1), version).catch(
            () => null,
          );
          if (response === null) return;
          const answer = (await response.json().catch(() => null)) as { version: number } | null;
          if (answer === null) return;
          expect(response.status).toBe(200);
          version = answer.version;
          acknowledged.set(host, version);
          answers++;
          if (answers >= reportsUntilKill) isOver = true;
          if (answers === reportsUntilKill) server.child.kill('SIGKILL');
        }
      });
      await Promise.all(agents);
      expect(await server.end('SIGKILL')).toBeNull();
      store = await openStores(database);
      const kept = new Map((await store.records.readRecords()).map((record) => [record.host, record]));
      for (const [host, version] of acknowledged) {
        const record = kept.get(host);
        expect(record?.version ?? 0, host).toBeGreaterThanOrEqual(version);
        expect(record?.sequence ?? 0, host).toBe(record?.version ?? 0);
      }
      // Each version has its audit row, and no version was given twice.
      const rows = (await readAudit(store.database, 100_000)).filter(({ action }) => action === 'report');
      const versions = rows.map(({ subject, version }) => `${subject} ${version}`);
      expect(new Set(versions).size).toBe(versions.length);
      const written = [...kept.values()].reduce((sum, { version }) => sum + version, 0);
      expect(versions.length).toBe(written);
      await store.close();
    }
  } finally {
    remove();
  }
});
