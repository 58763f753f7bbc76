/** Hosts that Placement or Nova rule out: not tried, or left to Nova, and said by which rule, on a cloud in memory. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SchedulingSettings } from '../../../live/scheduling/scheduling.ts';
import type { MemoryHost } from '../memory-cloud/cloud-state.ts';
import { MemoryCloud } from '../memory-cloud/memory-cloud.ts';
import { temporaryFolder } from '../srm/build.ts';
import { memoryHost, SchedulerUnderTest } from './harness.ts';

const ssd = ['CUSTOM_SSD'];
const hosts = [
  ...['1', '2', '3', '4', '5'].map((number) => memoryHost(`cpu-${number}`)),
  memoryHost('cpu-6', '', 0, { traits: ssd, zone: 'east' }),
  memoryHost('gpu-1', 'a40', 2),
  memoryHost('gpu-2', 'a40', 2, { traits: ssd }),
];
const small = { size: { vcpus: 4, ramMib: 8192, diskGib: 10 } };
// Nothing is read again in between: what is right is read for the request.
const seldom = { reconcileIntervalS: 600, mostHosts: 3 };

let folder: ReturnType<typeof temporaryFolder>;
let cloud: MemoryCloud;
let one: SchedulerUnderTest;

async function start(settings: Partial<SchedulingSettings> = {}, all: readonly MemoryHost[] = hosts): Promise<void> {
  cloud = await MemoryCloud.start({ hosts: all });
  one = await SchedulerUnderTest.start(folder.path, cloud, hosts.slice(6), { ...seldom, ...settings });
  cloud.addFlavor({ name: 'ssd', vcpus: 1, ram: 512, extraSpecs: { 'trait:CUSTOM_SSD': 'required' } });
  cloud.addFlavor({ name: 'plain', vcpus: 1, ram: 512 });
}

const creates = () => cloud.asked.filter((line) => line === 'POST /compute/servers').length;
const candidates = () => cloud.asked.filter((line) => line === 'GET /placement/allocation_candidates').length;
const placed = async (body: object) => await one.settled((await one.ask(body)).id);

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  await one.stop();
  expect(cloud.state.violations()).toEqual([]);
  await cloud.close();
  folder.remove();
});

describe('what Placement says', () => {
  test('hosts that were disabled a moment ago cost no try', async () => {
    await start();
    for (const number of [1, 2, 3, 4]) cloud.state.hosts.get(`cpu-${number}`)!.isDisabled = true;
    expect(await placed(small)).toMatchObject({ state: 'active', host: 'cpu-5', attempt: 1 });
    expect(creates()).toBe(1);
  });

  test('a host that was enabled a moment ago is had', async () => {
    await start();
    for (const host of cloud.state.hosts.values()) host.isDisabled = true;
    expect((await one.ask(small)).fault).toBe('No valid host: disabled:8');
    cloud.state.hosts.get('cpu-3')!.isDisabled = false;
    await one.until(async () => (await one.ask(small)).state === 'claimed', 5000);
  });

  test('a flavor whose trait one host has goes there at once; a trait that none has is named', async () => {
    await start();
    const onCard = { 'pci_passthrough:alias': 'a40:1', 'trait:CUSTOM_SSD': 'required' };
    cloud.addFlavor({ name: 'ssd-card', vcpus: 1, ram: 512, extraSpecs: onCard });
    cloud.addFlavor({ name: 'odd', extraSpecs: { 'trait:CUSTOM_ODD': 'required', 'trait:CUSTOM_SSD': 'forbidden' } });
    cloud.addFlavor({ name: 'no-ssd', extraSpecs: { 'trait:CUSTOM_SSD': 'forbidden' } });
    expect(await placed({ flavor: 'ssd' })).toMatchObject({ state: 'active', host: 'cpu-6', attempt: 1 });
    expect(await placed({ flavor: 'ssd-card' })).toMatchObject({ state: 'active', host: 'gpu-2', attempt: 1 });
    expect((await one.ask({ flavor: 'odd' })).fault).toBe('No valid host: trait-CUSTOM_ODD:8');
    expect((await one.ask({ flavor: 'no-ssd', availabilityZone: 'east' })).fault).toBe(
      'No valid host: zone:7|forbidden-CUSTOM_SSD:1',
    );
  });

  test('a zone is kept to, and its server is created in it', async () => {
    await start();
    expect(await placed({ ...small, availabilityZone: 'east' })).toMatchObject({ state: 'active', host: 'cpu-6' });
    expect(cloud.alive).toMatchObject([{ zone: 'east' }]);
    await expect(one.ask({ ...small, availabilityZone: 'east:cpu-1' })).rejects.toThrow('a zone without a host');
  });

  test('one question a boot while the best host is allowed, whatever the number of hosts; a burst asks little more', async () => {
    await start();
    const before = candidates();
    await placed(small);
    expect(candidates() - before).toBe(1);
    const asked = await Promise.all(Array.from({ length: 12 }, () => one.ask({ flavor: 'plain' })));
    for (const { id } of asked) expect((await one.settled(id)).state).toBe('active');
    expect(candidates() - before).toBeLessThanOrEqual(1 + 2 * asked.length);
  });

  test('Placement away: it is said in the log, and Nova judges', async () => {
    await start();
    cloud.failNext({ method: 'GET', path: /allocation_candidates/, outcome: 503, times: 10 });
    expect(await placed(small)).toMatchObject({ state: 'active', host: 'cpu-1' });
    expect(one.log.join('\n')).toContain('Placement does not say which hosts are allowed');
  });

  test('advice keeps to the same rules', async () => {
    await start();
    const body = {
      name: 'n',
      image: 'tiny',
      flavor: 'ssd',
      networks: 'none',
      metadata: {},
      size: null,
      gpu: null,
    } as const;
    const spec = await one.scheduling.specOf('advice', body);
    expect((await one.scheduling.advise(spec)).host).toBe('cpu-6');
    expect([...one.scheduling.view.holdings.keys()]).toEqual([]);
  });
});

describe('what only Nova can judge', () => {
  test('where its filters refuse the best host, Nova chooses, and the claim follows', async () => {
    await start();
    cloud.state.passesFilters = (_, host) => host === 'cpu-4';
    const row = await placed(small);
    expect(row).toMatchObject({
      state: 'active',
      host: 'cpu-4',
      attempt: 2,
      decision: { host: 'cpu-4', chooser: 'nova' },
    });
    expect(row.history).toMatchObject([{ host: 'cpu-1', fault: expect.stringContaining('No valid host') }]);
    expect(creates()).toBe(2);
    expect(one.scheduling.view.holdingsOn('cpu-4').map(({ serverId }) => serverId)).toEqual([row.serverId]);
    expect(one.scheduling.view.holdingsOn('cpu-2')).toEqual([]);
  });

  test('cards too: those of the host that Nova chose are held', async () => {
    await start();
    cloud.state.passesFilters = (_, host) => host === 'gpu-2';
    const row = await placed({ ...small, gpu: { count: 1 } });
    expect(row).toMatchObject({ state: 'active', host: 'gpu-2', cards: [{ model: 'A40' }] });
    expect([...one.scheduling.view.cardHolders('gpu-2').values()]).toEqual([row.serverId]);
    expect([...one.scheduling.view.cardHolders('gpu-1')]).toEqual([]);
  });

  test('members of a group that must be apart are all placed, each on a host of its own', async () => {
    await start();
    cloud.state.passesFilters = (server, host) =>
      server.group === null ||
      ![...cloud.state.servers.values()].some((other) => other.host === host && other.group === server.group);
    const rows = [];
    for (let count = 0; count < 6; count++) rows.push(await placed({ flavor: 'plain', serverGroup: 'apart' }));
    expect(rows.map(({ state }) => state)).toEqual(Array(6).fill('active'));
    expect(new Set(rows.map(({ host }) => host)).size).toBe(6);
  });

  test('none at all: the refusal is Nova’s, and says what it judged', async () => {
    await start();
    cloud.state.passesFilters = () => false;
    cloud.addFlavor({ name: 'tuned', extraSpecs: { 'aggregate_instance_extra_specs:fast': 'true' } });
    const row = await placed({ flavor: 'tuned', serverGroup: 'apart' });
    expect(row.state).toBe('failed');
    expect(row.fault).toMatch(
      /^Nova's filters left no host \(No valid host was found.*it judges the server group, aggregate_instance_extra_specs:fast, the image; 2 hosts tried$/,
    );
    expect([...one.scheduling.view.holdings.keys()]).toEqual([]);
  });
});

describe('a host that has cards and has not reported', () => {
  test('takes nothing when Placement has its devices, until its first report', async () => {
    await start({ reconcileIntervalS: 0.2 }, [memoryHost('gpu-9', 'a40', 2)]);
    expect((await one.ask(small)).fault).toBe('No valid host: awaits-report:1');
    await one.report(memoryHost('gpu-9', 'a40', 2));
    expect(await placed(small)).toMatchObject({ state: 'active', host: 'gpu-9' });
  });

  test('an agent’s token names such a host where Placement has no devices', async () => {
    cloud = await MemoryCloud.start({ hosts: [memoryHost('gpu-9', 'a40', 2)], pciInPlacement: false });
    one = await SchedulerUnderTest.start(folder.path, cloud, [], { reconcileIntervalS: 0.2 });
    one.expected.add('gpu-9');
    await one.until(() => one.scheduling.view.awaitsReport('gpu-9'));
    expect((await one.ask(small)).fault).toBe('No valid host: awaits-report:1');
  });
});
