/** An HTTP or HTTPS listener: where it listens, and how it ends. The server and the gateway have one each. */
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { InputError } from '../../core/input-error.ts';

export interface ListenOptions {
  readonly listen: { readonly address: string; readonly port: number };
  /** Certificate and key, PEM; null for HTTP, which is for loopback or behind a proxy that adds TLS. */
  readonly tls: { readonly certificate: string; readonly key: string } | null;
  /** Time limits on whatever a sender could hold open, and the size of headers. */
  readonly limits: ServerOptions;
  /** Connections at a time; more are refused. Defaults to no limit. */
  readonly mostConnections?: number;
  /** Connections that may wait to be accepted. Defaults to Node's 511. */
  readonly backlog?: number;
  /** Milliseconds for which requests that are open at the stop may go on. */
  readonly stopLimitMs: number;
  /** Answers requests; left out where the caller does by `server.on('request')`. */
  readonly onRequest?: RequestListener;
}

export interface Listening {
  /** Without a slash at its end: `http://127.0.0.1:8790`. */
  readonly url: string;
  readonly server: Server;
  /**
   * Takes no more connections, lets those that are open end, and breaks off what is left after the limit.
   *
   * @param endOpen ends the streams, which would not end on their own; awaited as well
   */
  stop(endOpen: () => void | Promise<void>): Promise<void>;
}

/** Resolves when it listens. @throws InputError when the address and port are not free */
export async function listen(options: ListenOptions): Promise<Listening> {
  const { tls, limits, stopLimitMs } = options;
  const server =
    tls === null
      ? createServer(limits)
      : createTlsServer({ ...limits, cert: tls.certificate, key: tls.key, minVersion: 'TLSv1.2' });
  if (options.mostConnections !== undefined) server.maxConnections = options.mostConnections;
  if (options.onRequest !== undefined) server.on('request', options.onRequest);
  await untilListening(server, options);
  return {
    url: urlOf(server, options),
    server,
    async stop(endOpen) {
      const closed = new Promise((resolve) => server.close(resolve));
      const ended = endOpen();
      server.closeIdleConnections();
      const limit = setTimeout(() => server.closeAllConnections(), stopLimitMs);
      await Promise.all([closed, ended]);
      clearTimeout(limit);
    },
  };
}

async function untilListening(server: Server, { listen: { address, port }, backlog }: ListenOptions): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', ({ code }: NodeJS.ErrnoException) =>
      reject(new InputError(`listen ${address}, port ${port}`, 'an address and a port that are free', code)),
    );
    server.listen(port, address, backlog, resolve);
  });
}

function urlOf(server: Server, { listen: { address }, tls }: ListenOptions): string {
  const name = address.includes(':') ? `[${address}]` : address;
  return `${tls === null ? 'http' : 'https'}://${name}:${(server.address() as AddressInfo).port}`;
}
