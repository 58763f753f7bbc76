/** The streaming gateway: a listener of its own, beside the server's or in a separate process. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Clock } from '../../core/clock.ts';
import { InputError } from '../../core/input-error.ts';
import { isIn, networksOf } from '../http/client-address.ts';
import { listen } from '../http/listen.ts';
import type { PageFile } from '../http/page-files.ts';
import { Apps } from './apps/apps.ts';
import type { Authority } from './authority/authority.ts';
import { bounded } from './authority/bounded-authority.ts';
import { Admission } from './connections/admission.ts';
import { answer, answerFile, refuseUpgrade } from './connections/answers.ts';
import type { GatewayContext } from './connections/context.ts';
import { makeGatewayMetrics } from './connections/gateway-metrics.ts';
import { defaultLimits, type GatewayLimits } from './connections/limits.ts';
import { OpenRights } from './connections/open-rights.ts';
import { Upgrades } from './connections/upgrade.ts';
import { Entrances } from './entrances.ts';
import { Files } from './files/files.ts';
import { Streams } from './streams/streams.ts';

export interface GatewayParts {
  readonly listen: { readonly address: string; readonly port: number };
  /** Certificate and key, PEM; null for HTTP, which is for loopback or behind a proxy that adds TLS. */
  readonly tls: { readonly certificate: string; readonly key: string } | null;
  /** Origin under which browsers reach it, and no other page: `https://stream.example.org`. Null: the address on which it listens. */
  readonly publicUrl: string | null;
  /** Origins whose pages may ask for streams: the portal's. */
  readonly allowedOrigins: readonly string[];
  /** Networks whose `X-Forwarded-For` counts. */
  readonly trustedProxies: readonly string[];
  /** `name:port` of Nova's console proxies. */
  readonly consoleHosts: readonly string[];
  /** Networks from which `/metrics` is answered. */
  readonly metricsNetworks: readonly string[];
  readonly limits: Partial<GatewayLimits>;
  readonly authority: Authority;
  /** The built pages; the streaming page is served at the paper's form of the address. Empty: it is not served here. */
  readonly pages: ReadonlyMap<string, PageFile>;
  readonly log: Logger;
  readonly clock: Clock;
  /** Where its metrics are shown. */
  readonly register: Registry;
}

export interface Gateway {
  /** Where it listens: `http://127.0.0.1:8791`. */
  readonly url: string;
  /** Streams and sockets that are open. */
  readonly open: number;
  /** Takes no more connects, ends what is open (browsers connect again elsewhere), and says so to the authority. */
  stop(): Promise<void>;
}

/** Resolves when it listens. @throws InputError naming what is wrong */
export async function startGateway(parts: GatewayParts): Promise<Gateway> {
  const { log, clock } = parts;
  const limits: GatewayLimits = { ...defaultLimits, ...parts.limits };
  const authority = bounded(parts.authority, limits.authorityLimitS, log);
  const metrics = makeGatewayMetrics(parts.register);
  const proxies = networksOf(parts.trustedProxies, 'trustedProxies');
  const listening = await listen({
    listen: parts.listen,
    tls: parts.tls,
    limits: senderLimits,
    mostConnections: limits.mostOpen + moreConnections,
    backlog: 1024,
    stopLimitMs,
  });
  const { url, server } = listening;
  const publicOrigin = originOf(parts.publicUrl ?? url, 'publicUrl');
  const rights = new OpenRights(authority, clock, limits, log);
  const context: GatewayContext = {
    authority,
    admission: new Admission({ proxies, limits, authority, metrics, clock, log }),
    rights,
    upgrades: new Upgrades(),
    limits,
    metrics,
    clock,
    log,
    isSecure: publicOrigin.startsWith('https:'),
  };
  const origins = new Set(parts.allowedOrigins.map((origin) => originOf(origin, 'allowedOrigins')));
  if (parts.pages.size > 0) origins.add(publicOrigin);
  const streams = new Streams(context, { origins, consoleHosts: new Set(parts.consoleHosts) });
  const apps = new Apps(context, publicOrigin);
  const files = new Files(context, origins);
  const entrances = new Entrances(context);
  const scrapers = networksOf(parts.metricsNetworks, 'metricsNetworks');

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const caller = context.admission.callerOf(request);
    const path = pathOf(request);
    if (path.startsWith('/apps/') && path !== '/apps/start') {
      await apps.serve(request, response, caller);
      return;
    }
    if (path.startsWith('/files/')) {
      await files.serve(request, response, caller);
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      answer(response, 405, 'Expected GET.\n', { Allow: 'GET, HEAD' });
      return;
    }
    const file = parts.pages.get(pageFileOf(path) ?? '');
    if (path === '/connect') await entrances.toDesktop(request, response, caller);
    else if (path === '/apps/start') await entrances.toApp(request, response, caller);
    else if (path === '/healthz') answer(response, 200, 'ok\n');
    else if (path === '/metrics' && isIn(scrapers, caller.address)) {
      answer(response, 200, await parts.register.metrics(), { 'Content-Type': parts.register.contentType });
    } else if (file !== undefined) answerFile(response, file, publicOrigin);
    else answer(response, 404, 'There is nothing here.\n');
  };
  const upgrade = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    const caller = context.admission.callerOf(request);
    const path = pathOf(request);
    if (path === '/stream') await streams.upgrade(request, socket, head, caller);
    else if (path.startsWith('/apps/')) await apps.upgrade(request, socket, head, caller);
    else refuseUpgrade(socket, 404);
  };
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    serve(request, response).catch((error: unknown) => {
      log.error({ err: error, path: pathOf(request) }, 'a request failed');
      response.destroy();
    });
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => {}); // the owner of the socket sees that it is closed
    upgrade(request, socket, head).catch((error: unknown) => {
      log.error({ err: error, path: pathOf(request) }, 'a request failed');
      socket.destroy();
    });
  });
  log.info({ url, publicOrigin, origins: [...origins] }, 'gateway ready');

  return {
    url,
    get open() {
      return rights.size;
    },
    async stop() {
      await listening.stop(() => rights.stop());
      await authority.settled();
      log.info('gateway stopped');
    },
  };
}

/** Milliseconds: on whatever a sender could hold open. */
const senderLimits = {
  requestTimeout: 300_000,
  headersTimeout: 10_000,
  keepAliveTimeout: 30_000,
  connectionsCheckingInterval: 2_000,
  maxHeaderSize: 16_384,
  noDelay: true,
};
const stopLimitMs = 5_000;
/** Beside what is open: connections that ask for pages, or wait for the authority. */
const moreConnections = 2_000;

/** Without the query, which may have a token in it. */
function pathOf({ url }: IncomingMessage): string {
  return url!.split('?')[0]!;
}

/** Which file of the streaming page an address is; the portal's build has its assets below either of two paths. */
function pageFileOf(path: string): string | null {
  if (path === '/desktop') return 'desktop.html';
  const asset = /^\/(?:portal\/)?(assets\/[\w-][\w.-]*)$/.exec(path);
  return asset === null ? null : asset[1]!;
}

/** @throws InputError for what is more than an origin */
function originOf(text: string, where: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isOrigin = url !== null && ['http:', 'https:'].includes(url.protocol) && url.href === `${url.origin}/`;
  if (!isOrigin) throw new InputError(where, 'an origin such as https://desk.example.org', text);
  return url.origin;
}
