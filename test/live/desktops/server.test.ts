/** The whole server: a person logs in, applies, gets a machine of the cloud, and her desktop's stream comes through the gateway. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { stringify } from 'yaml';
import type { ConnectView, DesktopView } from '../../../core/wire/portal.ts';
import { streamCloseCodes } from '../../../core/wire/portal.ts';
import { People } from '../../../live/desktops/accounts/people.ts';
import { readConfiguration } from '../../../live/server/configuration.ts';
import { type LiveServer, startLiveServer } from '../../../live/server/server.ts';
import { openStores } from '../../../live/server/stores.ts';
import { freePort } from '../../free-port.ts';
import { RfbClient } from '../gateway/stubs/rfb-client.ts';
import { VncStub } from '../gateway/stubs/vnc-stub.ts';
import { MemoryCloud } from '../memory-cloud/memory-cloud.ts';
import { memoryHost } from '../scheduling/harness.ts';
import { temporaryFolder } from '../srm/build.ts';
import { personNamed } from './harness.ts';

const { path: folder, remove } = temporaryFolder();
const log: string[] = [];
let cloud: MemoryCloud;
let vnc: VncStub;
let server: LiveServer;
let origin: string;
let gateway: string;
let cookie = '';

beforeAll(async () => {
  cloud = await MemoryCloud.start({ hosts: [memoryHost('cpu-1')] });
  vnc = await VncStub.start({ name: 'a desktop' });
  const environment = cloud.environment(folder);
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const [port, gatewayPort] = [await freePort(), await freePort()];
  origin = `http://127.0.0.1:${port}`;
  gateway = `http://127.0.0.1:${gatewayPort}`;
  const image = { id: 'imaging', glanceImage: 'tiny', vncPort: vnc.port };
  writeFileSync(join(folder, 'stations.yaml'), stringify({ stations: [{ id: 'b7', images: [image] }] }));
  const settings = {
    listen: { port },
    database: { file: 'heps.db' },
    cloud: { name: 'memory' },
    scheduling: { mode: 'act', reconcileIntervalS: 0.4, pollIntervalS: 0.05 },
    desktops: { stationsFile: 'stations.yaml', publicUrl: origin, networks: ['10.20.0.0/16'], allowLoopback: true },
    gateway: { port: gatewayPort, publicUrl: gateway },
  };
  writeFileSync(join(folder, 'heps.yaml'), stringify(settings));
  const configuration = readConfiguration(join(folder, 'heps.yaml'), environment);
  const store = await openStores(configuration.database);
  const chen = { ...personNamed('chen'), uid: null, gid: null };
  await new People(store.database).add(chen, 'correct horse', 0);
  await store.close();
  server = await startLiveServer(
    configuration,
    pino({ level: 'info' }, { write: (line: string) => void log.push(line) }),
  );
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await server.stop();
  await vnc.stop();
  await cloud.close();
  remove();
});

async function ask<T>(method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(`${origin}/portal/v1/${path}`, {
    method,
    headers: { cookie, origin, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const set = response.headers.get('set-cookie');
  if (set !== null) cookie = set.split(';')[0]!;
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status}: ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + 30_000;
  while (!(await isTrue())) {
    if (performance.now() > endMs) throw new Error(`not within 30 s:\n${log.slice(-30).join('')}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('from login to a stream, and to its end when the desktop is deleted', async () => {
  await ask('POST', 'session', { name: 'chen', password: 'correct horse' });
  const applied = await ask<DesktopView>('POST', 'desktops', { station: 'b7', image: 'imaging' });
  const show = () => ask<DesktopView>('GET', `desktops/${applied.id}`);
  await until(async () => cloud.alive.length === 1);
  cloud.alive[0]!.address = '127.0.0.1';
  await until(async () => (await show()).state === 'ready');
  expect((await show()).host).toBe('cpu-1');
  const { token, streamUrl } = await ask<ConnectView>('POST', `desktops/${applied.id}/connect`, {});
  expect(streamUrl).toBe(`${gateway.replace('http', 'ws')}/stream`);
  const client = new RfbClient({ gateway, origin, protocols: ['binary', `token.${token}`] });
  expect((await client.handshake()).subarray(24).toString()).toBe('a desktop');
  await until(async () => (await show()).state === 'connected');
  expect((await show()).viewers).toEqual(['chen']);
  const again = new RfbClient({ gateway, origin, protocols: ['binary', `token.${token}`] });
  await expect(again.handshake()).rejects.toThrow();
  await ask('DELETE', `desktops/${applied.id}`);
  expect(await client.closed).toEqual({ code: streamCloseCodes.rightEnded, reason: 'The desktop was deleted.' });
  await until(async () => cloud.alive.length === 0);
  expect(log.join('')).not.toContain(token);
});

test('the API says what there is of the portal and of the gateway', async () => {
  const document = (await (await fetch(`${origin}/openapi.json`)).json()) as { paths: Record<string, object> };
  expect(Object.keys(document.paths)).toEqual(
    expect.arrayContaining(['/portal/', '/portal/v1/desktops/{id}/connect', '/v1/gateway/redeem']),
  );
});
