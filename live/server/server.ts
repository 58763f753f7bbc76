/** The live server: the SRM registry, its API and the page, on one port; with desktops the portal too, and the gateway on another. */
import { randomUUID } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import type { Subscription } from 'rxjs';
import { InputError } from '../../core/input-error.ts';
import { withSources } from '../../core/wire/page-sources.ts';
import { readBuiltPage } from '../../package-files.ts';
import { holdDatabase } from '../database/database-lock.ts';
import { AddressCheck } from '../desktops/connect/address-check.ts';
import { endpointAddresses, ownAddresses } from '../desktops/connect/control-plane.ts';
import { appBase } from '../desktops/connect/local-authority.ts';
import { type DesktopService, openDesktopService } from '../desktops/desktop-service.ts';
import { CloudMachines } from '../desktops/machines/cloud-machines.ts';
import { openLocalMachines } from '../desktops/machines/local-machines.ts';
import type { Machines } from '../desktops/machines/machines.ts';
import { readStations } from '../desktops/stations-file.ts';
import { every } from '../every.ts';
import { requestListener } from '../http/request-listener.ts';
import type { Route } from '../http/routes.ts';
import { TokenCheck } from '../http/token-check.ts';
import {
  type Nova,
  openNova,
  openPlacement,
  openSession,
  readCloudConfiguration,
  type Session,
  surroundings,
} from '../openstack/index.ts';
import { schedulingRoutes } from '../scheduling/api.ts';
import { RequestStore } from '../scheduling/request-store.ts';
import { Scheduling } from '../scheduling/scheduling.ts';
import { srmRoutes } from '../srm/api.ts';
import { LiveEvents } from '../srm/live-events.ts';
import { PlacementMirror } from '../srm/placement-mirror.ts';
import { Store } from '../srm/record-store.ts';
import { SrmRegistry } from '../srm/registry.ts';
import { WatchHub } from '../srm/watch-hub.ts';
import { wallClock } from '../wall-clock.ts';
import type { Configuration } from './configuration.ts';
import { type Metrics, makeMetrics } from './metrics.ts';
import { serviceRoutes, withOpenApi } from './service-routes.ts';

/** A server that answers. */
export interface LiveServer {
  /** `http://127.0.0.1:8790/`. */
  readonly url: string;
  /** Takes no more requests, answers those that are open for up to ten seconds, and closes the database. */
  stop(): Promise<void>;
}

const stopLimitMs = 10_000;

/** Resolves when the records are loaded; from before that on, `/healthz` answers and `/readyz` says no. @throws InputError naming what is missing */
export async function startServer(configuration: Configuration, log: Logger): Promise<LiveServer> {
  const page = withSources(readBuiltPage(), { runs: [], live: '/events' });
  const letGo = holdDatabase(configuration.database);
  const store = await Store.open(configuration.database);
  const close = async (): Promise<void> => {
    await store.close();
    letGo();
  };
  try {
    const server = await serve(configuration, store, page, log);
    return {
      url: server.url,
      async stop() {
        await server.stop();
        await close();
        log.info('stopped');
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function serve(configuration: Configuration, store: Store, page: string, log: Logger): Promise<LiveServer> {
  const { intervalS, auditReportsForH } = configuration.srm;
  const registry: SrmRegistry = new SrmRegistry({
    store,
    clock: wallClock,
    intervalS,
    commit: { onWrite: (reports, tookMs) => metrics.commit(reports, tookMs) },
  });
  const watch = new WatchHub(registry, { epoch: randomUUID(), clock: wallClock });
  const events = new LiveEvents(registry, wallClock, 'hybrid');
  const metrics = makeMetrics({
    hosts: () => registry.hosts.size,
    staleHosts: () => [...registry.hosts.values()].filter(({ isStale }) => isStale).length,
    watchers: () => watch.watchers,
    viewers: () => events.viewers,
  });
  const tokens = new TokenCheck(store);
  let isStopping = false;
  const unreadyBecause = (): string | null =>
    isStopping ? 'the server is stopping' : registry.isReady ? null : 'the records are being loaded';
  const onStoreError = (error: unknown, requestId: string): void =>
    log.error({ err: error, requestId }, 'the database did not take a report');
  const scheduler = openScheduler(configuration, registry, store, metrics, log);
  const desktops = openDesktops(configuration, scheduler, store, metrics, log);
  const routes = withOpenApi([
    ...srmRoutes({ registry, watch, onStoreError }),
    ...(scheduler?.routes ?? []),
    ...(desktops?.routes ?? []),
    ...serviceRoutes({ events, metrics, page, unreadyBecause }),
  ]);
  const headersOf = (path: string) => desktops?.headersOf(path) ?? {};
  const server = httpServer(configuration, requestListener({ routes, tokens, metrics, log, headersOf }));
  const url = await listen(server, configuration);
  const close = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    watch.close();
    events.close();
    server.closeIdleConnections();
    const limit = setTimeout(() => server.closeAllConnections(), stopLimitMs);
    await closed;
    clearTimeout(limit);
  };
  const startMs = performance.now();
  try {
    await registry.load();
    const gateway = await desktops?.start();
    if (gateway !== undefined) log.info(gateway, 'the gateway listens');
  } catch (error) {
    await close();
    throw error;
  }
  log.info({ url, hosts: registry.hosts.size, tookMs: Math.round(performance.now() - startMs) }, 'ready');
  scheduler?.start();
  const endMirror = startMirror(configuration, registry, log);

  const repeated = (intervalS: number, failure: string, work: () => unknown): Subscription =>
    every(wallClock, intervalS, work, (error) => log.error({ err: error }, failure));
  const timers = [
    repeated(1, 'hosts could not be marked as stale', () => registry.markStale()),
    repeated(5, 'revoked tokens could not be read', () => tokens.refresh()),
    repeated(60, 'old audit rows could not be removed', () =>
      store.dropReportAudits(wallClock.nowS - auditReportsForH * 3600),
    ),
  ];
  const isShared = configuration.database.kind === 'mariadb';
  if (isShared) timers.push(repeated(1, 'what others wrote could not be read', () => registry.catchUp()));
  return {
    url,
    async stop() {
      isStopping = true;
      for (const timer of timers) timer.unsubscribe();
      await desktops?.stop();
      await close();
      await scheduler?.stop();
      await endMirror?.();
    },
  };
}

/** Mirrors the records into Placement, from now on until the session is closed; what fails is tried again at the next interval. */
function startMirror(
  { mirror, srm: { intervalS } }: Configuration,
  registry: SrmRegistry,
  log: Logger,
): (() => Promise<void>) | null {
  if (mirror === null) return null;
  const session = openSession(readCloudConfiguration(surroundings(), mirror.cloud));
  let writer: PlacementMirror | null = null;
  const writing = every(
    wallClock,
    intervalS,
    async () => {
      writer ??= new PlacementMirror(await openPlacement(session), registry);
      await writer.write();
    },
    (error) => log.warn({ err: error }, 'the records could not be mirrored into Placement'),
    0,
  );
  return async () => {
    writing.unsubscribe();
    await session.close();
  };
}

interface Scheduler {
  readonly session: Session;
  readonly scheduling: Scheduling;
  readonly requests: RequestStore;
  readonly routes: readonly Route[];
  start(): void;
  stop(): Promise<void>;
}

/** The scheduler on the cloud that the configuration names; null where it names none. */
function openScheduler(
  { scheduling: settings, database }: Configuration,
  registry: SrmRegistry,
  tables: Store,
  metrics: Pick<Metrics, 'decision' | 'showScheduling'>,
  log: Logger,
): Scheduler | null {
  if (settings === null) return null;
  const session = openSession(readCloudConfiguration(surroundings(), settings.cloud));
  const store = new RequestStore(tables);
  const scheduling = new Scheduling({
    session,
    registry,
    store,
    clock: wallClock,
    settings: { ...settings, isShared: database.kind === 'mariadb' },
    log: (level, fields, text) => log[level](fields, text),
  });
  metrics.showScheduling(scheduling);
  const onError = (error: unknown, requestId: string): void =>
    log.error({ err: error, requestId }, 'a request for a server failed');
  return {
    session,
    scheduling,
    requests: store,
    routes: schedulingRoutes({ scheduling, store, clock: wallClock, onError, onDecision: metrics.decision }),
    start: () => void scheduling.run(),
    async stop() {
      await scheduling.stop();
      await session.close();
    },
  };
}

/** The desktop service, on the cloud of the scheduler or on this computer; null where the configuration has none. */
function openDesktops(
  { desktops: settings, database }: Configuration,
  scheduler: Scheduler | null,
  { database: tables }: Store,
  { register }: Pick<Metrics, 'register'>,
  log: Logger,
): DesktopService | null {
  if (settings === null) return null;
  const catalogue = readStations(settings.stationsFile);
  const addresses = new AddressCheck({ ...settings, controlPlane: ownAddresses() });
  const machines =
    settings.machines === 'local'
      ? openLocalMachines({
          folder: settings.localFolder,
          images: catalogue.stations.flatMap(({ images }) => images),
          appBase,
          log: (text) => log.info(text),
        })
      : openCloudMachines(scheduler!, addresses, log);
  const isShared = database.kind === 'mariadb';
  const service = openDesktopService({
    settings,
    catalogue,
    database: tables,
    isShared,
    machines,
    addresses,
    clock: wallClock,
    log,
    register,
  });
  return {
    ...service,
    async stop() {
      await service.stop();
      await machines.close();
    },
  };
}

function openCloudMachines(
  { session, scheduling, requests }: Scheduler,
  addresses: AddressCheck,
  log: Logger,
): Machines {
  let nova: Promise<Nova> | null = null;
  const forbid = (): void =>
    void endpointAddresses(session)
      .then((found) => addresses.forbid(found))
      .catch((error: unknown) => {
        log.warn({ err: error }, "the cloud's endpoints are not known yet");
        setTimeout(forbid, 30_000).unref();
      });
  forbid();
  return new CloudMachines({
    scheduling,
    requests,
    nova: () => {
      nova ??= openNova(session).catch((error: unknown) => {
        nova = null;
        throw error;
      });
      return nova;
    },
    mayUse: (address) => addresses.objectionTo(address) === null,
    nowS: () => wallClock.nowS,
  });
}

/** With time limits on whatever a sender could hold open. */
function httpServer({ tls }: Configuration, listener: RequestListener): Server {
  const limits = { requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 75_000, maxHeaderSize: 16_384 };
  return tls === null
    ? createServer(limits, listener)
    : createTlsServer({ ...limits, cert: tls.certificate, key: tls.key }, listener);
}

async function listen(server: Server, { listen: { address, port }, tls }: Configuration): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', ({ code }: NodeJS.ErrnoException) =>
      reject(new InputError(`listen ${address}, port ${port}`, 'an address and a port that are free', code)),
    );
    server.listen(port, address, resolve);
  });
  const name = address.includes(':') ? `[${address}]` : address;
  return `${tls === null ? 'http' : 'https'}://${name}:${(server.address() as AddressInfo).port}/`;
}
