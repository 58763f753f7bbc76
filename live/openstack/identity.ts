/** Keystone's catalog, as far as a service of ours is registered in it. */
import { anObject, aText } from '../../core/check.ts';
import { anyText, listOf, orNull } from './answer-values.ts';
import type { Session } from './session.ts';

/** A service of the catalog (`GET /v3/services`). */
export interface CatalogService {
  readonly id: string;
  readonly name: string;
  readonly type: string;
}

/** Where a service answers (`GET /v3/endpoints`). */
export interface CatalogEndpoint {
  readonly id: string;
  /** `public`, `internal`, `admin`. */
  readonly interface: string;
  readonly region: string | null;
  readonly url: string;
}

/** An interface, so that an in-memory cloud can stand in. All of it is admin only. */
export interface Identity {
  listServices(type: string): Promise<CatalogService[]>;
  createService(service: Omit<CatalogService, 'id'> & { readonly description: string }): Promise<CatalogService>;
  /** With its endpoints. */
  deleteService(id: string): Promise<void>;
  listEndpoints(serviceId: string): Promise<CatalogEndpoint[]>;
  createEndpoint(serviceId: string, endpoint: Omit<CatalogEndpoint, 'id'>): Promise<void>;
  changeEndpoint(id: string, url: string): Promise<void>;
}

/** Asks nothing before it is used. */
export async function openIdentity(session: Session): Promise<Identity> {
  // Some catalogs name the version, some do not.
  const prefix = (await session.endpoint('identity')).endsWith('/v3') ? '' : '/v3';
  const ask = async <T>(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    read: (body: unknown) => T,
    rest: { readonly query?: Record<string, string>; readonly body?: object } = {},
  ): Promise<T> =>
    (await session.request({ service: 'identity', method, path: `${prefix}${path}`, headers: {}, ...rest }, read))
      .value;
  const listed =
    <T>(field: string, read: (value: unknown, where: string) => T) =>
    (body: unknown): T[] =>
      listOf(anObject(body, 'body')[field], field, read);
  return {
    listServices: (type) => ask('GET', '/services', listed('services', readService), { query: { type } }),
    createService: (service) =>
      ask('POST', '/services', (body) => readService(anObject(body, 'body').service, 'service'), { body: { service } }),
    deleteService: (id) => ask('DELETE', `/services/${encodeURIComponent(id)}`, () => undefined),
    listEndpoints: (serviceId) =>
      ask('GET', '/endpoints', listed('endpoints', readEndpoint), { query: { service_id: serviceId } }),
    createEndpoint: (serviceId, { interface: face, region, url }) => {
      const endpoint = { service_id: serviceId, interface: face, url, ...(region !== null && { region_id: region }) };
      return ask('POST', '/endpoints', () => undefined, { body: { endpoint } });
    },
    changeEndpoint: (id, url) =>
      ask('PATCH', `/endpoints/${encodeURIComponent(id)}`, () => undefined, { body: { endpoint: { url } } }),
  };
}

function readService(value: unknown, where: string): CatalogService {
  const service = anObject(value, where);
  return {
    id: aText(service.id, `${where}.id`),
    name: orNull(service.name ?? null, `${where}.name`, anyText) ?? '',
    type: aText(service.type, `${where}.type`),
  };
}

function readEndpoint(value: unknown, where: string): CatalogEndpoint {
  const endpoint = anObject(value, where);
  return {
    id: aText(endpoint.id, `${where}.id`),
    interface: aText(endpoint.interface, `${where}.interface`),
    region: orNull(endpoint.region ?? null, `${where}.region`, aText),
    url: aText(endpoint.url, `${where}.url`),
  };
}
