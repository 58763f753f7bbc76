/** A cloud in memory, recorded, and the recording read and replayed by the simulator. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openSession } from '../../../live/openstack/index.ts';
import { type RecordOptions, recordCloud } from '../../../live/record/record-cloud.ts';
import { writeTogether } from '../../../live/record/write-together.ts';
import { aliasesOf } from '../../../live/scheduling/aliases.ts';
import type { Client } from '../../../live/scheduling/client.ts';
import { CloudHosts } from '../../../live/scheduling/cloud-hosts.ts';
import { openStores } from '../../../live/server/stores.ts';
import { hostJson } from '../../../live/srm/host-state.ts';
import { SrmRegistry } from '../../../live/srm/registry.ts';
import { defaultCloud } from '../../../sim/cloud/cloud-options.ts';
import { carryOut } from '../../../sim/runs/run.ts';
import { readHepsCsv } from '../../../traces/heps-csv.ts';
import { MemoryCloud, type MemoryCloudOptions } from '../memory-cloud/memory-cloud.ts';
import { memoryHost, reportOfHost } from '../scheduling/harness.ts';

const h = 3600;
const day0 = 1_764_000_000;

/** A cloud whose clock the test sets, in hours from `day0`. */
async function cloudOf(options: Partial<MemoryCloudOptions> = {}) {
  const clock = { hours: 0 };
  const hosts = [memoryHost('gpu-1', 'a40', 2), memoryHost('gpu-2', 't4', 4), memoryHost('cpu-1')];
  const cloud = await MemoryCloud.start({ hosts, nowMs: () => (day0 + clock.hours * h) * 1000, ...options });
  onTestFinished(() => cloud.close());
  return { cloud, clock };
}

async function recorded(cloud: MemoryCloud, hours: number, options: Partial<RecordOptions> = {}) {
  const session = openSession(cloud.configuration, { retries: { attempts: 1, firstDelayS: 1, withinS: 1 } });
  onTestFinished(() => session.close());
  const times = { sinceS: day0, nowS: day0 + hours * h, refusedLifetimeS: null };
  return await recordCloud(session, { ...times, aliases: aliasesOf({}), client: null, ...options });
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'heps-record-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

/** Ten servers in ten hours, each with a card for three hours, on a cloud of two A40. */
async function busyCloud() {
  const { cloud, clock } = await cloudOf();
  const flavor = cloud.addFlavor({ name: 'gpu', extraSpecs: { 'pci_passthrough:alias': 'a40:1' } });
  const alive: { server: ReturnType<MemoryCloud['bootForeign']>; endH: number }[] = [];
  for (let hour = 0; hour < 10; hour++) {
    clock.hours = hour;
    for (const { server, endH } of alive) if (endH === hour) cloud.state.delete(server);
    alive.push({ server: cloud.bootForeign(flavor), endH: hour + 3 });
  }
  return { cloud, clock, flavor };
}

/** How the VMs of a recording fare in the simulator. */
async function replayed(out: string, policy: string) {
  const plan = {
    cluster: join(out, 'cluster.json'),
    workload: { preset: null, trace: join(out, 'trace.csv'), days: null, load: 1, times: null, skipInvalid: false },
    policy,
    policyOptions: { similarity: 'normalised' },
    cloud: defaultCloud,
    engine: 'auto',
    seed: 1,
    out: null,
    decisions: null,
    summaryOnly: true,
  } as const;
  return (await carryOut(plan)).summary.all;
}

test('a recording is read by the simulator: as many VMs as servers ran, and as many cards as there are', async () => {
  const { cloud } = await busyCloud();
  // Of three servers in three hours the third finds both A40 taken: those of hours 2, 5 and 8.
  expect([...cloud.state.servers.values()].filter(({ launchedAtMs }) => launchedAtMs === null)).toHaveLength(3);
  const { cluster, trace, counts, warnings } = await recorded(cloud, 10);
  expect(counts).toEqual({ servers: 7, gpuServers: 7, neverRan: 3, hosts: 3, cards: 6 });
  expect(warnings).toEqual([]);
  const out = folder();
  writeTogether(out, { 'cluster.json': JSON.stringify(cluster), 'trace.csv': trace }, false);
  let read = 0;
  for await (const batch of readHepsCsv(join(out, 'trace.csv'))) read += batch.length;
  expect(read).toBe(7);
  for (const policy of ['hybrid', 'nova']) expect(await replayed(out, policy)).toMatchObject({ arrived: 7, placed: 7 });
});

test('refused demand that is taken in is refused by a replay as well: no policy has more cards', async () => {
  const { cloud } = await busyCloud();
  const { cluster, counts, trace } = await recorded(cloud, 10, { refusedLifetimeS: 3 * h });
  expect(counts).toMatchObject({ servers: 10, neverRan: 3 });
  const out = folder();
  writeTogether(out, { 'cluster.json': JSON.stringify(cluster), 'trace.csv': trace }, false);
  expect(await replayed(out, 'hybrid')).toMatchObject({ arrived: 10, placed: 7 });
});

test('servers from before the window that still run are in it, though Nova’s list of changes lacks them', async () => {
  const { cloud, clock } = await cloudOf();
  const flavor = cloud.addFlavor({ name: 'small' });
  cloud.bootForeign(flavor);
  clock.hours = 1;
  cloud.state.delete(cloud.bootForeign(flavor));
  clock.hours = 20;
  const { trace, counts } = await recorded(cloud, 24, { sinceS: day0 + 12 * h });
  expect(counts.servers).toBe(1);
  expect(trace.split('\n')[1]).toMatch(/^[0-9a-f-]{36},0,43200,4,16384,0,0,0,0,,theirs,small,,them$/);
});

test('without devices in Placement hosts have no cards, and that is said', async () => {
  const { cloud } = await cloudOf({ pciInPlacement: false });
  const { counts, warnings } = await recorded(cloud, 1);
  expect(counts).toMatchObject({ hosts: 3, cards: 0 });
  expect(warnings).toEqual([
    expect.stringMatching(/^the cluster has no cards; name --server URL.*report_in_placement/),
  ]);
});

test('a record without cards of a cloud whose servers asked for some says that a replay refuses them', async () => {
  const { cloud, clock } = await cloudOf({ pciInPlacement: false });
  const flavor = cloud.addFlavor({ name: 'a40', extraSpecs: { 'heps:gpu_num': '1' } });
  cloud.bootForeign(flavor, 'cpu-1');
  clock.hours = 1;
  const { warnings } = await recorded(cloud, 1);
  expect(warnings[0]).toContain('the cluster has no cards, although 1 servers asked for some');
});

test('devices of unknown models are no cards; models that nobody has, down hosts and gone hosts are named', async () => {
  const { cloud, clock } = await cloudOf({ hosts: [memoryHost('gpu-1', 'strange', 2), memoryHost('cpu-1')] });
  cloud.state.hosts.get('cpu-1')!.isUp = false;
  const flavor = cloud.addFlavor({ name: 'a40', extraSpecs: { 'heps:gpu_num': '1', 'heps:gpu_model': 'A40' } });
  const moved = cloud.bootForeign(flavor, 'gpu-1');
  clock.hours = 1;
  moved.host = 'gpu-old';
  expect((await recorded(cloud, 2)).warnings).toEqual([
    expect.stringContaining('the cluster has no cards, although 1 servers asked'),
    '2 devices in Placement are of no known card model, and left out: CUSTOM_PCI_FFFF_0001',
    'hosts that are down or disabled now are in the cluster all the same: cpu-1',
    'hosts on which servers ran are no longer there, and not in the cluster: gpu-old',
    'servers ask for models that no host has: A40',
  ]);
});

/** The records that a server has of these hosts. */
async function recordsOf(...hosts: Parameters<typeof reportOfHost>[0][]): Promise<Pick<Client, 'ask'>> {
  const store = await openStores({ kind: 'sqlite', file: ':memory:' });
  onTestFinished(() => store.close());
  const registry = new SrmRegistry({
    store: store.records,
    clock: { nowS: day0 },
    intervalS: 10,
    commit: { lingerMs: 1 },
  });
  await registry.load();
  for (const host of hosts) await registry.report(reportOfHost(host, 1), 0, { tokenId: 1, requestId: '' });
  const body = `{"hosts":[${[...registry.hosts.values()].map(hostJson).join(',')}]}`;
  return {
    ask: async (method, path) => {
      expect(`${method} ${path}`).toBe('GET /v1/srm');
      return { status: 200, body: JSON.parse(body) };
    },
  };
}

test('with a server, cards come from the hosts’ records', async () => {
  const { cloud } = await cloudOf({ pciInPlacement: false });
  const client = await recordsOf(memoryHost('gpu-1', 'a40', 2));
  const { cluster, counts, warnings } = await recorded(cloud, 1, { client });
  expect(counts.cards).toBe(2);
  expect(cluster.hosts.find(({ name }) => name === 'gpu-1')!.cards).toEqual([
    { model: 'A40', count: 2, sharing: 'passthrough' },
  ]);
  expect(warnings).toEqual([]);
});

test('with a server, Placement tells of hosts that have no record, and of no others', async () => {
  const { cloud } = await cloudOf();
  const client = await recordsOf(memoryHost('gpu-1', 'a40', 1));
  const { cluster } = await recorded(cloud, 1, { client });
  const cards = Object.fromEntries(cluster.hosts.map(({ name, cards: those }) => [name, those]));
  expect(cards['gpu-1']).toEqual([{ model: 'A40', count: 1, sharing: 'passthrough' }]);
  expect(cards['gpu-2']).toEqual([{ model: 'T4', count: 4, sharing: 'passthrough' }]);
});

test('a host whose disk Placement has elsewhere, on shared storage, has the size that Nova tells', async () => {
  const inventory = (total: number) => ({ total, reserved: 0, maxUnit: total, allocationRatio: 1 });
  const one = { id: 'h', name: 'h', host: 'h', state: 'up', status: 'enabled', vcpus: 8, vcpusUsed: 0 } as const;
  const hypervisor = { ...one, ramMib: 4096, ramUsedMib: 0, diskGib: 700, diskUsedGib: 0 };
  const sizeWith = async (more: Record<string, ReturnType<typeof inventory>>) => {
    const value = { VCPU: inventory(8), MEMORY_MB: inventory(4096), ...more };
    const hosts = new CloudHosts(
      {
        async *listHypervisors() {
          yield hypervisor;
        },
      },
      {
        listProviders: async () => [],
        showInventories: async () => ({ generation: 1, value }),
      },
    );
    return (await hosts.read()).map(({ diskGib }) => diskGib);
  };
  expect(await sizeWith({})).toEqual([700]);
  expect(await sizeWith({ DISK_GB: inventory(600) })).toEqual([600]);
});

/** The built command on the cloud in memory, which answers meanwhile. */
function heps(cloud: MemoryCloud, ...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { ...process.env, ...cloud.environment(folder()) };
  const child = spawn(process.execPath, [resolve('dist/cli.js'), ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => (out += String(chunk)));
  child.stderr.on('data', (chunk) => (err += String(chunk)));
  return new Promise((done) => child.on('close', (code) => done({ code: code!, out, err })));
}

test('the command that is printed replays the recording; what is there is not replaced without --force', async () => {
  const { cloud } = await cloudOf({ nowMs: Date.now });
  const flavor = cloud.addFlavor({ name: 'gpu', extraSpecs: { 'pci_passthrough:alias': 't4:1' } });
  for (let count = 0; count < 3; count++) cloud.bootForeign(flavor);
  cloud.bootForeign(cloud.addFlavor({ name: 'odd', extraSpecs: { 'heps:gpu_num': 'two' } }));
  const out = join(folder(), 'a recording');
  const first = await heps(cloud, 'live', 'record', '--since', '1h', '--out', out);
  expect(first).toMatchObject({ code: 0 });
  expect(first.out).toContain('3 servers, 3 of them with cards, on 3 hosts with 6 cards');
  expect(first.err).toMatch(
    /^heps live record: servers whose flavor or metadata cannot be read are left out: foreign \(/,
  );
  const command = first.out.trim().split('\n').at(-1)!;
  expect(command).toBe(`  heps simulate --cluster '${out}/cluster.json' --trace '${out}/trace.csv' --policy hybrid`);
  const args = [...command.trim().matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!).slice(1);
  const replay = await heps(cloud, ...args, '--json', '--out', join(out, 'replay.json'));
  expect(replay).toMatchObject({ code: 0 });
  expect(JSON.parse(replay.out).summary.all).toMatchObject({ arrived: 3, placed: 3 });

  writeFileSync(join(out, 'trace.csv'), 'mine');
  expect(await heps(cloud, 'live', 'record', '--out', out)).toMatchObject({
    code: 2,
    err: expect.stringMatching(/--force/),
  });
  expect(readFileSync(join(out, 'trace.csv'), 'utf8')).toBe('mine');
  expect(await heps(cloud, 'live', 'record', '--out', out, '--force')).toMatchObject({ code: 0 });
  expect(readFileSync(join(out, 'trace.csv'), 'utf8')).toMatch(/^id,submit_s/);
});

test('a failure half way leaves nothing behind', async () => {
  const { cloud } = await cloudOf();
  const out = folder();
  cloud.failNext({ method: 'GET', path: /servers\/detail$/, outcome: 403 });
  expect(await heps(cloud, 'live', 'record', '--out', out)).toMatchObject({ code: 2 });
  expect(readdirSync(out)).toEqual([]);
  // A name that cannot be a file: the second one fails.
  expect(() => writeTogether(out, { 'a.txt': 'a', 'no/folder.txt': 'b' }, false)).toThrow(
    /a folder that can be written/,
  );
  expect(readdirSync(out)).toEqual([]);
});
