/** The server's own entry in Keystone's catalog, so that clients find it: `openstack catalog show heps-srm`. */
import type { CatalogEndpoint, Identity } from '../openstack/index.ts';

/** Type and name of the service. */
export const serviceType = 'heps-srm';

const description = 'SRM records of GPU hosts, and the scheduler of HEPS';

/** Interfaces that are registered; administrators use the internal one. */
const faces = ['public', 'internal'] as const;

/** What is to be done, in the order in which it is done. */
export type CatalogPlan =
  | { readonly kind: 'service' }
  | { readonly kind: 'endpoint'; readonly face: (typeof faces)[number] }
  | { readonly kind: 'change'; readonly endpoint: CatalogEndpoint };

/** Nothing where the service is there, in that region and at that address. */
export async function planCatalog(identity: Identity, url: string, region: string | null): Promise<CatalogPlan[]> {
  const [service] = await identity.listServices(serviceType);
  const endpoints = service === undefined ? [] : await identity.listEndpoints(service.id);
  const there = endpoints.filter((endpoint) => region === null || endpoint.region === region);
  const plans = faces.flatMap((face): CatalogPlan[] => {
    const endpoint = there.find((each) => each.interface === face);
    if (endpoint === undefined) return [{ kind: 'endpoint', face }];
    return endpoint.url === url ? [] : [{ kind: 'change', endpoint }];
  });
  return service === undefined ? [{ kind: 'service' }, ...plans] : plans;
}

/** Done twice it is as done once. */
export async function registerService(identity: Identity, url: string, region: string | null): Promise<CatalogPlan[]> {
  const plans = await planCatalog(identity, url, region);
  for (const plan of plans) {
    if (plan.kind === 'service') {
      await identity.createService({ name: serviceType, type: serviceType, description });
    } else if (plan.kind === 'change') {
      await identity.changeEndpoint(plan.endpoint.id, url);
    } else {
      const [service] = await identity.listServices(serviceType);
      await identity.createEndpoint(service!.id, { interface: plan.face, region, url });
    }
  }
  return plans;
}

/** @returns whether there was anything */
export async function unregisterService(identity: Identity): Promise<boolean> {
  const services = await identity.listServices(serviceType);
  for (const { id } of services) await identity.deleteService(id);
  return services.length > 0;
}
