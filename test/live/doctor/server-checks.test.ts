/** What `heps live doctor` says of a server and of the hosts that report to it, on a cloud in memory. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { hashOf } from '../../../live/access/secrets.ts';
import { makeToken } from '../../../live/access/tokens.ts';
import type { Check } from '../../../live/checks.ts';
import { checkServer } from '../../../live/doctor/server-checks.ts';
import { openSession } from '../../../live/openstack/index.ts';
import { Client } from '../../../live/scheduling/client.ts';
import { openStores } from '../../../live/server/stores.ts';
import { MemoryCloud } from '../memory-cloud/memory-cloud.ts';
import { memoryHost, reportOfHost } from '../scheduling/harness.ts';
import { agentTokens, put, startServerProcess } from '../srm/server-process.ts';

const hosts = [
  memoryHost('gpu-1', 'a40', 2),
  memoryHost('gpu-2', 't4', 1),
  memoryHost('nic-1', 'strange', 1),
  memoryHost('cpu-1'),
];

async function memoryCloud() {
  const cloud = await MemoryCloud.start({ hosts });
  onTestFinished(() => cloud.close());
  const session = openSession(cloud.configuration, { retries: { attempts: 1, firstDelayS: 1, withinS: 1 } });
  onTestFinished(() => session.close());
  return { cloud, session };
}

/** A server that answers so. */
const answering = (
  ready: { status: number; body: object },
  records: readonly { host: string; stale: boolean }[] = [],
) =>
  ({
    ask: async (_, path) => (path === '/readyz' ? ready : { status: 200, body: { hosts: records } }),
  }) as Pick<Client, 'ask'>;
const ready = { status: 200, body: { status: 'ready' } };

const texts = (checks: readonly Check[]) => checks.map(({ step, status, found }) => [step, status, found]);

test('stale hosts, silent ones and strange ones are named', async () => {
  const { session } = await memoryCloud();
  const records = [
    { host: 'gpu-1', stale: true },
    { host: 'gpu-9', stale: false },
  ];
  expect(texts(await checkServer(answering(ready, records), session))).toEqual([
    [8, 'ok', 'ready'],
    [8, 'wrong', '1 of 2 hosts have not reported for three intervals: gpu-1'],
    [8, 'wrong', 'cards in Placement, but no record: gpu-2'],
    [8, 'cannot-tell', 'devices of unknown models in Placement, and no record: nic-1'],
    [8, 'wrong', 'Nova has no such hosts, but they report: gpu-9'],
  ]);
});

test('where every host with devices reports, all is in order', async () => {
  const { session } = await memoryCloud();
  const records = ['gpu-1', 'gpu-2', 'nic-1'].map((host) => ({ host, stale: false }));
  expect(texts(await checkServer(answering(ready, records), session))).toEqual([
    [8, 'ok', 'ready'],
    [8, 'ok', 'none of 3 hosts that have reported is stale'],
    [8, 'ok', 'all 3 hosts with devices in Placement report'],
  ]);
});

test('a host whose clock is wrong is named, by when its report came', async () => {
  const { session } = await memoryCloud();
  const records = [
    { host: 'gpu-1', stale: false, receivedAtS: 1_000, record: { observedAtS: 8_200 } },
    { host: 'gpu-2', stale: false, receivedAtS: 1_000, record: { observedAtS: 999 } },
  ];
  expect(texts(await checkServer(answering(ready, records), session))).toContainEqual([
    6,
    'wrong',
    "clocks of hosts are not the server's: gpu-1 (7200 s ahead)",
  ]);
});

test('a server that is not ready says why, and no host is searched for', async () => {
  const { session } = await memoryCloud();
  const loading = answering({ status: 503, body: { detail: 'the records are being loaded' } });
  expect(texts(await checkServer(loading, session))).toEqual([[8, 'wrong', 'not ready: the records are being loaded']]);
});

test('a server that is not there is named', async () => {
  const { session } = await memoryCloud();
  const client = new Client({ url: new URL('http://127.0.0.1:1'), token: 'none' });
  expect(texts(await checkServer(client, session))).toEqual([
    [8, 'wrong', expect.stringMatching(/^127\.0\.0\.1:1: expected heps live serve to answer/)],
  ]);
});

test('records are told even where the cloud does not answer', async () => {
  const { cloud, session } = await memoryCloud();
  cloud.failNext({ method: 'GET', path: /os-hypervisors/, outcome: 403 });
  expect(texts(await checkServer(answering(ready, [{ host: 'gpu-1', stale: false }]), session))).toEqual([
    [8, 'ok', 'ready'],
    [8, 'ok', 'none of 1 hosts that have reported is stale'],
    [8, 'cannot-tell', expect.stringMatching(/^which hosts should report: compute: GET .*403/)],
  ]);
});

/** The built command on the cloud in memory. */
function doctor(cloud: MemoryCloud, folder: string, ...args: readonly string[]): Promise<string> {
  const env = { ...process.env, ...cloud.environment(folder) };
  const child = spawn(process.execPath, [resolve('dist/cli.js'), 'live', 'doctor', ...args], { env });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += String(chunk)));
  return new Promise((done) => child.on('close', () => done(text)));
}

test('the command looks at a server that runs, at its database and at the clocks; what was not asked for says how to ask', async () => {
  const { cloud } = await memoryCloud();
  const folder = mkdtempSync(join(tmpdir(), 'heps-doctor-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const database = { kind: 'sqlite', file: join(folder, 'heps.db') } as const;
  const store = await openStores(database);
  const reader = makeToken();
  await store.tokens.addToken(hashOf(reader), 'reader', null, 1);
  const agents = await agentTokens(store, ['gpu-1']);
  await store.close();
  const server = await startServerProcess(folder, { file: database.file });
  onTestFinished(async () => void (await server.end('SIGTERM')));
  expect((await put(server.url, agents.get('gpu-1')!, reportOfHost(hosts[0]!, 1), 0)).status).toBe(200);
  writeFileSync(join(folder, 'token'), reader);

  const asked = ['--config', join(folder, 'heps.yaml'), '--server', server.url, '--token-file', join(folder, 'token')];
  const all = await doctor(cloud, folder, ...asked);
  expect(all).toMatch(
    /6\. clocks\n {3}WRONG {7}clocks of hosts are not the server's: gpu-1 .* behind\)\n.*\n {3}ok {10}identity, compute, placement, image, heps live serve: within 5 s of ours\n/,
  );
  expect(all).toMatch(
    /7\. database, and the mail server\n {3}ok {10}.*heps\.db, tables up to date\n {3}ok {10}a write works\n/,
  );
  expect(all).toMatch(
    /8\. server and agents\n {3}ok {10}ready\n {3}ok {10}none of 1 hosts that have reported is stale\n {3}WRONG {7}cards in Placement, but no record: gpu-2\n/,
  );

  const few = await doctor(cloud, folder);
  expect(few).toContain('\n7. database, and the mail server: left out; --config heps.yaml asks for it\n');
  expect(few).toContain('\n8. server and agents: left out; --server URL --token-file FILE asks for it\n');
  expect(few).toContain('\n9. what is held, against the cloud: left out; --server URL --token-file FILE asks for it\n');
  expect(JSON.parse(await doctor(cloud, folder, '--json')).leftOut.map(({ step }: { step: number }) => step)).toEqual([
    7, 8, 9,
  ]);

  writeFileSync(join(folder, 'token'), 'wrong');
  expect(await doctor(cloud, folder, ...asked)).toMatch(/WRONG +127\.0\.0\.1:\d+: 401, /);
});
