import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { Outcome, Report } from '../../../live/gpu-host/agent.ts';
import { registryTransport } from '../../../live/gpu-host/registry-transport.ts';

const report: Report = {
  inventory: { vcpus: 64, ramMib: 262144, diskGib: 0, cards: [] },
  record: { host: 'gpu/1', observedAtS: 1, sequence: 2, vcpusUsed: 3, ramUsedMib: 4, diskUsedGib: 0, cards: [] },
};
const secret = 'geheim-4711';
let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

interface Answer {
  status: number;
  body?: string;
  headers?: Record<string, string>;
}

/** Sends the report to a registry that gives this answer, or none. */
async function sendTo(answer: Answer | (() => Answer) | null, version: string | null = null, limitS?: number) {
  let request: (IncomingMessage & { body?: string }) | undefined;
  server = createServer(async (message, response) => {
    request = message;
    request.body = '';
    for await (const part of message) request.body += part;
    if (answer === null) return;
    const { status, headers, body } = typeof answer === 'function' ? answer() : answer;
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((listening) => server!.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const url = new URL(`http://127.0.0.1:${port}`);
  const send = registryTransport({ urls: [url], token: () => secret, ...(limitS && { limitS }) });
  const outcome = await send(report, version, new AbortController().signal);
  return { outcome, request: request!, registry: `the registry at ${url.host}` };
}

const outcomeOf = async (answer: Answer): Promise<Outcome> => (await sendTo(answer)).outcome;

test('a report goes to its host under the token and names the version it follows', async () => {
  const { outcome, request } = await sendTo({ status: 200, body: '{"version": 8}' }, '7');
  expect(outcome).toEqual({ kind: 'taken', version: '8' });
  expect(`${request.method} ${request.url}`).toBe('PUT /v1/srm/gpu%2F1');
  expect(request.headers).toMatchObject({
    authorization: `Bearer ${secret}`,
    'content-type': 'application/json',
    'if-match': '7',
  });
  expect(JSON.parse(request.body!)).toEqual(report);
});

test('the first report names none', async () => {
  expect((await sendTo({ status: 200, body: '{"version": "a"}' })).request.headers['if-match']).toBeUndefined();
});

test('409 brings the version to follow', async () => {
  expect(await outcomeOf({ status: 409, body: '{"version": 12}' })).toEqual({ kind: 'conflict', version: '12' });
});

test('409 for the version that was named: it is the sequence, which is asked for', async () => {
  const { outcome, request } = await sendTo({ status: 409, body: '{"version": 12}' }, '12');
  expect(outcome).toEqual({ kind: 'conflict', version: '12' }); // asked for, but not told
  expect(request.method).toBe('GET');
  const answers = [
    { status: 409, body: '{"version": 12}' },
    { status: 200, body: '{"version": 12, "record": {"sequence": 99}}' },
  ];
  expect((await sendTo(() => answers.shift()!, '12')).outcome).toEqual({
    kind: 'conflict',
    version: '12',
    sequence: 99,
  });
});

test.each([
  [401, '', 'refused', 'does not accept the token (401)'],
  [403, '', 'refused', "does not let this token write this host's record (403)"],
  [400, '{"error": "cards[0]:\n  no"}', 'refused', 'answered 400: {"error": "cards[0]: no"}'],
  [400, '{"title": "Bad request", "detail": "cards[0]: no"}', 'refused', 'answered 400: cards[0]: no'],
  [429, '', 'unavailable', 'answered 429'],
  [500, 'x'.repeat(5000), 'unavailable', `answered 500: ${'x'.repeat(200)}`],
  [503, '', 'unavailable', 'answered 503'],
  [200, 'OK', 'unavailable', 'answered 200 without a version'],
  [409, '{"version": null}', 'unavailable', 'answered 409 without a version'],
])('%i %j: %s', async (status, body, kind, reason) => {
  const { outcome, registry } = await sendTo({ status, body });
  expect(outcome).toEqual({ kind, reason: `${registry} ${reason}` });
});

test('the token is not taken elsewhere, nor repeated in a message', async () => {
  const moved = await sendTo({ status: 307, headers: { location: 'http://127.0.0.1:1/elsewhere' } });
  expect(moved.outcome).toEqual({ kind: 'refused', reason: `${moved.registry} answered 307` });
  const echo = await sendTo({ status: 500, body: `bad header Bearer ${secret}` });
  expect(echo.outcome).toEqual({
    kind: 'unavailable',
    reason: `${echo.registry} answered 500: bad header Bearer (token)`,
  });
});

test('no connection and no answer in time are said as such', async () => {
  const silent = await sendTo(null, null, 0.2);
  expect(silent.outcome).toEqual({
    kind: 'unavailable',
    reason: `${silent.registry} does not answer: no answer in 0.2 s`,
  });
  const { port } = server!.address() as AddressInfo;
  server!.closeAllConnections();
  await new Promise((closed) => server!.close(closed));
  const send = registryTransport({ urls: [new URL(`http://127.0.0.1:${port}`)], token: () => secret });
  expect(await send(report, null, new AbortController().signal)).toEqual({
    kind: 'unavailable',
    reason: `the registry at 127.0.0.1:${port} does not answer: ECONNREFUSED`,
  });
});

test('a token that cannot be read is a refusal that says where', async () => {
  const token = (): string => {
    throw new Error('/etc/heps/token: expected a file with the token, got "ENOENT"');
  };
  const send = registryTransport({ urls: [new URL('http://127.0.0.1:1')], token });
  expect(await send(report, null, new AbortController().signal)).toEqual({
    kind: 'refused',
    reason: '/etc/heps/token: expected a file with the token, got "ENOENT"',
  });
});

test('of several servers the next one is asked where one does not answer, and asked first from then on', async () => {
  const asked: number[] = [];
  let isAway = false;
  server = createServer((_, response) => {
    asked.push(1);
    response.writeHead(isAway ? 503 : 200).end('{"version": 8}');
  });
  await new Promise<void>((listening) => server!.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const urls = [new URL('http://127.0.0.1:1'), new URL(`http://127.0.0.1:${port}`)];
  const send = registryTransport({ urls, token: () => secret });
  const { signal } = new AbortController();
  expect(await send(report, null, signal)).toEqual({ kind: 'taken', version: '8' });
  expect(await send(report, '8', signal)).toEqual({ kind: 'taken', version: '8' });
  expect(asked.length).toBe(2);
  isAway = true;
  expect(await send(report, '8', signal)).toEqual({
    kind: 'unavailable',
    reason: expect.stringMatching(/answered 503.*; the registry at 127\.0\.0\.1:1 does not answer: /),
  });
});
