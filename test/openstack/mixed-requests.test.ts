/**
 * Boots with traits, aggregates, zones and server groups, on a cloud that is rather full: what heps refuses, plain Nova refuses too at that
 * moment, asked with the same flavor, zone and group.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { anObject, aText } from '../../core/check.ts';
import { collect, type Nova, openGlance, openNova, openPlacement } from '../../live/openstack/index.ts';
import { type Service, serviceOf } from '../../live/openstack/service.ts';
import type { RequestView } from '../../live/scheduling/request-view.ts';
import { randomStream } from '../../traces/random.ts';
import { cloudConfiguration, logIn } from './cloud.ts';
import { cameToEnd, clearCloud, type HepsOnCloud, startHeps, until } from './heps-server.ts';

const requests = Number(process.env.HEPS_MIXED_REQUESTS ?? 24);
const seed = Number(process.env.HEPS_SEED ?? 1);
/** Asked for at once. */
const atOnce = 6;
/** Servers that stay, at most. */
const mostAlive = 30;

const admin = logIn(cloudConfiguration('admin'));
const trait = 'CUSTOM_MIXED_SSD';
const withTrait = ['cpu-005', 'cpu-006', 'gpu-002'];
const aggregates = [
  { name: 'mixed-east', zone: 'mixed-east', metadata: {}, hosts: ['cpu-004', 'cpu-005', 'gpu-001'] },
  { name: 'mixed-fast', zone: null, metadata: { mixed_fast: 'true' }, hosts: ['cpu-002', 'cpu-006', 'gpu-002'] },
];
const sizes = [
  { vcpus: 2, ramMib: 8192, alias: null },
  { vcpus: 16, ramMib: 65_536, alias: null },
  { vcpus: 4, ramMib: 16_384, alias: 'a6000:1' },
  { vcpus: 8, ramMib: 32_768, alias: 'a6000:2' },
  { vcpus: 4, ramMib: 16_384, alias: 'a100:1' },
  { vcpus: 16, ramMib: 65_536, alias: 'a100:4' },
];
const wishes: Readonly<Record<string, string>>[] = [
  {},
  { [`trait:${trait}`]: 'required' },
  { [`trait:${trait}`]: 'forbidden' },
  { 'aggregate_instance_extra_specs:mixed_fast': 'true' },
  { 'aggregate_instance_extra_specs:mixed_fast': 'true', [`trait:${trait}`]: 'required' },
];

let nova: Nova;
let compute: Service;
let image: string;
let heps: HepsOnCloud;
const flavors: string[] = [];
const groups: string[] = [];
const madeAggregates: string[] = [];

const idIn = (field: string) => (body: unknown) => {
  const { id } = anObject(anObject(body, 'body')[field], field);
  return typeof id === 'number' ? String(id) : aText(id, `${field}.id`);
};

async function setTrait(isThere: boolean): Promise<void> {
  const placement = await openPlacement(admin.session);
  if (isThere) await placement.ensureTrait(trait);
  for (const name of withTrait) {
    const [provider] = await placement.listProviders({ name });
    const { generation, value } = await placement.showTraits(provider!.id);
    const others = value.filter((each) => each !== trait);
    await placement.replaceTraits(provider!.id, generation, isThere ? [...others, trait] : others);
  }
}

async function makeAggregates(): Promise<void> {
  const post = async (path: string, body: object) =>
    (await compute.request({ method: 'POST', path, body }, (answer) => answer)).value;
  for (const { name, zone, metadata, hosts } of aggregates) {
    const id = idIn('aggregate')(await post('/os-aggregates', { aggregate: { name, availability_zone: zone } }));
    madeAggregates.push(id);
    for (const host of hosts) await post(`/os-aggregates/${id}/action`, { add_host: { host } });
    if (Object.keys(metadata).length > 0) await post(`/os-aggregates/${id}/action`, { set_metadata: { metadata } });
  }
}

async function removeAggregates(): Promise<void> {
  for (const [index, id] of madeAggregates.entries()) {
    for (const host of aggregates[index]!.hosts) {
      const call = { method: 'POST', path: `/os-aggregates/${id}/action`, body: { remove_host: { host } } } as const;
      await compute.request(call, () => undefined);
    }
    await compute.request({ method: 'DELETE', path: `/os-aggregates/${id}` }, () => undefined);
  }
}

beforeAll(async () => {
  nova = await openNova(admin.session);
  compute = serviceOf(admin.session, 'compute', '2.87');
  image = (await collect(openGlance(admin.session).listImages()))[0]!.id;
  await clearCloud(nova);
  await setTrait(true);
  await makeAggregates();
  for (const [index, { vcpus, ramMib, alias }] of sizes.entries()) {
    for (const [number, wish] of wishes.entries()) {
      const name = `mixed-${index}-${number}-${Date.now()}`;
      const { id } = await nova.createFlavor({ name, vcpus, ramMib, diskGib: 10, isPublic: true, description: null });
      flavors.push(id);
      const extraSpecs = { ...wish, ...(alias !== null && { 'pci_passthrough:alias': alias }) };
      if (Object.keys(extraSpecs).length > 0) await nova.setFlavorExtraSpecs(id, extraSpecs);
    }
  }
  for (const policy of ['anti-affinity', 'affinity', 'anti-affinity']) {
    const body = { server_group: { name: `mixed-${groups.length}`, policy } };
    const call = { method: 'POST', path: '/os-server-groups', body } as const;
    groups.push((await compute.request(call, idIn('server_group'))).value);
  }
  heps = await startHeps({ buildLimitS: 300 });
}, 900_000);

afterAll(async () => {
  await clearCloud(nova);
  for (const id of groups)
    await compute.request({ method: 'DELETE', path: `/os-server-groups/${id}` }, () => undefined);
  for (const id of flavors) await nova.deleteFlavor(id);
  await removeAggregates();
  await setTrait(false);
  await heps.end();
  await admin.session.close();
}, 900_000);

interface Asked {
  readonly flavor: string;
  readonly availabilityZone?: string;
  readonly serverGroup?: string;
}

async function settled(view: RequestView): Promise<RequestView> {
  let last = view;
  await until(async () => {
    last = (await heps.ask<RequestView>('GET', `v1/servers/${view.id}`)).body;
    return ['active', 'failed', 'deleted'].includes(last.state);
  }, 300);
  return last;
}

async function bootByHeps(asked: Asked, name: string): Promise<RequestView> {
  const order = { name, image: 'tiny', ...asked };
  let answer = await heps.ask<RequestView & { server?: RequestView }>('POST', 'v1/servers', order);
  // Nova or Glance had no time for it: nothing was decided.
  for (let left = 20; answer.status === 503 && left > 0; left--) {
    await sleep(1000);
    answer = await heps.ask('POST', 'v1/servers', order);
  }
  const { status, body } = answer;
  expect([202, 409]).toContain(status);
  return status === 409 ? body.server! : await settled(body);
}

/** Whether plain Nova places the same now; nothing of it stays. */
async function novaPlaces({ flavor: flavorId, availabilityZone, serverGroup }: Asked): Promise<string | null> {
  const { id } = await nova.createServer({
    name: 'same',
    imageId: image,
    flavorId,
    networks: 'none',
    ...(availabilityZone !== undefined && { availabilityZone }),
    ...(serverGroup !== undefined && { serverGroup }),
  });
  const { status, host } = await cameToEnd(nova, id);
  await nova.deleteServer(id);
  await until(async () => (await collect(nova.listServers())).every((server) => server.id !== id), 60);
  return status === 'ACTIVE' ? host : null;
}

test(`${requests} mixed requests: none is refused that Nova would have placed`, {
  timeout: 120_000 + requests * 60_000,
}, async () => {
  const random = randomStream(seed, 'mixed');
  const oneOf = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)]!;
  const alive: string[] = [];
  const wronglyRefused: string[] = [];
  let placed = 0;
  let refused = 0;
  let attempts = 0;
  /** Refused while others of the same moment had a claim, or were being deleted, and placed a moment later. */
  let overtaken = 0;
  for (let done = 0; done < requests; done += atOnce) {
    const asked = Array.from({ length: Math.min(atOnce, requests - done) }, (): Asked => {
      const lot = random();
      return {
        flavor: oneOf(flavors),
        ...(random() < 0.25 && { availabilityZone: 'mixed-east' }),
        ...(lot < 0.25 && { serverGroup: oneOf(groups) }),
      };
    });
    const views = await Promise.all(asked.map((each, index) => bootByHeps(each, `mixed-${done + index}`)));
    for (const [index, view] of views.entries()) {
      attempts += view.attempt;
      if (view.state === 'active') {
        placed++;
        alive.push(view.id);
        continue;
      }
      refused++;
      const host = await novaPlaces(asked[index]!);
      if (host === null) continue;
      // Something may have ended between the two questions: then heps places it now too.
      const again = await bootByHeps(asked[index]!, `again-${done + index}`);
      if (again.state === 'active') {
        alive.push(again.id);
        overtaken++;
      } else wronglyRefused.push(`${again.fault}; Nova: ${host}, ${JSON.stringify(asked[index])}`);
    }
    while (alive.length > mostAlive) {
      const [id] = alive.splice(Math.floor(random() * alive.length), 1);
      await heps.ask('DELETE', `v1/servers/${id}`);
    }
  }
  const tries = (attempts / requests).toFixed(2);
  console.log(
    `${requests} requests: ${placed} placed, ${refused} refused, ${tries} tries each; wrongly ${wronglyRefused.length}, placed a moment later ${overtaken}`,
  );
  expect(wronglyRefused).toEqual([]);
  // Each of these is a refusal that somebody saw.
  expect(overtaken).toBeLessThanOrEqual(Math.ceil(requests / 50));
  expect(placed).toBeGreaterThan(requests / 3);
});
