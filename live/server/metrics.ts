/** What `/metrics` shows, in the text format of Prometheus. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Cluster } from '../../core/cluster.ts';
import { cardCounts } from '../scheduling/card-counts.ts';

export interface MetricsSources {
  readonly hosts: () => number;
  readonly staleHosts: () => number;
  readonly watchers: () => number;
  readonly viewers: () => number;
  readonly clockAheadS: () => number;
}

/** What is shown of a scheduler. */
export interface SchedulingSource {
  readonly requests: ReadonlyMap<string, { readonly state: string }>;
  readonly view: { readonly hosts: ReadonlyMap<string, { readonly takesServers: boolean }>; readonly cluster: Cluster };
  readonly servers: { readonly size: number };
  /** Seconds since the last full reconciliation with the cloud. */
  readonly reconcileAgeS: number;
  readonly removals: {
    readonly removed: number;
    readonly refused: number;
    readonly doubts: number;
    readonly isHeld: boolean;
  };
  readonly orphans: ReadonlyMap<string, readonly unknown[]>;
  /** Requests that ended without a server although a place had been found for them. */
  readonly failures: number;
  /** Seconds for which the oldest request has been neither running nor ended; 0 without one. */
  readonly oldestOpenS: number;
}

export interface Metrics {
  /** One request, answered. */
  readonly request: (route: string, status: number, tookS: number) => void;
  /** One write of gathered reports. */
  readonly commit: (reports: number, tookMs: number) => void;
  /** One decision for a server, from the request to the claim on disk. */
  readonly decision: (outcome: 'claimed' | 'no-valid-host', tookS: number) => void;
  /** One question of Nova's filter, answered. */
  readonly novaAnswer: (outcome: string) => void;
  /** One exchange with a service of OpenStack, over; null: no answer came. */
  readonly exchange: (service: string, status: number | null, tookS: number) => void;
  /** Shows a scheduler's state from now on. */
  readonly showScheduling: (scheduling: SchedulingSource) => void;
  /** For what else is shown. */
  readonly register: Registry;
  readonly contentType: string;
  readonly text: () => Promise<string>;
}

/** Metrics of one server; a registry of its own, so that several may run in one process. */
export function makeMetrics(sources: MetricsSources): Metrics {
  const register = new Registry();
  const registers = [register];
  collectDefaultMetrics({ register });
  const requests = new Histogram({
    name: 'heps_http_request_seconds',
    help: 'Time from request to answer, by route and status.',
    labelNames: ['route', 'status'] as const,
    buckets: [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5],
    registers,
  });
  const reports = new Counter({ name: 'heps_srm_reports_total', help: 'Reports that were taken.', registers });
  const commits = new Histogram({
    name: 'heps_srm_commit_seconds',
    help: 'Time to write gathered reports to the database.',
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 1, 5],
    registers,
  });
  const decisions = new Histogram({
    name: 'heps_decision_seconds',
    help: 'Time from a request for a server to its claim on disk.',
    labelNames: ['outcome'] as const,
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5],
    registers,
  });
  const novaAnswers = new Counter({
    name: 'heps_nova_answers_total',
    help: "Answers to Nova's filter: hosts, refused, shadow, unreadable.",
    labelNames: ['outcome'] as const,
    registers,
  });
  const exchanges = new Histogram({
    name: 'heps_openstack_seconds',
    help: 'Time of exchanges with OpenStack, by service and outcome: answered, refused (4xx), error (5xx), silent.',
    labelNames: ['service', 'outcome'] as const,
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 30],
    registers,
  });
  const gauge = (name: string, help: string, source: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(source());
      },
    });
  };
  for (const [name, help, source] of [
    ['heps_srm_hosts', 'Hosts that have reported.', sources.hosts],
    ['heps_srm_stale_hosts', 'Hosts without a report for three intervals.', sources.staleHosts],
    ['heps_srm_watchers', 'Connections that watch the records.', sources.watchers],
    [
      'heps_clock_ahead_seconds',
      "By which this server's clock is ahead of the database's, which counts.",
      sources.clockAheadS,
    ],
    ['heps_live_viewers', 'Pages that show the live view.', sources.viewers],
  ] as const) {
    gauge(name, help, source);
  }
  return {
    request: (route, status, tookS) => requests.observe({ route, status }, tookS),
    commit: (count, tookMs) => {
      reports.inc(count);
      commits.observe(tookMs / 1000);
    },
    novaAnswer: (outcome) => novaAnswers.inc({ outcome }),
    decision: (outcome, tookS) => decisions.observe({ outcome }, tookS),
    exchange: (service, status, tookS) => exchanges.observe({ service, outcome: outcomeOf(status) }, tookS),
    showScheduling(scheduling) {
      const hosts = (): number => [...scheduling.view.hosts.values()].filter(({ takesServers }) => takesServers).length;
      gauge('heps_cloud_hosts', 'Hosts of the cloud that take servers.', hosts);
      gauge('heps_reconcile_age_seconds', 'Since the last full reconciliation.', () => scheduling.reconcileAgeS);
      gauge('heps_cloud_servers', 'Servers that were listed last.', () => scheduling.servers.size);
      gauge('heps_servers_in_doubt', 'Servers that heps live reconcile shows.', () => scheduling.removals.doubts);
      const held = (): number => Number(scheduling.removals.isHeld);
      gauge('heps_removals_withheld', '1 while servers are not removed: too many in a minute, or a review.', held);
      const orphans = (): number => [...scheduling.orphans.values()].reduce((sum, { length }) => sum + length, 0);
      gauge('heps_placement_orphans', 'Places in Placement of nobody that Nova knows.', orphans);
      const counter = (name: string, help: string, source: () => number): void => {
        new Counter({
          name,
          help,
          registers,
          collect() {
            this.reset();
            this.inc(source());
          },
        });
      };
      counter('heps_removals_total', 'Servers whose removal was ordered.', () => scheduling.removals.removed);
      const refused = (): number => scheduling.removals.refused;
      counter('heps_removals_refused_total', 'Servers that were not removed for want of proof.', refused);
      gauge(
        'heps_oldest_open_request_seconds',
        'Age of the oldest request that neither runs nor has ended.',
        () => scheduling.oldestOpenS,
      );
      counter(
        'heps_requests_failed_total',
        'Requests that found a place and ended without a server.',
        () => scheduling.failures,
      );
      new Gauge({
        name: 'heps_cards',
        help: 'Cards of the hosts, by model and state: free, held, unhealthy.',
        labelNames: ['model', 'state'] as const,
        registers,
        collect() {
          this.reset();
          for (const [model, counts] of cardCounts(scheduling.view.cluster)) {
            for (const [state, cards] of Object.entries(counts)) this.set({ model, state }, cards);
          }
        },
      });
      new Gauge({
        name: 'heps_requests',
        help: 'Requests for servers that hold something or are under way, by state.',
        labelNames: ['state'] as const,
        registers,
        collect() {
          this.reset();
          for (const { state } of scheduling.requests.values()) this.inc({ state });
        },
      });
    },
    register,
    contentType: register.contentType,
    text: () => register.metrics(),
  };
}

function outcomeOf(status: number | null): string {
  if (status === null) return 'silent';
  return status < 400 ? 'answered' : status < 500 ? 'refused' : 'error';
}
