/** Several schedulers on one MariaDB, over a cloud in memory: nothing is booked twice, and what one leaves another resumes. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ServerRequest } from '../../live/scheduling/server-request.ts';
import { MemoryCloud } from '../live/memory-cloud/memory-cloud.ts';
import { memoryHost, SchedulerUnderTest } from '../live/scheduling/harness.ts';
import { MariadbProcess } from './mariadb.ts';

const mariadb = new MariadbProcess();
const hosts = [
  memoryHost('cpu-1'),
  memoryHost('gpu-1', 'a40', 8, { vcpus: 64 }),
  memoryHost('gpu-2', 'a40', 8, { vcpus: 64 }),
];
const oneCard = { size: { vcpus: 2, ramMib: 4096, diskGib: 10 }, gpu: { count: 1 } };
let cloud: MemoryCloud;
let replicas: SchedulerUnderTest[] = [];

beforeAll(async () => {
  await mariadb.install();
  await mariadb.start();
}, 60_000);
afterAll(() => mariadb.remove());
beforeEach(async () => {
  cloud = await MemoryCloud.start({ hosts, buildMs: () => 100, answerMs: () => 3 });
});
afterEach(async () => {
  for (const replica of replicas) await replica.stop();
  replicas = [];
  expect(cloud.state.violations()).toEqual([]);
  await cloud.close();
});

async function start(count: number): Promise<void> {
  const database = await mariadb.freshDatabase();
  for (let index = 0; index < count; index++) {
    const reporting = index === 0 ? hosts : [];
    replicas.push(await SchedulerUnderTest.start(database, cloud, reporting, { isShared: true }));
  }
}

test('three at once never book a card twice: as many requests win as there are cards, each on a card of its own', {
  timeout: 60_000,
}, async () => {
  await start(3);
  const asked = await Promise.all(Array.from({ length: 24 }, (_, index) => replicas[index % 3]!.ask(oneCard)));
  const claimed = asked.filter(({ state }) => state === 'claimed');
  expect([claimed.length, asked.length - claimed.length]).toEqual([16, 8]);
  const ended: ServerRequest[] = [];
  for (const { id } of claimed) ended.push(await replicas[0]!.settled(id));
  expect(ended.map(({ state }) => state)).toEqual(Array(16).fill('active'));
  // No build failed on the way: nobody sent a server to a card that was taken.
  expect(ended.map(({ attempt }) => attempt)).toEqual(Array(16).fill(1));
  const cards = ended.flatMap(({ host, cards: held }) => held.map(({ address }) => `${host} ${address}`));
  expect(new Set(cards).size).toBe(16);
  expect(cloud.alive.length).toBe(16);
});

test('one key sent to all of them is one request', { timeout: 60_000 }, async () => {
  await start(3);
  const asked = await Promise.all([0, 1, 2, 0, 1, 2].map((index) => replicas[index]!.ask(oneCard, 'same')));
  expect(new Set(asked.map(({ id }) => id)).size).toBe(1);
  await replicas[0]!.settled(asked[0]!.id);
  expect(cloud.state.servers.size).toBe(1);
});

test('what a process leaves is resumed by another when its lease is over', { timeout: 60_000 }, async () => {
  await start(2);
  const [one, other] = replicas as [SchedulerUnderTest, SchedulerUnderTest];
  cloud.failNext({ method: 'POST', path: /servers$/, outcome: 'silence-after' });
  const row = await one.ask(oneCard);
  await one.until(() => cloud.state.servers.size === 1);
  // It stops in the middle of its create, whose answer never comes.
  await one.scheduling.stop();
  const ended = await other.settled(row.id);
  expect([ended.state, ended.attempt]).toEqual(['active', 1]);
  expect(cloud.state.servers.size).toBe(1);
});

test('MariaDB killed and started again: nothing acknowledged is lost, and new requests are taken', {
  timeout: 90_000,
}, async () => {
  await start(2);
  const before = await replicas[0]!.ask(oneCard);
  await mariadb.stop('SIGKILL');
  await expect(replicas[1]!.ask(oneCard)).rejects.toThrow();
  await mariadb.start();
  expect((await replicas[1]!.settled(before.id)).state).toBe('active');
  const after = await replicas[1]!.ask(oneCard);
  expect((await replicas[0]!.settled(after.id)).state).toBe('active');
  expect(cloud.alive.length).toBe(2);
});
