/** The desktop service as a whole: portal, token server, lifecycle, and the gateway beside them. */
import { randomUUID } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Subscription } from 'rxjs';
import type { Clock } from '../../core/clock.ts';
import type { DesktopState } from '../../core/wire/portal.ts';
import { every } from '../every.ts';
import { startGateway } from '../gateway/gateway.ts';
import type { GatewaySettings } from '../gateway/settings.ts';
import { portalHeaders, readPageFiles } from '../http/page-files.ts';
import type { Route } from '../http/routes.ts';
import { LocalLogin } from './accounts/local-login.ts';
import { People } from './accounts/people.ts';
import { Sessions } from './accounts/sessions.ts';
import { UnifiedLogin } from './accounts/unified-login.ts';
import type { Catalogue } from './catalogue/catalogue.ts';
import type { AddressCheck } from './connect/address-check.ts';
import { ConnectStore } from './connect/connect-store.ts';
import { gatewayRoutes } from './connect/gateway-routes.ts';
import { LocalAuthority } from './connect/local-authority.ts';
import { SshAuthority } from './connect/ssh-authority.ts';
import { TokenServer } from './connect/token-server.ts';
import { makeDesktopMetrics } from './desktop-metrics.ts';
import { Lease, soleLease } from './lifecycle/lease.ts';
import { Lifecycle } from './lifecycle/lifecycle.ts';
import type { Machines } from './machines/machines.ts';
import { askVnc } from './machines/vnc-probe.ts';
import { adminRoutes } from './portal/admin-routes.ts';
import { connectRoutes } from './portal/connect-routes.ts';
import { DesktopAccess } from './portal/desktop-access.ts';
import { desktopRoutes } from './portal/desktop-routes.ts';
import { loginRoutes } from './portal/login-routes.ts';
import { PortalEvents } from './portal/portal-events.ts';
import { pageRoutes } from './portal/portal-pages.ts';
import { PortalRequests } from './portal/portal-requests.ts';
import { problemsTold } from './portal/problems-told.ts';
import { shareRoutes } from './portal/share-routes.ts';
import { DesktopStore } from './records/desktop-store.ts';
import type { DesktopSchema } from './records/tables.ts';
import { openMailer } from './reminders/mailer.ts';
import { Reminders } from './reminders/reminders.ts';
import type { DesktopSettings } from './settings.ts';

export interface DesktopServiceParts {
  readonly settings: DesktopSettings & { readonly gateway: GatewaySettings };
  readonly catalogue: Catalogue;
  readonly database: Kysely<DesktopSchema>;
  /** Whether other servers use the database. */
  readonly isShared: boolean;
  readonly machines: Machines;
  readonly addresses: AddressCheck;
  readonly clock: Clock;
  readonly log: Logger;
  readonly register: Registry;
  /** Folder of the built pages. Defaults to `dist/portal` of this package. */
  readonly pagesFolder?: string;
}

export interface DesktopService {
  readonly routes: readonly Route[];
  /** Headers of every answer below a path. */
  headersOf(path: string): Readonly<Record<string, string>>;
  /** Begins to look after desktops, and opens the gateway. @throws InputError when it cannot listen */
  start(): Promise<{ readonly gatewayUrl: string }>;
  /** No more events and streams; what is under way is left to the next process. */
  stop(): Promise<void>;
}

/** Seconds for which one server of several has the lifecycle. */
const leaseS = 15;

/** @throws InputError when the pages were not built */
export function openDesktopService(parts: DesktopServiceParts): DesktopService {
  const { settings, catalogue, database, isShared, machines, addresses, clock, log, register } = parts;
  const { accounts, gateway, publicUrl } = settings;
  const pages = readPageFiles(parts.pagesFolder);
  const store = new DesktopStore(database);
  const connects = new ConnectStore(database);
  const ssh = new SshAuthority(database);
  const people = new People(database);
  const sessions = new Sessions(database, accounts, clock);
  const events = new PortalEvents({
    store,
    catalogue,
    sessions,
    clock,
    onError: (error) => log.warn({ err: error }, 'pages could not be told of changes'),
  });
  const metrics = makeDesktopMetrics(register, {
    states: () => countStates(database),
    sessions: () => sessions.count(),
    pages: () => events.pages,
  });
  const told = (error: unknown, requestId: string): void =>
    log.error({ err: error, requestId }, 'a portal request failed');
  /** Repeats something at an interval, in seconds, while the service runs. */
  const repeated = (intervalS: number, failure: string, work: () => unknown): Subscription =>
    every(clock, intervalS, work, (error) => log.warn({ err: error }, failure));
  const tellPages = (): void => events.flush();
  const lease = isShared ? new Lease({ database, name: 'desktops', owner: randomUUID(), leaseS, clock }) : soleLease;
  const mailer = settings.mail === null ? null : openMailer(settings.mail);
  const reminders =
    mailer === null
      ? null
      : new Reminders({
          store,
          people,
          catalogue,
          mailer,
          domain: settings.mail!.domain,
          publicUrl,
          clock,
          lease,
          log: (level, fields, text) => log[level](fields, text),
          onMail: metrics.mail,
        });
  const lifecycle = new Lifecycle({
    store,
    machines,
    catalogue,
    clock,
    lease,
    probe: (address, port, password) => askVnc(address, port, password),
    objectionTo: (address) => addresses.objectionTo(address),
    settings,
    log: (level, fields, text) => log[level](fields, text),
    onChange: tellPages,
    onReady: metrics.ready,
  });
  const onChange = (): void => {
    lifecycle.wake();
    tellPages();
  };
  const tokens = new TokenServer({
    store,
    connects,
    catalogue,
    clock,
    sessionIdleS: accounts.idleS,
    onMint: metrics.minted,
    onRefuse: metrics.refused,
  });
  const authority = new LocalAuthority({
    store,
    connects,
    sessions,
    tokens,
    machines,
    addresses,
    catalogue,
    ssh,
    clock,
    sessionIdleS: accounts.idleS,
    connectionIdleS: settings.connectionIdleS,
    onRefuse: metrics.refused,
    onChange: tellPages,
  });
  const unified =
    accounts.oidc === null
      ? null
      : new UnifiedLogin(accounts.oidc, accounts.adminGroups, `${publicUrl}/portal/v1/login/callback`);
  const requests = new PortalRequests({
    publicUrl,
    trustedProxies: gateway.trustedProxies,
    sessions,
    login: { local: unified === null, unified: unified?.title ?? null },
  });
  const local = unified === null ? new LocalLogin(people, database, clock) : null;
  const access = new DesktopAccess(requests, store, clock);
  const shared = { requests, access, store, catalogue, clock, onChange };
  const routes = problemsTold(told, [
    ...pageRoutes(pages, settings.title),
    ...loginRoutes({ requests, sessions, people, local, unified, clock }),
    ...desktopRoutes({ ...shared, machines, events, settings, sshAuthority: () => ssh.publicKey() }),
    ...shareRoutes({ ...shared, people }),
    ...connectRoutes({ ...shared, tokens, gatewayUrl: gateway.publicUrl }),
    ...adminRoutes(shared),
    ...gatewayRoutes(authority),
  ]);
  const headers = portalHeaders(gateway.publicUrl);
  let end = async (): Promise<void> => {};
  return {
    routes,
    headersOf: (path) => (path === '/portal' || path.startsWith('/portal/') ? headers : {}),
    async start() {
      const { address, port, tls, trustedProxies, consoleHosts, mostOpen } = gateway;
      const listening = await startGateway({
        listen: { address, port },
        tls,
        publicUrl: gateway.publicUrl,
        allowedOrigins: [publicUrl],
        trustedProxies,
        consoleHosts,
        metricsNetworks: [],
        limits: { mostOpen },
        authority,
        pages,
        log,
        clock,
        register,
      });
      lifecycle.start();
      const timers = [
        // Others may have changed something, and warnings come with the time.
        repeated(1, 'pages could not be told of changes', tellPages),
        repeated(15, 'heartbeats to pages failed', () => events.beat()),
        ...(reminders === null ? [] : [repeated(15, 'reminders could not be sent', () => reminders.pass())]),
        repeated(60, 'expired rows could not be removed', async () => {
          await sessions.sweep();
          await store.sweep(clock.nowS);
        }),
      ];
      end = async () => {
        for (const timer of timers) timer.unsubscribe();
        events.close();
        await listening.stop();
        await lifecycle.stop();
        mailer?.close();
      };
      return { gatewayUrl: listening.url };
    },
    stop: () => end(),
  };
}

async function countStates(database: Kysely<DesktopSchema>): Promise<Map<DesktopState, number>> {
  const rows = await database
    .selectFrom('desktops')
    .select((row) => ['state', row.fn.countAll<number>().as('count')])
    .where('state', '!=', 'deleted')
    .groupBy('state')
    .execute();
  return new Map(rows.map(({ state, count }) => [state, Number(count)]));
}
