/** A gateway on loopback with an authority in memory, and all that it logs. */
import { type Logger, pino } from 'pino';
import { Registry } from 'prom-client';
import type { Grant } from '../../../live/gateway/authority/authority.ts';
import { type Gateway, type GatewayParts, startGateway } from '../../../live/gateway/gateway.ts';
import { wallClock } from '../../../live/wall-clock.ts';
import { MemoryAuthority } from './stubs/memory-authority.ts';
import { RfbClient } from './stubs/rfb-client.ts';

export const portal = 'http://portal.test';

export interface Harness {
  readonly gateway: Gateway;
  readonly authority: MemoryAuthority;
  readonly register: Registry;
  /** Lines of the log so far. */
  readonly lines: readonly string[];
  /** Opens a stream for that grant, with the handshake. */
  open(grant: Grant): Promise<RfbClient>;
  stop(): Promise<void>;
}

export async function startHarness(parts: Partial<GatewayParts> = {}): Promise<Harness> {
  const authority = new MemoryAuthority();
  const register = new Registry();
  const lines: string[] = [];
  const log: Logger = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
  const gateway = await startGateway({
    listen: { address: '127.0.0.1', port: 0 },
    tls: null,
    publicUrl: null,
    allowedOrigins: [portal],
    trustedProxies: [],
    consoleHosts: [],
    metricsNetworks: ['127.0.0.0/8'],
    authority,
    pages: new Map([['desktop.html', { body: Buffer.from('<!doctype html>'), type: 'text/html; charset=utf-8' }]]),
    log,
    clock: wallClock,
    register,
    ...parts,
    limits: { connectBurst: 1e6, checkIntervalS: 0.05, ...parts.limits },
  });
  return {
    gateway,
    authority,
    register,
    lines,
    async open(grant) {
      const client = clientOf(gateway, authority.mint(grant));
      await client.handshake();
      return client;
    },
    stop: () => gateway.stop(),
  };
}

/** A client with that token. */
export function clientOf({ url }: Pick<Gateway, 'url'>, token: string): RfbClient {
  return new RfbClient({ gateway: url, origin: portal, protocols: ['binary', `token.${token}`] });
}

/** Resolves when the claim holds; what is waited for comes on its own. */
export async function until(claim: () => boolean, what = 'it'): Promise<void> {
  const endMs = performance.now() + 10_000;
  while (!claim()) {
    if (performance.now() > endMs) throw new Error(`${what} did not come`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
