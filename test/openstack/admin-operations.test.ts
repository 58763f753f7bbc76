/** What an admin does to servers, hosts and flavors of the real cloud: after each of it the holdings are those of Nova and Placement within one reconcile interval. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  collect,
  type Nova,
  openGlance,
  openNova,
  openPlacement,
  repeatOnConcurrentUpdate,
  type Server,
} from '../../live/openstack/index.ts';
import { Client } from '../../live/scheduling/client.ts';
import type { RequestView } from '../../live/scheduling/request-view.ts';
import { verify } from '../../live/verify/verify.ts';
import { wallClock } from '../../live/wall-clock.ts';
import { cloudConfiguration, logIn, runCloud, stateFolder } from './cloud.ts';
import { type HepsOnCloud, startHeps } from './heps-server.ts';

const admin = logIn(cloudConfiguration('admin'));
const reconcileIntervalS = 5;
/** Without those that take minutes. */
const areFew = process.env.HEPS_FEW_OPERATIONS !== undefined;
let nova: Nova;
let heps: HepsOnCloud;
let client: Client;
let imageId: string;
let flavors: Map<string, string>;

async function until(isTrue: () => Promise<boolean>, limitS: number): Promise<void> {
  for (const endMs = performance.now() + limitS * 1000; !(await isTrue()); await sleep(300)) {
    if (performance.now() > endMs) throw new Error(`not within ${limitS} s: ${isTrue}`);
  }
}

const call = async (method: 'POST' | 'PUT' | 'DELETE', path: string, body?: object): Promise<void> => {
  const versioned = { 'OpenStack-API-Version': 'compute 2.87' };
  await admin.session.request(
    { service: 'compute', method, path, ...(body !== undefined && { body }), headers: versioned },
    () => undefined,
  );
};
const act = (id: string, body: object): Promise<void> => call('POST', `/servers/${id}/action`, body);
const reaches = (id: string, status: string, limitS = 60): Promise<void> =>
  until(async () => {
    const shown = await nova.showServer(id);
    return shown.status === status && shown.taskState === null;
  }, limitS);
const isGone = (id: string): Promise<void> =>
  until(async () => (await collect(nova.listServers({ allProjects: true }))).every((each) => each.id !== id), 60);

/** Removes every server of the cloud. */
async function clear(): Promise<void> {
  for (const { id } of await collect(nova.listServers({ allProjects: true }))) {
    await act(id, { unlock: null }).catch(() => undefined);
    await nova.deleteServer(id).catch(() => undefined);
  }
  await until(async () => (await collect(nova.listServers({ allProjects: true }))).length === 0, 90);
}

/** Through the scheduler. */
async function bootOurs(flavor: string): Promise<Server> {
  const body = { name: 'ours', image: 'tiny', flavor };
  const { body: asked } = await client.ask('POST', '/v1/servers', [202], { body });
  let view = asked as unknown as RequestView;
  await until(async () => {
    view = (await client.ask('GET', `/v1/servers/${view.id}`, [200])).body as unknown as RequestView;
    return !['claimed', 'building', 'failing'].includes(view.state);
  }, 90);
  expect(view.state).toBe('active');
  return await nova.showServer(view.serverId!);
}

/** Through plain Nova. */
async function bootTheirs(flavor: string): Promise<Server> {
  const order = { name: 'theirs', imageId, flavorId: flavors.get(flavor)!, networks: 'none' as const };
  const { id } = await nova.createServer(order);
  await reaches(id, 'ACTIVE');
  return await nova.showServer(id);
}

beforeAll(async () => {
  nova = await openNova(admin.session);
  await clear();
  imageId = (await collect(openGlance(admin.session).listImages()))[0]!.id;
  flavors = new Map((await collect(nova.listFlavors())).map(({ name, id }) => [name, id]));
  heps = await startHeps({ reconcileIntervalS, pollIntervalS: 0.5 });
  client = new Client({ url: new URL(heps.url), token: heps.token });
}, 300_000);

afterAll(async () => {
  await heps.end();
  await clear();
  for await (const { id, name } of nova.listFlavors()) if (name.startsWith('heps-')) await nova.deleteFlavor(id);
  await admin.session.close();
}, 200_000);

/** Each is one kind of operation; it ends with what the servers are then. */
const operations: readonly (readonly [string, (server: Server) => Promise<void>])[] = [
  ['stop', async ({ id }) => act(id, { 'os-stop': null }).then(() => reaches(id, 'SHUTOFF'))],
  ['start', async ({ id }) => act(id, { 'os-start': null }).then(() => reaches(id, 'ACTIVE'))],
  ['reboot', async ({ id }) => act(id, { reboot: { type: 'HARD' } }).then(() => reaches(id, 'ACTIVE'))],
  ['pause', async ({ id }) => act(id, { pause: null }).then(() => reaches(id, 'PAUSED'))],
  ['unpause', async ({ id }) => act(id, { unpause: null }).then(() => reaches(id, 'ACTIVE'))],
  ['suspend', async ({ id }) => act(id, { suspend: null }).then(() => reaches(id, 'SUSPENDED'))],
  ['resume', async ({ id }) => act(id, { resume: null }).then(() => reaches(id, 'ACTIVE'))],
  ['lock', async ({ id }) => act(id, { lock: null })],
  ['unlock', async ({ id }) => act(id, { unlock: null })],
  ['rescue', async ({ id }) => act(id, { rescue: {} }).then(() => reaches(id, 'RESCUE'))],
  ['unrescue', async ({ id }) => act(id, { unrescue: null }).then(() => reaches(id, 'ACTIVE'))],
  ['rebuild', async ({ id }) => act(id, { rebuild: { imageRef: imageId } }).then(() => reaches(id, 'ACTIVE'))],
  ['rename', async ({ id }) => call('PUT', `/servers/${id}`, { server: { name: 'renamed' } })],
  ['metadata removed', async ({ id }) => call('PUT', `/servers/${id}/metadata`, { metadata: {} })],
  [
    'metadata of another request',
    async ({ id }) => call('PUT', `/servers/${id}/metadata`, { metadata: { 'heps:request': crypto.randomUUID() } }),
  ],
  ['shelve and offload', async ({ id }) => act(id, { shelve: null }).then(() => reaches(id, 'SHELVED_OFFLOADED'))],
  ['unshelve', async ({ id }) => act(id, { unshelve: null }).then(() => reaches(id, 'ACTIVE'))],
  [
    'resize, not confirmed',
    async ({ id }) =>
      act(id, { resize: { flavorRef: flavors.get('gpu.a100.2') } }).then(() => reaches(id, 'VERIFY_RESIZE')),
  ],
  ['resize reverted', async ({ id }) => act(id, { revertResize: null }).then(() => reaches(id, 'ACTIVE'))],
  [
    'resize confirmed',
    async ({ id }) => {
      await act(id, { resize: { flavorRef: flavors.get('gpu.a100.2') } });
      await reaches(id, 'VERIFY_RESIZE');
      await act(id, { confirmResize: null });
      await reaches(id, 'ACTIVE');
    },
  ],
  [
    'host disabled',
    async ({ host }) => {
      const services = await collect(nova.listServices('nova-compute'));
      await call('PUT', `/os-services/${services.find((each) => each.host === host)!.id}`, { status: 'disabled' });
    },
  ],
  [
    'host enabled',
    async () => {
      for (const { id, status } of await collect(nova.listServices('nova-compute'))) {
        if (status === 'disabled') await call('PUT', `/os-services/${id}`, { status: 'enabled' });
      }
    },
  ],
  ['delete', async ({ id }) => nova.deleteServer(id).then(() => isGone(id))],
];

test.each([['ours', bootOurs], ...(areFew ? [] : [['theirs', bootTheirs] as const])] as const)(
  'after each operation on a server of %s the holdings are as in the cloud within one reconcile interval',
  async (_, boot) => {
    const { id } = await boot('gpu.a6000.1');
    const failures: string[] = [];
    for (const [name, operate] of operations) {
      const now = await nova.showServer(id);
      await operate(now);
      const { differences } = await verify(client, admin.session, reconcileIntervalS + 2, wallClock);
      if (differences.length > 0) failures.push(`${name}: ${JSON.stringify(differences)}`);
    }
    expect(failures).toEqual([]);
  },
  900_000,
);

/** What is different now, after one reconcile interval. */
const differences = async (): Promise<readonly unknown[]> =>
  (await verify(client, admin.session, reconcileIntervalS + 2, wallClock)).differences;

/** What the scheduler would decide now. */
async function advice(asked: object): Promise<{ host: string | null; rejectedBy: Record<string, number> }> {
  const body = { name: 'asked', image: 'tiny', ...asked };
  const answer = await client.ask('POST', '/v1/servers?dry-run=true', [200], { body });
  return answer.body.decision as { host: string | null; rejectedBy: Record<string, number> };
}

test('while it is migrated, cold or live, and after, the holdings are as in the cloud', async () => {
  const { id, host } = await bootOurs('cpu.small');
  await act(id, { migrate: null });
  await reaches(id, 'VERIFY_RESIZE');
  expect(await differences()).toEqual([]);
  await act(id, { confirmResize: null });
  await reaches(id, 'ACTIVE');
  expect(await differences()).toEqual([]);
  const before = (await nova.showServer(id)).host;
  expect(before).not.toBe(host);
  await act(id, { 'os-migrateLive': { host: null, block_migration: 'auto' } });
  await until(async () => (await nova.showServer(id)).host !== before, 60);
  await reaches(id, 'ACTIVE');
  expect(await differences()).toEqual([]);
  await nova.deleteServer(id);
  await isGone(id);
}, 300_000);

test('a host that was put into a zone is asked for by it at once, and one that was taken out is not', async () => {
  const hosts = (await collect(nova.listServices('nova-compute'))).map(({ host }) => host);
  const zoned = hosts.find((host) => host.startsWith('cpu-'))!;
  const { value: aggregateId } = await admin.session.request(
    {
      service: 'compute',
      method: 'POST',
      path: '/os-aggregates',
      body: { aggregate: { name: 'lab', availability_zone: 'lab' } },
    },
    (body) => (body as { aggregate: { id: number } }).aggregate.id,
  );
  const aggregate = (body: object): Promise<void> => call('POST', `/os-aggregates/${aggregateId}/action`, body);
  const asked = { flavor: 'cpu.small', availabilityZone: 'lab' };
  try {
    await aggregate({ add_host: { host: zoned } });
    expect((await advice(asked)).host).toBe(zoned);
    expect(await differences()).toEqual([]);
  } finally {
    await aggregate({ remove_host: { host: zoned } });
    expect((await advice(asked)).host).toBe(null);
    await call('DELETE', `/os-aggregates/${aggregateId}`);
  }
  expect(await differences()).toEqual([]);
}, 300_000);

test('over the quota a boot ends with Nova’s word, and holds nothing', async () => {
  const { projectId } = (await admin.session.identity())!;
  const limit = (instances: number): Promise<void> =>
    call('PUT', `/os-quota-sets/${projectId}`, { quota_set: { instances, force: true } });
  await limit(0);
  try {
    const { body } = await client.ask('POST', '/v1/servers', [202], {
      body: { name: 'too many', image: 'tiny', flavor: 'cpu.small' },
    });
    let view = body as unknown as RequestView;
    await until(async () => {
      view = (await client.ask('GET', `/v1/servers/${view.id}`, [200])).body as unknown as RequestView;
      return view.state === 'failed';
    }, 60);
    expect(view.fault).toMatch(/Quota exceeded/);
    expect(await differences()).toEqual([]);
  } finally {
    await limit(100_000);
  }
}, 200_000);

test('hosts whose inventory was changed in Placement are decided on as they are within one reconcile interval', async () => {
  const placement = await openPlacement(admin.session);
  const hosts = (await placement.listProviders()).filter(({ parentId }) => parentId === null);
  const size = { size: { vcpus: 2, ramMib: 40_960, diskGib: 1 } };
  expect((await advice(size)).host).toMatch(/^cpu-/);
  const setRatio = async (allocationRatio: number): Promise<void> => {
    for (const { id } of hosts) {
      await repeatOnConcurrentUpdate(async () => {
        const { generation, value } = await placement.showInventories(id);
        const { MEMORY_MB, ...others } = value;
        await placement.replaceInventories(id, generation, {
          ...others,
          MEMORY_MB: { ...MEMORY_MB!, allocationRatio },
        });
      });
    }
  };
  await setRatio(0.01);
  try {
    // Placement itself would refuse each of them: here they are too small before it is asked.
    await until(async () => (await advice(size)).rejectedBy.ram === hosts.length, reconcileIntervalS + 5);
  } finally {
    await setRatio(1);
  }
  await until(async () => (await advice(size)).host !== null, reconcileIntervalS + 5);
}, 200_000);

test.skipIf(areFew)(
  'a host that was renamed is held under its new name, and the old one is gone',
  async () => {
    const file = join(stateFolder, 'cluster.json');
    const rename = async (from: string, to: string): Promise<void> => {
      writeFileSync(file, readFileSync(file, 'utf8').replace(JSON.stringify(from), JSON.stringify(to)));
      await runCloud('host', ['start', to]);
      const services = await collect(nova.listServices('nova-compute'));
      await call('DELETE', `/os-services/${services.find(({ host }) => host === from)!.id}`);
      await until(
        async () =>
          (await collect(nova.listHypervisors())).some(
            ({ host, state, vcpus }) => host === to && state === 'up' && vcpus > 0,
          ),
        120,
      );
      await until(async () => {
        const { body } = await client.ask('GET', '/v1/holdings', [200]);
        const names = (body.hosts as { host: string }[]).map(({ host }) => host);
        return !names.includes(from) && names.includes(to);
      }, reconcileIntervalS + 5);
      expect(await differences()).toEqual([]);
    };
    await rename('cpu-006', 'cpu-renamed');
    await rename('cpu-renamed', 'cpu-006');
  },
  400_000,
);

test('a card that a delete has freed can be had at once', async () => {
  const took: number[] = [];
  for (let round = 0; round < (areFew ? 1 : 3); round++) {
    const all = await Promise.all([1, 2, 3, 4].map(() => bootTheirs('gpu.a6000.1')));
    const { id } = all[0]!;
    await nova.deleteServer(id);
    await isGone(id);
    const freedMs = performance.now();
    const body = { name: 'again', image: 'tiny', flavor: 'gpu.a6000.1' };
    const { body: asked } = await client.ask('POST', '/v1/servers', [202], { body });
    took.push((performance.now() - freedMs) / 1000);
    const { id: request } = asked as unknown as RequestView;
    await until(async () => {
      const { body: now } = await client.ask('GET', `/v1/servers/${request}`, [200]);
      return (now as unknown as RequestView).state === 'active';
    }, 60);
    await clear();
  }
  console.log(`seconds from a card's delete to its claim: ${took.map((tookS) => tookS.toFixed(2)).join(', ')}`);
  expect(Math.max(...took)).toBeLessThan(5);
}, 400_000);

test.skipIf(areFew)(
  'a server that was deleted and can be restored holds what it had; restored too',
  async () => {
    const restart = async (seconds: string): Promise<void> => {
      await runCloud('down', ['nova', 'computes']);
      await runCloud('up', [], { SOFT_DELETE_SECONDS: seconds });
    };
    const { id } = await bootTheirs('gpu.a6000.1');
    await restart('3600');
    try {
      await nova.deleteServer(id);
      await until(async () => (await nova.showServer(id)).status === 'SOFT_DELETED', 60);
      expect(await differences()).toEqual([]);
      await act(id, { restore: null });
      await reaches(id, 'ACTIVE');
      expect(await differences()).toEqual([]);
      await nova.deleteServer(id);
      await until(async () => (await nova.showServer(id)).status === 'SOFT_DELETED', 60);
      await act(id, { forceDelete: null });
      await isGone(id);
      expect(await differences()).toEqual([]);
    } finally {
      await restart('0');
    }
  },
  400_000,
);

test('after an evacuation, and after its host has come back, the holdings are as in the cloud', async () => {
  const { id, host } = await bootTheirs('cpu.small');
  const services = await collect(nova.listServices('nova-compute'));
  const service = services.find((each) => each.host === host)!;
  await runCloud('host', ['kill', host!]);
  await call('PUT', `/os-services/${service.id}`, { forced_down: true });
  try {
    await act(id, { evacuate: {} });
    await until(async () => (await nova.showServer(id)).host !== host, 60);
    expect((await verify(client, admin.session, reconcileIntervalS + 2, wallClock)).differences).toEqual([]);
  } finally {
    await runCloud('host', ['start', host!]);
    const isOver = async (): Promise<boolean> => {
      const all = await collect(nova.listMoves({ serverId: id }));
      return all.every(({ status }) => status === 'completed');
    };
    await until(isOver, 90);
    // Nova refuses it before.
    await call('PUT', `/os-services/${service.id}`, { forced_down: false });
  }
  expect((await verify(client, admin.session, reconcileIntervalS + 2, wallClock)).differences).toEqual([]);
}, 300_000);
