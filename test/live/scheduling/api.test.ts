/** The scheduler over HTTP: who may, what is answered, what is refused and how. */
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { hashOf } from '../../../live/access/secrets.ts';
import { makeToken, type Role } from '../../../live/access/tokens.ts';
import type { RequestView } from '../../../live/scheduling/request-view.ts';
import type { Configuration } from '../../../live/server/configuration.ts';
import { type LiveServer, startLiveServer } from '../../../live/server/server.ts';
import { openStores, type Stores } from '../../../live/server/stores.ts';
import { MemoryCloud } from '../memory-cloud/memory-cloud.ts';
import { temporaryFolder } from '../srm/build.ts';
import { readAudit } from '../srm/read-audit.ts';
import { put } from '../srm/server-process.ts';
import { memoryHost, quickSettings, reportOfHost } from './harness.ts';

const hosts = [memoryHost('cpu-1'), memoryHost('gpu-1', 'a40', 2), memoryHost('gpu-2', 't4', 2)];
const { path, remove } = temporaryFolder();
const log: string[] = [];
let cloud: MemoryCloud;
let server: LiveServer;
let store: Stores;
const tokens: Record<string, string> = {};
const body = { name: 'n', image: 'tiny', size: { vcpus: 4, ramMib: 8192 }, gpu: { count: 1, memoryMib: 40_000 } };

function configurationOf(mode: 'act' | 'advise' | 'shadow', file: string): Configuration {
  const { isShared: _, ...settings } = quickSettings;
  return {
    listen: { address: '127.0.0.1', port: 0 },
    tls: null,
    database: { kind: 'sqlite', file: join(path, file) },
    srm: { intervalS: 600, auditReportsForH: 6 },
    scheduling: { ...settings, mode, cloud: 'memory' },
    mirror: null,
    keepForD: { requests: 90, comparisons: 90, audit: 400 },
    keystone: null,
    desktops: null,
    log: { level: 'debug' },
  };
}

async function start(mode: 'act' | 'advise' | 'shadow', file: string): Promise<LiveServer> {
  const configuration = configurationOf(mode, file);
  const started = await startLiveServer(
    configuration,
    pino({ level: 'debug' }, { write: (line: string) => void log.push(line) }),
  );
  store = await openStores(configuration.database);
  const holders: [string, Role, string | null][] = [
    ['reader', 'reader', null],
    ['scheduler', 'scheduler', null],
    ['gpu-1', 'agent', 'gpu-1'],
    ['gpu-2', 'agent', 'gpu-2'],
  ];
  for (const [name, role, host] of holders) {
    tokens[name] = makeToken();
    await store.tokens.addToken(hashOf(tokens[name]), role, host, 0);
  }
  for (const host of hosts.slice(1)) await put(started.url, tokens[host.name]!, reportOfHost(host, 1), 0);
  return started;
}

async function ask(
  method: string,
  route: string,
  { as = 'scheduler', body: sent, key }: { as?: string; body?: object; key?: string } = {},
) {
  const response = await fetch(`${server.url}${route}`, {
    method,
    headers: {
      authorization: `Bearer ${tokens[as]}`,
      'content-type': 'application/json',
      ...(key !== undefined && { 'idempotency-key': key }),
    },
    ...(sent !== undefined && { body: JSON.stringify(sent) }),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as RequestView & { detail: string },
  };
}

async function settled(id: string): Promise<RequestView> {
  for (;;) {
    const { body: view } = await ask('GET', `v1/servers/${id}`, { as: 'reader' });
    if (['active', 'failed', 'deleted'].includes(view.state)) return view;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

beforeAll(async () => {
  cloud = await MemoryCloud.start({ hosts });
  for (const [name, value] of Object.entries(cloud.environment(path))) vi.stubEnv(name, value);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await cloud.close();
  remove();
});

describe('in act', () => {
  beforeAll(async () => {
    server = await start('act', 'act.db');
    while ((await ask('POST', 'v1/servers?dry-run=true', { body })).status === 503) {}
  });
  afterAll(async () => {
    await store.close();
    await server.stop();
  });

  test('a boot is answered with its decision, and found at the address that is named', async () => {
    const { status, headers, body: view } = await ask('POST', 'v1/servers?explain=true', { body, key: 'one' });
    expect([status, headers.get('location')]).toEqual([202, `/v1/servers/${view.id}`]);
    expect(view).toMatchObject({
      state: 'claimed',
      host: 'gpu-1',
      cards: [{ model: 'A40' }],
      decision: {
        policy: 'hybrid',
        host: 'gpu-1',
        terms: { cardScore: expect.any(Number), similarity: expect.any(Number) },
      },
      best: [{ host: 'gpu-1' }],
      rejectedBy: { 'no-cards': 1, 'card-memory': 1 },
    });
    expect(await settled(view.id)).toMatchObject({ state: 'active', host: 'gpu-1' });
    const again = await ask('POST', 'v1/servers', { body, key: 'one' });
    expect([again.status, again.body.id, again.body.state]).toEqual([200, view.id, 'active']);
    const other = await ask('POST', 'v1/servers', { body: { ...body, name: 'other' }, key: 'one' });
    expect([other.status, other.body.detail]).toEqual([409, 'another request has this key']);
    expect(cloud.alive.length).toBe(1);
    const { body: holdings } = await ask('GET', 'v1/holdings', { as: 'reader' });
    expect(holdings).toMatchObject({
      hosts: [
        { host: 'cpu-1' },
        { host: 'gpu-1', servers: [{ request: view.id }], cards: [{ holder: cloud.alive[0]!.id }] },
        {},
      ],
    });
    expect((await ask('DELETE', `v1/servers/${view.id}`)).status).toBe(202);
    expect((await settled(view.id)).state).toBe('deleted');
    const actions = (await readAudit(store.database, 20))
      .filter(({ subject }) => subject === view.id)
      .map(({ action }) => action);
    expect(actions).toEqual([
      'server-deleted',
      'server-deleting',
      'server-active',
      'server-building',
      'server-claimed',
    ]);
  });

  test('what no host can take is a 409 with the reasons, and kept', async () => {
    const { status, body: problem } = await ask('POST', 'v1/servers', { body: { ...body, gpu: { count: 3 } } });
    expect([status, problem.detail]).toEqual([409, 'No valid host: no-cards:3']);
    const { server: kept } = problem as unknown as { server: RequestView };
    expect(await settled(kept.id)).toMatchObject({ state: 'failed', host: null });
  });

  test('a dry run claims nothing', async () => {
    const { status, body: advice } = await ask('POST', 'v1/servers?dry-run=true', { body });
    expect([status, advice.decision.host]).toEqual([200, 'gpu-1']);
    expect((await ask('GET', 'v1/servers?limit=1', { as: 'reader' })).body).toMatchObject({
      servers: [{ state: 'failed' }],
    });
  });

  test.each([
    ['POST', 'v1/servers', 'reader', body, 403],
    ['POST', 'v1/servers', 'gpu-1', body, 403],
    ['DELETE', 'v1/servers/x', 'reader', undefined, 403],
    ['POST', 'v1/servers', 'scheduler', { ...body, image: 'none' }, 400],
    ['POST', 'v1/servers', 'scheduler', { ...body, sise: 1 }, 400],
    ['GET', 'v1/servers/nobody', 'reader', undefined, 404],
    ['DELETE', 'v1/servers/nobody', 'scheduler', undefined, 404],
    ['GET', 'v1/servers?limit=0', 'reader', undefined, 400],
    ['PUT', 'v1/servers', 'scheduler', body, 405],
  ] as const)('%s %s as %s: %#', async (method, route, as, sent, status) => {
    expect((await ask(method, route, { as, ...(sent !== undefined && { body: sent }) })).status).toBe(status);
  });

  test('Nova’s filter is told the order of the hosts that suit, and what it was told counts as taken for a while', async () => {
    const question = (instance: string) => ({
      instance,
      project: 'p',
      hints: { heps_gpu_mem_mib: ['40000'] },
      flavor: { name: 'f', vcpus: 4, memory_mb: 8192, root_gb: 0, extra_specs: { 'pci_passthrough:alias': 'gpu:2' } },
      hosts: ['cpu-1', 'gpu-1', 'gpu-2'],
    });
    const first = await ask('POST', 'v1/nova/hosts', { body: question('i-1') });
    expect(first.body).toEqual({ mode: 'act', hosts: { 'gpu-1': 1 } });
    const second = await ask('POST', 'v1/nova/hosts', { body: question('i-2') });
    const reason = 'none of the 3 hosts that Nova left would do: no-cards:1|card-memory:1|cards-busy:1';
    expect(second.body).toEqual({ mode: 'act', hosts: {}, reason });
    expect(log.join('')).toMatch(/"instance":"i-2".*no-cards:1\|card-memory:1.*"msg":"a server of Nova is refused"/);
    // Asked again about the first one, its own claim does not stand in its way.
    expect((await ask('POST', 'v1/nova/hosts', { body: question('i-1') })).body).toEqual(first.body);
    expect((await ask('POST', 'v1/nova/hosts', { body: { instance: 'i' } })).status).toBe(400);
    const metrics = await fetch(`${server.url}metrics`, { headers: { authorization: `Bearer ${tokens.reader}` } });
    const text = await metrics.text();
    expect(text).toMatch(/heps_nova_answers_total\{outcome="hosts"\} 2\n/);
    expect(text).toMatch(/heps_nova_answers_total\{outcome="refused"\} 1\n/);
    expect(text).toMatch(/heps_nova_answers_total\{outcome="unreadable"\} 1\n/);
  });

  test('Nova’s filter: metadata ask as the flavor does, the stricter counts; cards that no alias gives are refused', async () => {
    const answer = async (extra_specs: object, metadata: object) => {
      const flavor = { name: 'f', vcpus: 4, memory_mb: 8192, root_gb: 0, extra_specs };
      const question = { instance: crypto.randomUUID(), project: 'p', hints: {}, hosts: ['cpu-1', 'gpu-1', 'gpu-2'] };
      const { status, body: found } = await ask('POST', 'v1/nova/hosts', { body: { ...question, flavor, metadata } });
      const { hosts: names = {}, reason } = found as unknown as { hosts?: object; reason?: string };
      return [status, Object.keys(names).sort(), reason?.split(':')[0]];
    };
    const any = { 'pci_passthrough:alias': 'gpu:1' };
    expect(await answer(any, { 'heps:gpu_model': 'T4' })).toEqual([200, ['gpu-2'], undefined]);
    expect((await answer(any, { 'heps:gpu_mem_mib': '70000' })).slice(0, 2)).toEqual([200, []]);
    expect(await answer({}, { 'heps:gpu_mem_mib': '1000' })).toEqual([200, [], 'cards-without-alias']);
    expect(await answer({ 'heps:gpu_num': '1' }, {})).toEqual([200, [], 'cards-without-alias']);
    expect((await answer(any, { 'heps:gpu_mem_mib': 'lots' }))[0]).toBe(400);
  });

  test('user data and tokens are in no log and no answer', async () => {
    const userData = Buffer.from('#cloud-config\npassword: hunter2').toString('base64');
    const { body: view } = await ask('POST', 'v1/servers', { body: { ...body, gpu: { count: 1 }, userData } });
    const shown = JSON.stringify(await settled(view.id));
    for (const secret of [userData, tokens.scheduler!]) {
      expect(shown).not.toContain(secret);
      expect(log.join('\n')).not.toContain(secret);
    }
  });

  test('a second server on the same file is refused in one line', async () => {
    await expect(startLiveServer(configurationOf('act', 'act.db'), pino({ level: 'silent' }))).rejects.toThrow(
      'expected a database that no other heps live serve has open',
    );
  });
});

test('in advise the answer is where it would go; in shadow a boot is refused, and Nova’s filter changes nothing', async () => {
  for (const mode of ['advise', 'shadow'] as const) {
    server = await start(mode, `${mode}.db`);
    try {
      let answer = await ask('POST', 'v1/servers', { body });
      while (answer.status === 503) answer = await ask('POST', 'v1/servers', { body });
      const expected = mode === 'advise' ? { status: 200, body: { decision: { host: 'gpu-1' } } } : { status: 409 };
      expect(answer).toMatchObject(expected);
      expect((await readAudit(store.database, 1)).map(({ action }) => action)).toEqual([
        mode === 'advise' ? 'advice' : 'report',
      ]);
    } finally {
      await store.close();
      await server.stop();
    }
  }
});
