/** Desktops' machines on a cloud in memory, which this project's scheduler fills. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CloudMachines } from '../../../../live/desktops/machines/cloud-machines.ts';
import type { MachineStatus } from '../../../../live/desktops/machines/machines.ts';
import type { MachineOrder } from '../../../../live/desktops/records/machine-order.ts';
import { openNova, openSession } from '../../../../live/openstack/index.ts';
import { MemoryCloud } from '../../memory-cloud/memory-cloud.ts';
import { memoryHost, SchedulerUnderTest } from '../../scheduling/harness.ts';
import { temporaryFolder } from '../../srm/build.ts';
import { addressCheck } from '../harness.ts';

const hosts = [memoryHost('cpu-1'), memoryHost('gpu-1', 'a40', 1)];
let cloud: MemoryCloud;
let scheduler: SchedulerUnderTest;
let machines: CloudMachines;
let remove: () => void;
let close: () => Promise<void>;

beforeEach(async () => {
  const folder = temporaryFolder();
  remove = folder.remove;
  cloud = await MemoryCloud.start({ hosts });
  scheduler = await SchedulerUnderTest.start(folder.path, cloud, hosts);
  const session = openSession(cloud.configuration);
  close = () => session.close();
  const nova = openNova(session);
  machines = new CloudMachines({
    scheduling: scheduler.scheduling,
    requests: scheduler.requests,
    nova: () => nova,
    mayUse: (address) => addressCheck.objectionTo(address) === null,
    nowS: () => Date.now() / 1000,
  });
});
afterEach(async () => {
  await scheduler.stop();
  await close();
  await cloud.close();
  remove();
});

function orderOf(id: string, more: Partial<MachineOrder> = {}): MachineOrder {
  return {
    id,
    name: `b7-chen-${id}`,
    glanceImage: 'tiny',
    size: { vcpus: 2, ramMib: 4096, diskGib: 10 },
    gpu: { count: 0, memoryMib: 0 },
    networks: 'none',
    userData: '#cloud-config\n',
    metadata: { owner: 'chen', desktop: id },
    vncPassword: 'abcdefgh',
    vncPort: 5901,
    person: 'chen',
    ...more,
  };
}

async function reaches(id: string, kind: MachineStatus['kind']): Promise<MachineStatus> {
  let status: MachineStatus = { kind: 'gone' };
  await scheduler.until(async () => {
    status = await machines.status(id);
    return status.kind === kind;
  });
  return status;
}

test('an order is one server, however often it is sent, with the owner in its metadata; removed it is gone', async () => {
  const statuses = await Promise.all([1, 2, 3].map(() => machines.order(orderOf('d1'))));
  expect(statuses.map(({ kind }) => kind)).not.toContain('no-room');
  expect(await reaches('d1', 'running')).toEqual({
    kind: 'running',
    host: 'cpu-1',
    cardModels: [],
    address: '10.20.0.1',
  });
  expect(cloud.alive.map(({ metadata }) => metadata)).toMatchObject([{ owner: 'chen', desktop: 'd1' }]);
  await machines.remove('d1');
  await reaches('d1', 'gone');
  expect(cloud.alive).toEqual([]);
  await machines.remove('d1');
});

test('without room nothing is written, and the next try gets what has become free', async () => {
  const card = { gpu: { count: 1, memoryMib: 40_000 } };
  await machines.order(orderOf('d1', card));
  expect(await reaches('d1', 'running')).toMatchObject({ host: 'gpu-1', cardModels: ['A40'] });
  const second = await machines.order(orderOf('d2', card));
  expect(second).toMatchObject({ kind: 'no-room', rejectedBy: { 'cards-busy': 1, 'no-cards': 1 } });
  expect(await scheduler.requests.readLatest('0:desktop:d2:')).toBeUndefined();
  expect(await machines.status('d2')).toEqual({ kind: 'gone' });
  await machines.remove('d1');
  await reaches('d1', 'gone');
  await scheduler.until(async () => (await machines.order(orderOf('d2', card))).kind !== 'no-room');
  await reaches('d2', 'running');
});

test('it is stopped, started and restarted through Nova; again where it is so already', async () => {
  await machines.order(orderOf('d1'));
  await reaches('d1', 'running');
  await machines.stop('d1');
  await machines.stop('d1');
  await reaches('d1', 'stopped');
  await machines.start('d1');
  await machines.start('d1');
  await reaches('d1', 'running');
  await machines.restart('d1');
  expect(cloud.asked.filter((line) => line.endsWith('/action'))).toHaveLength(5);
});

test('of several addresses the one that streams may come from is told', async () => {
  await machines.order(orderOf('d1'));
  await reaches('d1', 'running');
  cloud.alive[0]!.address = '192.168.0.9';
  expect(await machines.status('d1')).toMatchObject({ address: '192.168.0.9' });
});

test('the console is Nova’s address; none without a server', async () => {
  expect(await machines.consoleUrl('d1')).toBeNull();
  await machines.order(orderOf('d1'));
  await reaches('d1', 'running');
  expect(await machines.consoleUrl('d1')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/vnc_lite\.html\?token=/);
});

test('a refusal of the cloud is a sentence, and can be removed', async () => {
  cloud.failNext({ method: 'POST', path: /servers$/, outcome: 403, times: 10 });
  await machines.order(orderOf('d1'));
  const status = await reaches('d1', 'failed');
  expect(status).toMatchObject({ kind: 'failed' });
  expect((status as { reason: string }).reason).toMatch(/^The cloud did not build the machine: .*ordered by the test/);
  await machines.remove('d1');
  expect(await machines.status('d1')).toEqual({ kind: 'gone' });
});

test('an image that the cloud does not have is refused for good', async () => {
  await expect(machines.order(orderOf('d1', { glanceImage: 'none' }))).rejects.toMatchObject({ name: 'InputError' });
});
