/** Whose server it is, on a real Keystone and Nova: a person's token, her quota, her roles; and what a boot says that Nova does not answer. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { hashOf } from '../../live/access/secrets.ts';
import { makeToken } from '../../live/access/tokens.ts';
import { checkAliases } from '../../live/doctor/alias-checks.ts';
import { collect, type Nova, openNova } from '../../live/openstack/index.ts';
import type { RequestView } from '../../live/scheduling/request-view.ts';
import { openStores } from '../../live/server/stores.ts';
import { agentTokens, put, type ServerProcess, startServerProcess } from '../live/srm/server-process.ts';
import { cloudConfiguration, logIn, stateFolder } from './cloud.ts';
import { gpuReports } from './gpu-reports.ts';

const admin = logIn(cloudConfiguration('admin'));
const folder = mkdtempSync(join(tmpdir(), 'heps-people-'));
const tokens: Record<'admin' | 'demo' | 'scheduler', string> = { admin: '', demo: '', scheduler: makeToken() };
let nova: Nova;
let server: ServerProcess;

/** What `openstack token issue` prints. */
async function issue(cloud: 'admin' | 'demo'): Promise<string> {
  const { authUrl, credential } = cloudConfiguration(cloud);
  if (credential.kind !== 'password') throw new Error('expected a password');
  const identity = {
    methods: ['password'],
    password: { user: { ...credential.user, password: credential.password() } },
  };
  const response = await fetch(`${authUrl}/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth: { identity, scope: { project: credential.project } } }),
  });
  return response.headers.get('x-subject-token')!;
}

type Answer = { status: number; body: RequestView & { servers: RequestView[]; detail: string } };

async function ask(who: keyof typeof tokens, method: string, path: string, body?: object): Promise<Answer> {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: {
      ...(who === 'scheduler' ? { authorization: `Bearer ${tokens[who]}` } : { 'x-auth-token': tokens[who] }),
      'content-type': 'application/json',
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

async function settled(id: string): Promise<RequestView> {
  return await vi.waitFor(
    async () => {
      const { body } = await ask('scheduler', 'GET', `v1/servers/${id}`);
      expect(body.state).toMatch(/active|failed|deleted|error/);
      return body;
    },
    { timeout: 100_000, interval: 300 },
  );
}

async function clear(): Promise<void> {
  const all = () => collect(nova.listServers({ allProjects: true }));
  for (const { id } of await all()) await nova.deleteServer(id).catch(() => undefined);
  await vi.waitFor(async () => expect(await all()).toEqual([]), { timeout: 60_000, interval: 500 });
}

beforeAll(async () => {
  nova = await openNova(admin.session);
  await clear();
  const database = { file: join(folder, 'heps.db') };
  const stores = await openStores({ kind: 'sqlite', ...database });
  await stores.tokens.addToken(hashOf(tokens.scheduler), 'scheduler', null, 0);
  const reports = gpuReports();
  const agents = await agentTokens(
    stores,
    reports.map(({ record }) => record.host),
  );
  await stores.close();
  server = await startServerProcess(folder, database, {
    more: {
      cloud: { name: 'admin' },
      srm: { intervalS: 3600 },
      scheduling: { mode: 'act', aliases: { a100: 'A100-80GB' }, reconcileIntervalS: 3, pollIntervalS: 0.3 },
    },
    environment: { OS_CLIENT_CONFIG_FILE: join(stateFolder, 'clouds.yaml') },
  });
  for (const report of reports) await put(server.url, agents.get(report.record.host)!, report, 0);
  await vi.waitFor(async () => expect((await fetch(`${server.url}readyz`)).status).toBe(200), { timeout: 60_000 });
  for (const cloud of ['admin', 'demo'] as const) tokens[cloud] = await issue(cloud);
}, 180_000);
afterAll(async () => {
  await server.end('SIGTERM');
  await clear();
  await admin.session.close();
  rmSync(folder, { recursive: true });
}, 120_000);

const small = { name: 'hers', image: 'tiny', size: { vcpus: 2, ramMib: 2048, diskGib: 5 } };

test('a member’s server is hers: in her project, with a card, under her quota of three; the fourth has Nova’s words', {
  timeout: 300_000,
}, async () => {
  const first = await settled((await ask('demo', 'POST', 'v1/servers', { ...small, gpu: { count: 1 } })).body.id);
  expect(first).toMatchObject({ state: 'active', project: { name: 'demo' }, user: { name: 'demo' } });
  const made = await nova.showServer(first.serverId!);
  expect([made.projectId, made.userId]).toEqual([first.project!.id, first.user!.id]);
  expect(made.host).toBe(first.host);
  for (let left = 2; left > 0; left--) {
    expect((await settled((await ask('demo', 'POST', 'v1/servers', small)).body.id)).state).toBe('active');
  }
  const fourth = await settled((await ask('demo', 'POST', 'v1/servers', small)).body.id);
  expect([fourth.state, fourth.fault]).toEqual(['failed', expect.stringMatching(/[Qq]uota/)]);
  // Others may not remove it; she may.
  expect((await ask('scheduler', 'DELETE', `v1/servers/${first.id}`)).status).toBe(403);
  expect((await ask('demo', 'DELETE', `v1/servers/${first.id}`)).status).toBe(202);
  expect((await settled(first.id)).state).toBe('deleted');
});

test('with a token of our own and as an administrator it is made in the login’s project; a member does not see it', {
  timeout: 200_000,
}, async () => {
  const ours = await settled((await ask('scheduler', 'POST', 'v1/servers', small)).body.id);
  const admins = await settled((await ask('admin', 'POST', 'v1/servers', small)).body.id);
  expect([ours.state, ours.project!.name, admins.state, admins.project!.name]).toEqual([
    'active',
    'admin',
    'active',
    'admin',
  ]);
  expect((await ask('demo', 'GET', `v1/servers/${ours.id}`)).status).toBe(404);
  expect((await ask('demo', 'GET', 'v1/srm')).status).toBe(403);
  expect((await ask('admin', 'GET', 'v1/srm')).status).toBe(200);
});

test('an alias that nova.conf lacks is named, and nothing is made', { timeout: 60_000 }, async () => {
  const flavor = { vcpus: 1, ramMib: 128, diskGib: 0, isPublic: false, description: null };
  const { id } = await nova.createFlavor({ ...flavor, name: `lacking-${Date.now()}` });
  try {
    await nova.setFlavorExtraSpecs(id, { 'pci_passthrough:alias': 'h100:1' });
    const before = (await collect(nova.listServers({ allProjects: true }))).length;
    const checks = await checkAliases(admin.session, ['a6000', 'h100']);
    expect(checks.map(({ status, found }) => [status, found])).toEqual([
      ['ok', 'Nova knows the aliases a6000'],
      ['wrong', 'Nova has no PCI alias h100'],
    ]);
    expect((await collect(nova.listServers({ allProjects: true }))).length).toBe(before);
  } finally {
    await nova.deleteFlavor(id);
  }
});

test('while Nova is frozen the server is not ready, and a boot that has no answer says its key', {
  timeout: 240_000,
}, async () => {
  const [pid] = readFileSync(join(stateFolder, 'run/nova.pid'), 'utf8').split(/\s/);
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  const signal = (name: NodeJS.Signals): void => {
    for (const each of [pid!, ...children]) process.kill(Number(each), name);
  };
  writeFileSync(join(folder, 'token'), tokens.scheduler);
  signal('SIGSTOP');
  try {
    await vi.waitFor(
      async () => {
        const response = await fetch(`${server.url}readyz`);
        expect([response.status, await response.text()]).toEqual([
          503,
          expect.stringContaining('Nova has not answered for 3 s'),
        ]);
      },
      { timeout: 10_000 },
    );
    const words = ['live', 'boot', 'frozen', '--image', 'tiny', '--flavor', 'cpu.small', '--no-wait'];
    const options = ['--idempotency-key', 'frozen-1', '--server', server.url, '--token-file', join(folder, 'token')];
    const child = spawn(process.execPath, [resolve('dist/cli.js'), ...words, ...options], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    expect(said).toContain('idempotency key frozen-1\n');
    // Where image and flavor are known already the request is taken, and waits for Nova.
    if (code !== 0) expect(said).toMatch(/may be made all the same: .*--idempotency-key frozen-1/);
  } finally {
    signal('SIGCONT');
  }
  await vi.waitFor(async () => expect((await fetch(`${server.url}readyz`)).status).toBe(200), { timeout: 60_000 });
});
