/** One service of a session, spoken to in one microversion. */
import { anArray, anObject, aText } from '../../core/check.ts';
import { InputError } from '../../core/input-error.ts';
import { type Microversion, versionHeaders } from './microversion.ts';
import type { Answer, Call, Session } from './session.ts';

export type ServiceCall = Omit<Call, 'service' | 'headers'>;

export interface Service {
  request<T>(call: ServiceCall, read: (body: unknown) => T): Promise<Answer<T>>;
  /** All items of a list, one page after the other, asking for the next page only when it is needed. */
  items<T>(list: ItemList, read: Reader<T>): AsyncGenerator<T, void, undefined>;
}

/** Reads one value; `where` is its path in the answer, for messages. */
export type Reader<T> = (value: unknown, where: string) => T;

export interface ItemList {
  /** `/servers/detail`. */
  readonly path: string;
  /** The answer's field with the items: `servers`. */
  readonly field: string;
  readonly query?: Call['query'];
  /** Items a page. Defaults to what the service gives. */
  readonly pageSize?: number;
}

/** @param version null for a service without microversions */
export function serviceOf(session: Session, service: string, version: Microversion | null): Service {
  const headers = version === null ? {} : versionHeaders(service, version);
  const request: Service['request'] = (call, read) => session.request({ ...call, service, headers }, read);
  return {
    request,
    async *items({ path, field, query = {}, pageSize }, read) {
      let marker: string | undefined;
      do {
        const page = await request({ method: 'GET', path, query: { ...query, limit: pageSize, marker } }, (body) => {
          const root = anObject(body, 'body');
          const items = anArray(root[field], field).map((item, index) => read(item, `${field}[${index}]`));
          return { items, next: nextMarker(root, field) };
        });
        yield* page.value.items;
        if (page.value.next !== undefined && page.value.next === marker) {
          throw new Error(`${service}: GET ${path}: the page after ${marker} names itself as the next one`);
        }
        marker = page.value.next;
      } while (marker !== undefined);
    },
  };
}

/**
 * The marker in the link to the next page: Nova has `servers_links`, Glance `next`. The link itself is not followed: it
 * may name a host that only the service knows, and the token would go there.
 */
function nextMarker(root: Record<string, unknown>, field: string): string | undefined {
  const links = root[`${field}_links`];
  const hrefs =
    links === undefined
      ? [root.next]
      : anArray(links, `${field}_links`).flatMap((item, index) => {
          const link = anObject(item, `${field}_links[${index}]`);
          return link.rel === 'next' ? [link.href] : [];
        });
  const [href] = hrefs;
  if (href === undefined || href === null) return undefined;
  const marker = new URL(aText(href, 'the link to the next page'), 'http://relative').searchParams.get('marker');
  if (marker === null) throw new InputError('the link to the next page', 'a marker', href);
  return marker;
}
