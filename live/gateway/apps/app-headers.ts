/** Headers on their way to a web application and back: nothing of the gateway's goes in, nothing of the application's reaches beyond its path. */
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { foreignCookies, isOurCookie } from '../connections/connect-secrets.ts';
import type { AppPath } from './app-path.ts';

/** RFC 9110, section 7.6.1, and what older proxies know. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** Set by the gateway, or nobody's business inside. */
const notForApps = new Set([
  'authorization',
  'cookie',
  'expect',
  'forwarded',
  'host',
  'origin',
  'referer',
  'x-real-ip',
  'x-request-id',
]);
/** What would reach beyond the application's path, or speak for the whole origin. */
const notForBrowsers = new Set([
  'alt-svc',
  'clear-site-data',
  'content-location',
  'location',
  'nel',
  'refresh',
  'report-to',
  'reporting-endpoints',
  'service-worker-allowed',
  'set-cookie',
  'strict-transport-security',
  'www-authenticate',
]);

export interface AppRoute {
  /** `10.1.2.3:8888`. */
  readonly host: string;
  readonly path: AppPath;
  /** Of the gateway: `https://stream.example.org`. */
  readonly publicOrigin: string;
  /** Of the browser. */
  readonly address: string;
}

/**
 * The application sees itself asked under its own address, which JupyterLab compares with where a request comes from; `X-Forwarded-*` has
 * how the browser asked.
 */
export function toApp(request: IncomingMessage, { host, publicOrigin, address }: AppRoute): OutgoingHttpHeaders {
  const named = namedByConnection(request.headers);
  const kept = Object.entries(request.headers).filter(
    ([name]) => !hopByHop.has(name) && !notForApps.has(name) && !named.has(name) && !name.startsWith('x-forwarded-'),
  );
  const cookie = foreignCookies(request);
  const { origin, referer } = request.headers;
  const referrer = referer !== undefined && URL.canParse(referer) ? new URL(referer) : null;
  const publicUrl = new URL(publicOrigin);
  return {
    ...Object.fromEntries(kept),
    host,
    ...(cookie !== '' && { cookie }),
    ...(origin === publicOrigin && { origin: `http://${host}` }),
    ...(referrer?.origin === publicOrigin && { referer: `http://${host}${referrer.pathname}` }),
    'x-forwarded-for': address,
    'x-forwarded-host': publicUrl.host,
    'x-forwarded-proto': publicUrl.protocol.slice(0, -1),
  };
}

/** With frames only of this origin, and the application's redirects and cookies confined to its path. */
export function fromApp(headers: IncomingHttpHeaders, route: AppRoute): OutgoingHttpHeaders {
  const named = namedByConnection(headers);
  const kept = Object.entries(headers).filter(
    ([name]) => !hopByHop.has(name) && !notForBrowsers.has(name) && !named.has(name),
  );
  const location = headers.location === undefined ? null : confinedLocation(headers.location, route);
  const cookies = (headers['set-cookie'] ?? []).flatMap((cookie) => confinedCookie(cookie, route.path.base) ?? []);
  const policies = [headers['content-security-policy'] ?? [], "frame-ancestors 'self'"].flat().join(', ');
  return {
    ...Object.fromEntries(kept),
    ...(location !== null && { location }),
    ...(cookies.length > 0 && { 'set-cookie': cookies }),
    'content-security-policy': policies,
    'referrer-policy': 'same-origin',
    'x-frame-options': 'SAMEORIGIN',
    'cross-origin-resource-policy': 'same-origin',
  };
}

function namedByConnection({ connection }: IncomingHttpHeaders): ReadonlySet<string> {
  return new Set((connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
}

/** Where it stays in the application, as a path; anything else becomes the application's beginning. */
export function confinedLocation(location: string, { host, path, publicOrigin }: AppRoute): string {
  const inside = `http://${host}`;
  if (!URL.canParse(location, inside + path.base)) return path.base;
  const { origin, pathname, search, hash } = new URL(location, inside + path.base);
  const isHere = origin === inside || origin === publicOrigin;
  return isHere && pathname.startsWith(path.base) ? pathname + search + hash : path.base;
}

/** @returns null for one that is named like the gateway's own */
export function confinedCookie(cookie: string, base: string): string | null {
  const [pair = '', ...attributes] = cookie.split(';').map((each) => each.trim());
  if (isOurCookie(pair) || /^__(?:Host|Secure)-/i.test(pair) || !/^[^\s=]+=/.test(pair)) return null;
  const nameOf = (attribute: string): string => attribute.split('=')[0]!.trim().toLowerCase();
  const asked = attributes.find((attribute) => nameOf(attribute) === 'path')?.slice('path='.length) ?? base;
  const kept = attributes.filter((attribute) => attribute !== '' && !['path', 'domain'].includes(nameOf(attribute)));
  return [pair, `Path=${asked.startsWith(base) ? asked : base}`, ...kept].join('; ');
}
