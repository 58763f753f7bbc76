/** The external authentication API over HTTP, in front of any authority: what the server offers to a separate gateway. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type Authority, Refused } from '../../../../live/gateway/authority/authority.ts';

export class AuthorityServer {
  readonly #server: Server;

  private constructor(authority: Authority, token: string) {
    this.#server = createServer((request, response) => {
      answer(authority, token, request, response).catch((error: unknown) => {
        const reason = error instanceof Refused ? error.reason : null;
        response.writeHead(reason === null ? 500 : 403, { 'content-type': 'application/problem+json' });
        response.end(JSON.stringify({ ...(reason !== null && { reason }) }));
      });
    });
  }

  /** @param port 0: any that is free */
  static async start(authority: Authority, token: string, port = 0): Promise<AuthorityServer> {
    const server = new AuthorityServer(authority, token);
    server.#server.listen(port, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${(this.#server.address() as { port: number }).port}`);
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

async function answer(
  authority: Authority,
  token: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let text = '';
  for await (const part of request) text += String(part);
  if (request.headers.authorization !== `Bearer ${token}`) {
    response.writeHead(401).end();
    return;
  }
  const body = JSON.parse(text);
  const ways: Readonly<Record<string, () => Promise<unknown>>> = {
    '/v1/gateway/redeem': () => authority.redeem(body),
    '/v1/gateway/exchange': () => authority.exchange(body),
    '/v1/gateway/app-grant': () => authority.appGrant(body.secret, body.desktopId, body.app),
    '/v1/gateway/check': async () => {
      const { ended, roles } = await authority.check(body.open);
      return { ended: Object.fromEntries(ended), roles: Object.fromEntries(roles) };
    },
    '/v1/gateway/closed': () => authority.closed(body),
    '/v1/gateway/refused': () => authority.refused(body.reason, body.address, body.requestId),
  };
  const result = await ways[request.url!]!();
  response.writeHead(result === undefined ? 204 : 200, { 'content-type': 'application/json' });
  response.end(result === undefined ? undefined : JSON.stringify(result));
}
