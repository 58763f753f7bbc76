/** Microversions, pages and the catalog, against a loopback server. */
import { afterEach, expect, test } from 'vitest';
import { aText } from '../../../core/check.ts';
import { endpointOf, readCatalog } from '../../../live/openstack/catalog.ts';
import { collect } from '../../../live/openstack/collect.ts';
import { commonVersion, compareVersions, discoverVersions } from '../../../live/openstack/microversion.ts';
import { novaOf } from '../../../live/openstack/nova.ts';
import { serviceOf } from '../../../live/openstack/service.ts';
import { openSession } from '../../../live/openstack/session.ts';
import { limitS, SkippingClock } from './skipping-clock.ts';
import { type StubOptions, startStubCloud } from './stub-cloud.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function begin(answer: StubOptions['answer']) {
  const cloud = await startStubCloud({ answer });
  const session = openSession(cloud.configuration, { clock: new SkippingClock(), exchangeLimitS: limitS });
  open.push(cloud, session);
  return { cloud, session };
}

test('versions are compared by their parts: 2.9 is older than 2.74', () => {
  expect((['2.74', '2.9', '1.99', '2.100'] as const).toSorted(compareVersions)).toEqual([
    ...['1.99', '2.9', '2.74', '2.100'],
  ]);
});

test('the newest version that both speak is spoken', () => {
  const spoken = { least: '2.74', most: '2.87' } as const;
  expect(commonVersion('compute', { least: '2.1', most: '2.93' }, spoken)).toBe('2.87');
  expect(commonVersion('compute', { least: '2.1', most: '2.79' }, spoken)).toBe('2.79');
  for (const offered of [
    { least: '2.1', most: '2.9' },
    { least: '2.88', most: '2.99' },
  ] as const) {
    expect(() => commonVersion('compute', offered, spoken)).toThrow(
      `the cloud: expected a service compute that speaks a version from 2.74 to 2.87, got "${offered.least} to ${offered.most}"`,
    );
  }
});

test('what is offered is read as Nova and as Placement say it', async () => {
  const { session } = await begin(({ path }) => ({
    status: 200,
    body: path.startsWith('/compute')
      ? { version: { id: 'v2.1', min_version: '2.1', version: '2.93' } }
      : { versions: [{ id: 'v1.0', min_version: '1.0', max_version: '1.39' }] },
  }));
  expect(await discoverVersions(session, 'compute')).toEqual({ least: '2.1', most: '2.93' });
  expect(await discoverVersions(session, 'placement')).toEqual({ least: '1.0', most: '1.39' });
});

test('the version goes along in the common header, and in the older one for Nova alone', async () => {
  const { session, cloud } = await begin(() => ({ status: 200 }));
  for (const [service, version] of [
    ['compute', '2.87'],
    ['placement', '1.39'],
    ['image', null],
  ] as const) {
    await serviceOf(session, service, version).request({ method: 'GET', path: '/' }, () => undefined);
  }
  expect(
    cloud.asked.map(({ headers }) => [headers['openstack-api-version'], headers['x-openstack-nova-api-version']]),
  ).toEqual([
    ['compute 2.87', '2.87'],
    ['placement 1.39', undefined],
    [undefined, undefined],
  ]);
});

test('pages are followed by their marker, at our own address, only as far as items are taken', async () => {
  const { session, cloud } = await begin((_asked, index) => ({
    status: 200,
    body: {
      items: [`${index}a`, `${index}b`],
      items_links: index < 3 ? [{ rel: 'next', href: `http://inside.invalid/items?limit=2&marker=${index}b` }] : [],
    },
  }));
  const list = { path: '/items', field: 'items', query: { all: true, none: undefined }, pageSize: 2 };
  const found: string[] = [];
  for await (const item of serviceOf(session, 'compute', null).items(list, aText)) found.push(item);
  expect(found).toEqual(['1a', '1b', '2a', '2b', '3a', '3b']);
  expect(cloud.asked.map(({ path }) => path)).toEqual([
    '/compute/items?all=true&limit=2',
    '/compute/items?all=true&limit=2&marker=1b',
    '/compute/items?all=true&limit=2&marker=2b',
  ]);
  for await (const _ of serviceOf(session, 'compute', null).items(list, aText)) break;
  expect(cloud.asked).toHaveLength(4);
});

test("Glance's next is followed too", async () => {
  const { session } = await begin((_asked, index) => ({
    status: 200,
    body: { images: [String(index)], ...(index < 2 && { next: '/v2/images?marker=m' }) },
  }));
  const found: string[] = [];
  const list = { path: '/v2/images', field: 'images' };
  for await (const item of serviceOf(session, 'image', null).items(list, aText)) found.push(item);
  expect(found).toEqual(['1', '2']);
});

test('a page that names itself as the next one is an error, not a loop', async () => {
  const { session, cloud } = await begin(() => ({ status: 200, body: { images: [], next: '/v2/images?marker=m' } }));
  const items = serviceOf(session, 'image', null).items({ path: '/v2/images', field: 'images' }, aText);
  await expect(items.next()).rejects.toThrow('image: GET /v2/images: the page after m names itself as the next one');
  expect(cloud.asked).toHaveLength(2);
});

test('an item that is not as promised is named with its place', async () => {
  const { session } = await begin(() => ({ status: 200, body: { images: ['a', 1] } }));
  const items = serviceOf(session, 'image', null).items({ path: '/v2/images', field: 'images' }, aText);
  await expect(items.next()).rejects.toThrow(
    'image: GET /v2/images: answer not understood: images[1]: expected a text, got 1',
  );
});

test('the catalog is searched by interface and region; what it has instead is said', async () => {
  const { cloud } = await begin(() => ({ status: 200 }));
  const project = 'cbab0d4b7a6c4a6f9b0d4b7a6c4a6f9b';
  const endpoint = (face: string, region: string, url: string) => ({ interface: face, region, url });
  const catalog = readCatalog(
    [
      {
        type: 'compute',
        endpoints: [
          endpoint('public', 'A', `https://a/v2.1/${project}`),
          endpoint('internal', 'A', 'http://a.internal/v2.1/'),
          endpoint('public', 'B', 'https://b/v2.1'),
        ],
      },
      { type: 'image', endpoints: [endpoint('public', 'A', 'https://a/image/v2/')] },
    ],
    'catalog',
  );
  const at = (region: string | null, face: 'public' | 'internal' | 'admin', service = 'compute') =>
    endpointOf(catalog, service, { ...cloud.configuration, region, interface: face });
  expect(at('A', 'public')).toBe('https://a/v2.1');
  expect(at('B', 'public')).toBe('https://b/v2.1');
  expect(at(null, 'internal')).toBe('http://a.internal/v2.1');
  expect(at('A', 'public', 'image')).toBe('https://a/image');
  expect(() => at(null, 'public')).toThrow('expected region_name to choose the compute of one region');
  expect(() => at('B', 'admin')).toThrow(
    'expected compute with the interface admin in region B, got "public in A, internal in A, public in B"',
  );
});

test('a host of which Nova has counted an end twice is read: less than nothing is used there', async () => {
  const hypervisor = {
    ...{ id: 'p', hypervisor_hostname: 'h', service: { host: 'h' }, state: 'up', status: 'enabled' },
    ...{ vcpus: 64, vcpus_used: -4, memory_mb: 4096, memory_mb_used: -512, local_gb: 100, local_gb_used: -10 },
  };
  const { session } = await begin(() => ({ status: 200, body: { hypervisors: [hypervisor] } }));
  const hosts = await collect(novaOf(session, '2.87').listHypervisors());
  expect(hosts).toMatchObject([{ host: 'h', vcpus: 64, vcpusUsed: -4, ramUsedMib: -512, diskUsedGib: -10 }]);
});
