/** `heps live record` against the real cloud, as an administrator types it, and its files in `heps simulate`. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type ClusterFile, parseCluster } from '../../core/cluster-file.ts';
import { hashOf } from '../../live/access/secrets.ts';
import { makeToken } from '../../live/access/tokens.ts';
import {
  collect,
  isNotFound,
  type Nova,
  openGlance,
  openNova,
  openPlacement,
  pciProviders,
  type Server,
} from '../../live/openstack/index.ts';
import { openStores } from '../../live/server/stores.ts';
import type { Arrival } from '../../traces/arrival.ts';
import { readHepsCsv } from '../../traces/heps-csv.ts';
import { memoryHost, reportOfHost } from '../live/scheduling/harness.ts';
import { agentTokens, put, startServerProcess } from '../live/srm/server-process.ts';
import { cloudConfiguration, logIn, stateFolder } from './cloud.ts';

const { session } = logIn(cloudConfiguration('admin'));
let nova: Nova;
let imageId: string;
const flavorIds = new Map<string, string>();
const folder = mkdtempSync(join(tmpdir(), 'heps-record-'));
const booted: string[] = [];

beforeAll(async () => {
  nova = await openNova(session);
  for (const { name, id } of await collect(nova.listFlavors())) flavorIds.set(name, id);
  imageId = (await collect(openGlance(session).listImages())).find(({ name }) => name === 'tiny')!.id;
});
afterEach(async () => {
  for (const id of booted.splice(0)) await remove(id);
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await session.close();
});

/** Boots, and waits until Nova has come to an end with it. */
async function boot(name: string, flavor: string, metadata: Record<string, string> = {}): Promise<Server> {
  const order = { name, imageId, flavorId: flavorIds.get(flavor)!, networks: 'none', metadata } as const;
  const { id } = await nova.createServer(order);
  booted.push(id);
  for (;;) {
    const server = await nova.showServer(id);
    if (server.status !== 'BUILD') return server;
    await sleep(200);
  }
}

async function remove(id: string): Promise<void> {
  await nova.deleteServer(id).catch((error) => {
    if (!isNotFound(error)) throw error;
  });
  while (!(await nova.showServer(id).then(() => false, isNotFound))) await sleep(200);
}

/** The built command. */
function heps(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, OS_CLIENT_CONFIG_FILE: join(stateFolder, 'clouds.yaml') };
  return spawnSync(process.execPath, [resolve('dist/cli.js'), ...args], { encoding: 'utf8', env });
}

async function rowsOf(out: string): Promise<Map<string, Arrival>> {
  const rows = new Map<string, Arrival>();
  for await (const batch of readHepsCsv(join(out, 'trace.csv'))) {
    for (const { ...row } of batch)
      rows.set(row.request.id, { ...row, request: { ...row.request, id: row.request.id } });
  }
  return rows;
}

const clusterIn = (out: string) => JSON.parse(readFileSync(join(out, 'cluster.json'), 'utf8')) as ClusterFile;

test('what ran, what runs and what never ran; the files are replayed by the command that is printed', async () => {
  const startedS = Math.floor(Date.now() / 1000);
  const running = await boot('running', 'gpu.a6000.2');
  const wrong = await boot('unreadable', 'tiny', { 'heps:gpu_num': 'two' });
  const ended = await boot('ended', 'cpu.small');
  const refused = await boot('refused', 'gpu.t4.8'); // no host has that many
  expect([running, wrong, ended, refused].map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE', 'ACTIVE', 'ERROR']);
  await sleep(2000); // Nova's times are whole seconds
  await remove(ended.id);
  const endedAtS = Date.now() / 1000;

  const out = join(folder, 'first');
  const since = new Date(startedS * 1000).toISOString().replace('.000Z', 'Z');
  const { status, stdout, stderr } = heps('live', 'record', '--cloud', 'admin', '--since', since, '--out', out);
  expect(stderr).toContain(`cannot be read are left out: unreadable (${wrong.id})`);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^\d+ servers, \d+ of them with cards, on 8 hosts with \d+ cards\n/);
  expect(stdout).toMatch(/servers that never ran: left out/);

  const rows = await rowsOf(out);
  expect(rows.has(refused.id)).toBe(false);
  expect(rows.has(wrong.id)).toBe(false);
  const row = rows.get(running.id)!;
  expect(row).toMatchObject({ flavor: 'gpu.a6000.2', station: running.projectId, user: running.userId });
  expect(row.request).toMatchObject({ vcpus: 8, ramMib: 32_768, diskGib: 50, cards: 2, cardModels: ['RTX A6000'] });
  const gone = rows.get(ended.id)!;
  expect(gone.request).toMatchObject({ vcpus: 2, cards: 0 });
  expect(gone.atS - row.atS).toBe(ended.createdAtS - running.createdAtS);
  expect(gone.lifetimeS).toBeGreaterThanOrEqual(2);
  expect(gone.lifetimeS).toBeLessThanOrEqual(endedAtS - ended.launchedAtS! + 1);

  const { hosts } = parseCluster(clusterIn(out), 'cluster.json');
  expect(hosts.map(({ name }) => name).sort()).toEqual(
    (await collect(nova.listHypervisors())).map(({ host }) => host).sort(),
  );
  const placement = await openPlacement(session);
  const devices = pciProviders(await collect(nova.listHypervisors()), await placement.listProviders());
  expect(hosts.flatMap(({ cards }) => cards)).toHaveLength(devices.length);
  if (devices.length === 0) expect(stderr).toContain('the cluster has no cards');

  const command = stdout.trim().split('\n').at(-1)!.trim();
  expect(command).toMatch(/^heps simulate --cluster \S+ --trace \S+ --policy hybrid$/);
  const replay = heps(...command.split(' ').slice(1), '--json', '--out', join(out, 'replay.json'));
  expect(replay.stderr).not.toContain('heps:');
  expect(JSON.parse(replay.stdout).summary.all.arrived).toBe(rows.size);
});

test('with the server’s records hosts have their cards, and the replay places the GPU server', async () => {
  const store = await openStores({ kind: 'sqlite', file: join(folder, 'heps.db') });
  const reader = makeToken();
  await store.tokens.addToken(hashOf(reader), 'reader', null, 1);
  const agents = await agentTokens(store, ['gpu-001']);
  await store.close();
  writeFileSync(join(folder, 'token'), reader);
  const server = await startServerProcess(folder, { file: join(folder, 'heps.db') });
  try {
    const report = reportOfHost(memoryHost('gpu-001', 'a6000', 4), 1);
    expect((await put(server.url, agents.get('gpu-001')!, report, 0)).status).toBe(200);
    const running = await boot('running', 'gpu.a6000.4');
    expect(running).toMatchObject({ status: 'ACTIVE', host: 'gpu-001' });
    await sleep(1100);
    const out = join(folder, 'second');
    const access = ['--server', server.url, '--token-file', join(folder, 'token')];
    const { status } = heps('live', 'record', '--cloud', 'admin', '--since', '1m', ...access, '--out', out);
    expect(status).toBe(0);
    expect(clusterIn(out).hosts.filter(({ cards }) => cards.length > 0)).toMatchObject([
      { name: 'gpu-001', vcpus: 64, cards: [{ model: 'RTX A6000', count: 4, sharing: 'passthrough' }] },
    ]);
    const files = ['--cluster', join(out, 'cluster.json'), '--trace', join(out, 'trace.csv')];
    const decisions = join(out, 'decisions.csv');
    expect(heps('simulate', ...files, '--policy', 'nova', '--decisions', decisions, '--decisions-only').status).toBe(0);
    expect(readFileSync(decisions, 'utf8')).toMatch(new RegExp(`^${running.id},gpu-001,0-1-2-3,`, 'm'));

    const doctor = heps('live', 'doctor', '--cloud', 'admin', '--config', join(folder, 'heps.yaml'), ...access);
    // The cloud's services run under uWSGI alone, which writes no Date.
    expect(doctor.stdout).toMatch(/\n {3}ok +identity, heps live serve: within 5 s of ours\n {3}cannot tell /);
    expect(doctor.stdout).toMatch(/6\. clocks\n {3}WRONG +clocks of hosts are not the server's: gpu-001 /);
    expect(doctor.stdout).toContain('tables up to date');
    expect(doctor.stdout).toMatch(/8\. server and agents\n {3}ok +ready\n/);
  } finally {
    await server.end('SIGTERM');
  }
});

test('who is no administrator is refused in one line, and nothing is written', () => {
  const out = join(folder, 'third');
  const { status, stderr } = heps('live', 'record', '--cloud', 'demo', '--out', out);
  expect(status).toBe(2);
  expect(stderr).toMatch(/^heps: (compute|placement): GET .*: 403 .*\n$/);
  expect(() => readFileSync(join(out, 'trace.csv'))).toThrow(/ENOENT/);
});
