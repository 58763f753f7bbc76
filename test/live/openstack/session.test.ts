/** Retries, Retry-After, shared logins and time limits, against a loopback server and a clock that skips waiting. */
import { createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { mayHaveTakenEffect, NoAnswerError, OpenStackError } from '../../../live/openstack/errors.ts';
import { type Call, openSession, type Session, type SessionOptions } from '../../../live/openstack/session.ts';
import { limitS, SkippingClock } from './skipping-clock.ts';
import { cut, type Reply, type StubCloud, type StubOptions, silence, startStubCloud } from './stub-cloud.ts';

const get: Call = { service: 'compute', method: 'GET', path: '/servers' };
const create: Call = { service: 'compute', method: 'POST', path: '/servers', body: { server: { name: 'one' } } };
const ok: Reply = { status: 200, body: { fine: true } };
const busy: Reply = { status: 503, body: '<html><title>x</title><h1>503 Service Unavailable</h1></html>' };

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

interface Setting {
  readonly cloud: StubCloud;
  readonly session: Session;
  readonly clock: SkippingClock;
}

/** A session at a stub; chance takes nothing off the delays. */
async function begin(stub: StubOptions, options: Partial<SessionOptions> = {}): Promise<Setting> {
  const clock = new SkippingClock();
  const cloud = await startStubCloud(stub);
  const session = openSession(cloud.configuration, { clock, random: () => 0, exchangeLimitS: limitS, ...options });
  open.push(cloud, session);
  return { cloud, session, clock };
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it succeeded'),
    (error: Error) => error,
  );
const whole = (body: unknown) => body;

describe('repeating', () => {
  test.each([
    ['502', { status: 502 }],
    ['503', busy],
    ['a lost connection', cut],
  ] as const)('a GET that meets %s is sent again, after delays that double', async (_, reaction) => {
    const { cloud, session, clock } = await begin({ answer: (_asked, index) => (index < 3 ? reaction : ok) });
    expect((await session.request(get, whole)).value).toEqual({ fine: true });
    expect(cloud.asked).toHaveLength(3);
    expect(clock.waitedS).toEqual([0.5, 1]);
  });

  test('it ends after four attempts, with what the service said last', async () => {
    const { cloud, session, clock } = await begin({ answer: () => busy });
    const error = await failure(session.request(get, whole));
    expect(error.message).toBe('compute: GET /servers: 503 503 Service Unavailable');
    expect(cloud.asked).toHaveLength(4);
    expect(clock.waitedS).toEqual([0.5, 1, 2]);
  });

  test('other refusals are not repeated', async () => {
    for (const status of [400, 403, 404, 409, 500, 504]) {
      const { cloud, session } = await begin({ answer: () => ({ status }) });
      expect(await failure(session.request(get, whole))).toMatchObject({ status });
      expect(cloud.asked).toHaveLength(1);
    }
  });

  test('chance takes up to half of a delay', async () => {
    const { session, clock } = await begin(
      { answer: (_asked, index) => (index === 1 ? busy : ok) },
      { random: () => 0.5 },
    );
    await session.request(get, whole);
    expect(clock.waitedS).toEqual([0.375]); // 0.5 · (1 − 0.5 / 2)
  });

  test('Retry-After in seconds is what is waited', async () => {
    const { session, clock } = await begin({
      answer: (_asked, index) => (index === 1 ? { status: 429, headers: { 'retry-after': '7' } } : ok),
    });
    await session.request(get, whole);
    expect(clock.waitedS).toEqual([7]);
  });

  test('Retry-After as a date is waited for', async () => {
    const clock = new SkippingClock();
    clock.nowS = Date.parse('Wed, 21 Oct 2026 07:28:00 GMT') / 1000;
    const { session } = await begin(
      {
        answer: (_asked, index) =>
          index === 1 ? { ...busy, headers: { 'retry-after': 'Wed, 21 Oct 2026 07:28:09 GMT' } } : ok,
      },
      { clock },
    );
    await session.request(get, whole);
    expect(clock.waitedS).toEqual([9]);
  });

  test('a service that asks for more than a minute is not waited for', async () => {
    const { cloud, session, clock } = await begin({
      answer: () => ({ status: 429, headers: { 'retry-after': '61' } }),
    });
    expect(await failure(session.request(get, whole))).toMatchObject({ status: 429 });
    expect(cloud.asked).toHaveLength(1);
    expect(clock.waitedS).toEqual([]);
  });
});

describe('a create', () => {
  test.each([
    ['502', { status: 502 }],
    ['503', busy],
    ['a lost connection', cut],
  ] as const)('that meets %s is not sent again, and may have taken effect', async (_, reaction) => {
    const { cloud, session } = await begin({ answer: () => reaction });
    const error = await failure(session.request(create, whole));
    expect(mayHaveTakenEffect(error)).toBe(true);
    expect(cloud.asked).toHaveLength(1);
  });

  test('that is refused for coming too often is sent again, with the same body', async () => {
    const { cloud, session } = await begin({ answer: (_asked, index) => (index === 1 ? { status: 429 } : ok) });
    await session.request(create, whole);
    expect(cloud.asked.map(({ body }) => body)).toEqual(Array(2).fill('{"server":{"name":"one"}}'));
  });

  test('that found nobody to take it is sent again, and has not taken effect', async () => {
    const { cloud, session, clock } = await begin({ answer: () => ok });
    await session.endpoint('compute'); // logs in
    await cloud.close();
    const error = await failure(session.request(create, whole));
    expect(error).toBeInstanceOf(NoAnswerError);
    expect(mayHaveTakenEffect(error)).toBe(false);
    expect(clock.waitedS).toEqual([0.5, 1, 2]);
  });

  test('refused with 400 has not taken effect', async () => {
    const { session } = await begin({ answer: () => ({ status: 400 }) });
    expect(mayHaveTakenEffect(await failure(session.request(create, whole)))).toBe(false);
  });
});

test('a DELETE whose first answer was lost takes a 404 for done; a first 404 is an error', async () => {
  const gone: Call = { service: 'compute', method: 'DELETE', path: '/servers/1' };
  const lost = await begin({ answer: (_asked, index) => (index === 1 ? cut : { status: 404 }) });
  await lost.session.request(gone, () => undefined);
  expect(lost.cloud.asked).toHaveLength(2);
  const missing = await begin({ answer: () => ({ status: 404 }) });
  expect(await failure(missing.session.request(gone, () => undefined))).toMatchObject({ status: 404 });
});

describe('the token', () => {
  const accepts = (token: string): StubOptions['answer'] => {
    return ({ headers }) => (headers['x-auth-token'] === token ? ok : { status: 401 });
  };

  test('the token is asked for once, by callers at the same time and by later ones', async () => {
    const { cloud, session } = await begin({ answer: () => ok });
    await Promise.all(Array.from({ length: 20 }, () => session.request(get, whole)));
    await session.request(get, whole);
    expect(cloud.logins).toHaveLength(1);
    expect(cloud.asked).toHaveLength(21);
  });

  test('that is refused is replaced once for all callers, and their requests are sent again, creates too', async () => {
    const { cloud, session } = await begin({ answer: accepts('token-2') });
    const calls = Array.from({ length: 20 }, (_, index) => session.request(index % 2 === 0 ? get : create, whole));
    for (const { value } of await Promise.all(calls)) expect(value).toEqual({ fine: true });
    expect(cloud.logins).toHaveLength(2);
    expect(cloud.asked.filter(({ headers }) => headers['x-auth-token'] === 'token-2')).toHaveLength(20);
  });

  test('that is refused again after a new login is an error', async () => {
    const { cloud, session } = await begin({ answer: accepts('none') });
    expect(await failure(session.request(get, whole))).toMatchObject({ status: 401, service: 'compute' });
    expect(cloud.logins).toHaveLength(2);
    expect(cloud.asked).toHaveLength(2);
  });

  test('the token is renewed when less than 120 s are left', async () => {
    const { cloud, session, clock } = await begin({ answer: () => ok, tokenLifeS: 3600 });
    await session.request(get, whole);
    clock.nowS = 3479;
    await session.request(get, whole);
    expect(cloud.logins).toHaveLength(1);
    clock.nowS = 3481;
    await session.request(get, whole);
    expect(cloud.logins).toHaveLength(2);
  });

  test('with a life shorter than that is used for half of it', async () => {
    const { cloud, session, clock } = await begin({ answer: () => ok, tokenLifeS: 60 });
    for (const [nowS, logins] of [
      [0, 1],
      [29, 1],
      [31, 2],
    ] as const) {
      clock.nowS = nowS;
      await session.request(get, whole);
      expect(cloud.logins).toHaveLength(logins);
    }
  });

  test('the token is asked for again when Keystone was away, four times at most in all', async () => {
    const back = await begin({ answer: () => ok, login: (index) => (index < 3 ? busy : null) });
    await back.session.request(get, whole);
    expect(back.cloud.logins).toHaveLength(3);
    const away = await begin({ answer: () => ok, login: () => busy });
    expect(await failure(away.session.request(get, whole))).toMatchObject({ status: 503, service: 'identity' });
    expect(away.cloud.logins).toHaveLength(4);
  });

  test('a wrong password is one login, and shows neither itself nor the token', async () => {
    const { cloud, session } = await begin({
      answer: () => ok,
      login: () => ({ status: 401, body: { error: { code: 401, title: 'Unauthorized', message: 'Wrong.' } } }),
    });
    const error = await failure(session.request(get, whole));
    expect(error.message).toBe('identity: POST /auth/tokens: 401 Wrong.');
    expect(cloud.logins).toHaveLength(1);
    expect(cloud.logins[0]).toContain('a-secret');
    expect(JSON.stringify([session, cloud.configuration])).not.toContain('a-secret');
  });
});

describe('time limits', () => {
  test('an answer that does not come is given up, and a create then may have taken effect', async () => {
    const { session, clock, cloud } = await begin({ answer: () => silence });
    const asking = failure(session.request(create, whole));
    await cloud.firstAsked;
    clock.passLimits();
    const error = await asking;
    expect(error.message).toBe(`compute: POST /servers: no answer: none within ${limitS} s`);
    expect(mayHaveTakenEffect(error)).toBe(true);
    expect(clock.runningLimits).toBe(0);
  });

  test('closing ends what is under way, and nothing is sent any more', async () => {
    const { session, cloud, clock } = await begin({ answer: () => silence });
    const asking = failure(session.request(get, whole));
    await cloud.firstAsked;
    await session.close();
    expect(await asking).toBeInstanceOf(NoAnswerError);
    expect(await failure(session.request(get, whole))).toBeInstanceOf(NoAnswerError);
    expect(cloud.asked).toHaveLength(1);
    expect(clock.waitedS).toEqual([]);
  });
});

test('a redirect is refused, so that the token goes nowhere else', async () => {
  const { session, cloud } = await begin({ answer: () => ({ status: 302, headers: { location: '/elsewhere' } }) });
  expect(await failure(session.request(get, whole))).toBeInstanceOf(OpenStackError);
  expect(cloud.asked).toHaveLength(1);
});

test('an answer that is not JSON, or not as promised, is an error of the service', async () => {
  const { session } = await begin({ answer: () => ({ status: 200, body: '<html>' }) });
  expect(await failure(session.request(get, whole))).toMatchObject({ name: 'UnreadableAnswerError' });
});

test('every exchange is observed, without its headers and bodies', async () => {
  const seen: object[] = [];
  const { session } = await begin(
    {
      answer: (_asked, index) => ({
        ...(index === 1 ? busy : ok),
        headers: { 'x-openstack-request-id': `req-${index}` },
      }),
    },
    { observe: (exchange) => seen.push(exchange) },
  );
  expect((await session.request(get, whole)).requestId).toBe('req-2');
  const common = { durationS: 0, serviceTimeS: expect.any(Number) };
  expect(seen).toEqual([
    { ...common, service: 'identity', method: 'POST', path: '/auth/tokens', status: 201, requestId: null, attempt: 1 },
    { ...common, service: 'compute', method: 'GET', path: '/servers', status: 503, requestId: 'req-1', attempt: 1 },
    { ...common, service: 'compute', method: 'GET', path: '/servers', status: 200, requestId: 'req-2', attempt: 2 },
  ]);
});

test('a service that the catalog lacks is named, with what there is', async () => {
  const { session } = await begin({ answer: () => ok });
  const error = await failure(session.request({ ...get, service: 'volume' }, whole));
  expect(error.message).toBe('the catalog of cloud stub: expected a service volume, got "compute, image, placement"');
});

test('something that speaks no HTTP is no answer', async () => {
  const server = createServer((socket) => socket.end('hello\n', () => socket.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({ close: () => new Promise((resolve) => server.close(() => resolve())) });
  const { cloud, clock } = await begin({ answer: () => ok });
  const { port } = server.address() as { port: number };
  const session = openSession(
    { ...cloud.configuration, authUrl: `http://127.0.0.1:${port}/v3` },
    { clock, random: () => 0, exchangeLimitS: limitS },
  );
  open.push(session);
  expect(await failure(session.request(get, whole))).toBeInstanceOf(NoAnswerError);
});
