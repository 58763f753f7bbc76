/** `heps live serve` as built, on the test cloud, with a token and the reports of the GPU hosts; and plain Nova beside it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hashOf } from '../../live/access/secrets.ts';
import { makeToken } from '../../live/access/tokens.ts';
import type { DatabaseOptions } from '../../live/database/database.ts';
import { collect, type Nova, type Server } from '../../live/openstack/index.ts';
import { openStores } from '../../live/server/stores.ts';
import { agentTokens, put, type ServerProcess, startServerProcess } from '../live/srm/server-process.ts';
import { stateFolder } from './cloud.ts';
import { gpuReports } from './gpu-reports.ts';

export interface HepsOnCloud extends Pick<ServerProcess, 'url' | 'log' | 'child'> {
  /** Of an administrator. */
  readonly token: string;
  /** A file with it. */
  readonly tokenFile: string;
  /** Asks the server. */
  ask<T>(method: string, path: string, body?: object): Promise<{ status: number; body: T }>;
  /** Ends the server and removes its files. */
  end(): Promise<void>;
}

/** @param scheduling what differs from mode act with the cloud's aliases */
export async function startHeps(scheduling: object = {}): Promise<HepsOnCloud> {
  const folder = mkdtempSync(join(tmpdir(), 'heps-on-cloud-'));
  const [one] = await startReplicas(1, { kind: 'sqlite', file: join(folder, 'heps.db') }, scheduling);
  return {
    ...one!,
    async end() {
      await one!.end();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Several servers on one database, which lasts beyond them. The GPU hosts report to the first, unless the database knows them already. */
export async function startReplicas(
  count: number,
  database: DatabaseOptions,
  scheduling: object = {},
): Promise<HepsOnCloud[]> {
  const folder = mkdtempSync(join(tmpdir(), 'heps-on-cloud-'));
  const store = await openStores(database);
  const token = makeToken();
  await store.tokens.addToken(hashOf(token), 'admin', null, 0);
  const reports = gpuReports();
  const agents = await agentTokens(
    store,
    reports.map(({ record }) => record.host),
  );
  const isKnown = (await store.records.countHosts()) > 0;
  await store.close();
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, token);
  const more = {
    cloud: { name: 'admin' },
    srm: { intervalS: 3600 },
    scheduling: { mode: 'act', aliases: { a100: 'A100-80GB' }, ...scheduling },
  };
  const environment = { OS_CLIENT_CONFIG_FILE: join(stateFolder, 'clouds.yaml') };
  const settings = databaseSettings(database, folder);
  const replicas: HepsOnCloud[] = [];
  let running = count;
  for (let index = 0; index < count; index++) {
    const { url, log, child, end } = await startServerProcess(folder, settings, { more, environment });
    if (index === 0 && !isKnown) {
      for (const report of reports) await put(url, agents.get(report.record.host)!, report, 0);
    }
    await until(() => log.some((line) => line.includes('"scheduling"')), 120);
    replicas.push({
      url,
      log,
      child,
      token,
      tokenFile,
      async ask<T>(method: string, path: string, body?: object) {
        const response = await fetch(`${url}${path}`, {
          method,
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        });
        return { status: response.status, body: (await response.json()) as T };
      },
      async end() {
        await end('SIGTERM');
        if (--running === 0) rmSync(folder, { recursive: true });
      },
    });
  }
  return replicas;
}

/** As heps.yaml has it. */
function databaseSettings(database: DatabaseOptions, folder: string): object {
  if (database.kind === 'sqlite') return { file: database.file };
  const { kind, host, port, name, user, password } = database;
  const passwordFile = join(folder, 'database-password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  return { kind, host, port, name, user, passwordFile };
}

/** The server when Nova has come to an end with it. */
export async function cameToEnd(nova: Nova, id: string, limitS = 300): Promise<Server> {
  let server = await nova.showServer(id);
  await until(async () => {
    server = await nova.showServer(id);
    return (server.status !== 'BUILD' && server.status !== 'ERROR') || server.fault !== null;
  }, limitS);
  return server;
}

/** Removes every server of the cloud, no matter who booted it. */
export async function clearCloud(nova: Nova): Promise<void> {
  const all = await collect(nova.listServers({ allProjects: true }));
  await Promise.all(all.map(({ id }) => nova.deleteServer(id).catch(() => undefined)));
  await until(async () => (await collect(nova.listServers({ allProjects: true }))).length === 0, 300);
}

export async function until(isTrue: () => boolean | Promise<boolean>, limitS: number): Promise<void> {
  for (const endMs = performance.now() + limitS * 1000; !(await isTrue()); await sleep(300)) {
    if (performance.now() > endMs) throw new Error(`not within ${limitS} s: ${isTrue}`);
  }
}
