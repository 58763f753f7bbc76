/** Routes of a person's desktops: apply, look, extend, restart, share, connect, delete. */
import { anObject, aPositive, noOtherFields, oneOf } from '../../../core/check.ts';
import { InputError } from '../../../core/input-error.ts';
import type { AppConnectView, ConnectView, DesktopView, StationView, UsageView } from '../../../core/portal.ts';
import { Problem, sendJson, sendText } from '../../http/problem.ts';
import { readJson } from '../../http/request-body.ts';
import type { Exchange, Route } from '../../http/routes.ts';
import type { People } from '../accounts/people.ts';
import type { Session } from '../accounts/sessions.ts';
import { checkApplication, checkRoom, isSameApplication, newDesktop, stationsOf } from '../application.ts';
import type { AuditEntry, DesktopAction } from '../audit-trail.ts';
import type { DesktopChanges } from '../desktop-state.ts';
import { aliveStates, deleting } from '../desktop-state.ts';
import { DesktopChanged, type DesktopRecord, type DesktopStore } from '../desktop-store.ts';
import { desktopView } from '../desktop-view.ts';
import { objectionOf, useOf } from '../limits.ts';
import { aPersonName } from '../person-name.ts';
import type { DesktopSettings, GatewaySettings } from '../settings.ts';
import type { Station } from '../station.ts';
import type { Catalogue } from '../stations-file.ts';
import type { DesktopTable } from '../tables.ts';
import { type TokenServer, tokenLifeS } from '../token-server.ts';
import * as docs from './portal-docs.ts';
import type { PortalEvents } from './portal-events.ts';
import type { PortalRequests } from './portal-requests.ts';
import { problemsTold, type Told } from './problems-told.ts';

export interface DesktopRoutesParts {
  readonly requests: PortalRequests;
  readonly store: DesktopStore;
  readonly people: People;
  readonly catalogue: Catalogue;
  readonly tokens: TokenServer;
  readonly events: PortalEvents;
  readonly settings: Pick<DesktopSettings, 'limits' | 'windowDays' | 'vmNetworks'>;
  readonly gateway: Pick<GatewaySettings, 'publicUrl'>;
  readonly nowS: () => number;
  /** Told after each change. */
  readonly onChange: () => void;
  readonly told: Told;
}

const mostBodyBytes = 16 * 1024;
const mostShares = 50;

/** What somebody wants to become of a desktop: the changes, or null where it is so already. @throws Problem */
export type Change = (record: DesktopRecord, nowS: number) => DesktopChanges | null;

export function desktopRoutes(parts: DesktopRoutesParts): Route[] {
  const { requests, store, people, catalogue, tokens, events, settings, gateway, nowS, onChange, told } = parts;

  async function write(exchange: Exchange): Promise<Session> {
    requests.checkWrite(exchange.request);
    return await requests.session(exchange);
  }

  const viewFor = (record: DesktopRecord, { person }: Session): DesktopView =>
    viewOf(catalogue, record, person.name, person.isAdmin, nowS());

  /** One of the person's, or shared with her. */
  async function found(id: string, { person }: Session): Promise<DesktopRecord> {
    const record = await store.readRecord(id, nowS());
    const mine = record?.row.owner === person.name || record?.shares.some((share) => share.person === person.name);
    if (record === undefined || record.row.state === 'deleted' || !mine) {
      throw new Problem(404, 'There is no such desktop, or it is not shared with you.');
    }
    return record;
  }

  async function ownFound(id: string, session: Session): Promise<DesktopRecord> {
    const record = await found(id, session);
    if (record.row.owner === session.person.name) return record;
    throw new Problem(403, `Only ${record.row.owner}, whose desktop it is, may do that.`);
  }

  /** Changes an own desktop, and answers how it is then. */
  async function changed(exchange: Exchange, session: Session, action: DesktopAction, change: Change): Promise<void> {
    const { response, parameter } = exchange;
    const record = await changeDesktop(store, () => ownFound(parameter, session), change, nowS(), {
      action,
      person: session.person.name,
      ...requests.originOf(exchange),
    });
    onChange();
    sendText(response, 202, JSON.stringify(viewFor(record, session)), 'application/json');
  }

  async function apply(exchange: Exchange): Promise<void> {
    const { request, response } = exchange;
    const session = await write(exchange);
    const { person } = session;
    const application = checkApplication(await readJson(request, mostBodyBytes), catalogue, person);
    const key = keyIn(request.headers['idempotency-key']);
    const { vmNetworks, limits } = settings;
    const { row, order } = newDesktop(application, person, key, vmNetworks, nowS());
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
    const record = await found((known ?? row).id, session);
    const headers = { Location: `/portal/v1/desktops/${record.row.id}` };
    sendText(response, 202, JSON.stringify(viewFor(record, session)), 'application/json', headers);
  }

  const extend = (lifetimeS: number, usedUp: string | null): Change => {
    return ({ row }, atS) => {
      if (row.endsAtS === null || row.latestEndAtS === null || !aliveStates.includes(row.state)) {
        throw new Problem(409, 'It can be extended once it runs.');
      }
      if (row.endsAtS >= row.latestEndAtS) throw new Problem(409, 'It cannot be extended any further.');
      if (row.cards > 0 && usedUp !== null) throw new Problem(409, usedUp);
      const endsAtS = Math.min(row.latestEndAtS, Math.max(row.endsAtS, atS + lifetimeS));
      return endsAtS === row.endsAtS ? null : { endsAtS };
    };
  };

  async function usageOf({ person }: Session) {
    const fromS = nowS() - settings.windowDays * 86_400;
    const own = (await store.readCounted(fromS)).filter(({ owner }) => owner === person.name);
    return useOf(own, fromS, nowS());
  }

  async function share(exchange: Exchange): Promise<void> {
    const { request, response, parameters } = exchange;
    const session = await write(exchange);
    const body = anObject(await readJson(request, mostBodyBytes), 'body');
    noOtherFields(body, '', ['role']);
    const role = oneOf(body.role, 'role', ['control', 'view']);
    const [id, named] = parameters as [string, string];
    const { row, shares } = await ownFound(id, session);
    const person = await people.find(aPersonName(named, 'person'));
    if (person === undefined) {
      throw new Problem(404, `There is nobody called ${named} here; people are known once they have logged in.`);
    }
    if (person.name === row.owner) throw new Problem(409, 'It is yours already.');
    if (!aliveStates.includes(row.state)) throw new Problem(409, 'It is over, and cannot be shared any more.');
    if (shares.length >= mostShares) throw new Problem(409, `It is shared with ${mostShares} people, and no more.`);
    await store.share(id, person.name, role, {
      atS: nowS(),
      action: 'share',
      person: row.owner,
      desktop: id,
      detail: `${person.name} ${role}`,
      ...requests.originOf(exchange),
    });
    onChange();
    sendJson(response, viewFor(await ownFound(id, session), session));
  }

  /** By the owner, or by the one with whom it is shared. */
  async function unshare(exchange: Exchange): Promise<void> {
    const session = await write(exchange);
    const [id, named] = exchange.parameters as [string, string];
    const { row } = await found(id, session);
    if (session.person.name !== row.owner && session.person.name !== named) {
      throw new Problem(403, `Only ${row.owner}, whose desktop it is, may do that.`);
    }
    const isGone = await store.unshare(id, named, {
      atS: nowS(),
      action: 'share-end',
      person: session.person.name,
      desktop: id,
      detail: named.slice(0, 100),
      ...requests.originOf(exchange),
    });
    if (!isGone) throw new Problem(404, 'It is not shared with anybody of that name.');
    onChange();
    exchange.response.writeHead(204).end();
  }

  const connect = (kind: 'stream' | 'console') => async (exchange: Exchange) => {
    const session = await write(exchange);
    const wish = { kind, desktop: exchange.parameter, app: null };
    const { token, role, row } = await tokens.mint(session, wish, requests.originOf(exchange));
    const view: ConnectView = {
      token,
      streamUrl: `${gateway.publicUrl.replace(/^http/, 'ws')}/stream`,
      expiresInS: tokenLifeS,
      role,
      title: row.title,
      clipboard: stationNamed(catalogue, row)?.clipboard ?? { mostIn: 0, mostOut: 0 },
    };
    sendJson(exchange.response, view);
  };

  async function connectApp(exchange: Exchange): Promise<void> {
    const session = await write(exchange);
    const [desktop, app] = exchange.parameters as [string, string];
    const { row } = await found(desktop, session);
    if (imageNamed(catalogue, row)?.apps.every(({ id }) => id !== app) ?? true) {
      throw new Problem(404, 'The desktop has no such application.');
    }
    const { token } = await tokens.mint(session, { kind: 'app', desktop, app }, requests.originOf(exchange));
    const url = `${gateway.publicUrl}/apps/start?token=${token}`;
    sendJson(exchange.response, { url, expiresInS: tokenLifeS } satisfies AppConnectView);
  }

  const at = (rest: string): string => `/portal/v1/desktops/{id}${rest}`;
  const act = (
    rest: string,
    action: DesktopAction,
    change: Change,
    operation: Route['operation'],
    method: 'POST' | 'DELETE' = 'POST',
  ): Route => ({
    method,
    path: at(rest),
    roles: null,
    operation,
    answer: async (exchange) => changed(exchange, await write(exchange), action, change),
  });

  return problemsTold(told, [
    {
      method: 'GET',
      path: '/portal/v1/stations',
      roles: null,
      operation: docs.stationsOperation,
      async answer(exchange) {
        const { person } = await requests.session(exchange);
        sendJson(exchange.response, { stations: stationsOf(catalogue, person).map(stationView) });
      },
    },
    {
      method: 'GET',
      path: '/portal/v1/usage',
      roles: null,
      operation: docs.usageOperation,
      async answer(exchange) {
        const use = await usageOf(await requests.session(exchange));
        const { limits, windowDays } = settings;
        sendJson(exchange.response, { ...use, ...limits, windowDays } satisfies UsageView);
      },
    },
    {
      method: 'GET',
      path: '/portal/v1/desktops',
      roles: null,
      operation: docs.desktopsOperation,
      async answer(exchange) {
        const session = await requests.session(exchange);
        const records = await store.readOf([session.person.name], nowS());
        sendJson(exchange.response, { desktops: records.map((record) => viewFor(record, session)) });
      },
    },
    { method: 'POST', path: '/portal/v1/desktops', roles: null, operation: docs.applyOperation, answer: apply },
    {
      method: 'GET',
      path: at(''),
      roles: null,
      operation: docs.desktopOperation,
      async answer(exchange) {
        const session = await requests.session(exchange);
        sendJson(exchange.response, viewFor(await found(exchange.parameter, session), session));
      },
    },
    act('', 'delete', removed, docs.deleteOperation, 'DELETE'),
    act('/restart', 'restart', restarted, docs.restartOperation),
    act('/stop', 'stop', stopped, docs.stopOperation),
    act('/start', 'start', started, docs.startOperation),
    {
      method: 'POST',
      path: at('/extend'),
      roles: null,
      operation: docs.extendOperation,
      async answer(exchange) {
        const session = await write(exchange);
        const body = anObject(await readJson(exchange.request, mostBodyBytes), 'body');
        noOtherFields(body, '', ['lifetimeS']);
        const lifetimeS = aPositive(body.lifetimeS, 'lifetimeS');
        const { mostCardHours } = settings.limits;
        const hours = { mostDesktops: null, mostCards: null, mostCardHours };
        const usedUp = objectionOf(null, hours, await usageOf(session), { desktops: 0, cards: 1 });
        await changed(exchange, session, 'extend', extend(lifetimeS, usedUp));
      },
    },
    { method: 'PUT', path: at('/shares/{person}'), roles: null, operation: docs.shareOperation, answer: share },
    { method: 'DELETE', path: at('/shares/{person}'), roles: null, operation: docs.unshareOperation, answer: unshare },
    { method: 'POST', path: at('/connect'), roles: null, operation: docs.connectOperation, answer: connect('stream') },
    { method: 'POST', path: at('/console'), roles: null, operation: docs.consoleOperation, answer: connect('console') },
    {
      method: 'POST',
      path: at('/apps/{app}/connect'),
      roles: null,
      operation: docs.connectAppOperation,
      answer: connectApp,
    },
    {
      method: 'GET',
      path: '/portal/v1/events',
      roles: null,
      operation: docs.eventsOperation,
      async answer(exchange) {
        const { request, response } = exchange;
        if (request.method === 'HEAD') throw new Problem(405, 'expected GET', { headers: { Allow: 'GET' } });
        const session = await requests.session(exchange);
        if (!events.attach(response, session)) {
          throw new Problem(429, 'Too many pages of yours are open.', { headers: { 'Retry-After': '10' } });
        }
      },
    },
  ]);
}

/** Writes a change with its audit row; again where somebody else was faster. */
export async function changeDesktop(
  store: DesktopStore,
  read: () => Promise<DesktopRecord>,
  change: Change,
  nowS: number,
  entry: Omit<AuditEntry, 'atS' | 'desktop'>,
): Promise<DesktopRecord> {
  for (let left = 5; ; left--) {
    const record = await read();
    const changes = change(record, nowS);
    if (changes === null) return record;
    try {
      const row = await store.change(record.row, changes, nowS, { ...entry, atS: nowS, desktop: record.row.id });
      return { ...record, row };
    } catch (error) {
      if (!(error instanceof DesktopChanged) || left === 0) throw error;
    }
  }
}

export const removed: Change = ({ row }, nowS) => (row.state === 'deleting' ? null : deleting(null, nowS));

export const stopped: Change = ({ row }) => {
  if (row.state === 'stopped' || row.wish === 'stop') return null;
  if (row.state === 'ready' || row.state === 'starting') return { wish: 'stop' };
  throw new Problem(409, 'It can be stopped once it runs.');
};

const started: Change = ({ row }) => {
  if (row.state === 'starting' || row.state === 'ready' || row.wish === 'start') return null;
  if (row.state === 'stopped') return { wish: 'start' };
  throw new Problem(409, 'It can be started once it is stopped.');
};

const restarted: Change = ({ row }) => {
  if (row.wish === 'restart') return null;
  if ((row.state === 'ready' || row.state === 'starting') && row.wish === null) return { wish: 'restart' };
  throw new Problem(409, 'It can be restarted while it runs.');
};

/** As the person sees it; `view` is the role of an administrator who has no other. */
export function viewOf(
  catalogue: Catalogue,
  record: DesktopRecord,
  person: string,
  isAdmin: boolean,
  nowS: number,
): DesktopView {
  const { row, shares } = record;
  const shared = shares.find((share) => share.person === person)?.role;
  const role = row.owner === person ? 'owner' : (shared ?? 'view');
  const facts = { ...record, station: stationNamed(catalogue, row), image: imageNamed(catalogue, row) };
  return desktopView(facts, role, isAdmin, nowS);
}

function stationNamed({ stations }: Catalogue, { station }: DesktopTable): Station | undefined {
  return stations.find(({ id }) => id === station);
}

function imageNamed(catalogue: Catalogue, row: DesktopTable) {
  return stationNamed(catalogue, row)?.images.find(({ id }) => id === row.image);
}

function stationView(station: Station): StationView {
  const { id, title, description, size, gpu, largest, lifetimeS, longestLifetimeS } = station;
  const images = station.images.map((image) => ({
    id: image.id,
    title: image.title,
    system: image.system,
    software: image.software.map((software) => software.title),
    apps: image.apps.map((app) => ({ id: app.id, title: app.title })),
  }));
  return { id, title, description, images, size, gpu, largest, lifetimeS, longestLifetimeS };
}

function keyIn(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  if (typeof header !== 'string' || !/^[\x21-\x7e]{1,128}$/.test(header)) {
    throw new InputError('Idempotency-Key', '1 to 128 visible characters', header);
  }
  return header;
}
