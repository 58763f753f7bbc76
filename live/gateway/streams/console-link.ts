/** A link to Nova's console proxy: RFB over WebSocket, for administrators when a desktop does not come up. */
import { WebSocket } from 'ws';
import { Refused } from '../authority/authority.ts';
import type { Link, LinkUser } from './link.ts';

const mostFrameBytes = 4 * 1024 * 1024;

/**
 * Resolves when it is connected; the caller sets the time limit by `signal`.
 *
 * @param hosts `name:port` of the console proxies that are allowed
 * @throws Refused for an address of another host
 */
export function linkToConsole(
  url: string,
  hosts: ReadonlySet<string>,
  user: LinkUser,
  signal: AbortSignal,
): Promise<Link> {
  const address = consoleAddress(url);
  if (address === null || !hosts.has(hostAndPort(address))) throw new Refused('upstream-forbidden');
  return new Promise((resolve, reject) => {
    const ws = new WebSocket(address, ['binary'], {
      // The proxy compares it with the host that is asked.
      origin: `${address.protocol === 'wss:' ? 'https:' : 'http:'}//${address.host}`,
      perMessageDeflate: false,
      followRedirects: false,
      maxPayload: mostFrameBytes,
    });
    ws.binaryType = 'nodebuffer';
    const abort = (): void => ws.terminate();
    signal.addEventListener('abort', abort, { once: true });
    // Its message names the address, which has Nova's token in it.
    ws.on('error', () => reject(new Error('the console proxy does not answer')));
    ws.on('message', (bytes: Buffer) => user.onBytes(bytes));
    ws.once('close', () => user.onEnd());
    ws.once('open', () => {
      signal.removeEventListener('abort', abort);
      resolve(consoleLink(ws, user));
    });
  });
}

function consoleLink(ws: WebSocket, user: LinkUser): Link {
  return {
    write: (bytes) =>
      ws.send(bytes, () => {
        if (ws.bufferedAmount === 0) user.onDrain();
      }),
    get backlog() {
      return ws.bufferedAmount;
    },
    pause: () => ws.pause(),
    resume: () => ws.resume(),
    close: () => ws.terminate(),
  };
}

/**
 * Where the proxy takes WebSockets, from the address of its page: `https://nova:6080/vnc_lite.html?path=%3Ftoken%3D…`, or `…?token=…` of
 * older ones. @returns null for an address that is none of these
 */
export function consoleAddress(page: string): URL | null {
  if (!URL.canParse(page)) return null;
  const url = new URL(page);
  const schemes: Readonly<Record<string, string>> = { 'http:': 'ws:', 'https:': 'wss:', 'ws:': 'ws:', 'wss:': 'wss:' };
  const scheme = schemes[url.protocol];
  const inPath = new URLSearchParams((url.searchParams.get('path') ?? '').replace(/^[^?]*\?/, ''));
  const token = url.searchParams.get('token') ?? inPath.get('token');
  if (scheme === undefined || token === null || url.username !== '') return null;
  return new URL(`${scheme}//${url.host}/?token=${encodeURIComponent(token)}`);
}

function hostAndPort({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port === '' ? (protocol === 'wss:' ? 443 : 80) : port}`;
}
