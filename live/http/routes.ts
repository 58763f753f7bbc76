/** Routes: what answers which method and path, who may, and what OpenAPI says of it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Role, TokenHolder } from '../srm/tokens.ts';
import { Problem } from './problem.ts';

/** One request on its way. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  /** The part of the path that stands where the route has `{…}`; '' where it has none. */
  readonly parameter: string;
  readonly requestId: string;
  /** Null on routes that are open to all. */
  readonly holder: TokenHolder | null;
}

export interface Route {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** May end in one parameter: `/v1/srm/{host}`. */
  readonly path: string;
  /** Null: open to all. */
  readonly roles: readonly Role[] | null;
  /** Whether a browser may sign in, with the token as the password of any name. For pages, which cannot send a Bearer token. */
  readonly forBrowsers?: boolean;
  /** OpenAPI operation object, without `security`. */
  readonly operation: Readonly<Record<string, unknown>>;
  readonly answer: (exchange: Exchange) => void | Promise<void>;
}

/** The route of a request, and its parameter. @throws Problem 404, 405 or 400 */
export function findRoute(
  routes: readonly Route[],
  method: string,
  path: string,
): { readonly route: Route; readonly parameter: string } {
  const allowed: string[] = [];
  for (const route of routes) {
    const brace = route.path.indexOf('{');
    const prefix = brace < 0 ? route.path : route.path.slice(0, brace);
    const rest = path.slice(prefix.length);
    const fits = brace < 0 ? path === prefix : path.startsWith(prefix) && rest !== '' && !rest.includes('/');
    if (!fits) continue;
    if (route.method === method || (route.method === 'GET' && method === 'HEAD')) {
      return { route, parameter: brace < 0 ? '' : decoded(rest) };
    }
    allowed.push(route.method);
  }
  if (allowed.length === 0) throw new Problem(404, 'nothing here; /openapi.json says what there is');
  const Allow = allowed.join(', ');
  throw new Problem(405, `expected ${Allow}`, { headers: { Allow } });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Problem(400, 'expected a path in percent encoding');
  }
}
