/** Desktops on the real cloud: what an application becomes there, and how the cloud's refusals reach the person. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { anObject, aText } from '../../core/check.ts';
import type { DesktopView } from '../../core/wire/portal.ts';
import { People } from '../../live/desktops/accounts/people.ts';
import { collect, type Nova, openNova, type Server } from '../../live/openstack/index.ts';
import { openStores } from '../../live/server/stores.ts';
import { freePort } from '../free-port.ts';
import { personNamed } from '../live/desktops/harness.ts';
import { agentTokens, put, type ServerProcess, startServerProcess } from '../live/srm/server-process.ts';
import { cloudConfiguration, logIn, stateFolder } from './cloud.ts';
import { gpuReports } from './gpu-reports.ts';

const { session } = logIn(cloudConfiguration('admin'));
const folder = mkdtempSync(join(tmpdir(), 'heps-desktops-'));
let nova: Nova;
let server: ServerProcess;
let origin: string;
let cookie = '';

beforeAll(async () => {
  nova = await openNova(session);
  const [port, gatewayPort] = [await freePort(), await freePort()];
  origin = `http://127.0.0.1:${port}`;
  const largest = { vcpus: 16, ramMib: 65_536, cards: 2, cardMemoryMib: 200_000 };
  const station = { id: 'b7', images: [{ id: 'imaging', glanceImage: 'tiny' }], largest, size: { diskGib: 10 } };
  writeFileSync(join(folder, 'stations.yaml'), stringify({ stations: [station] }));
  const database = { file: join(folder, 'heps.db') };
  const store = await openStores({ kind: 'sqlite', ...database });
  const chen = { ...personNamed('chen'), uid: 21_001, gid: 21_001 };
  await new People(store.database).add(chen, 'correct horse', 0);
  const reports = gpuReports();
  const agents = await agentTokens(
    store,
    reports.map(({ record }) => record.host),
  );
  await store.close();
  const more = {
    cloud: { name: 'admin' },
    srm: { intervalS: 3600 },
    scheduling: { mode: 'act', aliases: { a100: 'A100-80GB' }, reconcileIntervalS: 3, pollIntervalS: 0.3 },
    desktops: { stationsFile: join(folder, 'stations.yaml'), publicUrl: origin, networks: ['10.0.0.0/8'] },
    gateway: { port: gatewayPort, publicUrl: `http://127.0.0.1:${gatewayPort}` },
  };
  const environment = { OS_CLIENT_CONFIG_FILE: join(stateFolder, 'clouds.yaml') };
  server = await startServerProcess(folder, database, { port, more, environment });
  for (const report of reports) {
    expect((await put(server.url, agents.get(report.record.host)!, report, 0)).status).toBe(200);
  }
  await until(() => server.log.some((line) => line.includes('"scheduling"')));
  await ask('POST', 'session', { name: 'chen', password: 'correct horse' });
});
afterAll(async () => {
  await server.end('SIGTERM');
  for (const { id } of await mine()) await nova.deleteServer(id);
  for await (const { id, name } of nova.listFlavors()) if (name.startsWith('heps-')) await nova.deleteFlavor(id);
  await session.close();
  rmSync(folder, { recursive: true });
});

async function ask<T>(method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(`${origin}/portal/v1/${path}`, {
    method,
    headers: { cookie, origin, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie;
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status}: ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

const apply = (more: object = {}) => ask<DesktopView>('POST', 'desktops', { station: 'b7', image: 'imaging', ...more });

async function reaches(id: string, state: DesktopView['state']): Promise<DesktopView> {
  let view: DesktopView | undefined;
  await until(async () => {
    view = await ask<DesktopView>('GET', `desktops/${id}`);
    return view.state === state;
  });
  return view!;
}

/** Gone from the portal and from the cloud. */
async function remove(id: string): Promise<void> {
  await ask('DELETE', `desktops/${id}`);
  await until(async () => (await ask<{ desktops: DesktopView[] }>('GET', 'desktops')).desktops.length === 0);
  expect(await mine()).toEqual([]);
}

/** Servers of desktops. */
async function mine(): Promise<Server[]> {
  return (await collect(nova.listServers({ allProjects: true }))).filter(({ metadata }) => 'desktop' in metadata);
}

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (const endMs = performance.now() + 90_000; !(await isTrue()); await sleep(300)) {
    if (performance.now() > endMs) throw new Error(`not within 90 s:\n${server.log.slice(-20).join('\n')}`);
  }
}

/** Servers that the project may have; -1: any number. @returns what it was */
async function setServerQuota(projectId: string, instances: number): Promise<number> {
  const path = `/os-quota-sets/${projectId}`;
  const read = (body: unknown) => Number(anObject(anObject(body, 'body').quota_set, 'quota_set').instances);
  const { value } = await session.request({ service: 'compute', method: 'GET', path }, read);
  const body = { quota_set: { instances } };
  await session.request({ service: 'compute', method: 'PUT', path, body }, () => undefined);
  return value;
}

test('an application becomes a server with the right host, metadata and user data, is stopped and started, and deleted', async () => {
  const { id } = await apply({ gpu: { count: 1, memoryMib: 60_000 } });
  // Without Neutron it has no address, so that its desktop is never reached.
  const view = await reaches(id, 'starting');
  expect(view).toMatchObject({ host: 'gpu-002', cardModels: ['A100-80GB'] });
  const [found] = await mine();
  expect(found).toMatchObject({
    name: `b7-chen-${id.slice(0, 4)}`,
    status: 'ACTIVE',
    host: 'gpu-002',
    metadata: { desktop: id, owner: 'chen', station: 'b7', image: 'imaging' },
  });
  const call = { service: 'compute', method: 'GET', path: `/servers/${found!.id}` } as const;
  const headers = { 'x-openstack-nova-api-version': nova.version };
  const { value } = await session.request({ ...call, headers }, (body) =>
    aText(anObject(anObject(body, 'body').server, 'server')['OS-EXT-SRV-ATTR:user_data'], 'user_data'),
  );
  const userData = Buffer.from(value, 'base64').toString('utf8');
  expect(userData).toMatch(/^#cloud-config/);
  expect(userData).toContain('chen');
  expect(userData).toContain('21001');
  await ask('POST', `desktops/${id}/stop`);
  await reaches(id, 'stopped');
  expect((await nova.showServer(found!.id)).status).toBe('SHUTOFF');
  await ask('POST', `desktops/${id}/start`);
  await until(async () => (await nova.showServer(found!.id)).status === 'ACTIVE');
  await reaches(id, 'starting');
  await remove(id);
});

test('a quota of the cloud reaches the person as a sentence', async () => {
  const first = await apply();
  await reaches(first.id, 'starting');
  const [{ projectId }] = (await mine()) as [Server];
  const before = await setServerQuota(projectId, 1);
  try {
    const second = await apply();
    const { reason } = await reaches(second.id, 'failed');
    expect(reason).toMatch(/^The cloud did not build the machine: .*Quota exceeded for instances/);
    await ask('DELETE', `desktops/${second.id}`);
  } finally {
    await setServerQuota(projectId, before);
  }
  await remove(first.id);
});

test('a cloud without such a card says so, and the desktop waits', async () => {
  const { id } = await apply({ gpu: { count: 1, memoryMib: 90_000 } });
  const reason = 'No host has 1 card with 87.9 GiB, not even a busy one. An administrator can say more.';
  // On the way there it may be that a host has not been heard of yet.
  await until(async () => (await ask<DesktopView>('GET', `desktops/${id}`)).reason === reason);
  expect((await ask<DesktopView>('GET', `desktops/${id}`)).state).toBe('waiting');
  await remove(id);
});
