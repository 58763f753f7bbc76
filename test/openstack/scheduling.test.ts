/** `heps live serve` on the real cloud: where servers go, next to where stock Nova puts them; failures of hosts and services; kills. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import seedrandom from 'seedrandom';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Cluster } from '../../core/cluster.ts';
import { policyNamed } from '../../core/policies/index.ts';
import { createPolicy } from '../../core/policy.ts';
import { vmRequest } from '../../core/request.ts';
import { schedule } from '../../core/scheduler.ts';
import { hashOf } from '../../live/access/secrets.ts';
import { makeToken } from '../../live/access/tokens.ts';
import { collect, type Nova, openGlance, openNova, type Server } from '../../live/openstack/index.ts';
import type { RequestView } from '../../live/scheduling/request-view.ts';
import { openStores } from '../../live/server/stores.ts';
import { runKills } from '../live/scheduling/kills.ts';
import { agentTokens, put, type ServerProcess, startServerProcess } from '../live/srm/server-process.ts';
import { cloudConfiguration, logIn, runCloud, stateFolder } from './cloud.ts';
import { cloudSpecs, gpuReports } from './gpu-reports.ts';

const admin = logIn(cloudConfiguration('admin'));
const environment = { OS_CLIENT_CONFIG_FILE: join(stateFolder, 'clouds.yaml') };
const scheduling = {
  mode: 'act',
  aliases: { a100: 'A100-80GB' },
  reconcileIntervalS: 3,
  pollIntervalS: 0.3,
  createGraceS: 6,
  buildLimitS: 40,
};
let nova: Nova;
let folder: string;
let server: ServerProcess;
let token: string;

/** Starts the scheduler with a database of its own, and lets the GPU hosts report. */
async function start(more: object = {}): Promise<void> {
  folder = mkdtempSync(join(tmpdir(), 'heps-scheduling-'));
  const database = { file: join(folder, 'heps.db') };
  const store = await openStores({ kind: 'sqlite', ...database });
  token = makeToken();
  await store.tokens.addToken(hashOf(token), 'admin', null, 0);
  const reports = gpuReports();
  const agents = await agentTokens(
    store,
    reports.map(({ record }) => record.host),
  );
  await store.close();
  const config = { cloud: { name: 'admin' }, srm: { intervalS: 3600 }, scheduling: { ...scheduling, ...more } };
  server = await startServerProcess(folder, database, { more: config, environment });
  for (const report of reports) {
    const { status } = await put(server.url, agents.get(report.record.host)!, report, 0);
    expect(status).toBe(200);
  }
  await until(() => server.log.some((line) => line.includes('"scheduling"')), 30);
}

async function ask(method: string, path: string, body?: object): Promise<{ status: number; body: RequestView }> {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as RequestView };
}

async function boot(body: object): Promise<RequestView> {
  const answer = await ask('POST', 'v1/servers', { name: 't', image: 'tiny', ...body });
  return answer.status === 202 ? await settled(answer.body.id) : (answer.body as RequestView);
}

async function settled(id: string): Promise<RequestView> {
  let view: RequestView | undefined;
  await until(async () => {
    view = (await ask('GET', `v1/servers/${id}`)).body;
    return ['active', 'failed', 'deleted'].includes(view.state);
  }, 110);
  return view!;
}

/** Removes every server of the cloud, no matter who booted it. */
async function clear(): Promise<void> {
  for (const { id } of await collect(nova.listServers({ allProjects: true }))) {
    await nova.deleteServer(id).catch(() => undefined);
  }
  await until(async () => (await collect(nova.listServers({ allProjects: true }))).length === 0, 60);
}

/** `expect.poll` does not work in hooks. */
async function until(isTrue: () => boolean | Promise<boolean>, limitS: number): Promise<void> {
  for (const endMs = performance.now() + limitS * 1000; !(await isTrue()); await sleep(300)) {
    if (performance.now() > endMs) throw new Error(`not within ${limitS} s: ${isTrue}`);
  }
}

const small = { size: { vcpus: 4, ramMib: 8192, diskGib: 10 } };
const gpu = (memoryMib: number, count = 1) => ({ ...small, gpu: { count, memoryMib } });

beforeAll(async () => {
  nova = await openNova(admin.session);
  await clear();
});
afterEach(async () => {
  await server.end('SIGTERM');
  rmSync(folder, { recursive: true });
  await clear();
});
afterAll(async () => {
  for await (const { id, name } of nova.listFlavors()) if (name.startsWith('heps-')) await nova.deleteFlavor(id);
  await admin.session.close();
});

describe('where servers go', () => {
  test('CPU servers to CPU hosts, GPU servers where core says for such a cluster; the registry shows who holds what', async () => {
    await start();
    expect(await boot(small)).toMatchObject({ state: 'active', host: 'cpu-001', cards: [] });
    const asked = [40_000, 0, 40_000, 60_000, 0, 40_000, 60_000, 40_000].map((memoryMib) => gpu(memoryMib));
    const placed: (string | null)[] = [];
    for (const body of asked) placed.push((await boot(body)).host);
    expect(placed).toEqual(placesByCore(asked));
    expect(new Set(placed).size).toBeGreaterThan(1);
    const refused = await ask('POST', 'v1/servers', { name: 't', image: 'tiny', ...gpu(90_000) });
    expect(refused).toMatchObject({
      status: 409,
      body: { detail: expect.stringMatching(/^No valid host: no-cards:\d+\|card-memory:\d+$/) },
    });
    const { body } = await ask('GET', 'v1/holdings');
    const held = (body as unknown as { hosts: { host: string; cards: unknown[] }[] }).hosts;
    for (const { host, cards } of held)
      expect([host, cards.length]).toEqual([host, placed.filter((name) => name === host).length]);
    for (const found of await collect(nova.listServers({ allProjects: true }))) {
      expect(found.status).toBe('ACTIVE');
      expect(found.metadata).toHaveProperty('heps:request');
    }
  });

  test('a card whose memory is too small is avoided, where stock Nova takes it for the same request', async () => {
    await start({ mode: 'shadow' });
    // Somebody fills the memory of the A100 host, so that Nova, which counts, prefers the other.
    const image = (await imageId())!;
    const filler = await nova.createFlavor({
      name: `filler-${Date.now()}`,
      vcpus: 2,
      ramMib: 900_000,
      diskGib: 10,
      isPublic: true,
      description: null,
    });
    const fits = await nova.createFlavor({
      name: `any-${Date.now()}`,
      vcpus: 4,
      ramMib: 8192,
      diskGib: 10,
      isPublic: true,
      description: null,
    });
    const specs = { 'pci_passthrough:alias': 'gpu:1', 'heps:gpu_mem_mib': '60000' };
    await nova.setFlavorExtraSpecs(fits.id, specs);
    try {
      await novaBoot(filler.id, image, 'gpu-002');
      const stock = await novaBoot(fits.id, image);
      expect(stock).toMatchObject({ status: 'ACTIVE', host: 'gpu-001' }); // an RTX A6000, of 48 GiB
      await expect
        .poll(async () => (await ask('GET', 'v1/comparisons')).body, { timeout: 15_000 })
        .toMatchObject({
          comparisons: expect.arrayContaining([
            expect.objectContaining({
              serverId: stock.id,
              novaHost: 'gpu-001',
              host: 'gpu-002',
              objection: 'card-memory',
            }),
          ]),
        });
      const report = heps('shadow', '--server', server.url);
      expect(report.stdout).toContain('policy: gpu-002, and not to gpu-001: card-memory');
      await server.end('SIGTERM');
      await start();
      expect(await boot(gpu(60_000))).toMatchObject({
        state: 'active',
        host: 'gpu-002',
        cards: [{ model: 'A100-80GB' }],
      });
    } finally {
      for (const { id } of [filler, fits]) await nova.deleteFlavor(id);
    }
  });

  test('as an administrator types it', async () => {
    await start();
    const booted = heps(
      'boot',
      'desk',
      '--image',
      'tiny',
      '--vcpus',
      '4',
      '--ram-mib',
      '8192',
      '--gpus',
      '1',
      '--server',
      server.url,
    );
    expect(booted.status).toBe(0);
    expect(booted.stdout).toMatch(/active +desk on gpu-002, 1 × A100-80GB/);
    expect(booted.stdout).toContain('cardScore');
    expect(heps('flavors', '--cloud', 'admin').stdout).toContain('heps-4c-8192m-0g-a100x1');
    const [id] = /^\S+/.exec(heps('servers', '--server', server.url).stdout)!;
    expect(heps('delete', id, '--server', server.url).stdout).toContain('deleted');
    expect(heps('flavors', '--cloud', 'admin', '--remove').stdout).toContain('heps-4c-8192m-0g-a100x1');
    const none = heps('boot', 'desk', '--image', 'nothing', '--vcpus', '4', '--ram-mib', '1', '--server', server.url);
    expect([none.status, none.stderr]).toEqual([2, expect.stringContaining('image: expected id or name')]);
  });
});

describe('when something is away', () => {
  test('a host that dies before Nova knows: the server is taken elsewhere', async () => {
    await start({ buildLimitS: 12 });
    await runCloud('host', ['kill', 'gpu-002']);
    try {
      const row = await boot(gpu(40_000));
      expect(row).toMatchObject({
        state: 'active',
        host: 'gpu-001',
        history: [{ host: 'gpu-002', fault: 'not ACTIVE after 12 s' }],
      });
    } finally {
      await runCloud('host', ['start', 'gpu-002']);
    }
  });

  test('Glance away at the create: the request waits for it, and becomes one server', async () => {
    await start();
    await boot(small); // so that the image was looked up
    await runCloud('down', ['glance']);
    let id: string;
    try {
      const answer = await ask('POST', 'v1/servers', { name: 't', image: 'tiny', ...small });
      expect(answer.status).toBe(202);
      ({ id } = answer.body);
      await until(() => server.log.some((line) => line.includes('no clear answer to a create')), 30);
    } finally {
      await runCloud('up');
    }
    expect((await settled(id)).state).toBe('active');
    const servers = await collect(nova.listServers({ allProjects: true }));
    expect(servers.filter(({ metadata }) => metadata['heps:request'] === id).length).toBe(1);
  });

  test('Placement away: no host can be had, which is said with all that were tried, and nothing is held', async () => {
    await start();
    await boot(small);
    await runCloud('down', ['placement']);
    try {
      const failed = await boot(small);
      expect(failed).toMatchObject({ state: 'failed', host: null, fault: expect.stringContaining('3 hosts tried') });
      expect(failed.history.map(({ host }) => host)).toEqual(['cpu-002', 'cpu-003', 'cpu-004']);
    } finally {
      await runCloud('up');
    }
    expect(await boot(small)).toMatchObject({ state: 'active' });
  });

  test('tokens that expire are renewed in the middle of the work', async () => {
    await runCloud('down', ['keystone']);
    await runCloud('up', [], { TOKEN_SECONDS: '8' });
    try {
      await start();
      for (let count = 0; count < 3; count++) {
        expect(await boot(small)).toMatchObject({ state: 'active' });
        await sleep(6000);
      }
    } finally {
      await runCloud('down', ['keystone']);
      await runCloud('up');
    }
  });
});

const kills = Number(process.env.HEPS_KILLS ?? 20);

test(`${kills} kills at random instants`, { timeout: 600_000 }, async () => {
  await start();
  await server.end('SIGTERM');
  const alive = async () =>
    (await collect(nova.listServers({ allProjects: true }))).map(({ id, host, metadata }: Server) => ({
      id,
      host,
      metadata,
      cards: null,
    }));
  const own = mkdtempSync(join(tmpdir(), 'heps-kills-'));
  try {
    const report = await runKills({
      kills,
      folder: own,
      cloud: { environment: { ...environment, OS_CLOUD: 'admin' }, alive, violations: () => [] },
      reports: gpuReports(),
      bodies: [small, gpu(40_000), gpu(0), gpu(60_000, 2)],
      upAtMostS: 6,
      scheduling: { ...scheduling, createGraceS: 4, buildLimitS: 120 },
      users: 3,
      random: seedrandom.xor4096('openstack'),
    });
    console.log(JSON.stringify({ ...report, lost: report.lost.length }));
    expect(report).toMatchObject({ kills, lost: [], doubled: [], wronglyPlaced: [], leaked: [] });
    expect(report.ran).toBeGreaterThan(0);
  } finally {
    rmSync(own, { recursive: true });
  }
});

/** Where `schedule()` puts them one after the other, on the same hosts in `core` alone. */
function placesByCore(bodies: readonly ReturnType<typeof gpu>[]): string[] {
  const specs = cloudSpecs();
  const cluster = new Cluster(specs);
  const policy = createPolicy(policyNamed('hybrid'));
  return bodies.map(({ size, gpu: { count, memoryMib } }, index) => {
    const request = vmRequest({ id: String(index), ...size, cards: count, cardMemoryMib: memoryMib });
    const decision = schedule(cluster, request, policy);
    if (decision.kind !== 'placed') throw new Error('core has no host');
    cluster.bind({ request, host: decision.host, cards: decision.cards, wholeCards: false });
    return specs[decision.host]!.name;
  });
}

/** The built command, with the token of an admin. */
function heps(...args: readonly string[]) {
  const env = { ...process.env, ...environment, HEPS_TOKEN: token };
  return spawnSync(process.execPath, [resolve('dist/cli.js'), 'live', ...args], { encoding: 'utf8', env });
}

async function imageId(): Promise<string | undefined> {
  return (await collect(openGlance(admin.session).listImages()))[0]?.id;
}

/** Through plain Nova; with a host, or where it likes. */
async function novaBoot(flavorId: string, image: string, host?: string): Promise<Server> {
  const { id } = await nova.createServer({
    name: 'theirs',
    imageId: image,
    flavorId,
    networks: 'none',
    ...(host !== undefined && { host }),
  });
  await until(async () => (await nova.showServer(id)).status !== 'BUILD', 60);
  return await nova.showServer(id);
}
