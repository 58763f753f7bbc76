/** `/apps/…`: web applications inside desktops, by HTTP and WebSocket, at the granted address and port only. */
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { type Duplex, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { WebSocket } from 'ws';
import { type Grant, Refused } from '../authority/authority.ts';
import type { Caller } from '../connections/admission.ts';
import { answer, refuseUpgrade } from '../connections/answers.ts';
import { cookieNames, cookieOf } from '../connections/connect-secrets.ts';
import { checkRoom, type GatewayContext } from '../connections/context.ts';
import { isWebSocketRequest } from '../connections/upgrade.ts';
import { AppGrants } from './app-grants.ts';
import { type AppRoute, fromApp, toApp } from './app-headers.ts';
import { type AppPath, appPathOf } from './app-path.ts';
import { AppSocket } from './app-socket.ts';

/** What changes nothing, and so may come without an `Origin`: browsers send it with all else. */
const safeMethods = new Set(['GET', 'HEAD']);
const methods = new Set([...safeMethods, 'POST', 'PUT', 'PATCH', 'DELETE']);

export class Apps {
  readonly #context: GatewayContext;
  readonly #grants: AppGrants;
  readonly #publicOrigin: string;

  constructor(context: GatewayContext, publicOrigin: string) {
    this.#context = context;
    this.#publicOrigin = publicOrigin;
    this.#grants = new AppGrants(context.authority, context.clock, context.limits.appGrantForS);
  }

  /** Answers a request for something of an application. */
  async serve(request: IncomingMessage, response: ServerResponse, caller: Caller): Promise<void> {
    const path = appPathOf(request.url!);
    if (path === null) {
      answer(response, 404, 'There is nothing here.\n');
      return;
    }
    if (!methods.has(request.method!)) {
      answer(response, 405, 'This method is not passed on.\n', { Allow: [...methods].join(', ') });
      return;
    }
    const { limits, log } = this.#context;
    if (safeMethods.has(request.method!) && hasBody(request)) {
      answer(response, 400, 'A request of this kind has no body.\n');
      return;
    }
    if (Number(request.headers['content-length'] ?? 0) > limits.mostAppBodyBytes) {
      answer(response, 413, `At most ${limits.mostAppBodyBytes} bytes are passed on.\n`);
      return;
    }
    try {
      const grant = await this.#granted(request, path, safeMethods.has(request.method!), caller);
      await this.#passOn(request, response, this.#route(grant, path, caller));
    } catch (error) {
      if (error instanceof Refused) {
        const status = this.#context.admission.refused(error, caller, isOurs(error));
        answer(response, status, 'This application is not open to you; open it from the portal again.\n');
        return;
      }
      if (!request.destroyed) log.info({ ...caller, desktop: path.desktopId, err: error }, 'an application failed');
      if (response.headersSent) response.destroy();
      else answer(response, 502, 'The application does not answer.\n');
    }
  }

  /** Answers a request to open a WebSocket to an application. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, caller: Caller): Promise<void> {
    const path = appPathOf(request.url!);
    if (path === null || !isWebSocketRequest(request)) {
      refuseUpgrade(socket, path === null ? 404 : 400);
      return;
    }
    try {
      this.#context.admission.takeConnect(caller);
      const grant = await this.#granted(request, path, false, caller);
      checkRoom(this.#context, grant);
      await this.#join(request, socket, head, grant, this.#route(grant, path, caller), caller);
    } catch (error) {
      if (error instanceof Refused) {
        refuseUpgrade(socket, this.#context.admission.refused(error, caller, isOurs(error)));
        return;
      }
      this.#context.log.info({ ...caller, desktop: path.desktopId, err: error }, 'an application failed');
      refuseUpgrade(socket, 502);
    }
  }

  async #granted(request: IncomingMessage, path: AppPath, isSafe: boolean, caller: Caller): Promise<Grant> {
    const { admission, isSecure } = this.#context;
    if (!isSafe) admission.checkOrigin(request, new Set([this.#publicOrigin]));
    const secret = cookieOf(request, cookieNames(isSecure).app);
    return this.#grants.of(secret, path.desktopId, path.app, () => admission.takeAppQuestion(caller));
  }

  #route({ upstream }: Grant, path: AppPath, { address }: Caller): AppRoute {
    if (upstream.kind !== 'app') throw new Refused('token-other-kind');
    const family = isIP(upstream.address);
    if (family === 0) throw new Refused('upstream-forbidden');
    const host = `${family === 6 ? `[${upstream.address}]` : upstream.address}:${upstream.port}`;
    return { host, path, publicOrigin: this.#publicOrigin, address };
  }

  /** Both bodies flow as they come, as fast as the slower side. */
  async #passOn(request: IncomingMessage, response: ServerResponse, route: AppRoute): Promise<void> {
    const { appAnswerLimitS, appStallLimitS, mostAppBodyBytes } = this.#context.limits;
    const { hostname, port } = new URL(`http://${route.host}`);
    const inside = httpRequest({
      host: hostname.replace(/^\[|\]$/g, ''),
      port,
      method: request.method!,
      path: request.url!,
      headers: { ...toApp(request, route), ...(isChunked(request) && { 'transfer-encoding': 'chunked' }) },
      // A connection that is kept might outlive the right, or the machine at that address.
      agent: false,
      timeout: appStallLimitS * 1000,
    });
    const limit = setTimeout(
      () => inside.destroy(new Error(`no answer within ${appAnswerLimitS} s`)),
      appAnswerLimitS * 1000,
    );
    inside.on('timeout', () => inside.destroy(new Error(`nothing for ${appStallLimitS} s`)));
    response.on('close', () => inside.destroy());
    request.once('end', () => limit.refresh()); // an upload takes its time
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      inside.on('response', resolve);
      inside.on('error', reject);
    });
    try {
      pipeline(request, atMost(mostAppBodyBytes), inside).catch((error: unknown) => inside.destroy(error as Error));
      const result = await answered;
      clearTimeout(limit);
      response.writeHead(result.statusCode!, fromApp(result.headers, route));
      await pipeline(result, response);
    } finally {
      clearTimeout(limit);
    }
  }

  /** The application answers first, so that the browser gets the subprotocol that it chose. */
  async #join(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    grant: Grant,
    route: AppRoute,
    caller: Caller,
  ): Promise<void> {
    const { upgrades, rights, limits, metrics, clock, log, authority } = this.#context;
    const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((each) => each.trim());
    const headers = Object.entries(toApp(request, route)).filter(([name]) => !name.startsWith('sec-websocket-'));
    const inside = new WebSocket(
      `ws://${route.host}${request.url!}`,
      protocols.filter((each) => each !== ''),
      {
        headers: Object.fromEntries(headers) as Record<string, string>,
        perMessageDeflate: false,
        followRedirects: false,
        handshakeTimeout: limits.connectLimitS * 1000,
      },
    );
    const app = new AppSocket(inside, grant, clock, metrics.traffic);
    await app.opened;
    const protocol = inside.protocol === '' ? null : inside.protocol;
    const ws = upgrades.upgrade(request, socket, head, { kind: 'app', protocol });
    if (ws === null) {
      inside.terminate();
      return;
    }
    app.join(ws);
    rights.add(app);
    metrics.opened('app');
    const { id, desktopId, person, role } = grant;
    const fields = { ...caller, grant: id, desktop: desktopId, person, role, backend: 'app' };
    log.info(fields, 'application opened');
    void app.ended.then((report) => {
      rights.remove(app);
      metrics.closed('app', report.reason);
      log.info({ ...fields, ...report }, 'application closed');
      return authority.closed(report);
    });
  }
}

function isChunked({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined;
}

function hasBody(request: IncomingMessage): boolean {
  return isChunked(request) || Number(request.headers['content-length'] ?? 0) > 0;
}

function isOurs({ reason }: Refused): boolean {
  return ['origin', 'token-malformed', 'rate-limit', 'authority-away'].includes(reason);
}

function atMost(mostBytes: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > mostBytes) done(new Error(`more than ${mostBytes} bytes`));
      else done(null, chunk);
    },
  });
}
