/** Servers booted through plain Nova, with the filter and the weigher of live/nova-plugin in its scheduler, which ask `heps live serve`. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hashOf } from '../../live/access/secrets.ts';
import { makeToken } from '../../live/access/tokens.ts';
import { collect, type Nova, openGlance, openNova, type Server } from '../../live/openstack/index.ts';
import { openStores } from '../../live/server/stores.ts';
import { agentTokens, put, startServerProcess } from '../live/srm/server-process.ts';
import { cloudConfiguration, logIn, runCloud, stateFolder } from './cloud.ts';
import { gpuReports } from './gpu-reports.ts';

const admin = logIn(cloudConfiguration('admin'));
const folder = mkdtempSync(join(tmpdir(), 'heps-plugin-'));
const tokenFile = join(folder, 'token');
let nova: Nova;
let image: string;
let tiny: string;

/** Restarts Nova's scheduler with the plugin asking there; without it where there is no address. */
async function restartScheduler(url = '', failOpen = true): Promise<void> {
  await runCloud('down', ['scheduler']);
  const environment = { HEPS_URL: url, HEPS_TOKEN_FILE: tokenFile, HEPS_FAIL_OPEN: String(failOpen) };
  await runCloud('up', [], environment);
}

/** Boots without naming a host, and waits until Nova has come to an end with it. */
async function boot(flavorId: string, host?: string): Promise<Server> {
  const chosen = host === undefined ? {} : { host };
  const { id } = await nova.createServer({ name: 'plain', imageId: image, flavorId, networks: 'none', ...chosen });
  for (const endMs = performance.now() + 60_000; ; await sleep(300)) {
    const server = await nova.showServer(id);
    if (server.status === 'ACTIVE' || server.fault !== null) return server;
    if (performance.now() > endMs) throw new Error(`${id} is ${server.status} after a minute`);
  }
}

async function clear(): Promise<void> {
  for (const { id } of await collect(nova.listServers({ allProjects: true })))
    await nova.deleteServer(id).catch(() => undefined);
  while ((await collect(nova.listServers({ allProjects: true }))).length > 0) await sleep(300);
}

beforeAll(async () => {
  writeFileSync(tokenFile, 'a-token');
  nova = await openNova(admin.session);
  image = (await collect(openGlance(admin.session).listImages()))[0]!.id;
  tiny = (await collect(nova.listFlavors())).find(({ name }) => name === 'tiny')!.id;
  await clear();
});
afterEach(clear);
afterAll(async () => {
  await restartScheduler();
  await admin.session.close();
  rmSync(folder, { recursive: true });
});

test('the filter and the weigher alone, with the classes of the installed Nova', () => {
  const here = join(import.meta.dirname, 'nova-plugin');
  // Debian's own Python, which has Nova.
  const { status, stderr } = spawnSync('/usr/bin/python3', ['-B', '-m', 'unittest', '-q', 'test_scheduler'], {
    cwd: here,
    env: { ...process.env, PYTHONPATH: resolve('live/nova-plugin') },
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, expect.stringMatching(/Ran 16 tests[\s\S]*OK/)]);
});

describe('with a stand-in that answers as the test says', () => {
  let stub: HttpServer;
  let url: string;
  let answer: object = {};
  let delayMs = 0;
  const asked: { authorization: string | undefined; body: Record<string, unknown> }[] = [];

  beforeAll(async () => {
    stub = createServer(async (request, response) => {
      let text = '';
      for await (const part of request) text += String(part);
      asked.push({ authorization: request.headers.authorization, body: JSON.parse(text) as Record<string, unknown> });
      await sleep(delayMs);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer));
    });
    await new Promise<void>((resolve) => stub.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(stub.address() as AddressInfo).port}/v1/nova/hosts`;
    await restartScheduler(url);
  });
  afterAll(() => {
    stub.closeAllConnections();
    stub.close();
  });
  afterEach(() => {
    delayMs = 0;
    asked.splice(0);
  });

  test('in act the server goes to the host of the highest number; what was asked is all that is needed', async () => {
    answer = { mode: 'act', hosts: { 'cpu-003': 0.5, 'cpu-005': 1, 'gpu-002': 0.2 } };
    expect(await boot(tiny)).toMatchObject({ status: 'ACTIVE', host: 'cpu-005' });
    expect(asked.length).toBe(1);
    expect(asked[0]!.authorization).toBe('Bearer a-token');
    expect(asked[0]!.body).toMatchObject({
      instance: expect.stringMatching(/^[0-9a-f-]{36}$/),
      flavor: { name: 'tiny', vcpus: expect.any(Number), memory_mb: expect.any(Number), extra_specs: {} },
    });
    expect((asked[0]!.body.hosts as string[]).sort()).toEqual(
      [1, 2, 3, 4, 5, 6].map((n) => `cpu-00${n}`).concat('gpu-001', 'gpu-002'),
    );
  });

  test('in act nobody who is left out gets it; in advise everybody may, in shadow Nova decides alone', async () => {
    answer = { mode: 'act', hosts: {} };
    expect(await boot(tiny)).toMatchObject({
      status: 'ERROR',
      fault: { message: expect.stringContaining('No valid host') },
    });
    answer = { mode: 'advise', hosts: { 'cpu-004': 1 } };
    expect((await boot(tiny)).host).toBe('cpu-004');
    answer = { mode: 'advise', hosts: {} };
    expect((await boot(tiny)).status).toBe('ACTIVE');
    answer = { mode: 'shadow', hosts: { 'cpu-002': 1 } };
    // Stock Nova: the GPU host with the most memory, which PCIWeigher does not outweigh for a tiny server.
    const alone = (await boot(tiny)).host;
    answer = { mode: 'act', hosts: { 'cpu-002': 1 } };
    expect((await boot(tiny)).host).toBe('cpu-002');
    expect(alone).not.toBe('cpu-002');
  });

  test('a server that names its host is not asked about', async () => {
    answer = { mode: 'act', hosts: {} };
    expect(await boot(tiny, 'cpu-006')).toMatchObject({ status: 'ACTIVE', host: 'cpu-006' });
    expect(asked).toEqual([]);
  });

  test('no answer in time, and an answer that makes no sense: Nova decides alone; or refuses, where it is told to', async () => {
    answer = { mode: 'act', hosts: { 'cpu-001': 1 } };
    delayMs = 3000;
    const startMs = performance.now();
    expect((await boot(tiny)).status).toBe('ACTIVE');
    expect(performance.now() - startMs).toBeGreaterThan(2000);
    delayMs = 0;
    answer = { mode: 'nonsense' };
    expect((await boot(tiny)).status).toBe('ACTIVE');
    await restartScheduler(url, false);
    expect((await boot(tiny)).status).toBe('ERROR');
  });
});

test('with heps live serve: a card that is too small is refused, by whatever client the server is booted', async () => {
  const database = { file: join(folder, 'heps.db') };
  const store = await openStores({ kind: 'sqlite', ...database });
  const token = makeToken();
  await store.tokens.addToken(hashOf(token), 'scheduler', null, 0);
  const reports = gpuReports();
  const agents = await agentTokens(
    store,
    reports.map(({ record }) => record.host),
  );
  await store.close();
  writeFileSync(tokenFile, token);
  const more = {
    cloud: { name: 'admin' },
    srm: { intervalS: 3600 },
    scheduling: { mode: 'act', aliases: { a100: 'A100-80GB' } },
  };
  const environment = { OS_CLIENT_CONFIG_FILE: join(stateFolder, 'clouds.yaml') };
  const server = await startServerProcess(folder, database, { more, environment });
  const flavors: string[] = [];
  const flavor = async (extraSpecs: Record<string, string>): Promise<string> => {
    const size = { vcpus: 4, ramMib: 8192, diskGib: 10, isPublic: true, description: null };
    const { id } = await nova.createFlavor({ name: `plugin-${flavors.length}-${Date.now()}`, ...size });
    flavors.push(id);
    await nova.setFlavorExtraSpecs(id, extraSpecs);
    return id;
  };
  try {
    for (const report of reports) await put(server.url, agents.get(report.record.host)!, report, 0);
    while (!server.log.some((line) => line.includes('"scheduling"'))) await sleep(200);
    await restartScheduler(`${server.url}v1/nova/hosts`, false);
    const any = { 'pci_passthrough:alias': 'gpu:1' };
    const large = await flavor({ ...any, 'heps:gpu_mem_mib': '60000' });
    expect(await boot(large)).toMatchObject({ status: 'ACTIVE', host: 'gpu-002' });
    expect((await boot(await flavor({ ...any, 'heps:gpu_mem_mib': '90000' }))).status).toBe('ERROR');
    expect((await boot(tiny)).host).toMatch(/^cpu-/);
    // The claim of a server that Nova booted is seen by the scheduler's own decisions.
    const seven = await boot(await flavor({ 'pci_passthrough:alias': 'a100:7' }));
    expect([seven.status, seven.host]).toEqual(['ACTIVE', 'gpu-002']);
    expect((await boot(large)).status).toBe('ERROR');
  } finally {
    for (const id of flavors) await nova.deleteFlavor(id);
    await server.end('SIGTERM');
  }
});
