/** Routes of a person's desktops: apply, look, follow, extend, restart, stop, start, delete. */
import { anObject, aPositive, noOtherFields } from '../../../core/check.ts';
import { InputError } from '../../../core/input-error.ts';
import type { DesktopView, UsageView } from '../../../core/wire/portal.ts';
import { Problem, sendJson, sendText } from '../../http/problem.ts';
import { readJson } from '../../http/request-body.ts';
import type { Exchange, Route } from '../../http/routes.ts';
import type { Session } from '../accounts/sessions.ts';
import { noLimits, objectionOf, type SharedLimits, type Use, useOf } from '../catalogue/limits.ts';
import type { Machines } from '../machines/machines.ts';
import type { AuditEntry, DesktopAction } from '../records/audit-trail.ts';
import type { DesktopRecord } from '../records/desktop-store.ts';
import { checkApplication, checkRoom, isSameApplication, newDesktop, stationsOf } from './application.ts';
import { stationView, viewOf } from './catalogue-views.ts';
import { type Change, changeDesktop, extended, removed, restarted, started, stopped } from './desktop-changes.ts';
import * as docs from './portal-docs.ts';
import type { PortalEvents } from './portal-events.ts';
import type { PortalParts } from './portal-parts.ts';

export interface DesktopRoutesParts extends PortalParts {
  /** Public key whose certificates machines take. */
  readonly sshAuthority: () => Promise<string>;
  readonly events: PortalEvents;
  readonly machines: Pick<Machines, 'cardModels'>;
  readonly settings: {
    /** Of each person. */
    readonly limits: SharedLimits;
    /** Days over which card-hours are counted. */
    readonly windowDays: number;
    /** Nova's networks of the servers. */
    readonly vmNetworks: readonly string[] | 'none';
  };
}

const mostBodyBytes = 16 * 1024;

export function desktopRoutes(parts: DesktopRoutesParts): Route[] {
  const { requests, access, store, catalogue, machines, events, settings, clock, onChange } = parts;

  const viewFor = (record: DesktopRecord, { person }: Session): DesktopView =>
    viewOf(catalogue, record, person, clock.nowS);

  async function apply(exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    const session = await access.writer(exchange);
    const { person } = session;
    const application = checkApplication(await readJson(request, mostBodyBytes), catalogue, person);
    const key = keyIn(request.headers['idempotency-key']);
    const { vmNetworks, limits } = settings;
    const { row, order } = newDesktop(application, person, key, vmNetworks, await parts.sshAuthority(), clock.nowS);
    const entry: AuditEntry = {
      atS: row.createdAtS,
      action: 'apply',
      person: person.name,
      desktop: row.id,
      detail: `${row.station} ${row.image}, ${row.vcpus} CPUs, ${row.ramMib} MiB, ${row.cards} cards`,
      ...requests.originOf(exchange),
    };
    const known = await store.add(row, order, entry, (own) =>
      checkRoom(own, application, person, limits, catalogue.groupLimits),
    );
    if (known !== undefined && !isSameApplication(known, row)) {
      throw new Problem(409, 'Another application was sent with this key.');
    }
    onChange();
    const record = await access.seen((known ?? row).id, session);
    const headers = { Location: `/portal/v1/desktops/${record.row.id}` };
    sendText(response, 202, JSON.stringify(viewFor(record, session)), 'application/json', headers);
  }

  /** Changes an own desktop, and answers how it is then. */
  async function change(exchange: Exchange, session: Session, action: DesktopAction, wanted: Change): Promise<void> {
    const { response, parameter } = exchange;
    const entry = { action, person: session.person.name, ...requests.originOf(exchange) };
    const record = await changeDesktop(store, () => access.owned(parameter, session), wanted, clock.nowS, entry);
    onChange();
    sendText(response, 202, JSON.stringify(viewFor(record, session)), 'application/json');
  }

  async function extend(exchange: Exchange): Promise<void> {
    const session = await access.writer(exchange);
    const body = anObject(await readJson(exchange.request, mostBodyBytes), 'body');
    noOtherFields(body, '', ['lifetimeS']);
    const lifetimeS = aPositive(body.lifetimeS, 'lifetimeS');
    const { mostCardHours } = settings.limits;
    const asked = { desktops: 0, cards: 1 };
    const usedUp = objectionOf(null, { ...noLimits, mostCardHours }, await useBy(session), asked);
    await change(exchange, session, 'extend', extended(lifetimeS, usedUp));
  }

  async function useBy({ person }: Session): Promise<Use> {
    const fromS = clock.nowS - settings.windowDays * 86_400;
    const own = (await store.readCounted(fromS)).filter(({ owner }) => owner === person.name);
    return useOf(own, fromS, clock.nowS);
  }

  async function follow(exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    if (request.method === 'HEAD') throw new Problem(405, 'expected GET', { headers: { Allow: 'GET' } });
    if (events.attach(response, await requests.session(exchange))) return;
    throw new Problem(429, 'Too many pages of yours are open.', { headers: { 'Retry-After': '10' } });
  }

  const get = (
    path: string,
    operation: Route['operation'],
    read: (session: Session, exchange: Exchange) => unknown,
  ) => ({
    method: 'GET' as const,
    path,
    roles: null,
    operation,
    answer: async (exchange: Exchange) =>
      sendJson(exchange.response, await read(await requests.session(exchange), exchange)),
  });
  const act = (
    method: 'POST' | 'DELETE',
    rest: string,
    action: DesktopAction,
    wanted: Change,
    operation: Route['operation'],
  ): Route => ({
    method,
    path: `/portal/v1/desktops/{id}${rest}`,
    roles: null,
    operation,
    answer: async (exchange) => change(exchange, await access.writer(exchange), action, wanted),
  });

  return [
    get('/portal/v1/stations', docs.stationsOperation, ({ person }) => ({
      stations: stationsOf(catalogue, person).map((station) => stationView(station, machines.cardModels())),
    })),
    get('/portal/v1/usage', docs.usageOperation, async (session): Promise<UsageView> => {
      const { limits, windowDays } = settings;
      return { ...(await useBy(session)), ...limits, windowDays };
    }),
    get('/portal/v1/desktops', docs.desktopsOperation, async (session) => {
      const records = await store.readOf([session.person.name], clock.nowS);
      return { desktops: records.map((record) => viewFor(record, session)) };
    }),
    { method: 'POST', path: '/portal/v1/desktops', roles: null, operation: docs.applyOperation, answer: apply },
    get('/portal/v1/desktops/{id}', docs.desktopOperation, async (session, { parameter }) =>
      viewFor(await access.seen(parameter, session), session),
    ),
    act('DELETE', '', 'delete', removed, docs.deleteOperation),
    act('POST', '/restart', 'restart', restarted, docs.restartOperation),
    act('POST', '/stop', 'stop', stopped, docs.stopOperation),
    act('POST', '/start', 'start', started, docs.startOperation),
    {
      method: 'POST',
      path: '/portal/v1/desktops/{id}/extend',
      roles: null,
      operation: docs.extendOperation,
      answer: extend,
    },
    { method: 'GET', path: '/portal/v1/events', roles: null, operation: docs.eventsOperation, answer: follow },
  ];
}

function keyIn(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  if (typeof header !== 'string' || !/^[\x21-\x7e]{1,128}$/.test(header)) {
    throw new InputError('Idempotency-Key', '1 to 128 visible characters', header);
  }
  return header;
}
