/** The live server: the SRM registry, its API and the page, on one port; with desktops the portal too, and the gateway on another. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Logger } from 'pino';
import { Subscription } from 'rxjs';
import { withSources } from '../../core/wire/page-sources.ts';
import { readBuiltPage } from '../../package-files.ts';
import { holdDatabase } from '../database/database-lock.ts';
import { every } from '../every.ts';
import { listen } from '../http/listen.ts';
import { requestListener } from '../http/request-listener.ts';
import { TokenCheck } from '../http/token-check.ts';
import { RequestStore } from '../scheduling/request-store.ts';
import { srmRoutes } from '../srm/api.ts';
import { LiveEvents } from '../srm/live-events.ts';
import { startMirror } from '../srm/placement-mirror.ts';
import { SrmRegistry } from '../srm/registry.ts';
import { WatchHub } from '../srm/watch-hub.ts';
import type { Configuration } from './configuration.ts';
import { makeMetrics } from './metrics.ts';
import { openDesktops } from './open-desktops.ts';
import { openKeystone } from './open-keystone.ts';
import { openScheduler } from './open-scheduler.ts';
import { Probe } from './readiness.ts';
import { serviceRoutes, withOpenApi } from './service-routes.ts';
import { openStores, type Stores } from './stores.ts';

/** A server that answers. */
export interface LiveServer {
  /** `http://127.0.0.1:8790/`. */
  readonly url: string;
  /** Takes no more requests, answers those that are open for up to ten seconds, and closes the database. */
  stop(): Promise<void>;
}

/** Milliseconds: on whatever a sender could hold open. */
const limits = { requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 75_000, maxHeaderSize: 16_384 };
const stopLimitMs = 10_000;
/** Seconds by which this computer's clock and the database's may differ before that is logged. */
const mostApartS = 5;

/** Resolves when the records are loaded; from before that on, `/healthz` answers and `/readyz` says no. @throws InputError naming what is missing */
export async function startLiveServer(configuration: Configuration, log: Logger): Promise<LiveServer> {
  const page = withSources(readBuiltPage(), { runs: [], live: '/events' });
  const letGo = holdDatabase(configuration.database);
  const stores = await openStores(configuration.database);
  const close = async (): Promise<void> => {
    await stores.close();
    letGo();
  };
  try {
    const server = await serve(configuration, stores, page, log);
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

async function serve(configuration: Configuration, stores: Stores, page: string, log: Logger): Promise<LiveServer> {
  const { intervalS } = configuration.srm;
  const { clock } = stores;
  const registry: SrmRegistry = new SrmRegistry({
    store: stores.records,
    clock,
    intervalS,
    commit: { onWrite: (reports, tookMs) => metrics.commit(reports, tookMs) },
  });
  const watch = new WatchHub(registry, { epoch: randomUUID(), clock });
  const events = new LiveEvents(registry, clock, 'hybrid');
  const metrics = makeMetrics({
    hosts: () => registry.hosts.size,
    staleHosts: () => [...registry.hosts.values()].filter(({ isStale }) => isStale).length,
    watchers: () => watch.watchers,
    viewers: () => events.viewers,
    clockAheadS: () => clock.ownAheadS,
  });
  let isStopping = false;
  const unreadyBecause = (): string | null =>
    isStopping ? 'the server is stopping' : registry.isReady ? null : 'the records are being loaded';
  const databaseProbe = new Probe('the database', () => sql`select 1`.execute(stores.database), clock);
  const notReadyBecause = async (): Promise<string | null> =>
    unreadyBecause() ?? (await databaseProbe.reason()) ?? (await scheduler?.blindBecause()) ?? null;
  const onStoreError = (error: unknown, requestId: string): void =>
    log.error({ err: error, requestId }, 'the database did not take a report');
  const scheduler = openScheduler(configuration, registry, stores, metrics, log);
  const keystone = openKeystone(configuration, scheduler, clock, log);
  const tokens = new TokenCheck(stores.tokens, keystone?.check);
  const desktops = openDesktops(configuration, scheduler, stores, metrics, log);
  const routes = withOpenApi([
    ...srmRoutes({ registry, watch, onStoreError }),
    ...(scheduler?.routes ?? []),
    ...(desktops?.routes ?? []),
    ...serviceRoutes({
      events,
      metrics,
      page,
      unreadyBecause,
      notReadyBecause,
      concerns: () => scheduler?.scheduling.concerns ?? [],
    }),
  ]);
  const listening = await listen({
    listen: configuration.listen,
    tls: configuration.tls,
    limits,
    stopLimitMs,
    onRequest: requestListener({
      routes,
      tokens,
      onAnswer: metrics.request,
      log,
      headersOf: (path) => desktops?.headersOf(path) ?? {},
    }),
  });
  const url = `${listening.url}/`;
  const close = (): Promise<void> =>
    listening.stop(() => {
      watch.close();
      events.close();
    });
  const startMs = performance.now();
  try {
    await registry.load();
    const gateway = await desktops?.start();
    if (gateway !== undefined) log.info(gateway, 'gateway listening');
  } catch (error) {
    await close();
    throw error;
  }
  log.info({ url, hosts: registry.hosts.size, tookMs: Math.round(performance.now() - startMs) }, 'ready');
  scheduler?.start();
  const { mirror } = configuration;
  const endMirror = mirror === null ? null : startMirror({ ...mirror, registry, intervalS, log });
  const regularWork = startRegularWork(configuration, { registry, tokens, stores }, log);
  return {
    url,
    async stop() {
      isStopping = true;
      regularWork.unsubscribe();
      await desktops?.stop();
      await close();
      await scheduler?.stop();
      await keystone?.close();
      await endMirror?.();
    },
  };
}

interface RegularParts {
  readonly registry: SrmRegistry;
  readonly tokens: TokenCheck;
  readonly stores: Stores;
}

/** What a server does again and again until that is ended; failures are logged. */
function startRegularWork(
  { database, srm: { auditReportsForH }, keepForD }: Configuration,
  { registry, tokens, stores }: RegularParts,
  log: Logger,
): Subscription {
  const { clock } = stores;
  const all = new Subscription();
  const add = (intervalS: number, failure: string, work: () => unknown, firstS = intervalS): void =>
    all.add(every(clock, intervalS, work, (error) => log.error({ err: error }, failure), firstS));
  let isApart = false;
  add(5, "the database's time could not be read", async () => {
    await clock.measure();
    const aheadS = Math.round(clock.ownAheadS);
    if (Math.abs(aheadS) > mostApartS !== isApart) {
      isApart = !isApart;
      const text = isApart
        ? "this server's clock is not the database's, which counts"
        : "this server's clock is right again";
      log.warn({ aheadS }, text);
    }
  });
  if (database.kind === 'mariadb') add(1, 'what others wrote could not be read', () => registry.catchUp());
  add(1, 'hosts could not be marked as stale', () => registry.markStale());
  add(5, 'revoked tokens could not be read', () => tokens.refresh());
  add(60, 'old audit rows could not be removed', () =>
    stores.records.dropReportAudits(clock.nowS - auditReportsForH * 3600),
  );
  add(
    3600,
    'what is too old could not be removed',
    async () => {
      const beforeS = (days: number): number => clock.nowS - days * 86_400;
      const requests = new RequestStore(stores);
      while ((await requests.dropUserData()) > 0) {}
      while ((await requests.dropRequests(beforeS(keepForD.requests))) > 0) {}
      await requests.dropComparisons(beforeS(keepForD.comparisons));
      await stores.records.dropAudits(beforeS(keepForD.audit));
      await stores.database.deleteFrom('desktopAudit').where('atS', '<', beforeS(keepForD.audit)).execute();
    },
    10,
  );
  return all;
}
