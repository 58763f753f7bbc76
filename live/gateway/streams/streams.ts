/** `/stream`: from the request of a browser to an open stream, and its end. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Grant, Refused, type Upstream } from '../authority/authority.ts';
import type { Caller } from '../connections/admission.ts';
import { refuseUpgrade } from '../connections/answers.ts';
import { cookieNames, secretCookie, streamToken, takesNotes } from '../connections/connect-secrets.ts';
import { checkRoom, type GatewayContext } from '../connections/context.ts';
import { isWebSocketRequest } from '../connections/upgrade.ts';
import { linkToConsole } from './console-link.ts';
import type { Link, LinkUser } from './link.ts';
import { Stream, type StreamEnd } from './stream.ts';
import { linkByTcp } from './tcp-link.ts';

export interface StreamsOptions {
  /** Origins of pages that may ask for streams. */
  readonly origins: ReadonlySet<string>;
  /** `name:port` of Nova's console proxies. */
  readonly consoleHosts: ReadonlySet<string>;
}

export class Streams {
  readonly #context: GatewayContext;
  readonly #options: StreamsOptions;
  /** Being redeemed. */
  #pending = 0;

  constructor(context: GatewayContext, options: StreamsOptions) {
    this.#context = context;
    this.#options = options;
  }

  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, caller: Caller): Promise<void> {
    const { admission, clock } = this.#context;
    const startS = clock.nowS;
    let isAsked = false;
    this.#pending++;
    try {
      const token = this.#checked(request, caller);
      isAsked = true;
      const grant = await this.#context.authority.redeem({ token, ...caller });
      isAsked = false;
      await this.#open(grant, request, socket, head, caller, startS);
    } catch (error) {
      if (error instanceof NotAnUpgrade) refuseUpgrade(socket, 400);
      else {
        const isOurs = !isAsked || (error instanceof Refused && error.reason === 'authority-away');
        refuseUpgrade(socket, admission.refused(error, caller, isOurs));
      }
    } finally {
      this.#pending--;
    }
  }

  /** All that can be told before the token is spent. @returns the token */
  #checked(request: IncomingMessage, caller: Caller): string {
    const { admission, limits, rights, isSecure, metrics } = this.#context;
    admission.takeConnect(caller);
    if (!isWebSocketRequest(request)) {
      metrics.refused('not-an-upgrade');
      throw new NotAnUpgrade();
    }
    admission.checkOrigin(request, this.#options.origins);
    const token = streamToken(request, cookieNames(isSecure).stream);
    if (token === null) throw new Refused('token-malformed');
    if (rights.size + this.#pending > limits.mostOpen) throw new Refused('rate-limit');
    return token;
  }

  async #open(
    grant: Grant,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    caller: Caller,
    startS: number,
  ): Promise<void> {
    const { rights, upgrades, limits, metrics, clock, log, authority, isSecure } = this.#context;
    const { upstream } = grant;
    if (upstream.kind === 'app' || upstream.kind === 'files') throw new Refused('token-other-kind');
    checkRoom(this.#context, grant);
    const name = cookieNames(isSecure).stream;
    const usedUp = secretCookie(name, '', { path: '/', maxAgeS: 0, isSecure });
    const hasCookie = request.headers.cookie?.includes(`${name}=`) ?? false;
    const ws = upgrades.upgrade(request, socket, head, {
      kind: 'stream',
      protocol: 'binary',
      ...(hasCookie && { cookie: usedUp }),
    });
    if (ws === null) {
      const nothing = { openS: 0, bytesOut: 0, bytesIn: 0, frames: 0 };
      await authority.closed({ grantId: grant.id, reason: 'client-closed', ...nothing });
      return;
    }
    const connect = (user: LinkUser, signal: AbortSignal): Promise<Link> => this.#link(upstream, user, signal);
    const stream = new Stream({
      ws,
      socket,
      grant,
      takesNotes: takesNotes(request),
      connect,
      connectLimitS: limits.connectLimitS,
      clock,
      metrics,
    });
    rights.add(stream);
    metrics.opened(upstream.kind);
    const { id, desktopId, person, role } = grant;
    const fields = { ...caller, grant: id, desktop: desktopId, person, role, backend: upstream.kind };
    log.info(fields, 'stream opened');
    void stream.ended.then(({ kind, error, openS, bytesOut, bytesIn, frames }: StreamEnd) => {
      rights.remove(stream);
      metrics.closed(upstream.kind, kind);
      const numbers = { openS: Math.round(openS), bytesOut, bytesIn, frames };
      log.info({ ...fields, reason: kind, ...(error !== null && { err: error }), ...numbers }, 'stream closed');
      return authority.closed({ grantId: id, reason: kind, openS, bytesOut, bytesIn, frames });
    });
    await stream.open();
    if (stream.isOpen) metrics.connected(upstream.kind, clock.nowS - startS);
  }

  #link(upstream: Upstream, user: LinkUser, signal: AbortSignal): Promise<Link> {
    switch (upstream.kind) {
      case 'vnc':
        return linkByTcp(upstream.address, upstream.port, user, signal);
      case 'console':
        return linkToConsole(upstream.url, this.#options.consoleHosts, user, signal);
      case 'app':
      case 'files':
        throw new Refused('token-other-kind');
    }
  }
}

class NotAnUpgrade extends Error {}
