/** Requests for servers on a cloud in memory: where they go, what they hold, and what becomes of them when things fail. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { KeyReused } from '../../../live/scheduling/scheduling.ts';
import { MemoryCloud, type MemoryCloudOptions } from '../memory-cloud/memory-cloud.ts';
import { temporaryFolder } from '../srm/build.ts';
import { memoryHost, SchedulerUnderTest } from './harness.ts';

const cpu = memoryHost('cpu-1');
const a40 = memoryHost('gpu-a40', 'a40', 2);
const t4 = memoryHost('gpu-t4', 't4', 2);
const small = { size: { vcpus: 4, ramMib: 8192, diskGib: 10 } };
const oneCard = { ...small, gpu: { count: 1 } };
const bigCard = { ...small, gpu: { count: 1, memoryMib: 40_000 } };

let folder: ReturnType<typeof temporaryFolder>;
let cloud: MemoryCloud;
let one: SchedulerUnderTest;
let ended: (() => Promise<void>)[] = [];

async function start(
  settings: Parameters<typeof SchedulerUnderTest.start>[3] = {},
  cloudOptions: Partial<MemoryCloudOptions> = {},
): Promise<void> {
  cloud = await MemoryCloud.start({ hosts: [cpu, a40, t4], ...cloudOptions });
  one = await SchedulerUnderTest.start(folder.path, cloud, [a40, t4], settings);
  ended.push(() => one.stop());
}

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  for (const end of ended) await end();
  ended = [];
  expect(cloud.state.violations()).toEqual([]);
  await cloud.close();
  folder.remove();
});

describe('where servers go', () => {
  test('a CPU server to the CPU host, a GPU server to the card that has the memory, and the claim says which', async () => {
    await start();
    const plain = await one.settled((await one.ask(small)).id);
    expect([plain.state, plain.host]).toEqual(['active', 'cpu-1']);
    const gpu = await one.settled((await one.ask(bigCard)).id);
    expect([gpu.state, gpu.host]).toEqual(['active', 'gpu-a40']);
    expect(gpu.cards).toEqual([{ model: 'A40', address: '0000:10:00.0' }]);
    const server = cloud.state.servers.get(gpu.serverId!)!;
    expect(server.flavor.name).toBe('heps-4c-8192m-10g-a40x1');
    expect(server.flavor.extraSpecs).toEqual({ 'pci_passthrough:alias': 'a40:1' });
    expect(server.metadata).toMatchObject({ 'heps:request': gpu.id, 'heps:attempt': '1', 'heps:gpu_mem_mib': '40000' });
  });

  test('requests at the same time share no card; what does not fit is refused with its reasons', async () => {
    await start();
    const asked = await Promise.all(Array.from({ length: 5 }, () => one.ask(bigCard)));
    expect(asked.map(({ state }) => state).sort()).toEqual(['claimed', 'claimed', 'failed', 'failed', 'failed']);
    expect(asked.find(({ state }) => state === 'failed')!.fault).toBe(
      'No valid host: no-cards:1|card-memory:1|cards-busy:1',
    );
    for (const { id } of asked) await one.settled(id);
    expect(cloud.alive.map(({ host }) => host)).toEqual(['gpu-a40', 'gpu-a40']);
  });

  test('where Nova gave another card than was thought, Placement tells and the claim follows', async () => {
    await start();
    // Somebody takes the first card behind the scheduler's back a moment before.
    const flavor = cloud.addFlavor({ name: 'theirs', extraSpecs: { 'pci_passthrough:alias': 'a40:1' } });
    cloud.bootForeign(flavor, 'gpu-a40');
    const row = await one.settled((await one.ask(bigCard)).id);
    expect(row.cards).toEqual([{ model: 'A40', address: '0000:20:00.0' }]);
  });

  test('without cards in Placement, the host report names the cards', async () => {
    await start({}, { pciInPlacement: false });
    const row = await one.settled((await one.ask(bigCard)).id);
    expect(row.cards).toEqual([{ model: 'A40', address: '0000:10:00.0' }]);
    await one.report(a40, { '0000:20:00.0': row.serverId! });
    await one.until(async () =>
      (await one.requests.read(row.id))!.cards.some(({ address }) => address === '0000:20:00.0'),
    );
    // The first card is free again, and only one of two is left.
    expect(Object.fromEntries(one.scheduling.view.cardHolders('gpu-a40'))).toEqual({ '0000:20:00.0': row.serverId });
  });

  test('servers that others boot and delete are seen within one look at the cloud', async () => {
    await start();
    const flavor = cloud.addFlavor({ name: 'theirs', extraSpecs: { 'pci_passthrough:alias': 'a40:2' } });
    const theirs = cloud.bootForeign(flavor, 'gpu-a40');
    await one.until(() => one.scheduling.view.holdings.has(theirs.id), 1000);
    expect((await one.ask(bigCard)).state).toBe('failed');
    cloud.state.delete(theirs);
    await one.until(() => !one.scheduling.view.holdings.has(theirs.id), 1000);
    expect((await one.ask(bigCard)).state).toBe('claimed');
  });

  test('a host that is disabled gets no server', async () => {
    await start();
    cloud.state.hosts.get('gpu-a40')!.isDisabled = true;
    await one.until(() => one.scheduling.view.hosts.get('gpu-a40')?.takesServers === false);
    expect((await one.ask(bigCard)).fault).toBe('No valid host: host-down:1|no-cards:1|card-memory:1');
  });
});

describe('when a host fails', () => {
  test('the next one is tried, with the reason kept, and nothing is left on the first', async () => {
    await start();
    cloud.state.hosts.get('gpu-a40')!.refuses = true;
    const row = await one.settled((await one.ask(oneCard)).id);
    expect([row.state, row.host, row.attempt]).toEqual(['active', 'gpu-t4', 2]);
    expect(row.history).toMatchObject([{ host: 'gpu-a40', fault: expect.stringContaining('No valid host') }]);
    expect(cloud.alive.length).toBe(1);
    expect(one.scheduling.view.holdingsOn('gpu-a40')).toEqual([]);
  });

  test('no further host: the request fails with all that was tried, and holds nothing', async () => {
    await start();
    for (const host of cloud.state.hosts.values()) host.refuses = true;
    const row = await one.settled((await one.ask(bigCard)).id);
    expect(row).toMatchObject({ state: 'failed', host: null, fault: expect.stringContaining('then No valid host') });
    expect(cloud.alive).toEqual([]);
    expect([...one.scheduling.view.holdings.keys()]).toEqual([]);
  });

  test('a server that is never ready is removed, and the next host tried', async () => {
    let builds = 0;
    await start({ buildLimitS: 0.5 }, { buildMs: () => (builds++ === 0 ? 60_000 : 20) });
    const row = await one.settled((await one.ask(oneCard)).id);
    expect(row.history).toMatchObject([{ host: 'gpu-a40', fault: 'not ACTIVE after 0.5 s' }]);
    expect([row.state, row.host]).toEqual(['active', 'gpu-t4']);
  });
});

describe('when Nova does not answer clearly', () => {
  const create = { method: 'POST', path: /\/compute\/servers$/ };

  test('a create that was taken, but whose answer was lost, is found and not sent again', async () => {
    await start();
    cloud.failNext({ ...create, outcome: 'cut-after' });
    const row = await one.settled((await one.ask(oneCard)).id);
    expect([row.state, row.attempt]).toEqual(['active', 1]);
    expect(cloud.state.servers.size).toBe(1);
  });

  test('a create that was not taken is sent again when none has turned up', async () => {
    await start();
    cloud.failNext({ ...create, outcome: 'cut-before' });
    const row = await one.settled((await one.ask(oneCard)).id);
    expect([row.state, row.attempt]).toEqual(['active', 2]);
    expect(cloud.state.servers.size).toBe(1);
  });

  test('a 500 is investigated, a 503 and a revoked token are waited out', async () => {
    await start();
    cloud.failNext({ ...create, outcome: 500 });
    cloud.failNext({ ...create, outcome: 503, times: 2 });
    cloud.revokeTokens();
    const row = await one.settled((await one.ask(oneCard)).id);
    expect(row.state).toBe('active');
    expect(cloud.state.servers.size).toBe(1);
  });

  test('a quota or another no is the end of the request, and holds nothing', async () => {
    await start();
    cloud.failNext({ ...create, outcome: 403 });
    const row = await one.settled((await one.ask(oneCard)).id);
    expect(row).toMatchObject({ state: 'failed', host: null, fault: expect.stringContaining('403') });
  });

  test('a flavor that was removed meanwhile is recreated', async () => {
    await start();
    await one.settled((await one.ask(oneCard)).id);
    cloud.state.flavors.clear();
    expect((await one.settled((await one.ask(oneCard)).id)).state).toBe('active');
  });
});

describe('asking twice', () => {
  test('with the same key is one request and one server; another one with that key is refused', async () => {
    await start();
    const [first, second] = await Promise.all([one.ask(oneCard, 'k'), one.ask(oneCard, 'k')]);
    expect(second.id).toBe(first.id);
    await one.settled(first.id);
    expect((await one.ask(oneCard, 'k')).state).toBe('active');
    await expect(one.ask(bigCard, 'k')).rejects.toThrow(KeyReused);
    expect(cloud.state.servers.size).toBe(1);
  });
});

describe('removing', () => {
  test('a running server frees its cards', async () => {
    await start();
    const { id } = await one.settled((await one.ask(bigCard)).id);
    await one.scheduling.remove(id, { tokenId: 1, requestId: '' });
    expect((await one.settled(id)).state).toBe('deleted');
    expect(cloud.alive).toEqual([]);
    expect([...one.scheduling.view.cardHolders('gpu-a40')]).toEqual([]);
  });

  test('one whose create is under way leaves nothing', async () => {
    await start({}, { answerMs: () => 30 });
    const { id } = await one.ask(bigCard);
    await one.scheduling.remove(id, { tokenId: 1, requestId: '' });
    expect((await one.settled(id)).state).toBe('deleted');
    await one.until(() => cloud.alive.length === 0);
  });

  test('a server that others deleted ends its claim', async () => {
    await start();
    const { id, serverId } = await one.settled((await one.ask(bigCard)).id);
    cloud.state.delete(cloud.state.servers.get(serverId!)!);
    await one.until(async () => (await one.requests.read(id))!.state === 'deleted');
    expect(one.scheduling.view.holdingsOn('gpu-a40')).toEqual([]);
  });
});

describe('a new process', () => {
  test('a new process finds every claim again, and resumes what was begun', async () => {
    await start({}, { buildMs: () => 400 });
    const rows = [await one.ask(bigCard), await one.ask(small)];
    await one.until(() => cloud.state.servers.size === 2);
    await one.stop();
    ended = [];
    one = await SchedulerUnderTest.start(folder.path, cloud, [a40, t4]);
    ended.push(() => one.stop());
    for (const { id } of rows) expect((await one.settled(id)).state).toBe('active');
    expect(cloud.state.servers.size).toBe(2);
    expect(one.scheduling.view.holdingsOn('gpu-a40').map(({ id }) => id)).toEqual([rows[0]!.id]);
  });

  test('a new process removes a server of an attempt that was given up', async () => {
    await start();
    const row = await one.settled((await one.ask(oneCard)).id);
    const metadata = { 'heps:request': row.id, 'heps:attempt': '0' };
    const late = cloud.state.create('late', cloud.addFlavor({ name: 'x' }), metadata);
    await one.until(() => late.status === 'DELETED');
    expect((await one.requests.read(row.id))!.state).toBe('active');
  });

  test('a new process leaves a server alone that names a request it does not know', async () => {
    await start();
    const theirs = cloud.bootForeign(cloud.addFlavor({ name: 'x' }), 'cpu-1', { 'heps:request': 'of another cloud' });
    await one.until(() => one.scheduling.view.holdings.has(theirs.id));
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(theirs.status).toBe('ACTIVE');
  });
});

describe('only watching', () => {
  test('what others boot is compared with what the policy would have done', async () => {
    await start({ mode: 'shadow' });
    const described = { name: 'theirs', extraSpecs: { 'pci_passthrough:alias': 't4:1', 'heps:gpu_mem_mib': '40000' } };
    const theirs = cloud.bootForeign(cloud.addFlavor(described), 'gpu-t4');
    const plain = cloud.bootForeign(cloud.addFlavor({ name: 'plain' }), 'cpu-1');
    await one.until(async () => (await one.requests.readComparisons(0, 10)).length === 2);
    const rows = new Map((await one.requests.readComparisons(0, 10)).map((row) => [row.serverId, row]));
    expect(rows.get(theirs.id)).toMatchObject({ novaHost: 'gpu-t4', host: null, objection: 'card-memory' });
    expect(rows.get(plain.id)).toMatchObject({ novaHost: 'cpu-1', host: 'cpu-1', objection: null });
  });
});
