/** Nobody gets in who should not: single cases by rule, then thousands of random ones. */
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { clientOf, type Harness, portal, startHarness } from './harness.ts';
import { goodConnect, type HostileConnect, hostileConnects } from './stubs/hostile-connects.ts';
import { RfbClient } from './stubs/rfb-client.ts';
import { VncStub } from './stubs/vnc-stub.ts';

let stub: VncStub;
let harness: Harness;
beforeAll(async () => {
  stub = await VncStub.start();
  harness = await startHarness();
});
afterAll(async () => {
  await harness.stop();
  await stub.stop();
});

/** A token that would be good, for a stream that would be. */
const goodToken = (): string => harness.authority.mint(harness.authority.grant(stub.port));

async function refusalOf(options: Partial<ConstructorParameters<typeof RfbClient>[0]>): Promise<string> {
  const client = new RfbClient({ gateway: harness.gateway.url, origin: portal, protocols: [], ...options });
  return client.handshake().then(
    () => 'accepted',
    (error: Error) => error.message,
  );
}

describe('refused:', () => {
  test('a token that was used', async () => {
    const token = goodToken();
    await clientOf(harness.gateway, token).handshake();
    expect(await refusalOf({ protocols: ['binary', `token.${token}`] })).toContain('403');
  });

  test('of a hundred at the same time with one token all but one', async () => {
    const token = goodToken();
    const all = Array.from({ length: 100 }, () => refusalOf({ protocols: ['binary', `token.${token}`] }));
    expect((await Promise.all(all)).filter((outcome) => outcome === 'accepted')).toHaveLength(1);
  });

  test('a token that is too old', async () => {
    const token = harness.authority.mint(harness.authority.grant(stub.port), -1);
    expect(await refusalOf({ protocols: ['binary', `token.${token}`] })).toContain('403');
  });

  test.each([
    ['of another site', 'https://evil.test'],
    ['that only begins like the portal', `${portal}.evil.test`],
    ['on another port', `${portal}:81`],
    ['with another scheme', portal.replace('http', 'https')],
    ['that is null', 'null'],
    ['that is empty', ''],
    ['that is missing', null],
  ])('rule 5: an origin %s; the token is not spent by that', async (_, origin) => {
    const token = goodToken();
    const protocols = ['binary', `token.${token}`];
    expect(await refusalOf({ protocols, origin })).toContain('403');
    expect(await refusalOf({ protocols })).toBe('accepted');
  });

  test.each([
    ['the token alone', (token: string) => [`token.${token}`]],
    ['the token first', (token: string) => [`token.${token}`, 'binary']],
    ['a third one', (token: string) => ['binary', `token.${token}`, 'base64']],
    ['two tokens', (token: string) => ['binary', `token.${token}`, `token.${token.slice(1)}A`]],
    ['no token', () => ['binary']],
    ['a token that is too short', (token: string) => ['binary', `token.${token.slice(1)}`]],
    ['a token that is too long', (token: string) => ['binary', `token.${token}A`]],
  ])('rule 3: subprotocols with %s', async (_, protocols) => {
    expect(await refusalOf({ protocols: protocols(goodToken()) })).toContain('403');
  });

  test('rule 6: an upstream that is a name, not an address, and one of a web application', async () => {
    const named = harness.authority.grant(0, {
      upstream: { kind: 'vnc', address: 'localhost', port: stub.port, password: null },
    });
    const client = clientOf(harness.gateway, harness.authority.mint(named));
    expect((await client.closed).code).toBe(4502);
    const app = harness.authority.grant(0, { upstream: { kind: 'app', address: '127.0.0.1', port: stub.port } });
    expect(await refusalOf({ protocols: ['binary', `token.${harness.authority.mint(app)}`] })).toContain('403');
  });

  test('rule 12: everybody while the authority does not answer', async () => {
    const slow = await startHarness({ limits: { authorityLimitS: 0.1 } });
    slow.authority.isAway = true;
    const token = slow.authority.mint(slow.authority.grant(stub.port));
    await expect(clientOf(slow.gateway, token).handshake()).rejects.toThrow('503');
    expect(slow.authority.refusals).toEqual(['authority-away']);
    await slow.stop();
  });

  test('rule 13: each refusal has its reason in the audit trail and in the metrics', async () => {
    const before = harness.authority.refusals.length;
    await refusalOf({ protocols: ['binary', `token.${goodToken()}`], origin: 'http://evil.test' });
    await refusalOf({ protocols: ['binary'] });
    expect(harness.authority.refusals.slice(before)).toEqual(['origin', 'token-malformed']);
    expect(await harness.register.metrics()).toMatch(/heps_gateway_refused_total\{reason="origin"\} \d+/);
  });
});

test('rule 3: the token is a subprotocol, and the answer names `binary` alone', async () => {
  const client = clientOf(harness.gateway, goodToken());
  await client.handshake();
  expect(client.ws.protocol).toBe('binary');
});

test.each(['/desktop', '/connect', '/connect?token=x', '/apps/start?token=x', '/healthz', '/nothing'])(
  'rule 7: %s is not kept, not framed, not told to other pages, and runs no inline script',
  async (path) => {
    const { headers } = await fetch(`${harness.gateway.url}${path}`, { redirect: 'manual' });
    expect(Object.fromEntries(headers)).toMatchObject({
      'cache-control': 'no-store',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    const policy = headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
  },
);

test('rule 5: X-Forwarded-For counts only where a listed proxy sends it', async () => {
  const headers = { 'x-forwarded-for': '203.0.113.7' };
  const behind = await startHarness({ trustedProxies: ['127.0.0.1'] });
  for (const { gateway, authority } of [harness, behind]) {
    const token = authority.mint(authority.grant(stub.port));
    await new RfbClient({
      gateway: gateway.url,
      origin: portal,
      protocols: ['binary', `token.${token}`],
      headers,
    }).handshake();
  }
  expect(harness.authority.attempts.at(-1)!.address).toBe('127.0.0.1');
  expect(behind.authority.attempts.at(-1)!.address).toBe('203.0.113.7');
  await behind.stop();
});

test('of thousands of bad, expired, replayed, cross-origin and malformed connects none is accepted', async () => {
  const used = goodToken();
  await clientOf(harness.gateway, used).handshake();
  const expired = harness.authority.mint(harness.authority.grant(stub.port), -1);
  const connects = hostileConnects({ good: goodToken, used: [used], expired: [expired], origin: portal });
  const seeds = fc.sample(fc.integer(), 4000);
  const answers = await Promise.all(seeds.map((seed) => firstLine(harness.gateway.url, connects(seed))));
  expect(answers.filter(({ line }) => line.includes(' 101 '))).toEqual([]);
  expect(harness.lines.filter((line) => line.includes('"level":50'))).toEqual([]);
  expect((await firstLine(harness.gateway.url, goodConnect(goodToken(), portal))).line).toContain(' 101 ');
});

/** Sends it, and waits for an answer, or for the end. */
function firstLine(url: string, { kind, text }: HostileConnect): Promise<{ kind: string; line: string }> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    let line = '';
    socket.on('data', (bytes) => {
      line += bytes.toString('latin1');
      socket.end();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve({ kind, line: line.split('\r\n')[0]! }));
    // Nothing more comes: what is only half a request is answered as such, or not at all.
    socket.end(text, 'latin1');
  });
}
