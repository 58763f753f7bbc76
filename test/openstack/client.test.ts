/** Every method of the OpenStack client, against a real Keystone, Nova, Placement and Glance. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { tokenRequest } from '../../live/openstack/credential.ts';
import {
  collect,
  type Glance,
  isConcurrentUpdate,
  isNotFound,
  type MetadataNamespace,
  mayHaveTakenEffect,
  type NewServer,
  type Nova,
  openGlance,
  openNova,
  openPlacement,
  type Placement,
  repeatOnConcurrentUpdate,
  type Server,
} from '../../live/openstack/index.ts';
import { serviceOf } from '../../live/openstack/service.ts';
import { wallClock } from '../../live/wall-clock.ts';
import { cloudConfiguration, logIn, runCloud, schedulerLog } from './cloud.ts';

const admin = logIn(cloudConfiguration('admin'));
const demo = logIn(cloudConfiguration('demo'));
let nova: Nova;
let placement: Placement;
let glance: Glance;
let imageId: string;
const flavorIds = new Map<string, string>();

beforeAll(async () => {
  nova = await openNova(admin.session);
  placement = await openPlacement(admin.session);
  glance = openGlance(admin.session);
  for (const { name, id } of await collect(nova.listFlavors())) flavorIds.set(name, id);
  const images = await collect(glance.listImages());
  imageId = images.find(({ name }) => name === 'tiny')!.id;
});

const booted: string[] = [];
afterEach(async () => {
  for (const id of booted) await remove(id);
  booted.splice(0);
});
afterAll(() => Promise.all([admin.session.close(), demo.session.close()]));

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it succeeded'),
    (error: Error) => error,
  );

/** Boots, and waits until Nova has come to an end with it. */
async function boot(
  flavor: string,
  host: string,
  more: Partial<NewServer> = {},
): Promise<{ server: Server; requestId: string }> {
  const flavorId = flavorIds.get(flavor)!;
  const { id, requestId } = await nova.createServer({ name: 't', imageId, flavorId, networks: 'none', host, ...more });
  booted.push(id);
  const isOver = (server: Server) => server.status === 'ACTIVE' || server.fault !== null;
  await expect.poll(async () => isOver(await nova.showServer(id)), { timeout: 60_000, interval: 300 }).toBe(true);
  return { server: await nova.showServer(id), requestId: requestId! };
}

/** Deletes, and waits until it is gone. */
async function remove(id: string): Promise<void> {
  const isGone = (error: unknown) => {
    if (!isNotFound(error)) throw error;
    return true;
  };
  await nova.deleteServer(id).catch(isGone);
  const gone = () => nova.showServer(id).then(() => false, isGone);
  await expect.poll(gone, { timeout: 60_000, interval: 300 }).toBe(true);
}

describe('Nova', () => {
  test('its newest microversion that has what we read is spoken', () => {
    expect(nova.version).toBe('2.87');
  });

  test('a version that it does not speak is refused with 406 and said so', async () => {
    const service = serviceOf(admin.session, 'compute', '2.999');
    const error = await failure(service.request({ method: 'GET', path: '/servers' }, () => undefined));
    expect(error).toMatchObject({ service: 'compute', status: 406 });
    expect(error.message).toContain('Version 2.999 is not supported by the API. Minimum is 2.1 and maximum is 2.93.');
  });

  test('a server boots on the chosen host, is seen there, holds what its flavor says, and goes', async () => {
    const sinceS = Math.floor(Date.now() / 1000);
    const { server, requestId } = await boot('gpu.a6000.2', 'gpu-001', {
      name: 'chosen',
      metadata: { 'heps:key': 'k-1' },
      userData: Buffer.from('#cloud-config\n').toString('base64'),
      configDrive: true,
    });
    expect(server, schedulerLog()).toMatchObject({
      name: 'chosen',
      status: 'ACTIVE',
      host: 'gpu-001',
      metadata: { 'heps:key': 'k-1' },
      flavor: { name: 'gpu.a6000.2', vcpus: 8, ramMib: 32768, diskGib: 50 },
      fault: null,
      terminatedAtS: null,
    });
    expect(server.flavor.extraSpecs['pci_passthrough:alias']).toBe('a6000:2');
    expect(server.launchedAtS).toBeGreaterThanOrEqual(sinceS);
    expect((await collect(nova.listServers({ allProjects: true, host: 'gpu-001' }))).map(({ id }) => id)).toEqual([
      server.id,
    ]);

    const [provider] = await placement.listProviders({ name: 'gpu-001' });
    const held = { VCPU: 8, MEMORY_MB: 32768, DISK_GB: 50 };
    expect(await placement.showAllocations(server.id)).toEqual({ [provider!.id]: held });
    expect(await placement.showHolders(provider!.id)).toEqual({ [server.id]: held });
    expect((await placement.showUsages(provider!.id)).value).toEqual(held);

    const actions = await collect(nova.listInstanceActions(server.id));
    expect(actions).toMatchObject([{ action: 'create', requestId, message: null }]);
    const events = await nova.listActionEvents(server.id, requestId);
    expect(events).toMatchObject([{ event: 'compute__do_build_and_run_instance', result: 'Success' }]);

    await remove(server.id);
    const changed = await collect(nova.listServers({ allProjects: true, changesSinceS: sinceS }));
    const deleted = changed.find(({ id }) => id === server.id);
    expect(deleted?.status).toBe('DELETED');
    expect(deleted?.terminatedAtS).toBeGreaterThanOrEqual(server.launchedAtS!);
    expect(await placement.showAllocations(server.id)).toEqual({});
  });

  test('a host whose cards are taken turns a server into an error with its reason', async () => {
    await boot('gpu.a6000.4', 'gpu-001');
    const { server } = await boot('gpu.a6000.1', 'gpu-001');
    expect(server).toMatchObject({ status: 'ERROR', host: null });
    expect(server.fault).toMatchObject({ code: 500, message: expect.stringContaining('No valid host was found.') });
  });

  test('servers come in pages, each once', async () => {
    const ids: string[] = [];
    for (const host of ['cpu-001', 'cpu-002', 'cpu-003']) {
      ids.push((await boot('tiny', host, { name: 'paged' })).server.id);
    }
    const before = admin.statuses.compute!.length;
    const listed = await collect(nova.listServers({ name: 'paged', pageSize: 1 }));
    expect(listed.map(({ id }) => id).sort()).toEqual(ids.sort());
    // One for each server, and an empty one: Nova links to a next page as long as a page is full.
    expect(admin.statuses.compute!.length - before).toBe(4);
  });

  test('hypervisors and services are the hosts of the cluster', async () => {
    const hypervisors = await collect(nova.listHypervisors(3));
    const names = ['cpu-001', 'cpu-002', 'cpu-003', 'cpu-004', 'cpu-005', 'cpu-006', 'gpu-001', 'gpu-002'];
    expect(hypervisors.map(({ host }) => host).sort()).toEqual(names);
    expect(hypervisors.find(({ host }) => host === 'gpu-002')).toMatchObject({
      ...{ name: 'gpu-002', state: 'up', status: 'enabled', vcpus: 128, ramMib: 1048576, diskGib: 8000 },
    });
    const services = await collect(nova.listServices('nova-compute'));
    expect(services.map(({ host }) => host).sort()).toEqual(names);
    expect(services[0]).toMatchObject({ state: 'up', status: 'enabled', isForcedDown: false, disabledReason: null });
    expect(services[0]!.updatedAtS).toBeGreaterThan(Date.now() / 1000 - 3600);
  });

  test('a private flavor is made once, gets extra specs, is listed in pages, and goes', async () => {
    const asked = { name: 'heps.test', vcpus: 3, ramMib: 1024, diskGib: 5, isPublic: false, description: 'a test' };
    const flavor = await nova.createFlavor(asked);
    try {
      const twice = await failure(nova.createFlavor(asked));
      expect(twice).toMatchObject({ status: 409 });
      expect([isConcurrentUpdate(twice), mayHaveTakenEffect(twice)]).toEqual([false, false]);
      await nova.setFlavorExtraSpecs(flavor.id, { 'pci_passthrough:alias': 't4:1' });
      await nova.setFlavorExtraSpecs(flavor.id, { 'heps:made': 'yes' });
      const listed = await collect(nova.listFlavors(2));
      expect(new Set(listed.map(({ id }) => id)).size).toBe(listed.length);
      const extraSpecs = { 'pci_passthrough:alias': 't4:1', 'heps:made': 'yes' };
      expect(listed.find(({ id }) => id === flavor.id)).toEqual({ ...flavor, extraSpecs });
    } finally {
      await nova.deleteFlavor(flavor.id);
    }
    expect((await collect(nova.listFlavors())).map(({ id }) => id)).not.toContain(flavor.id);
  });

  test('what does not exist is a 404, an unknown host a 400, both with the request id', async () => {
    const missing = await failure(nova.showServer(randomUUID()));
    expect(isNotFound(missing)).toBe(true);
    expect(missing).toMatchObject({ service: 'compute', requestId: expect.stringMatching(/^req-/) });
    const flavorId = flavorIds.get('tiny')!;
    const lost = await failure(nova.createServer({ name: 't', imageId, flavorId, networks: 'none', host: 'nowhere' }));
    expect(lost.message).toMatch(
      /^compute: POST \/servers: 400 Compute host nowhere could not be found\. \(req-[0-9a-f-]+\)$/,
    );
  });

  test('user data that Nova refuses is not shown', async () => {
    const flavorId = flavorIds.get('tiny')!;
    const server = { name: 't', imageId, flavorId, networks: 'none', userData: 'password: hunter2!' } as const;
    const error = await failure(nova.createServer(server));
    expect(error).toMatchObject({ status: 400, message: expect.stringContaining('user_data') });
    expect(error.message).not.toContain('hunter2');
  });
});

describe('a plain member', () => {
  test('a plain member may see its own servers, but no hosts, no providers and not choose a host', async () => {
    const own = await openNova(demo.session);
    expect(await collect(own.listServers())).toEqual([]);
    expect(await failure(collect(own.listHypervisors()))).toMatchObject({ service: 'compute', status: 403 });
    const providers = await openPlacement(demo.session);
    expect(await failure(providers.listProviders())).toMatchObject({ service: 'placement', status: 403 });
    const flavorId = flavorIds.get('tiny')!;
    const chosen = { name: 't', imageId, flavorId, networks: 'none', host: 'cpu-001' } as const;
    const refused = await failure(own.createServer(chosen));
    expect(refused).toMatchObject({ status: 403, detail: expect.stringContaining('requested_destination') });
  });
});

describe('Placement', () => {
  test('a host has what the cluster file says', async () => {
    expect(placement.version).toBe('1.39');
    const [host] = await placement.listProviders({ name: 'gpu-001' });
    expect(host).toMatchObject({ name: 'gpu-001', parentId: null, rootId: host!.id });
    const { value } = await placement.showInventories(host!.id);
    expect(value.VCPU).toEqual({ total: 64, reserved: 0, maxUnit: 64, allocationRatio: 1 });
    expect((await placement.showTraits(host!.id)).value).toContain('COMPUTE_NODE');
  });

  test('a child provider of our own gets inventories and traits; a stale generation is a conflict', async () => {
    const [host] = await placement.listProviders({ name: 'cpu-001' });
    await placement.ensureResourceClass('CUSTOM_HEPS_TEST');
    await placement.ensureResourceClass('CUSTOM_HEPS_TEST');
    await placement.ensureTrait('CUSTOM_HEPS_TEST');
    await placement.ensureTrait('CUSTOM_HEPS_TEST');
    const card = { id: randomUUID(), name: `cpu-001_card_${randomUUID()}`, parentId: host!.id };
    const made = await placement.createProvider(card);
    try {
      expect(made).toEqual({ ...card, generation: 0, rootId: host!.id });
      const written = await placement.replaceInventories(card.id, 0, { CUSTOM_HEPS_TEST: { total: 49140 } });
      expect(await placement.showInventories(card.id)).toMatchObject({
        generation: written,
        value: { CUSTOM_HEPS_TEST: { total: 49140, reserved: 0, allocationRatio: 1 } },
      });
      const stale = await failure(placement.replaceTraits(card.id, 0, ['CUSTOM_HEPS_TEST']));
      expect(isConcurrentUpdate(stale)).toBe(true);

      // Another writer comes between the first reading and its writing; the second reading sees its work.
      const seen: number[] = [];
      await repeatOnConcurrentUpdate(async () => {
        const { generation } = await placement.showTraits(card.id);
        seen.push(generation);
        if (seen.length === 1) await placement.replaceInventories(card.id, generation, {});
        return placement.replaceTraits(card.id, generation, ['CUSTOM_HEPS_TEST']);
      });
      expect(seen).toEqual([1, 2]);
      expect((await placement.showTraits(card.id)).value).toEqual(['CUSTOM_HEPS_TEST']);
      const tree = await placement.listProviders({ inTree: host!.id });
      expect(tree.map(({ id }) => id).sort()).toEqual([host!.id, card.id].sort());
    } finally {
      await placement.deleteProvider(card.id);
    }
  });
});

describe('Glance', () => {
  test('the image is there and can be booted', async () => {
    const images = await collect(glance.listImages(1));
    expect(images).toEqual([
      { id: imageId, name: 'tiny', status: 'active', minRamMib: 0, minDiskGib: 0, requiredTraits: [] },
    ]);
  });

  test('a namespace is made once and deleted though it is protected', async () => {
    const namespace: MetadataNamespace = {
      namespace: 'OS::HEPS::Test',
      display_name: 'A test',
      description: 'Of the client.',
      visibility: 'public',
      protected: true,
      resource_type_associations: [
        { name: 'OS::Nova::Server', properties_target: 'metadata', prefix: 'heps:' },
        { name: 'OS::Nova::Flavor', prefix: 'heps:' },
      ],
      // Glance gives a default back as a text, whatever it came as.
      properties: { gpu_num: { title: 'GPU cards', type: 'integer', minimum: 0, maximum: 8, default: '0' } },
    };
    if ((await glance.showNamespace(namespace.namespace)) !== null) await glance.deleteNamespace(namespace.namespace);
    await glance.createNamespace(namespace);
    const shown = await glance.showNamespace(namespace.namespace);
    expect(shown?.resource_type_associations).toHaveLength(2);
    expect(shown).toMatchObject({
      ...namespace,
      resource_type_associations: expect.arrayContaining([...namespace.resource_type_associations]),
    });
    expect(await failure(glance.createNamespace(namespace))).toMatchObject({ service: 'image', status: 409 });
    await glance.deleteNamespace(namespace.namespace);
    expect(await glance.showNamespace(namespace.namespace)).toBeNull();
  });
});

describe('Keystone', () => {
  test('a wrong password is a 401 of Keystone, after one login', async () => {
    const cloud = cloudConfiguration('admin');
    const credential = { ...cloud.credential, password: () => 'wrong' };
    const { session, statuses } = logIn({ ...cloud, credential } as typeof cloud);
    expect(await failure(session.endpoint('compute'))).toMatchObject({ service: 'identity', status: 401 });
    expect(statuses).toEqual({ identity: [401] });
    await session.close();
  });

  test('an application credential logs in', async () => {
    const cloud = cloudConfiguration('admin');
    const login = await fetch(`${cloud.authUrl}/auth/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(tokenRequest(cloud.credential)),
    });
    const { token } = (await login.json()) as { token: { user: { id: string } } };
    const url = `${cloud.authUrl}/users/${token.user.id}/application_credentials`;
    const headers = { 'content-type': 'application/json', 'x-auth-token': login.headers.get('x-subject-token')! };
    const body = JSON.stringify({ application_credential: { name: randomUUID() } });
    const made = (await (await fetch(url, { method: 'POST', headers, body })).json()) as {
      application_credential: { id: string; secret: string };
    };
    const { id, secret } = made.application_credential;
    const { session } = logIn({
      ...cloud,
      credential: { kind: 'application-credential', credential: { id }, secret: () => secret },
    });
    expect((await collect((await openNova(session)).listHypervisors())).length).toBe(8);
    await session.close();
    await fetch(`${url}/${id}`, { method: 'DELETE', headers });
  });

  test('that is away is no answer, after four attempts; who has logged in works on', async () => {
    await runCloud('down', ['keystone']);
    try {
      expect(await collect(nova.listServers())).toEqual([]);
      const { session, statuses } = logIn(cloudConfiguration('admin'));
      const error = await failure(session.endpoint('compute'));
      expect(error.message).toMatch(/^identity: POST \/auth\/tokens: no answer: connect ECONNREFUSED 127\.0\.0\.1:/);
      expect(mayHaveTakenEffect(error)).toBe(false);
      expect(statuses).toEqual({ identity: [null, null, null, null] });
      await session.close();
    } finally {
      await runCloud('up');
    }
  });

  test('a token that has expired is replaced by one login that all callers share', async () => {
    const lifeS = 8;
    await runCloud('down', ['keystone']);
    await runCloud('up', [], { TOKEN_SECONDS: String(lifeS) });
    try {
      // A clock that stands still never renews on its own.
      const clock = { nowS: 0, after: wallClock.after };
      const { session, statuses } = logIn(cloudConfiguration('admin'), { clock });
      const compute = await openNova(session);
      await collect(compute.listServers());
      expect(statuses).toEqual({ identity: [201], compute: [200, 200] });
      await sleep((lifeS + 1) * 1000);
      await Promise.all(Array.from({ length: 10 }, () => collect(compute.listServers())));
      expect(statuses.identity).toEqual([201, 201]);
      const after = statuses.compute!.slice(2);
      expect(after.filter((status) => status === 401).length).toBeGreaterThan(0);
      expect(after.filter((status) => status === 200)).toHaveLength(10);
      await session.close();
    } finally {
      await runCloud('down', ['keystone']);
      await runCloud('up');
    }
  });
});
