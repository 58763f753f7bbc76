/** The scheduler on the cloud that the configuration names, with its routes. */
import type { Logger } from 'pino';
import type { Route } from '../http/routes.ts';
import { openSession, readCloudConfiguration, type Session, surroundings } from '../openstack/index.ts';
import { schedulingRoutes } from '../scheduling/api.ts';
import { RequestStore } from '../scheduling/request-store.ts';
import { ReviewStore } from '../scheduling/review-store.ts';
import { Scheduling } from '../scheduling/scheduling.ts';
import type { SrmRegistry } from '../srm/registry.ts';
import type { Configuration } from './configuration.ts';
import type { Metrics } from './metrics.ts';
import { blindBecause, Probe } from './readiness.ts';
import type { Stores } from './stores.ts';

export interface CloudScheduler {
  readonly session: Session;
  readonly scheduling: Scheduling;
  readonly requests: RequestStore;
  readonly routes: readonly Route[];
  /** Why requests should go elsewhere since the cloud is not seen; null when it is. */
  blindBecause(): Promise<string | null>;
  start(): void;
  /** Leaves what is under way to the next process, and closes the session. */
  stop(): Promise<void>;
}

/** Null where the configuration names no cloud to schedule on. Asks the cloud nothing before `start`. @throws InputError */
export function openScheduler(
  { scheduling: settings, database }: Configuration,
  registry: SrmRegistry,
  stores: Pick<Stores, 'database' | 'kind' | 'tokens' | 'clock'>,
  metrics: Pick<Metrics, 'decision' | 'exchange' | 'novaAnswer' | 'showScheduling'>,
  log: Logger,
): CloudScheduler | null {
  if (settings === null) return null;
  const { clock } = stores;
  const session = openSession(readCloudConfiguration(surroundings(), settings.cloud), {
    observe: ({ service, status, durationS }) => metrics.exchange(service, status, durationS),
  });
  const requests = new RequestStore(stores);
  const scheduling = new Scheduling({
    session,
    registry,
    store: requests,
    reviews: new ReviewStore(stores.database),
    clock,
    settings: { ...settings, isShared: database.kind === 'mariadb' },
    reportingHosts: async () =>
      (await stores.tokens.readTokens()).flatMap(({ host, revokedAtS }) =>
        host === null || revokedAtS !== null ? [] : [host],
      ),
    log: (level, fields, text) => log[level](fields, text),
  });
  metrics.showScheduling(scheduling);
  const nova = new Probe(
    'Nova',
    () =>
      session.request({ service: 'compute', method: 'GET', path: '/servers/detail', query: { limit: 1 } }, () => null),
    clock,
  );
  const onError = (error: unknown, requestId: string): void =>
    log.error({ err: error, requestId }, 'a request for a server failed');
  return {
    session,
    scheduling,
    requests,
    routes: schedulingRoutes({
      scheduling,
      store: requests,
      clock,
      onError,
      onDecision: metrics.decision,
      onNovaAnswer: metrics.novaAnswer,
      log: (level, fields, text) => log[level](fields, text),
    }),
    blindBecause: async () => blindBecause(scheduling) ?? (await nova.reason()),
    start: () => void scheduling.run(),
    async stop() {
      await scheduling.stop();
      await session.close();
    },
  };
}
