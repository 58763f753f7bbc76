/** The registry's routes: `/v1/srm`, its watch, and the reports of the agents. */
import { InputError } from '../../core/input-error.ts';
import { TooManyWaiting } from '../database/group-commit.ts';
import { Problem, sendJson, sendText } from '../http/problem.ts';
import { readJson } from '../http/request-body.ts';
import type { Exchange, Route } from '../http/routes.ts';
import * as docs from './api-docs.ts';
import { type HostState, hostJson } from './host-state.ts';
import type { ReportOutcome, SrmRegistry } from './registry.ts';
import { aHostName, checkReport } from './report.ts';
import type { WatchHub } from './watch-hub.ts';

/** A report of 200 cards is below this. */
const mostBodyBytes = 256 * 1024;

const readers = ['reader', 'scheduler', 'admin'] as const;
const writers = ['scheduler', 'admin'] as const;

export interface ApiParts {
  readonly registry: SrmRegistry;
  readonly watch: WatchHub;
  /** Told of what the database threw, which the sender is not told. */
  readonly onStoreError: (error: unknown, requestId: string) => void;
}

export function srmRoutes({ registry, watch, onStoreError }: ApiParts): Route[] {
  const ready = (): void => {
    if (!registry.isReady) throw unavailable('the records are being loaded');
  };

  async function putReport(exchange: Exchange): Promise<void> {
    ready();
    const { request, response, parameter, holder } = exchange;
    if (holder!.host !== parameter) throw new Problem(403, 'expected the token of this host');
    const successorOf = versionIn(request.headers['if-match']);
    const outcome = await readJson(request, mostBodyBytes).then((body) => take(body, successorOf, exchange));
    const { version } = outcome;
    if (outcome.kind === 'taken') return sendJson(response, { version });
    const detail =
      successorOf === version
        ? 'the registry has a record of this sequence or a higher one'
        : `the registry has version ${version}`;
    throw new Problem(409, detail, { members: { version } });
  }

  /** A function of its own, which is over while the report waits for the disk: nothing then holds the body any more. */
  function take(
    body: unknown,
    successorOf: number,
    { parameter, requestId, holder }: Exchange,
  ): Promise<ReportOutcome> {
    const report = checked(() => checkReport(body, aHostName(parameter, 'host')));
    return registry.report(report, successorOf, { tokenId: holder!.id, requestId }).catch((error: unknown) => {
      if (error instanceof TooManyWaiting) throw unavailable(error.message);
      onStoreError(error, requestId);
      throw unavailable('the database did not take the report');
    });
  }

  return [
    {
      method: 'GET',
      path: '/v1/srm',
      roles: readers,
      operation: docs.listOperation,
      answer({ request, response, query }) {
        ready();
        onlyParameters(query, ['stale', 'watch']);
        if (query.has('watch')) {
          if (query.has('stale')) throw new Problem(400, 'expected stale without watch: a watch tells of all hosts');
          if (request.method === 'HEAD') throw new Problem(405, 'expected GET', { headers: { Allow: 'GET' } });
          return watch.attach(response, header(request.headers['last-event-id']));
        }
        const stale = query.get('stale');
        if (stale !== null && stale !== 'true' && stale !== 'false') {
          throw new Problem(400, 'stale: expected true or false');
        }
        const states = [...registry.hosts.values()]
          .filter(({ isStale }) => stale === null || isStale === (stale === 'true'))
          .sort((one, other) => (one.host < other.host ? -1 : 1));
        sendText(response, 200, `{"hosts":[${states.map(hostJson).join(',')}]}`, 'application/json');
      },
    },
    {
      method: 'GET',
      path: '/v1/srm/{host}',
      roles: [...readers, 'agent'],
      operation: docs.readOperation,
      answer({ response, parameter, holder }) {
        ready();
        if (holder!.role === 'agent' && holder!.host !== parameter) {
          throw new Problem(403, 'expected the token of this host');
        }
        const state = registry.hosts.get(parameter);
        if (state === undefined) throw new Problem(404, 'this host has not reported');
        sendText(response, 200, hostJson(state), 'application/json', { ETag: etagOf(state) });
      },
    },
    {
      method: 'DELETE',
      path: '/v1/srm/{host}',
      roles: writers,
      operation: docs.forgetOperation,
      async answer({ response, parameter, holder, requestId }) {
        ready();
        const sender = { tokenId: holder!.id, requestId };
        const outcome = await registry.forget(parameter, sender).catch((error: unknown) => {
          onStoreError(error, requestId);
          throw unavailable('the database did not take the order');
        });
        if (outcome === 'unknown') throw new Problem(404, 'this host has not reported');
        if (outcome === 'reporting') throw new Problem(409, 'this host still reports: stop its agent first');
        response.writeHead(204).end();
      },
    },
    { method: 'PUT', path: '/v1/srm/{host}', roles: ['agent'], operation: docs.reportOperation, answer: putReport },
  ];
}

function etagOf({ version }: HostState): string {
  return `"${version}"`;
}

/** A version, with or without quotes; 0 where there is none, as for the first report. */
function versionIn(ifMatch: string | undefined): number {
  if (ifMatch === undefined) return 0;
  const digits = /^(?:"(\d{1,15})"|(\d{1,15}))$/.exec(ifMatch.trim());
  if (digits === null) throw new Problem(400, 'If-Match: expected the version that the report succeeds, such as "17"');
  return Number(digits[1] ?? digits[2]);
}

function checked<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof InputError) throw new Problem(400, error.message);
    throw error;
  }
}

function unavailable(detail: string): Problem {
  return new Problem(503, detail, { headers: { 'Retry-After': '1' } });
}

function onlyParameters(query: URLSearchParams, known: readonly string[]): void {
  const other = [...query.keys()].find((name) => !known.includes(name));
  if (other !== undefined) throw new Problem(400, `expected no query but ${known.join(', ')}, got ${other}`);
}

/** A header that comes at most once. */
function header(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
