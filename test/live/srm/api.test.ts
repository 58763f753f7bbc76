import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hashOf } from '../../../live/access/secrets.ts';
import { makeToken, type Role } from '../../../live/access/tokens.ts';
import type { Configuration } from '../../../live/server/configuration.ts';
import { type LiveServer, startLiveServer } from '../../../live/server/server.ts';
import { openStores, type Stores } from '../../../live/server/stores.ts';
import { reportOf, temporaryFolder } from './build.ts';
import { readAudit } from './read-audit.ts';
import { put } from './server-process.ts';

const { path, remove } = temporaryFolder();
const configuration: Configuration = {
  listen: { address: '127.0.0.1', port: 0 },
  tls: null,
  database: { kind: 'sqlite', file: join(path, 'heps.db') },
  srm: { intervalS: 10, auditReportsForH: 6 },
  scheduling: null,
  mirror: null,
  keepForD: { requests: 90, comparisons: 90, audit: 400 },
  keystone: null,
  desktops: null,
  log: { level: 'debug' },
};
const logLines: string[] = [];
const log = pino({ level: 'debug' }, { write: (line: string) => void logLines.push(line) });
let server: LiveServer;
let store: Stores;
const tokens: Record<string, string> = {};

beforeAll(async () => {
  server = await startLiveServer(configuration, log);
  store = await openStores(configuration.database);
  const holders: [string, Role, string | null][] = [
    ['reader', 'reader', null],
    ['scheduler', 'scheduler', null],
    ['admin', 'admin', null],
    ['gpu-01', 'agent', 'gpu-01'],
    ['gpu-02', 'agent', 'gpu-02'],
    ['gpu-03', 'agent', 'gpu-03'],
  ];
  for (const [name, role, host] of holders) {
    tokens[name] = makeToken();
    await store.tokens.addToken(hashOf(tokens[name]), role, host, 0);
  }
});
afterAll(async () => {
  await store.close();
  await server.stop();
  remove();
});

async function ask(route: string, token?: string, init: RequestInit = {}): Promise<Response> {
  const headers = { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...init.headers };
  return await fetch(new URL(route, server.url), { ...init, headers });
}

/** The answer's status and what it says; every problem carries the request id of its header. */
async function problemOf(response: Response): Promise<[number, string]> {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const problem = (await response.json()) as { status: number; detail: string; requestId: string };
  expect(problem.status).toBe(response.status);
  expect(problem.requestId).toBe(response.headers.get('x-request-id'));
  return [problem.status, problem.detail];
}

test('a host reports, and readers see it; a wrong version is answered with the right one', async () => {
  const taken = await put(server.url, tokens['gpu-01']!, reportOf('gpu-01', 1), 0);
  expect([taken.status, await taken.json()]).toEqual([200, { version: 1 }]);
  const again = await put(server.url, tokens['gpu-01']!, reportOf('gpu-01', 2), 0);
  expect(again.status).toBe(409);
  expect(await again.json()).toMatchObject({ version: 1 });
  const older = await put(server.url, tokens['gpu-01']!, reportOf('gpu-01', 1), 1);
  expect([older.status, ((await older.json()) as { version: number }).version]).toEqual([409, 1]);
  for (const who of ['reader', 'scheduler', 'admin', 'gpu-01']) {
    const response = await ask('/v1/srm/gpu-01', tokens[who]);
    expect(response.headers.get('etag')).toBe('"1"');
    expect(await response.json()).toMatchObject({ host: 'gpu-01', version: 1, stale: false, ...reportOf('gpu-01', 1) });
  }
  expect(await (await ask('/v1/srm?stale=false', tokens.reader)).json()).toMatchObject({ hosts: [{ host: 'gpu-01' }] });
  expect(await (await ask('/v1/srm?stale=true', tokens.reader)).json()).toEqual({ hosts: [] });
  const [row] = await readAudit(store.database, 1);
  expect(row).toMatchObject({ action: 'report', subject: 'gpu-01', version: 1 });
  expect(row!.requestId).toBe(taken.headers.get('x-request-id'));
});

test('a host writes its own record only, and no other role writes any', async () => {
  const report = reportOf('gpu-02', 1);
  expect(await problemOf(await put(server.url, tokens['gpu-01']!, report, 0))).toEqual([
    403,
    'expected the token of this host',
  ]);
  for (const who of ['reader', 'scheduler', 'admin']) {
    expect((await put(server.url, tokens[who]!, report, 0)).status, who).toBe(403);
  }
  expect((await ask('/v1/srm/gpu-02', tokens.reader)).status).toBe(404);
  // In the address its own name, in the body another.
  const other = await ask('/v1/srm/gpu-01', tokens['gpu-01'], {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(report),
  });
  expect(await problemOf(other)).toEqual([400, 'record.host: expected gpu-01, as in the address, got "gpu-02"']);
});

test('an agent does not read others, all, or the service', async () => {
  for (const route of ['/v1/srm', '/v1/srm?watch', '/v1/srm/gpu-02', '/metrics', '/events', '/']) {
    expect((await ask(route, tokens['gpu-01'])).status, route).toBe(403);
  }
});

test('without a known token nothing but health and description is answered', async () => {
  for (const route of ['/healthz', '/readyz', '/openapi.json']) expect((await ask(route)).status, route).toBe(200);
  for (const route of ['/v1/srm', '/v1/srm/gpu-01', '/metrics', '/events', '/']) {
    expect((await ask(route)).status, route).toBe(401);
    expect((await ask(route, makeToken())).status, route).toBe(401);
  }
});

test('a browser signs in to the page and its stream with a token as password, and to nothing else', async () => {
  const authorization = `Basic ${Buffer.from(`anyone:${tokens.reader}`).toString('base64')}`;
  const page = await ask('/', undefined, { headers: { authorization } });
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(await page.text()).toContain('{"runs":[],"live":"/events"}');
  expect((await ask('/v1/srm', undefined, { headers: { authorization } })).status).toBe(401);
});

test.each([
  ['no JSON', '{', 'expected JSON'],
  ['a list', '[]', 'body: expected an object'],
  ['120 000 lists in one another', '['.repeat(120_000) + ']'.repeat(120_000), 'expected JSON with at most 64 arrays'],
  ['brackets in a text', JSON.stringify('['.repeat(100)), 'body: expected an object'],
  ['an unknown field', JSON.stringify({ ...reportOf('gpu-02', 1), more: 1 }), 'more: expected one of the fields'],
  ['no record', JSON.stringify({ inventory: reportOf('gpu-02', 1).inventory }), 'record: expected an object'],
  [
    'a card that the inventory does not have',
    JSON.stringify({ ...reportOf('gpu-02', 1), inventory: reportOf('gpu-02', 1, { holders: [''] }).inventory }),
    'record.cards[1].address: expected a card of the inventory',
  ],
  [
    'a negative amount',
    JSON.stringify(reportOf('gpu-02', 1, { vcpusUsed: -1 })),
    'record.vcpusUsed: expected a number of at least 0, got -1',
  ],
])('a body with %s is refused with what is wrong', async (_, body, expected) => {
  const headers = { 'content-type': 'application/json' };
  const [status, detail] = await problemOf(
    await ask('/v1/srm/gpu-02', tokens['gpu-02'], { method: 'PUT', headers, body }),
  );
  expect(status).toBe(400);
  expect(detail.startsWith(expected), detail).toBe(true);
});

test('bodies that are too large or of another type, wrong versions, methods, paths and queries are told apart', async () => {
  const send = (init: RequestInit) => ask('/v1/srm/gpu-02', tokens['gpu-02'], { method: 'PUT', ...init });
  const json = { 'content-type': 'application/json' };
  expect((await problemOf(await send({ headers: json, body: ' '.repeat(300_000) })))[0]).toBe(413);
  // Of no length that is told beforehand.
  const endless = new ReadableStream({ pull: (controller) => controller.enqueue(Buffer.alloc(50_000, ' ')) });
  expect((await problemOf(await send({ headers: json, body: endless, duplex: 'half' })))[0]).toBe(413);
  expect((await problemOf(await send({ body: '{}' })))[0]).toBe(415);
  expect((await problemOf(await send({ headers: { ...json, 'if-match': '*' }, body: '{}' })))[1]).toContain('If-Match');
  const posted = await ask('/v1/srm/gpu-02', tokens['gpu-02'], { method: 'POST' });
  expect(posted.headers.get('allow')).toBe('GET, DELETE, PUT');
  expect((await problemOf(posted))[0]).toBe(405);
  expect((await problemOf(await ask('/v1/srm/a/b', tokens.reader)))[0]).toBe(404);
  expect((await problemOf(await ask('/v1/srm/%ff', tokens.reader)))[0]).toBe(400);
  expect((await problemOf(await ask('/v1/srm?stael=true', tokens.reader)))[1]).toContain('stael');
});

test('OpenAPI names every route that answers, with the schemas it refers to', async () => {
  const text = await (await ask('/openapi.json')).text();
  const document = JSON.parse(text) as {
    openapi: string;
    paths: Record<string, Record<string, object>>;
    components: { schemas: object };
  };
  expect(document.openapi).toBe('3.1.0');
  const routes = Object.entries(document.paths).flatMap(([route, methods]) =>
    Object.keys(methods).map((method) => `${method} ${route}`),
  );
  expect(routes.sort()).toEqual([
    'delete /v1/srm/{host}',
    'get /',
    'get /events',
    'get /healthz',
    'get /metrics',
    'get /openapi.json',
    'get /readyz',
    'get /v1/srm',
    'get /v1/srm/{host}',
    'put /v1/srm/{host}',
  ]);
  for (const [, name] of text.matchAll(/#\/components\/schemas\/(\w+)/g)) {
    expect(document.components.schemas).toHaveProperty(name!);
  }
});

/** Server-sent events of a stream, one after the other. */
async function openStream(route: string, headers: Record<string, string>) {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(new URL(route, server.url), { headers, agent: false }, resolve).on('error', reject);
  });
  expect(response.statusCode).toBe(200);
  const parts = response.setEncoding('utf8')[Symbol.asyncIterator]();
  let text = '';
  return {
    end: () => response.destroy(),
    async next(): Promise<{ event: string; id: string | undefined; data: Record<string, unknown> }> {
      for (;;) {
        const end = text.indexOf('\n\n');
        if (end < 0) {
          const { value, done } = await parts.next();
          if (done) throw new Error('the stream has ended');
          text += value as string;
          continue;
        }
        const block = text.slice(0, end);
        text = text.slice(end + 2);
        const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
        const event = field('event');
        if (event !== undefined) return { event, id: field('id'), data: JSON.parse(field('data')!) };
      }
    },
  };
}

test('a watcher has all hosts, then changes, and goes on after the last event it had', async () => {
  const authorization = `Bearer ${tokens.scheduler}`;
  const watch = await openStream('/v1/srm?watch', { authorization });
  expect((await watch.next()).event).toBe('reset');
  const hosts: unknown[] = [];
  let event = await watch.next();
  for (; event.event === 'record'; event = await watch.next()) hosts.push(event.data.host);
  expect(hosts).toContain('gpu-01');
  expect(event).toMatchObject({ event: 'complete', data: { hosts: hosts.length } });
  await put(server.url, tokens['gpu-03']!, reportOf('gpu-03', 1), 0);
  do event = await watch.next();
  while (event.data.host !== 'gpu-03');
  expect(event).toMatchObject({ event: 'record', data: { host: 'gpu-03', version: 1 } });
  watch.end();
  // A report that says nothing new is no event; the one after it is.
  await put(server.url, tokens['gpu-03']!, reportOf('gpu-03', 2), 1);
  await put(server.url, tokens['gpu-03']!, reportOf('gpu-03', 3, { vcpusUsed: 9 }), 2);
  const resumed = await openStream('/v1/srm?watch', { authorization, 'last-event-id': event.id! });
  expect(await resumed.next()).toMatchObject({ event: 'record', data: { host: 'gpu-03', version: 3 } });
  resumed.end();
  const lost = await openStream('/v1/srm?watch', { authorization, 'last-event-id': 'another-start-5' });
  expect((await lost.next()).event).toBe('reset');
  lost.end();
});

test('the live view begins with a snapshot', async () => {
  const stream = await openStream('/events', { authorization: `Bearer ${tokens.reader}` });
  expect(await stream.next()).toMatchObject({ event: 'snapshot', data: { format: 'heps-live/1', srmIntervalS: 10 } });
  stream.end();
});

test('metrics tell of reports, and no log line has a token', async () => {
  const text = await (await ask('/metrics', tokens.reader)).text();
  expect(text).toMatch(/^heps_srm_reports_total [1-9]/m);
  expect(text).toMatch(/^heps_srm_hosts \d+/m);
  const logged = logLines.join('');
  expect(logged).toContain('"msg":"request"');
  for (const token of Object.values(tokens)) {
    expect(logged).not.toContain(token);
    expect(logged).not.toContain(hashOf(token));
  }
});
