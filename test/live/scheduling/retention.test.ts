/** What is kept of requests that are over, and for how long. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MemoryCloud } from '../memory-cloud/memory-cloud.ts';
import { temporaryFolder } from '../srm/build.ts';
import { readAudit } from '../srm/read-audit.ts';
import { memoryHost, SchedulerUnderTest } from './harness.ts';

const hosts = [memoryHost('cpu-1')];
const secret = 'password: TopSecret123';
const body = { size: { vcpus: 2, ramMib: 4096 }, userData: Buffer.from(secret).toString('base64') };
let folder: { path: string; remove: () => void };
let cloud: MemoryCloud;
let scheduler: SchedulerUnderTest;

beforeEach(async () => {
  folder = temporaryFolder();
  cloud = await MemoryCloud.start({ hosts });
  scheduler = await SchedulerUnderTest.start(folder.path, cloud, hosts);
});
afterEach(async () => {
  await scheduler.stop();
  await cloud.close();
  folder.remove();
});

test('user data go with the request, also from the file, and its key is still known to be its own', async () => {
  const { id } = await scheduler.ask(body, 'one');
  expect((await scheduler.settled(id)).spec.userData).toBe(body.userData);
  expect(cloud.orders[0]!.user_data).toBe(body.userData);
  await scheduler.scheduling.remove(id, { tokenId: 1, requestId: 'r' });
  await scheduler.until(async () => (await scheduler.requests.read(id))!.state === 'deleted');
  expect((await scheduler.requests.read(id))!.spec.userData).toBeUndefined();
  expect((await scheduler.ask(body, 'one')).id).toBe(id);
  await expect(scheduler.ask({ ...body, userData: 'b3RoZXI=' }, 'one')).rejects.toThrow('another request has this key');
  await scheduler.store.database.executeQuery({ sql: 'vacuum', parameters: [] } as never).catch(() => undefined);
  await scheduler.stop();
  expect(readFileSync(join(folder.path, 'heps.db')).includes(body.userData)).toBe(false);
  scheduler = await SchedulerUnderTest.start(folder.path, cloud, hosts);
});

test('a request that found no host keeps none, and those of an older version are cleared of theirs', async () => {
  const { id } = await scheduler.ask({ ...body, size: { vcpus: 1_000, ramMib: 4096 } });
  const row = (await scheduler.requests.read(id))!;
  expect([row.state, row.spec.userData]).toEqual(['failed', undefined]);
  const { database } = scheduler.store;
  const spec = JSON.stringify({ ...row.spec, userData: body.userData });
  await database.updateTable('requests').set({ spec }).where('id', '=', id).execute();
  expect(await scheduler.requests.dropUserData()).toBe(1);
  expect(await scheduler.requests.dropUserData()).toBe(0);
  expect((await scheduler.requests.read(id))!.spec).toEqual(row.spec);
});

test('requests that are over, comparisons and audit rows are removed at their age, and nothing that is under way', async () => {
  const running = (await scheduler.ask(body)).id;
  const over = (await scheduler.ask({ ...body, size: { vcpus: 1_000, ramMib: 4096 } })).id;
  await scheduler.settled(running);
  const later = Date.now() / 1000 + 60;
  expect(await scheduler.requests.dropRequests(later - 3_600)).toBe(0);
  expect(await scheduler.requests.dropRequests(later)).toBe(1);
  expect(await scheduler.requests.read(over)).toBeUndefined();
  expect((await scheduler.requests.read(running))!.state).toBe('active');
  const comparison = { serverId: 's', atS: 5, name: 'n', novaHost: 'cpu-1', host: null, score: null, objection: null };
  await scheduler.store.database
    .insertInto('comparisons')
    .values({ ...comparison, request: '{}' })
    .execute();
  expect([await scheduler.requests.dropComparisons(5), await scheduler.requests.dropComparisons(6)]).toEqual([0, 1]);
  expect(await scheduler.store.records.dropAudits(later)).toBeGreaterThan(2);
  expect(await readAudit(scheduler.store.database, 10)).toEqual([]);
});
