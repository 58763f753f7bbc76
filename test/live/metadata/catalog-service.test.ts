/** The entry in Keystone's catalog: made once, corrected, removed; with an identity service in memory. */
import { expect, test } from 'vitest';
import { registerService, serviceType, unregisterService } from '../../../live/metadata/catalog-service.ts';
import type { CatalogEndpoint, CatalogService, Identity } from '../../../live/openstack/index.ts';

function memoryIdentity() {
  const services = new Map<string, CatalogService>();
  const endpoints = new Map<string, CatalogEndpoint & { serviceId: string }>();
  let ids = 0;
  const identity: Identity = {
    listServices: async (type) => [...services.values()].filter((service) => service.type === type),
    async createService({ name, type }) {
      const service = { id: `s${++ids}`, name, type };
      services.set(service.id, service);
      return service;
    },
    async deleteService(id) {
      services.delete(id);
      for (const endpoint of [...endpoints.values()]) if (endpoint.serviceId === id) endpoints.delete(endpoint.id);
    },
    listEndpoints: async (serviceId) => [...endpoints.values()].filter((endpoint) => endpoint.serviceId === serviceId),
    async createEndpoint(serviceId, endpoint) {
      const id = `e${++ids}`;
      endpoints.set(id, { id, serviceId, ...endpoint });
    },
    async changeEndpoint(id, url) {
      endpoints.set(id, { ...endpoints.get(id)!, url });
    },
  };
  const there = () => [...endpoints.values()].map(({ interface: face, region, url }) => `${face} ${region} ${url}`);
  return { identity, services, there };
}

test('the service is registered once in each region, its address corrected, and all of it removed', async () => {
  const { identity, services, there } = memoryIdentity();
  await registerService(identity, 'https://one:8790', 'Here');
  expect(await registerService(identity, 'https://one:8790', 'Here')).toEqual([]);
  expect([...services.values()]).toMatchObject([{ name: serviceType, type: 'heps-srm' }]);
  expect(there()).toEqual(['public Here https://one:8790', 'internal Here https://one:8790']);
  await registerService(identity, 'https://two:8790', 'There');
  await registerService(identity, 'https://new:8790', 'Here');
  expect(there()).toEqual([
    'public Here https://new:8790',
    'internal Here https://new:8790',
    'public There https://two:8790',
    'internal There https://two:8790',
  ]);
  expect([await unregisterService(identity), await unregisterService(identity)]).toEqual([true, false]);
  expect([services.size, there()]).toEqual([0, []]);
});
