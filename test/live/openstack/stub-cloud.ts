/** A loopback server that gives out tokens and answers as the test says, and remembers what it was asked. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CloudConfiguration } from '../../../live/openstack/index.ts';

export interface Asked {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Cuts the connection instead of answering. */
export const cut = 'cut';
/** Never answers. */
export const silence = 'silence';
type Reaction = Reply | typeof cut | typeof silence;

export interface StubCloud {
  readonly configuration: CloudConfiguration;
  /** All but logins, in order. */
  readonly asked: Asked[];
  /** Resolves with the first of these. */
  readonly firstAsked: Promise<void>;
  /** Bodies of the logins, in order. The nth one gets the token `token-n`. */
  readonly logins: string[];
  close(): Promise<void>;
}

export interface StubOptions {
  /** For everything but logins. */
  readonly answer: (asked: Asked, index: number) => Reaction;
  /** Defaults to success. */
  readonly login?: (index: number) => Reply | null;
  /** Life of a token in seconds. Defaults to an hour. */
  readonly tokenLifeS?: number;
}

export async function startStubCloud({ answer, login, tokenLifeS = 3600 }: StubOptions): Promise<StubCloud> {
  const asked: Asked[] = [];
  const logins: string[] = [];
  let arrive = () => {};
  const firstAsked = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const server = createServer(async (request, response) => {
    const one = { method: request.method!, path: request.url!, headers: request.headers, body: await bodyOf(request) };
    if (one.path === '/v3/auth/tokens') {
      logins.push(one.body);
      return reply(response, login?.(logins.length) ?? tokenReply(logins.length));
    }
    asked.push(one);
    arrive();
    const reaction = answer(one, asked.length);
    if (reaction === cut) request.socket.destroy();
    else if (reaction !== silence) reply(response, reaction);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const root = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const tokenReply = (index: number): Reply => ({
    status: 201,
    headers: { 'x-subject-token': `token-${index}` },
    body: {
      token: {
        issued_at: '2026-01-01T00:00:00.000000Z',
        expires_at: new Date(Date.UTC(2026, 0, 1) + tokenLifeS * 1000).toISOString(),
        catalog: ['compute', 'placement', 'image'].map((type) => ({
          type,
          endpoints: [{ interface: 'public', region: 'One', url: `${root}/${type}` }],
        })),
      },
    },
  });
  return {
    configuration: passwordCloud('stub', root),
    asked,
    firstAsked,
    logins,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A cloud at that address, as its administrator logs in. */
export function passwordCloud(name: string, root: string): CloudConfiguration {
  return {
    name,
    authUrl: `${root}/v3`,
    credential: {
      kind: 'password',
      user: { name: 'admin', domain: { id: 'default' } },
      password: () => 'a-secret',
      project: { name: 'admin', domain: { id: 'default' } },
    },
    region: null,
    interface: 'public',
    caFile: null,
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}

function reply(response: ServerResponse, { status, body, headers = {} }: Reply): void {
  response.writeHead(status, headers);
  response.end(body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body));
}
