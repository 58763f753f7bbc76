/** Two servers on one MariaDB, one of them with its clock wrong: both do the same, since the database's time counts. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { hashOf } from '../../live/access/secrets.ts';
import { makeToken } from '../../live/access/tokens.ts';
import { openStores } from '../../live/server/stores.ts';
import { MemoryCloud } from '../live/memory-cloud/memory-cloud.ts';
import { memoryHost, reportOfHost } from '../live/scheduling/harness.ts';
import { temporaryFolder } from '../live/srm/build.ts';
import { agentTokens, put, type ServerProcess, startServerProcess } from '../live/srm/server-process.ts';
import { MariadbProcess } from './mariadb.ts';

const mariadb = new MariadbProcess();
beforeAll(async () => {
  await mariadb.install();
  await mariadb.start();
}, 60_000);
afterAll(() => mariadb.remove());

/** The environment under which a process is ahead by so many seconds; Debian: faketime. */
function ahead(seconds: number): Record<string, string> {
  const library = execFileSync('sh', ['-c', 'ls /usr/lib/*/faketime/libfaketimeMT.so.1'], { encoding: 'utf8' }).trim();
  return { LD_PRELOAD: library, FAKETIME: `+${seconds}s`, FAKETIME_DONT_FAKE_MONOTONIC: '1' };
}

const host = memoryHost('gpu-1', 'a40', 8, { vcpus: 64 });
const body = JSON.stringify({ name: 'n', image: 'tiny', size: { vcpus: 2, ramMib: 4096 }, gpu: { count: 1 } });

test.each([45, 7_200])(
  'a server whose clock is %i s ahead boots on the same cards, and takes nothing over',
  async (aheadS) => {
    const { path, remove } = temporaryFolder();
    // Slow enough that one server would be tempted to take the other's boots over.
    const cloud = await MemoryCloud.start({ hosts: [host], buildMs: () => 3_000 });
    const database = await mariadb.freshDatabase();
    const { kind, host: address, port, name, user, password } = database;
    writeFileSync(join(path, 'password'), password);
    const stores = await openStores(database);
    const agent = (await agentTokens(stores, ['gpu-1'])).get('gpu-1')!;
    const token = makeToken();
    await stores.tokens.addToken(hashOf(token), 'admin', null, 0);
    const start = async (environment: Record<string, string>, folder: string): Promise<ServerProcess> => {
      mkdirSync(join(path, folder));
      return await startServerProcess(
        join(path, folder),
        { kind, host: address, port, name, user, passwordFile: join(path, 'password') },
        {
          more: { scheduling: { mode: 'act', reconcileIntervalS: 2 }, cloud: { name: 'memory' } },
          environment: { ...cloud.environment(path), ...environment },
        },
      );
    };
    const servers = [await start({}, 'right'), await start(ahead(aheadS), 'wrong')];
    onTestFinished(async () => {
      for (const server of servers) await server.end('SIGKILL');
      await stores.close();
      await cloud.close();
      remove();
    });
    const authorization = `Bearer ${token}`;
    for (const { url } of servers) {
      await expect.poll(async () => (await fetch(`${url}readyz`)).status, { timeout: 20_000 }).toBe(200);
    }
    expect((await put(servers[0]!.url, agent, reportOfHost(host, 1), 0)).status).toBe(200);
    const seen = async (url: string): Promise<unknown> =>
      ((await (await fetch(`${url}v1/srm?stale=false`, { headers: { authorization } })).json()) as { hosts: unknown[] })
        .hosts.length;
    for (const { url } of servers) await expect.poll(() => seen(url), { timeout: 10_000 }).toBe(1);
    const boots = await Promise.all(
      Array.from({ length: 8 }, async (_, index) => {
        const response = await fetch(`${servers[index % 2]!.url}v1/servers`, {
          method: 'POST',
          headers: { authorization, 'content-type': 'application/json' },
          body,
        });
        return [response.status, (await response.json()) as { id: string; createdAtS: number }] as const;
      }),
    );
    expect(boots.map(([status]) => status)).toEqual(Array(8).fill(202));
    const times = boots.map(([, { createdAtS }]) => createdAtS);
    expect(Math.max(...times) - Math.min(...times)).toBeLessThan(20);
    const states = async (): Promise<string[]> => {
      const answer = await fetch(`${servers[0]!.url}v1/servers`, { headers: { authorization } });
      return ((await answer.json()) as { servers: { state: string; attempt: number }[] }).servers.map(
        ({ state, attempt }) => `${state} ${attempt}`,
      );
    };
    await expect.poll(states, { timeout: 30_000 }).toEqual(Array(8).fill('active 1'));
    expect(cloud.state.servers.size).toBe(8);
    expect(cloud.state.violations()).toEqual([]);
    expect(servers.flatMap(({ log }) => log).join('\n')).not.toContain('request resumed');
    await expect
      .poll(() => servers[1]!.log.find((line) => line.includes("this server's clock is not the database's")), {
        timeout: 10_000,
      })
      .toContain(`"aheadS":${aheadS}`);
  },
);
