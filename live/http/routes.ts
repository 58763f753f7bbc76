/** Routes: what answers which method and path, who may, and what OpenAPI says of it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Role, TokenHolder } from '../access/tokens.ts';
import { Problem } from './problem.ts';

/** One request on its way. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  /** The first of `parameters`; '' where the route has none. */
  readonly parameter: string;
  /** The parts of the path that stand where the route has `{…}`, in order. */
  readonly parameters: readonly string[];
  readonly requestId: string;
  /** Null on routes that are open to all. */
  readonly holder: TokenHolder | null;
}

export interface Route {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Whole parts of it may be parameters: `/portal/v1/desktops/{id}/shares/{person}`. A parameter is never empty. */
  readonly path: string;
  /** Null: open to all. */
  readonly roles: readonly Role[] | null;
  /** Whether a browser may sign in, with the token as the password of any name. For pages, which cannot send a Bearer token. */
  readonly forBrowsers?: boolean;
  /** OpenAPI operation object, without `security`. */
  readonly operation: Readonly<Record<string, unknown>>;
  readonly answer: (exchange: Exchange) => void | Promise<void>;
}

/** The route of a request, and its parameters. @throws Problem 404, 405 or 400 */
export function findRoute(
  routes: readonly Route[],
  method: string,
  path: string,
): { readonly route: Route; readonly parameters: readonly string[] } {
  const allowed: string[] = [];
  const parts = path.split('/');
  for (const route of routes) {
    const values = parametersOf(route.path, path, parts);
    if (values === null) continue;
    if (route.method === method || (route.method === 'GET' && method === 'HEAD')) {
      return { route, parameters: values.map(decoded) };
    }
    allowed.push(route.method);
  }
  if (allowed.length === 0) throw new Problem(404, 'nothing here; /openapi.json says what there is');
  const Allow = allowed.join(', ');
  throw new Problem(405, `expected ${Allow}`, { headers: { Allow } });
}

/** Null where the path is not the route's. */
function parametersOf(routePath: string, path: string, parts: readonly string[]): string[] | null {
  if (!routePath.includes('{')) return routePath === path ? [] : null;
  const wanted = routePath.split('/');
  if (wanted.length !== parts.length) return null;
  const values: string[] = [];
  for (const [index, part] of wanted.entries()) {
    const value = parts[index]!;
    if (part.startsWith('{')) {
      if (value === '') return null;
      values.push(value);
    } else if (part !== value) return null;
  }
  return values;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Problem(400, 'expected a path in percent encoding');
  }
}
