/** Whose server it is: people with tokens of Keystone, tokens of our own, and who may see, make and remove what. */
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { usualKeystoneRoles } from '../../../live/access/keystone-roles.ts';
import { hashOf } from '../../../live/access/secrets.ts';
import { makeToken, type Role } from '../../../live/access/tokens.ts';
import type { RequestView } from '../../../live/scheduling/request-view.ts';
import { type LiveServer, startLiveServer } from '../../../live/server/server.ts';
import { openStores, type Stores } from '../../../live/server/stores.ts';
import { MemoryCloud } from '../memory-cloud/memory-cloud.ts';
import { temporaryFolder } from '../srm/build.ts';
import { put } from '../srm/server-process.ts';
import { memoryHost, quickSettings, reportOfHost } from './harness.ts';

const hosts = [memoryHost('cpu-1'), memoryHost('gpu-1', 'a40', 4)];
const { path, remove } = temporaryFolder();
const log: string[] = [];
const own: Record<string, string> = {};
const hers: Record<string, string> = {};
let cloud: MemoryCloud;
let server: LiveServer;
let store: Stores;

async function start(): Promise<void> {
  const { isShared: _, ...settings } = quickSettings;
  server = await startLiveServer(
    {
      listen: { address: '127.0.0.1', port: 0 },
      tls: null,
      database: { kind: 'sqlite', file: join(path, 'heps.db') },
      srm: { intervalS: 600, auditReportsForH: 6 },
      scheduling: { ...settings, mode: 'act', cloud: 'memory' },
      mirror: null,
      keepForD: { requests: 90, comparisons: 90, audit: 400 },
      keystone: { cloud: 'memory', roles: usualKeystoneRoles },
      desktops: null,
      log: { level: 'debug' },
    },
    pino({ level: 'debug' }, { write: (line: string) => void log.push(line) }),
  );
  await vi.waitFor(async () => expect((await fetch(`${server.url}readyz`)).status).toBe(200), { timeout: 10_000 });
}

beforeAll(async () => {
  cloud = await MemoryCloud.start({ hosts });
  for (const [name, value] of Object.entries(cloud.environment(path))) vi.stubEnv(name, value);
  await start();
  store = await openStores({ kind: 'sqlite', file: join(path, 'heps.db') });
  for (const role of ['reader', 'scheduler', 'plugin', 'admin', 'agent'] satisfies Role[]) {
    own[role] = makeToken();
    await store.tokens.addToken(hashOf(own[role]), role, role === 'agent' ? 'gpu-1' : null, 0);
  }
  await put(server.url, own.agent!, reportOfHost(hosts[1]!, 1), 0);
  hers.chen = cloud.addPerson({ userId: 'chen', projectId: 'optics', roles: ['member', 'reader'] });
  hers.li = cloud.addPerson({ userId: 'li', projectId: 'optics', roles: ['reader'] });
  hers.wang = cloud.addPerson({ userId: 'wang', projectId: 'powder', roles: ['member', 'reader'] });
  hers.root = cloud.addPerson({ userId: 'root', projectId: 'powder', roles: ['admin', 'member', 'reader'] });
  hers.guest = cloud.addPerson({ userId: 'guest', projectId: 'powder', roles: ['load-balancer_member'] });
});
afterEach(() => expect(cloud.state.violations()).toEqual([]));
afterAll(async () => {
  await store.close();
  await server.stop();
  vi.unstubAllEnvs();
  await cloud.close();
  remove();
});

type Answer = { status: number; body: RequestView & { detail: string; servers: RequestView[] } };

/** @param who a person's token of Keystone, or a role's of our own */
async function ask(who: string, method: string, route: string, body?: object, key?: string): Promise<Answer> {
  const token = hers[who];
  const response = await fetch(`${server.url}${route}`, {
    method,
    headers: {
      ...(token === undefined ? { authorization: `Bearer ${own[who]}` } : { 'x-auth-token': token }),
      'content-type': 'application/json',
      ...(key !== undefined && { 'idempotency-key': key }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

async function settled(id: string): Promise<RequestView> {
  return await vi.waitFor(
    async () => {
      const { body } = await ask('admin', 'GET', `v1/servers/${id}`);
      expect(body.state).toMatch(/active|failed|deleted|error/);
      return body;
    },
    { timeout: 15_000 },
  );
}

const oneCard = { name: 'n', image: 'tiny', size: { vcpus: 2, ramMib: 4096 }, gpu: { count: 1 } };
const noCard = { name: 'n', image: 'tiny', size: { vcpus: 2, ramMib: 4096 } };

const ofChen = { projectId: 'optics', userId: 'chen' };

test('a create of hers whose answer was lost is found in her project, and not sent twice', async () => {
  const sent = cloud.orders.length;
  cloud.failNext({ method: 'POST', path: /\/compute\/servers$/, outcome: 'cut-after' });
  const { body } = await ask('chen', 'POST', 'v1/servers', noCard);
  const ended = await settled(body.id);
  expect([ended.state, cloud.orders.length - sent]).toEqual(['active', 1]);
  expect(cloud.state.servers.get(ended.serverId!)).toMatchObject(ofChen);
  await ask('chen', 'DELETE', `v1/servers/${body.id}`);
  expect((await settled(body.id)).state).toMatch(/deleted|active/);
});

test('of her request only what she made herself is removed: an attempt given up, and nothing of others in her project', async () => {
  const { body } = await ask('chen', 'POST', 'v1/servers', noCard);
  const { id } = await settled(body.id);
  const metadata = { 'heps:request': id, 'heps:attempt': '0' };
  const flavor = cloud.addFlavor({ name: 'late' });
  const [late, ofLi, ofLogin] = [ofChen, { projectId: 'optics', userId: 'li' }, {}].map((owner) =>
    cloud.state.create('late', flavor, metadata, owner),
  );
  await vi.waitFor(() => expect(late!.status).toBe('DELETED'), { timeout: 10_000 });
  const review = async (): Promise<string[]> => {
    const answer = await fetch(`${server.url}v1/review`, { headers: { authorization: `Bearer ${own.admin}` } });
    return ((await answer.json()) as { items: { id: string }[] }).items.map((item) => item.id);
  };
  await vi.waitFor(async () => expect(await review()).toEqual([ofLi!.id, ofLogin!.id]), { timeout: 10_000 });
  expect([ofLi!.status, ofLogin!.status]).toEqual(['BUILD', 'BUILD']);
  for (const left of [ofLi!, ofLogin!]) cloud.state.delete(left);
  await ask('chen', 'DELETE', `v1/servers/${id}`);
});

test('with her token the server is made in her project, with what is hers passed on, though she may name no host', async () => {
  const wishes = { keyName: 'of-chen', securityGroups: ['vnc'], volumes: [{ id: 'data-1' }] };
  const { status, body } = await ask('chen', 'POST', 'v1/servers', { ...oneCard, ...wishes });
  expect(status).toBe(202);
  expect(body).toMatchObject({
    project: { id: 'optics', name: 'optics by name' },
    user: { id: 'chen', name: 'chen by name' },
  });
  const ended = await settled(body.id);
  expect([ended.state, ended.host]).toEqual(['active', 'gpu-1']);
  const made = cloud.state.servers.get(ended.serverId!)!;
  expect([made.projectId, made.userId, made.flavor.isPublic]).toEqual(['optics', 'chen', false]);
  expect(cloud.orders.at(-1)).toMatchObject({
    key_name: 'of-chen',
    security_groups: [{ name: 'vnc' }],
    block_device_mapping_v2: [
      { source_type: 'image', boot_index: 0 },
      { uuid: 'data-1', boot_index: -1 },
    ],
  });
  expect((await ask('chen', 'DELETE', `v1/servers/${body.id}`)).status).toBe(202);
  expect((await settled(body.id)).state).toBe('deleted');
});

test('with a token of our own it is made in the project of the login; an administrator of the cloud names the host', async () => {
  const service = await settled((await ask('scheduler', 'POST', 'v1/servers', noCard)).body.id);
  expect(service).toMatchObject({
    state: 'active',
    project: { id: 'project', name: 'service' },
    user: { name: 'heps' },
  });
  expect(cloud.state.servers.get(service.serverId!)!.projectId).toBe('project');
  const admins = await settled((await ask('root', 'POST', 'v1/servers', noCard)).body.id);
  expect(cloud.state.servers.get(admins.serverId!)!.projectId).toBe('powder');
  expect(cloud.orders.at(-1)).toMatchObject({ host: admins.host });
});

test('her quota is hers: what it refuses ends the request with Nova’s words', async () => {
  cloud.quotas.set('powder', 0);
  const ended = await settled((await ask('wang', 'POST', 'v1/servers', noCard)).body.id);
  expect([ended.state, ended.fault]).toEqual(['failed', expect.stringContaining('Quota exceeded')]);
  cloud.quotas.delete('powder');
});

test('people see and remove what is of their project, a scheduler’s token what is of the login’s, an administrator all', async () => {
  const { id: chens } = (await ask('chen', 'POST', 'v1/servers', noCard)).body;
  const { id: services } = (await ask('scheduler', 'POST', 'v1/servers', noCard)).body;
  await settled(chens);
  await settled(services);
  const seen = async (who: string): Promise<boolean[]> => {
    const { servers } = (await ask(who, 'GET', 'v1/servers')).body;
    return [chens, services].map((id) => servers.some((each) => each.id === id));
  };
  expect(await seen('chen')).toEqual([true, false]);
  expect(await seen('li')).toEqual([true, false]);
  expect(await seen('wang')).toEqual([false, false]);
  expect(await seen('reader')).toEqual([true, true]);
  expect(await seen('root')).toEqual([true, true]);
  const status = async (who: string, method: string, id: string): Promise<number> =>
    (await ask(who, method, `v1/servers/${id}`)).status;
  expect(await status('wang', 'GET', chens)).toBe(404);
  expect(await status('wang', 'DELETE', chens)).toBe(404);
  expect(await status('li', 'DELETE', chens)).toBe(403);
  expect(await status('scheduler', 'DELETE', chens)).toBe(403);
  expect(await status('chen', 'DELETE', services)).toBe(404);
  expect(await status('scheduler', 'DELETE', services)).toBe(202);
  expect(await status('root', 'DELETE', chens)).toBe(202);
  expect([(await settled(chens)).state, (await settled(services)).state]).toEqual(['deleted', 'deleted']);
});

test('roles are as in Keystone: an administrator reads the records, a member does not, others nothing', async () => {
  const statuses = async (who: string): Promise<number[]> =>
    await Promise.all(
      ['v1/srm', 'v1/holdings', 'v1/servers'].map(async (route) => (await ask(who, 'GET', route)).status),
    );
  expect(await statuses('root')).toEqual([200, 200, 200]);
  expect(await statuses('chen')).toEqual([403, 403, 200]);
  expect(await statuses('guest')).toEqual([403, 403, 403]);
  hers.nobody = 'made-up';
  expect(await statuses('nobody')).toEqual([401, 401, 401]);
  expect((await ask('li', 'POST', 'v1/servers', noCard)).status).toBe(403);
});

test('the plugin’s token asks where servers should go, and nothing else', async () => {
  const question = { instance: 'i', hosts: ['cpu-1'], flavor: { vcpus: 1, memory_mb: 512, root_gb: 1 } };
  expect((await ask('plugin', 'POST', 'v1/nova/hosts', question)).status).toBe(200);
  const others = [
    ['GET', 'v1/servers'],
    ['POST', 'v1/servers'],
    ['GET', 'v1/srm'],
    ['GET', 'v1/holdings'],
  ] as const;
  for (const [method, route] of others) {
    expect((await ask('plugin', method, route, method === 'POST' ? noCard : undefined)).status, route).toBe(403);
  }
});

test('one key of two people is two requests, and of one person one', async () => {
  const [first, again, other] = [
    await ask('chen', 'POST', 'v1/servers', noCard, 'same'),
    await ask('chen', 'POST', 'v1/servers', noCard, 'same'),
    await ask('wang', 'POST', 'v1/servers', noCard, 'same'),
  ];
  expect([first.status, again.status, other.status]).toEqual([202, 200, 202]);
  expect(again.body.id).toBe(first.body.id);
  expect(other.body.id).not.toBe(first.body.id);
  for (const { body } of [first, other]) await settled(body.id);
});

test('a create that waits over a restart goes on when she asks again, and fails in words when she does not', async () => {
  // No create comes through before the stop.
  cloud.failNext({ method: 'POST', path: /servers$/, outcome: 503, times: 1000 });
  const kept = (await ask('chen', 'POST', 'v1/servers', noCard, 'kept')).body.id;
  const lost = (await ask('chen', 'POST', 'v1/servers', noCard, 'lost')).body.id;
  await server.stop();
  cloud.forgetFaults();
  await start();
  expect((await ask('chen', 'POST', 'v1/servers', noCard, 'kept')).body.id).toBe(kept);
  expect((await settled(kept)).state).toBe('active');
  const ended = await settled(lost);
  expect([ended.state, ended.fault]).toEqual(['failed', expect.stringContaining('Keystone token')]);
});

test('no token is in the log or in the database', async () => {
  const rows = JSON.stringify(await store.database.selectFrom('requests').selectAll().execute());
  for (const token of Object.values(hers)) {
    expect(rows).not.toContain(token);
    expect(log.join('\n')).not.toContain(token);
  }
});

test('a server that was active and that Nova has in ERROR is not called active', async () => {
  const { id } = (await ask('chen', 'POST', 'v1/servers', noCard)).body;
  const { serverId } = await settled(id);
  Object.assign(cloud.state.servers.get(serverId!)!, { status: 'ERROR', updatedAtMs: Date.now() });
  await expect
    .poll(async () => (await ask('chen', 'GET', `v1/servers/${id}`)).body, { timeout: 10_000 })
    .toMatchObject({ state: 'error', status: 'ERROR' });
});
