/** What the services' Date headers tell of their clocks. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { ServiceClocks } from '../../../live/doctor/clock-checks.ts';
import { openSession } from '../../../live/openstack/index.ts';
import { wallClock } from '../../../live/wall-clock.ts';
import { startStubCloud } from '../openstack/stub-cloud.ts';

const nowS = 1_764_000_000.4;

/** Of exchanges that end now. */
const checksOf = (...exchanges: { service: string; durationS?: number; serviceTimeS: number | null }[]) => {
  const clocks = new ServiceClocks({ nowS });
  for (const exchange of exchanges) clocks.observe({ status: 200, durationS: 0, ...exchange });
  return clocks.checks().map(({ step, status, found }) => [step, status, found]);
};

test('within five seconds is in order, to either side; the header leaves out parts of the second', () => {
  const ok = [[6, 'ok', 'compute: within 5 s of ours']];
  for (const serviceTimeS of [1_764_000_005, 1_763_999_995, 1_763_999_994.4]) {
    expect(checksOf({ service: 'compute', serviceTimeS })).toEqual(ok);
  }
  expect(checksOf({ service: 'compute', serviceTimeS: 1_764_000_006 })).toEqual([
    [6, 'wrong', 'compute: 6 s ahead of our clock'],
  ]);
  // 993 in full is 994 at most, 6.4 s before now.
  expect(checksOf({ service: 'compute', serviceTimeS: 1_763_999_993 })).toEqual([
    [6, 'wrong', 'compute: 6 s behind our clock'],
  ]);
});

test('where all others agree with one another but not with us, it is our clock that is wrong', () => {
  expect(
    checksOf({ service: 'compute', serviceTimeS: 1_763_992_800 }, { service: 'identity', serviceTimeS: 1_763_992_801 }),
  ).toEqual([[6, 'wrong', "this computer's clock is 7198 s ahead of all others, which agree: compute, identity"]]);
});

test('a slow answer does not make its service slow: the header may be from the beginning of the exchange', () => {
  expect(checksOf({ service: 'compute', durationS: 20, serviceTimeS: 1_763_999_980 })).toEqual([
    [6, 'ok', 'compute: within 5 s of ours'],
  ]);
});

test('each service is told apart, and one exchange in order is enough: a proxy may answer with an old header', () => {
  expect(
    checksOf(
      { service: 'identity', serviceTimeS: 1_764_000_000 },
      { service: 'placement', serviceTimeS: 1_764_000_060 },
      { service: 'compute', serviceTimeS: 1_763_990_000 },
      { service: 'compute', serviceTimeS: 1_764_000_000 },
      { service: 'image', serviceTimeS: null },
    ),
  ).toEqual([
    [6, 'ok', 'identity, compute: within 5 s of ours'],
    [6, 'wrong', 'placement: 60 s ahead of our clock'],
    [6, 'cannot-tell', 'image: no time in the answers'],
  ]);
});

test('Keystone tells its time in the token where no header does; others cannot be told then', async () => {
  // As uWSGI answers: without Date. Its tokens are from an hour ago.
  const issuedAt = new Date(Date.now() - 3_600_000).toISOString();
  const server = createServer((request, response) => {
    response.sendDate = false;
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const endpoints = [{ interface: 'public', region: 'One', url }];
    const token = {
      issued_at: issuedAt,
      expires_at: '2099-01-01T00:00:00Z',
      catalog: [{ type: 'compute', endpoints }],
    };
    response.writeHead(request.method === 'POST' ? 201 : 200, { 'x-subject-token': 't' });
    response.end(JSON.stringify({ token }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const stub = await startStubCloud({ answer: () => ({ status: 200 }) });
  const authUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clocks = new ServiceClocks(wallClock);
  const session = openSession({ ...stub.configuration, authUrl }, { observe: (exchange) => clocks.observe(exchange) });
  onTestFinished(async () => {
    await session.close();
    await stub.close();
    server.closeAllConnections();
    server.close();
  });
  await session.request({ service: 'compute', method: 'GET', path: '/' }, () => undefined);
  expect(clocks.checks().map(({ status, found }) => [status, found])).toEqual([
    ['wrong', expect.stringMatching(/^identity: (3598|3599|3600) s behind our clock$/)],
    ['cannot-tell', 'compute: no time in the answers'],
  ]);
});

test('a session hands the header on', async () => {
  const hourAgo = { date: new Date(Date.now() - 3_600_000).toUTCString() };
  const cloud = await startStubCloud({ answer: () => ({ status: 200, body: {}, headers: hourAgo }) });
  const clocks = new ServiceClocks(wallClock);
  const session = openSession(cloud.configuration, { observe: (exchange) => clocks.observe(exchange) });
  onTestFinished(async () => {
    await session.close();
    await cloud.close();
  });
  await session.request({ service: 'compute', method: 'GET', path: '/' }, () => undefined);
  expect(clocks.checks()).toEqual([
    { step: 6, status: 'ok', found: 'identity: within 5 s of ours', remedy: null },
    {
      step: 6,
      status: 'wrong',
      found: expect.stringMatching(/^compute: (3598|3599|3600) s behind our clock$/),
      remedy: expect.any(String),
    },
  ]);
});
