/** The scheduler on the cloud that the configuration names, with its routes. */
import type { Logger } from 'pino';
import type { Route } from '../http/routes.ts';
import { openSession, readCloudConfiguration, type Session, surroundings } from '../openstack/index.ts';
import { schedulingRoutes } from '../scheduling/api.ts';
import { RequestStore } from '../scheduling/request-store.ts';
import { ReviewStore } from '../scheduling/review-store.ts';
import { Scheduling } from '../scheduling/scheduling.ts';
import type { SrmRegistry } from '../srm/registry.ts';
import { wallClock } from '../wall-clock.ts';
import type { Configuration } from './configuration.ts';
import type { Metrics } from './metrics.ts';
import type { Stores } from './stores.ts';

export interface CloudScheduler {
  readonly session: Session;
  readonly scheduling: Scheduling;
  readonly requests: RequestStore;
  readonly routes: readonly Route[];
  start(): void;
  /** Leaves what is under way to the next process, and closes the session. */
  stop(): Promise<void>;
}

/** Null where the configuration names no cloud to schedule on. Asks the cloud nothing before `start`. @throws InputError */
export function openScheduler(
  { scheduling: settings, database }: Configuration,
  registry: SrmRegistry,
  stores: Pick<Stores, 'database' | 'kind'>,
  metrics: Pick<Metrics, 'decision' | 'showScheduling'>,
  log: Logger,
): CloudScheduler | null {
  if (settings === null) return null;
  const session = openSession(readCloudConfiguration(surroundings(), settings.cloud));
  const requests = new RequestStore(stores);
  const scheduling = new Scheduling({
    session,
    registry,
    store: requests,
    reviews: new ReviewStore(stores.database),
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
    requests,
    routes: schedulingRoutes({ scheduling, store: requests, clock: wallClock, onError, onDecision: metrics.decision }),
    start: () => void scheduling.run(),
    async stop() {
      await scheduling.stop();
      await session.close();
    },
  };
}
