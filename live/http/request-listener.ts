/** Takes requests to their routes: request id, token, time limit, problems, log line, metrics. */
import type { RequestListener } from 'node:http';
import type { Logger } from 'pino';
import { Problem, sendProblem } from './problem.ts';
import { requestIdOf } from './request-id.ts';
import { findRoute, type Route } from './routes.ts';
import type { TokenCheck } from './token-check.ts';

export interface ListenerParts {
  readonly routes: readonly Route[];
  readonly tokens: Pick<TokenCheck, 'check'>;
  /** Told of each answer: the route's method and path, the status, seconds. */
  readonly onAnswer: (route: string, status: number, tookS: number) => void;
  readonly log: Logger;
  /** Headers of every answer below a path, problems too. Defaults to none. */
  readonly headersOf?: (path: string) => Readonly<Record<string, string>>;
  /** Milliseconds after which a request without an answer gets 503. Defaults to 10 000. */
  readonly answerLimitMs?: number;
}

export function requestListener({
  routes,
  tokens,
  onAnswer,
  log,
  headersOf = () => ({}),
  answerLimitMs = 10_000,
}: ListenerParts): RequestListener {
  return (request, response) => {
    const startMs = performance.now();
    const requestId = requestIdOf(request);
    const url = request.url!;
    const queryAt = url.indexOf('?');
    const path = queryAt < 0 ? url : url.slice(0, queryAt);
    let routePath = 'none';

    const fail = (error: unknown): void => {
      const isKnown = error instanceof Problem;
      // The sender went away in the middle of its body.
      if (!isKnown && request.destroyed && !request.complete) return;
      if (!isKnown) log.error({ err: error, requestId }, 'a request failed');
      const problem = isKnown ? error : new Problem(500, 'the log of the server has more under this request id');
      sendProblem(response, problem, requestId);
    };
    const limit = setTimeout(() => {
      if (!response.headersSent) fail(new Problem(503, `no answer within ${answerLimitMs / 1000} s`));
    }, answerLimitMs);
    response.setHeader('X-Request-Id', requestId);
    for (const [name, value] of Object.entries(headersOf(path))) response.setHeader(name, value);
    response.on('close', () => {
      clearTimeout(limit);
      const { statusCode: status } = response;
      onAnswer(`${request.method} ${routePath}`, status, (performance.now() - startMs) / 1000);
      const level = status >= 500 ? 'warn' : status >= 400 ? 'info' : 'debug';
      // The path alone: a query or a header may hold what no log should.
      log[level]({ requestId, method: request.method, path: path.slice(0, 300), status }, 'request');
    });

    const answer = async (): Promise<void> => {
      const { route, parameters } = findRoute(routes, request.method!, path);
      routePath = route.path;
      const { roles, forBrowsers = false } = route;
      const holder = roles === null ? null : await tokens.check(request.headers, roles, forBrowsers);
      const query = new URLSearchParams(queryAt < 0 ? '' : url.slice(queryAt + 1));
      const [parameter = ''] = parameters;
      await route.answer({ request, response, query, parameter, parameters, requestId, holder });
    };
    answer().catch(fail);
  };
}
