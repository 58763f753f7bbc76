/** The registry as it is run: who may do what over HTTP, what an agent and a reader see, and the routes that OpenAPI names. */
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Store } from '../../../live/srm/store.ts';
import { hashOf, makeToken } from '../../../live/srm/tokens.ts';
import { reportOf, temporaryFolder } from './build.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';

async function started(): Promise<{ server: ServerProcess; tokens: Record<'agent' | 'other' | 'reader', string> }> {
  const { path: folder, remove } = temporaryFolder();
  const database = { kind: 'sqlite', file: join(folder, 'heps.db') } as const;
  const store = await Store.open(database);
  const tokens = { agent: makeToken(), other: makeToken(), reader: makeToken() };
  await store.addToken(hashOf(tokens.agent), 'agent', 'gpu-1', 1_764_000_000);
  await store.addToken(hashOf(tokens.other), 'agent', 'gpu-2', 1_764_000_000);
  await store.addToken(hashOf(tokens.reader), 'reader', null, 1_764_000_000);
  await store.close();
  const server = await startServerProcess(folder, { file: database.file });
  onTestFinished(async () => {
    await server.end('SIGKILL');
    remove();
  });
  return { server, tokens };
}

const ask = (server: ServerProcess, path: string, token: string | null, init: RequestInit = {}): Promise<Response> => {
  const headers = { ...(token !== null && { authorization: `Bearer ${token}` }), ...init.headers };
  return fetch(new URL(path, server.url), { ...init, headers });
};

const put = (server: ServerProcess, host: string, token: string, sequence: number, version?: number) =>
  ask(server, `/v1/srm/${host}`, token, {
    method: 'PUT',
    body: JSON.stringify(reportOf(host, sequence)),
    headers: { 'content-type': 'application/json', ...(version !== undefined && { 'if-match': String(version) }) },
  });

test('an agent writes its own record by versions, and nobody else writes it', async () => {
  const { server, tokens } = await started();
  expect(await (await put(server, 'gpu-1', tokens.agent, 1)).json()).toEqual({ version: 1 });
  expect(await (await put(server, 'gpu-1', tokens.agent, 2, 1)).json()).toEqual({ version: 2 });
  const late = await put(server, 'gpu-1', tokens.agent, 3, 1);
  expect([late.status, ((await late.json()) as { version: number }).version]).toEqual([409, 2]);
  expect((await put(server, 'gpu-1', tokens.other, 4, 2)).status).toBe(403);
  expect((await put(server, 'gpu-1', tokens.reader, 4, 2)).status).toBe(403);
  expect((await put(server, 'gpu-1', 'no-token', 4, 2)).status).toBe(401);

  const all = (await (await ask(server, '/v1/srm', tokens.reader)).json()) as {
    hosts: { host: string; version: number }[];
  };
  expect(all.hosts.map(({ host, version }) => [host, version])).toEqual([['gpu-1', 2]]);
  expect((await ask(server, '/v1/srm', null)).status).toBe(401);
  expect((await ask(server, '/v1/srm', tokens.agent)).status).toBe(403);
  expect(server.log.join('\n')).not.toContain(tokens.agent);
});

test('a wrong body is one problem that says where and what was expected, and changes nothing', async () => {
  const { server, tokens } = await started();
  const body = JSON.stringify({ ...reportOf('gpu-1', 1), inventory: { vcpus: -1 } });
  const answer = await ask(server, '/v1/srm/gpu-1', tokens.agent, {
    method: 'PUT',
    body,
    headers: { 'content-type': 'application/json' },
  });
  expect(answer.status).toBe(400);
  const problem = (await answer.json()) as { detail: string; requestId: string };
  expect(problem.detail).toContain('vcpus: expected');
  expect(problem.requestId).toBe(answer.headers.get('x-request-id'));
  expect((await ask(server, '/v1/srm/gpu-1', tokens.reader)).status).toBe(404);
});

test('OpenAPI names the routes that there are; health needs no token', async () => {
  const { server } = await started();
  const api = (await (await ask(server, '/openapi.json', null)).json()) as { openapi: string; paths: object };
  expect(api.openapi).toMatch(/^3\.1/);
  for (const path of ['/v1/srm', '/v1/srm/{host}', '/healthz', '/readyz', '/metrics', '/events']) {
    expect(Object.keys(api.paths)).toContain(path);
  }
  expect((await ask(server, '/healthz', null)).status).toBe(200);
  expect((await ask(server, '/readyz', null)).status).toBe(200);
  expect((await ask(server, '/nothing', null)).status).toBe(404);
});

test('it ends by SIGTERM with 0', async () => {
  const { server } = await started();
  expect(await server.end('SIGTERM')).toBe(0);
});
