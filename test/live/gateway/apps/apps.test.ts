import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import { request } from 'undici';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { confinedCookie, confinedLocation, fromApp, toApp } from '../../../../live/gateway/apps/app-headers.ts';
import { appPathOf } from '../../../../live/gateway/apps/app-path.ts';
import type { Grant } from '../../../../live/gateway/authority/authority.ts';
import { type Harness, startHarness, until } from '../harness.ts';

const desktopId = '3d6c2f6e-0000-4000-8000-000000000001';
const base = `/apps/${desktopId}/jupyter/`;

/** A web application that tells what it was asked. */
let app: Server;
let asked: {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}[];
let answerHeaders: Record<string, string | string[]>;
let status: number;
let harness: Harness;

beforeEach(async () => {
  asked = [];
  answerHeaders = {};
  status = 200;
  app = createServer(async (incoming: IncomingMessage, response) => {
    let body = '';
    for await (const part of incoming) body += String(part);
    asked.push({ method: incoming.method!, url: incoming.url!, headers: incoming.headers, body });
    response.writeHead(status, answerHeaders).end(`hello ${body}`);
  });
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: (names) => [...names][0] ?? false });
  app.on('upgrade', (incoming: IncomingMessage, socket, head) => {
    asked.push({ method: 'UPGRADE', url: incoming.url!, headers: incoming.headers, body: '' });
    sockets.handleUpgrade(incoming, socket, head, (ws) => {
      ws.send('welcome');
      ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
    });
  });
  app.listen(0, '127.0.0.1');
  await once(app, 'listening');
  harness = await startHarness();
});
afterEach(async () => {
  await harness.stop();
  app.closeAllConnections();
  app.close();
});

const portOf = (): number => (app.address() as { port: number }).port;

function appGrant(fields: Partial<Grant> = {}): Grant {
  return harness.authority.grant(0, { upstream: { kind: 'app', address: '127.0.0.1', port: portOf() }, ...fields });
}

/** Goes through the entrance. @returns the cookie */
async function enter(grant = appGrant()): Promise<string> {
  const response = await fetch(`${harness.gateway.url}/apps/start?token=${harness.authority.mint(grant)}`, {
    redirect: 'manual',
  });
  expect(response.status).toBe(303);
  expect(response.headers.get('location')).toBe(`${base}tree`);
  return response.headers.get('set-cookie')!.split(';')[0]!;
}

function ask(
  path: string,
  options: { method?: 'GET' | 'POST' | 'DELETE'; headers?: Record<string, string>; body?: string } = {},
) {
  return request(`${harness.gateway.url}${path}`, options as Parameters<typeof request>[1]);
}

describe('the entrance', () => {
  test('the entrance turns a token into a cookie for the one application and its clean address', async () => {
    const token = harness.authority.mint(appGrant());
    const url = `${harness.gateway.url}/apps/start?token=${token}`;
    const response = await fetch(url, { redirect: 'manual' });
    const cookie = response.headers.get('set-cookie')!;
    expect(cookie).toMatch(new RegExp(`^heps-app=[\\w-]{43}; Path=${base}; Max-Age=\\d+; HttpOnly; SameSite=Strict$`));
    expect(cookie).not.toContain(token);
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    expect((await fetch(url, { redirect: 'manual' })).status).toBe(403);
  });

  test('the entrance lets a page continue on its own where another site has sent it, since a cookie of this kind is not sent then', async () => {
    const { statusCode, headers, body } = await ask(`/apps/start?token=${harness.authority.mint(appGrant())}`, {
      headers: { 'sec-fetch-site': 'cross-site' },
    });
    expect([statusCode, headers['set-cookie']]).toEqual([200, expect.stringContaining('heps-app=')]);
    expect(await body.text()).toContain(`content="0;url=${base}tree"`);
  });

  test('rule 3: of desktops leads to the streaming page, whose stream takes the cookie, once', async () => {
    const { VncStub } = await import('../stubs/vnc-stub.ts');
    const { RfbClient } = await import('../stubs/rfb-client.ts');
    const stub = await VncStub.start();
    const token = harness.authority.mint(harness.authority.grant(stub.port));
    const response = await fetch(`${harness.gateway.url}/connect?token=${token}&next=//evil.test`, {
      redirect: 'manual',
    });
    expect([response.status, response.headers.get('location')]).toEqual([303, '/desktop']);
    const set = response.headers.get('set-cookie')!;
    expect(set).toMatch(/^heps-stream=[\w-]{43}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Strict$/);
    const page = await fetch(`${harness.gateway.url}/desktop`);
    expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    const withCookie = () =>
      new RfbClient({
        gateway: harness.gateway.url,
        origin: harness.gateway.url,
        protocols: ['binary'],
        headers: { cookie: set.split(';')[0]! },
      });
    await withCookie().handshake();
    await expect(withCookie().handshake()).rejects.toThrow('403');
    await stub.stop();
  });

  test('the entrance over HTTPS sets cookies that only HTTPS sends', async () => {
    const secure = await startHarness({ publicUrl: 'https://stream.test' });
    const grant = secure.authority.grant(1, { upstream: { kind: 'app', address: '127.0.0.1', port: 1 } });
    const cookieAt = async (path: string, token: string): Promise<string> =>
      (await fetch(`${secure.gateway.url}${path}?token=${token}`, { redirect: 'manual' })).headers.get('set-cookie')!;
    expect(await cookieAt('/apps/start', secure.authority.mint(grant))).toMatch(/^__Secure-heps-app=.*; Secure$/);
    const desktop = secure.authority.mint(secure.authority.grant(1));
    expect(await cookieAt('/connect', desktop)).toMatch(/^__Host-heps-stream=.*; Path=\/;.*; Secure$/);
    await secure.stop();
  });

  test.each([
    ['/connect', 'a token of an application', () => harness.authority.mint(appGrant())],
    ['/apps/start', 'a token of a desktop', () => harness.authority.mint(harness.authority.grant(1))],
    ['/connect', 'no token', () => ''],
    ['/apps/start', 'a token and another', () => `${harness.authority.mint(appGrant())}&token=x`],
  ])('%s refuses %s', async (path, _, token) => {
    const response = await fetch(`${harness.gateway.url}${path}?token=${token()}`, { redirect: 'manual' });
    expect([response.status, response.headers.get('set-cookie')]).toEqual([403, null]);
  });
});

describe('requests', () => {
  test('reach the application without the secrets of the gateway, as if asked at its own address', async () => {
    const cookie = await enter();
    const { url } = harness.gateway;
    const { statusCode, body } = await ask(`${base}api/contents?x=1`, {
      method: 'POST',
      headers: {
        cookie: `${cookie}; _xsrf=2; heps-stream=abc; __Host-heps-session=def`,
        origin: url,
        referer: `${url}${base}tree?token=x`,
        authorization: 'Bearer secret',
        'x-forwarded-for': '6.6.6.6',
        'x-forwarded-proto': 'https',
        'x-xsrftoken': '2',
      },
      body: 'cell',
    });
    expect([statusCode, await body.text()]).toEqual([200, 'hello cell']);
    const inside = `http://127.0.0.1:${portOf()}`;
    const [{ headers, ...line }] = asked as [(typeof asked)[0]];
    expect(line).toEqual({ method: 'POST', url: `${base}api/contents?x=1`, body: 'cell' });
    expect(headers).toMatchObject({
      host: `127.0.0.1:${portOf()}`,
      origin: inside,
      referer: `${inside}${base}tree`,
      cookie: '_xsrf=2',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': new URL(url).host,
      'x-xsrftoken': '2',
    });
    expect(Object.keys(headers)).not.toContain('authorization');
  });

  test('an answer stays in its place: cookies, redirects and what speaks for the whole origin', async () => {
    const cookie = await enter();
    status = 302;
    answerHeaders = {
      location: 'https://evil.test/',
      'set-cookie': ['_xsrf=1; Path=/; Domain=test', 'heps-stream=evil; Path=/', '__Host-x=1; Path=/; Secure'],
      'service-worker-allowed': '/',
      'content-security-policy': "script-src 'self'",
      'clear-site-data': '"cookies"',
    };
    const { headers, statusCode } = await ask(`${base}tree`, { headers: { cookie } });
    expect(statusCode).toBe(302);
    expect(headers).toMatchObject({
      location: base,
      'set-cookie': `_xsrf=1; Path=${base}`,
      'content-security-policy': "script-src 'self', frame-ancestors 'self'",
    });
    expect(headers).not.toHaveProperty('service-worker-allowed');
    expect(headers).not.toHaveProperty('clear-site-data');
  });

  test.each([
    ['without the cookie', {}, 'GET', 403],
    ['that change something, without an origin', { cookie: '' }, 'POST', 403],
    ['that change something, from another site', { cookie: '', origin: 'https://evil.test' }, 'DELETE', 403],
  ] as const)('%s do not reach the application', async (_, headers, method, expected) => {
    const cookie = await enter();
    const sent = { ...headers, ...('cookie' in headers && { cookie }) };
    expect((await ask(`${base}tree`, { method, headers: sent })).statusCode).toBe(expected);
    expect(asked).toEqual([]);
  });

  test('of another desktop, of another application, or past the path do not reach it', async () => {
    const cookie = await enter();
    for (const path of [
      base.replace('0001/', '0002/'),
      base.replace('jupyter', 'other'),
      `${base}..%2f..%2fother/`,
      `${base}%2e%2e/x`,
      `${base}%5c..%5c`,
      `${base}%zz`,
    ]) {
      expect([403, 404]).toContain((await ask(path, { headers: { cookie } })).statusCode);
    }
    expect(asked.map(({ url }) => url)).toEqual([]);
  });

  test('nobody but the owner gets an application, since applications share an origin', async () => {
    const cookie = await enter(appGrant({ role: 'control' }));
    expect((await ask(`${base}tree`, { headers: { cookie } })).statusCode).toBe(403);
  });

  test('the right is asked for once per interval, and its end is seen', async () => {
    await harness.stop();
    harness = await startHarness({ limits: { appGrantForS: 2 } });
    const grant = appGrant();
    const cookie = await enter(grant);
    for (let index = 0; index < 5; index++) await (await ask(`${base}tree`, { headers: { cookie } })).body.dump();
    expect(harness.authority.appQuestions).toBe(1);
    harness.authority.ended.set(grant.id, 'over');
    const statusNow = async (): Promise<number> => (await ask(`${base}tree`, { headers: { cookie } })).statusCode;
    const endMs = performance.now() + 5000;
    while ((await statusNow()) !== 403) expect(performance.now()).toBeLessThan(endMs);
  });

  test('who tries secrets is not asked for without end', async () => {
    await harness.stop();
    harness = await startHarness({ limits: { connectBurst: 1, connectPerS: 0.001 } });
    const statuses: number[] = [];
    for (let index = 0; index < 12; index++) {
      const cookie = `heps-app=${String(index).padEnd(43, 'x')}`;
      statuses.push((await ask(`${base}tree`, { headers: { cookie } })).statusCode);
    }
    expect(statuses).toEqual([...Array(10).fill(403), 429, 429]);
    expect(harness.authority.appQuestions).toBe(10);
  });

  test('a body may be as long as is said, and no longer, whether its length is told or not', async () => {
    await harness.stop();
    harness = await startHarness({ limits: { mostAppBodyBytes: 10 } });
    const cookie = await enter();
    const headers = { cookie, origin: harness.gateway.url };
    const post = async (body: string | AsyncIterable<Buffer>): Promise<number> =>
      (await request(`${harness.gateway.url}${base}x`, { method: 'POST', headers, body: body as string })).statusCode;
    async function* untold(): AsyncGenerator<Buffer> {
      yield Buffer.alloc(11);
    }
    expect([await post('0123456789'), await post('0123456789a'), await post(untold())]).toEqual([200, 413, 502]);
  });

  test('an application that does not answer is said to be away', async () => {
    await harness.stop();
    harness = await startHarness({ limits: { appAnswerLimitS: 0.1 } });
    app.removeAllListeners('request');
    const cookie = await enter();
    expect((await ask(`${base}tree`, { headers: { cookie } })).statusCode).toBe(502);
  });
});

describe('sockets', () => {
  async function open(cookie: string, heard: string[] = [], origin = harness.gateway.url): Promise<WebSocket> {
    const url = `${harness.gateway.url.replace('http', 'ws')}${base}api/kernels/1`;
    const ws = new WebSocket(url, ['v1.kernel', 'v2'], { headers: { cookie, origin } });
    ws.on('message', (data, isBinary) => heard.push(`${isBinary ? 'binary' : 'text'} ${String(data)}`));
    await once(ws, 'open');
    return ws;
  }

  test('carry messages both ways, with the subprotocol that the application has chosen', async () => {
    const heard: string[] = [];
    const ws = await open(await enter(), heard);
    expect(ws.protocol).toBe('v1.kernel');
    ws.send('one');
    ws.send(Buffer.from('two'));
    await until(() => heard.length === 3);
    expect(heard).toEqual(['text welcome', 'text one', 'binary two']);
    expect(asked[0]!.headers).toMatchObject({ origin: `http://127.0.0.1:${portOf()}` });
    expect(asked[0]!.headers.cookie).toBeUndefined();
    ws.close();
    await until(() => harness.authority.reports.length === 1);
    expect(harness.authority.reports[0]).toMatchObject({ reason: 'client-closed', bytesIn: 6, bytesOut: 13 });
  });

  test('sockets close when the right ends', async () => {
    const grant = appGrant();
    const ws = await open(await enter(grant));
    harness.authority.ended.set(grant.id, 'The desktop was deleted.');
    const [code, reason] = (await once(ws, 'close')) as [number, Buffer];
    expect([code, reason.toString()]).toEqual([4401, 'The desktop was deleted.']);
  });

  test('sockets do not open from another site, nor without the cookie', async () => {
    const cookie = await enter();
    await expect(open(cookie, [], 'https://evil.test')).rejects.toThrow('403');
    await expect(open('')).rejects.toThrow('403');
    expect(asked).toEqual([]);
  });
});

test('headers of one hop go no further', () => {
  const headers = { connection: 'keep-alive, X-Private', 'x-private': 'y', te: 'trailers', 'x-public': 'z' };
  const route = {
    host: '10.0.0.5:8888',
    path: appPathOf(base)!,
    publicOrigin: 'https://stream.test',
    address: '10.9.9.9',
  };
  const sent = toApp({ headers } as unknown as IncomingMessage, route);
  expect(Object.keys(sent).filter((name) => !name.startsWith('x-forwarded-'))).toEqual(['x-public', 'host']);
  expect(fromApp(headers, route)).not.toHaveProperty('x-private');
});

describe('confinement', () => {
  const path = appPathOf(`${base}tree`)!;
  const route = { host: '10.0.0.5:8888', path, publicOrigin: 'https://stream.test', address: '' };

  test.each([
    [`${base}lab?x=1#y`, `${base}lab?x=1#y`],
    ['lab', `${base}lab`],
    [`http://10.0.0.5:8888${base}lab`, `${base}lab`],
    [`https://stream.test${base}lab`, `${base}lab`],
    ['/login', base],
    ['//evil.test/', base],
    ['https://evil.test/', base],
    ['javascript:alert(1)', base],
    [`${base}../../other/`, base],
    ['\\\\evil.test', base],
  ])('a redirect to %s goes to %s', (location, expected) => {
    expect(confinedLocation(location, route)).toBe(expected);
  });

  test.each([
    ['a=1', `a=1; Path=${base}`],
    ['a=1; Path=/; Domain=stream.test; HttpOnly', `a=1; Path=${base}; HttpOnly`],
    [`a=1; Path=${base}api`, `a=1; Path=${base}api`],
    ['heps-app=1', null],
    ['HEPS-stream=1', null],
    ['__Secure-heps-app=1', null],
    ['__Host-a=1', null],
    ['=nameless', null],
  ])('a cookie %s becomes %s', (cookie, expected) => {
    expect(confinedCookie(cookie, base)).toBe(expected);
  });
});
