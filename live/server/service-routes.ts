/** The routes of the server itself: the page with its stream, health, metrics, OpenAPI. */
import { createHash } from 'node:crypto';
import { pageHeaders } from '../../core/wire/page-sources.ts';
import { hepsVersion } from '../../package-files.ts';
import { openApiDocument } from '../http/openapi.ts';
import { Problem, sendJson, sendText } from '../http/problem.ts';
import type { Route } from '../http/routes.ts';
import { schedulingSchemas } from '../scheduling/api-docs.ts';
import { problems, schemas } from '../srm/api-docs.ts';
import type { LiveEvents } from '../srm/live-events.ts';
import type { Metrics } from './metrics.ts';

export interface ServiceParts {
  readonly events: Pick<LiveEvents, 'attach'>;
  readonly metrics: Pick<Metrics, 'text' | 'contentType'>;
  /** With its sources written in. */
  readonly page: string;
  /** Why requests should go elsewhere now; null when they should come. */
  readonly unreadyBecause: () => string | null;
  /** The same, with database and cloud asked. */
  readonly notReadyBecause: () => Promise<string | null>;
  /** What an operator should know while requests may come: each a sentence. */
  readonly concerns: () => readonly string[];
}

const readers = ['reader', 'scheduler', 'admin'] as const;

export function serviceRoutes({
  events,
  metrics,
  page,
  unreadyBecause,
  notReadyBecause,
  concerns,
}: ServiceParts): Route[] {
  const headers = pageHeaders(page, (text) => createHash('sha256').update(text).digest('base64'));
  return [
    {
      method: 'GET',
      path: '/',
      roles: readers,
      forBrowsers: true,
      operation: operation('page', 'The page, which shows the live view', 'text/html'),
      answer: ({ response }) => sendText(response, 200, page, 'text/html; charset=utf-8', headers),
    },
    {
      method: 'GET',
      path: '/events',
      roles: readers,
      forBrowsers: true,
      operation: operation('liveEvents', 'The stream of the live view, heps-live/1', 'text/event-stream', {
        503: 'Still loading, or no host has reported.',
      }),
      answer({ request, response }) {
        const reason = unreadyBecause();
        if (reason !== null) throw new Problem(503, reason);
        if (request.method === 'HEAD') throw new Problem(405, 'expected GET', { headers: { Allow: 'GET' } });
        if (!events.attach(response)) throw new Problem(503, 'no host has reported yet');
      },
    },
    {
      method: 'GET',
      path: '/healthz',
      roles: null,
      operation: operation('health', 'Whether the process answers, whatever it lacks', 'application/json'),
      answer: ({ response }) => sendJson(response, { status: 'ok' }),
    },
    {
      method: 'GET',
      path: '/readyz',
      roles: null,
      operation: operation('ready', 'Whether requests should come here', 'application/json', {
        503: 'Still loading, stopping, or without its database or its cloud; `detail` says which.',
      }),
      async answer({ response }) {
        const reason = await notReadyBecause();
        if (reason !== null) throw new Problem(503, reason);
        const all = concerns();
        sendJson(response, { status: 'ready', ...(all.length > 0 && { concerns: all }) });
      },
    },
    {
      method: 'GET',
      path: '/metrics',
      roles: readers,
      operation: operation('metrics', 'Metrics for Prometheus', 'text/plain'),
      answer: async ({ response }) => sendText(response, 200, await metrics.text(), metrics.contentType),
    },
  ];
}

/** The same routes and one more, which describes them all. */
export function withOpenApi(routes: readonly Route[]): Route[] {
  const described: Route = {
    method: 'GET',
    path: '/openapi.json',
    roles: null,
    operation: operation('openApi', 'This document', 'application/json'),
    answer: ({ response }) => sendText(response, 200, document, 'application/json'),
  };
  const all = [...routes, described];
  const authProblems = problems({ 401: 'No token, or an unknown one.', 403: 'A token that may not do this.' });
  const document = JSON.stringify(
    openApiDocument(all, { version: hepsVersion(), schemas: { ...schemas, ...schedulingSchemas }, authProblems }),
  );
  return all;
}

function operation(operationId: string, summary: string, type: string, others: Readonly<Record<number, string>> = {}) {
  return {
    operationId,
    summary,
    responses: { 200: { description: summary, content: { [type]: {} } }, ...problems(others) },
  };
}
