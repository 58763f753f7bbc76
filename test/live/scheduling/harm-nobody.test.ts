/** Nothing is removed that the scheduler cannot prove its own: forged metadata, servers that ran, locks, old copies of its database. */
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MemoryCloud } from '../memory-cloud/memory-cloud.ts';
import { temporaryFolder } from '../srm/build.ts';
import { readAudit } from '../srm/read-audit.ts';
import { memoryHost, SchedulerUnderTest } from './harness.ts';

const cpu = memoryHost('cpu-1');
const a40 = memoryHost('gpu-a40', 'a40', 4);
const oneCard = { size: { vcpus: 4, ramMib: 8192, diskGib: 10 }, gpu: { count: 1 } };
const ours = { projectId: 'project', userId: 'user' };
const operator = { tokenId: 7 };

let folder: ReturnType<typeof temporaryFolder>;
let cloud: MemoryCloud;
let one: SchedulerUnderTest;

const start = async (settings = {}): Promise<void> => {
  one = await SchedulerUnderTest.start(folder.path, cloud, [a40], settings);
};
/** Some reconcile intervals, of 0.4 s. */
const someRounds = async (): Promise<void> => await new Promise((resolve) => setTimeout(resolve, 1200));

beforeEach(async () => {
  folder = temporaryFolder();
  cloud = await MemoryCloud.start({ hosts: [cpu, a40] });
});
afterEach(async () => {
  await one.stop();
  await cloud.close();
  folder.remove();
});

describe('servers that name a request of ours', () => {
  test.each([
    ['of another project', { ...ours, projectId: 'theirs' }],
    ['of another user of our project', { ...ours, userId: 'them' }],
    ['of our own login that has run', ours],
  ])('%s are left alone, held, and shown to the operator', async (_, owner) => {
    await start();
    const row = await one.settled((await one.ask(oneCard)).id);
    const metadata = { 'heps:request': row.id, 'heps:attempt': '0' };
    const server = cloud.bootForeign(cloud.addFlavor({ name: 'x' }), 'cpu-1', metadata, owner);
    await one.until(() => one.scheduling.review.items().some(({ id }) => id === server.id));
    await someRounds();
    expect(server.status).toBe('ACTIVE');
    expect(one.scheduling.view.holdings.has(server.id)).toBe(true);
    expect(one.scheduling.review.isOpen).toBe(false);
    await one.scheduling.review.decide(server.id, 'accept', operator);
    await someRounds();
    expect(one.scheduling.review.items()).toEqual([]);
  });

  test('one that forges a create whose answer was lost is not taken for it, nor removed with it', async () => {
    await start();
    cloud.failNext({ method: 'POST', path: /\/compute\/servers$/, outcome: 'cut-before' });
    const asked = await one.ask(oneCard);
    const metadata = { 'heps:request': asked.id, 'heps:attempt': '1' };
    const forged = cloud.bootForeign(cloud.addFlavor({ name: 'x' }), 'cpu-1', metadata);
    const row = await one.settled(asked.id);
    expect(row.serverId).not.toBe(forged.id);
    await one.scheduling.remove(row.id, { tokenId: 1, requestId: '' });
    expect((await one.settled(row.id)).state).toBe('deleted');
    expect(forged.status).toBe('ACTIVE');
  });
});

test('a server of an attempt that was given up, which never ran, is removed; log and audit name it with the proof', async () => {
  await start();
  const row = await one.settled((await one.ask(oneCard)).id);
  const metadata = { 'heps:request': row.id, 'heps:attempt': '0' };
  const late = cloud.state.create('late', cloud.addFlavor({ name: 'x' }), metadata, ours);
  await one.until(() => late.status === 'DELETED');
  const proof = `attempt 0 of request ${row.id} was given up, and never ran`;
  expect(one.log.find((line) => line.startsWith('removing a server') && line.includes(late.id))).toContain(proof);
  const { detail } = await one.store.database
    .selectFrom('audit')
    .selectAll()
    .where('action', '=', 'server-stray')
    .executeTakeFirstOrThrow();
  expect(detail).toBe(`removes server ${late.id} (late, BUILD): ${proof}`);
  expect((await readAudit(one.store.database, 100)).filter(({ action }) => action === 'server-stray').length).toBe(1);
});

test('a locked server is not removed, whoever orders it, until it is unlocked', async () => {
  await start();
  const row = await one.settled((await one.ask(oneCard)).id);
  const server = cloud.state.servers.get(row.serverId!)!;
  cloud.state.change(server, { isLocked: true });
  await one.scheduling.remove(row.id, { tokenId: 1, requestId: '' });
  await one.until(async () => (await one.requests.read(row.id))!.fault === 'not removed: it is locked');
  expect([server.status, (await one.requests.read(row.id))!.state]).toEqual(['ACTIVE', 'active']);
  cloud.state.change(server, { isLocked: false });
  await one.scheduling.remove(row.id, { tokenId: 1, requestId: '' });
  await one.until(() => server.status === 'DELETED');
});

test('a server that turns ACTIVE after its build was given up is kept, and its request is active', async () => {
  await cloud.close();
  cloud = await MemoryCloud.start({ hosts: [cpu, a40], buildMs: () => 60_000 });
  await start({ buildLimitS: 0.5 });
  const asked = await one.ask(oneCard);
  await one.until(() => cloud.alive.length === 1);
  const server = cloud.alive[0]!;
  cloud.state.place(server, 'gpu-a40');
  cloud.state.change(server, { isLocked: true }); // held back until it has run
  cloud.state.finish(server);
  const row = await one.settled(asked.id);
  expect([row.state, row.serverId, server.status]).toEqual(['active', server.id, 'ACTIVE']);
});

test('above so many removals in a minute the server stops removing, and says so', async () => {
  await start({ mostRemovalsPerMinute: 1 });
  const rows = [await one.settled((await one.ask(oneCard)).id), await one.settled((await one.ask(oneCard)).id)];
  expect(one.scheduling.concerns).toEqual([]);
  for (const { id } of rows) await one.scheduling.remove(id, { tokenId: 1, requestId: '' });
  await one.until(() => one.scheduling.concerns.length === 1);
  await someRounds();
  expect(cloud.alive.length).toBe(1);
  expect(one.scheduling.concerns[0]).toContain('removing servers has stopped: 1 were removed within a minute');
  expect(one.log.some((line) => line.startsWith('removing servers stops'))).toBe(true);
});

describe('a database that is older than the cloud', () => {
  /** Stops the scheduler and starts it on a copy of its database from before `work`. */
  async function restoredAfter(work: () => Promise<void>): Promise<void> {
    await one.stop();
    const file = join(folder.path, 'heps.db');
    copyFileSync(file, `${file}.copy`);
    await start();
    await work();
    await someRounds(); // so that the cloud is told how far the database has come
    await one.stop();
    for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true });
    copyFileSync(`${file}.copy`, file);
    await start();
  }

  test('removes nothing, holds what runs, and waits for the operator; adopted, a server is a request’s again', async () => {
    await start();
    let lost = '';
    await restoredAfter(async () => {
      lost = (await one.settled((await one.ask(oneCard)).id)).serverId!;
    });
    const { review, view } = one.scheduling;
    expect(review.isOpen).toBe(true);
    expect(one.scheduling.concerns[0]).toContain('the database is older than the cloud');
    expect(review.items()).toMatchObject([{ kind: 'server', id: lost, decisions: ['accept', 'adopt', 'delete'] }]);
    expect(view.holdings.get(lost)).toMatchObject({ host: 'gpu-a40', vcpus: 4 });
    await review.decide(lost, 'adopt', operator);
    expect(review.isOpen).toBe(false);
    const row = [...one.scheduling.requests.values()].find(({ serverId }) => serverId === lost)!;
    expect(row.state).toBe('active');
    await one.scheduling.remove(row.id, { tokenId: 1, requestId: '' });
    await one.until(() => cloud.state.servers.get(lost)!.status === 'DELETED');
    // What was said is remembered.
    await one.stop();
    await start();
    expect(one.scheduling.review.isOpen).toBe(false);
  });

  test('an epoch below the one that the cloud has seen is enough; what desktops order is not removed, what people order is', async () => {
    await start();
    const old = await one.settled((await one.ask(oneCard)).id);
    await someRounds();
    await restoredAfter(async () => {
      const { id } = await one.settled((await one.ask(oneCard)).id);
      await one.scheduling.remove(id, { tokenId: 1, requestId: '' });
      await one.settled(id);
    });
    expect(one.scheduling.review.isOpen).toBe(true);
    await one.scheduling.remove(old.id, { tokenId: 0, requestId: 'desktops' });
    await someRounds();
    expect(cloud.state.servers.get(old.serverId!)!.status).toBe('ACTIVE');
    await one.scheduling.remove(old.id, { tokenId: 1, requestId: '' });
    await one.until(() => cloud.state.servers.get(old.serverId!)!.status === 'DELETED');
    await one.scheduling.review.acceptAll(operator);
    expect(one.scheduling.review.isOpen).toBe(false);
  });
});
