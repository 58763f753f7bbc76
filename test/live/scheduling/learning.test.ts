/** A policy that learns what is sought after, in the live service: what was asked for is in the database, whoever was asked. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { recountedS } from '../../../core/asked-lately.ts';
import { vmRequest } from '../../../core/request.ts';
import { MemoryCloud } from '../memory-cloud/memory-cloud.ts';
import { temporaryFolder } from '../srm/build.ts';
import { memoryHost, SchedulerUnderTest } from './harness.ts';

const hosts = [memoryHost('cpu-1'), memoryHost('gpu-1', 'a40', 2)];
const settings = { policy: 'demand-aware' };
let folder: { path: string; remove: () => void };
let cloud: MemoryCloud;
let scheduler: SchedulerUnderTest;

beforeEach(async () => {
  folder = temporaryFolder();
  cloud = await MemoryCloud.start({ hosts });
  scheduler = await SchedulerUnderTest.start(folder.path, cloud, hosts, settings);
});
afterEach(async () => {
  await scheduler.stop();
  await cloud.close();
  folder.remove();
});

/** vCPUs of the kinds that it knows, by how many came, once the next six hours begin. */
function learned(): [number, number][] {
  const { view } = scheduler.scheduling;
  view.noteAsked(vmRequest({ id: crypto.randomUUID(), vcpus: 1, ramMib: 1 }), Date.now() / 1000 + recountedS);
  return view.cluster.asked.kinds.map(({ vcpus, count }) => [vcpus, count]);
}

test('requests that were served and refused, and servers that Nova placed, are known, and known again after a restart', async () => {
  const size = (vcpus: number) => ({ size: { vcpus, ramMib: 1024 } });
  const served = await scheduler.ask(size(2));
  await scheduler.ask(size(1_000));
  expect((await scheduler.ask(size(1_000))).state).toBe('failed');
  await scheduler.settled(served.id);
  const request = vmRequest({ id: 'theirs', vcpus: 8, ramMib: 1024 });
  const comparison = { serverId: 'theirs', name: 'n', novaHost: 'cpu-1', host: null, score: null, objection: null };
  await scheduler.requests.addComparison({ ...comparison, atS: Date.now() / 1000 - 60, request });
  await scheduler.requests.addComparison({
    ...comparison,
    serverId: 'old',
    atS: 5,
    request: { ...request, id: 'old' },
  });
  await scheduler.stop();
  scheduler = await SchedulerUnderTest.start(folder.path, cloud, hosts, settings);
  expect(learned()).toEqual([
    [1_000, 2],
    [2, 1],
    [8, 1],
  ]);
});
