/** Logging in by a real OpenID provider on loopback, as a browser does it. */
import { createServer, type Server } from 'node:http';
import Provider from 'oidc-provider';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { freePort } from '../../../free-port.ts';
import { PortalServer } from '../portal-server.ts';

const secret = 'a-secret-of-the-client-that-is-long-enough';
let portal: PortalServer;
let provider: Server;
let issuer: string;
/** Who is logged in at the provider, and what it says of her. */
let account = 'subject-1';
const claims: Record<string, Record<string, unknown>> = {};

beforeAll(async () => {
  const port = await freePort();
  issuer = `http://127.0.0.1:${port}`;
  portal = await PortalServer.start({
    settings: {
      accounts: {
        kind: 'oidc',
        oidc: {
          issuer,
          clientId: 'portal',
          clientSecret: secret,
          title: 'IHEP unified authentication',
          scopes: ['profile'],
          claims: {
            name: 'preferred_username',
            displayName: 'name',
            uid: 'uid',
            gid: 'gid',
            groups: 'groups',
            email: 'email',
          },
          groupNumbers: { ct: 70_002 },
        },
        adminGroups: ['operators'],
        idleS: 3600,
        longestS: 36_000,
      },
    },
  });
  provider = createServer(providerListener(issuer, `${portal.origin}/portal/v1/login/callback`));
  await new Promise<void>((resolve) => provider.listen(port, '127.0.0.1', resolve));
});
afterAll(async () => {
  provider.closeAllConnections();
  provider.close();
  await portal.stop();
});
beforeEach(() => {
  account = 'subject-1';
  claims['subject-1'] = {
    preferred_username: 'chen',
    name: 'Chen Wei',
    uid: 21_001,
    gid: '21001',
    groups: ['b7:70001', 'ct', 'unnumbered', 'operators'],
  };
});

function providerListener(of: string, redirectUri: string) {
  const made = new Provider(of, {
    clients: [
      {
        client_id: 'portal',
        client_secret: secret,
        redirect_uris: [redirectUri],
        grant_types: ['authorization_code'],
        response_types: ['code'],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    pkce: { required: () => true },
    ttl: { Interaction: 60, Grant: 60, Session: 60, AccessToken: 60, IdToken: 60 },
    features: { devInteractions: { enabled: false } },
    cookies: { keys: ['a-key-of-the-test'] },
    claims: { openid: ['sub'], profile: ['preferred_username', 'name', 'uid', 'gid', 'groups'] },
    findAccount: (_: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id, ...claims[id] }) }),
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    async loadExistingGrant(context: { oidc: { session: { accountId: string } } }) {
      const grant = new made.Grant({ clientId: 'portal', accountId: context.oidc.session.accountId });
      grant.addOIDCScope('openid profile');
      await grant.save();
      return grant;
    },
  });
  const listener = made.callback();
  return (request: Parameters<typeof listener>[0], response: Parameters<typeof listener>[1]) => {
    if (!request.url!.startsWith('/interaction/')) return listener(request, response);
    void made.interactionFinished(request, response, { login: { accountId: account } });
  };
}

/** Follows redirects and keeps cookies by origin, as a browser does. */
class Browser {
  readonly #cookies = new Map<string, Map<string, string>>();

  cookiesOf(origin: string): string {
    return [...(this.#cookies.get(origin) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  /** The last answer, and every address on the way. @param until stops before an address of that path */
  async go(url: string, until = '\n'): Promise<{ status: number; body: string; way: URL[] }> {
    const way: URL[] = [];
    for (let next = new URL(url); ; ) {
      way.push(next);
      if (next.pathname.includes(until)) return { status: 0, body: '', way };
      const response = await fetch(next, { redirect: 'manual', headers: { cookie: this.cookiesOf(next.origin) } });
      const kept = this.#cookies.get(next.origin) ?? new Map<string, string>();
      this.#cookies.set(next.origin, kept);
      for (const cookie of response.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie)!;
        if (value === '' || /max-age=0|1970/i.test(cookie)) kept.delete(name!);
        else kept.set(name!, value!);
      }
      const location = response.headers.get('location');
      if (location === null) return { status: response.status, body: await response.text(), way };
      next = new URL(location, next);
    }
  }
}

const begin = (): string => `${portal.origin}/portal/v1/login`;

test('one goes to the provider and comes back logged in, with what it says', async () => {
  const ways = (await portal.ask('GET', '/portal/v1/session')).body.login;
  expect(ways).toEqual({ local: false, unified: 'IHEP unified authentication' });
  const browser = new Browser();
  const { status, way } = await browser.go(begin());
  expect([status, way.at(-1)!.pathname]).toEqual([200, '/portal/']);
  const asked = way.find(({ pathname }) => pathname === '/auth')!.searchParams;
  expect([asked.get('code_challenge_method'), asked.get('state')!.length > 20, asked.has('nonce')]).toEqual([
    'S256',
    true,
    true,
  ]);
  const session = await portal.ask('GET', '/portal/v1/session', { cookie: browser.cookiesOf(portal.origin) });
  // Of the groups those that have a number; another one makes the administrator.
  expect(session.body).toEqual({ name: 'chen', displayName: 'Chen Wei', groups: ['b7', 'ct'], isAdmin: true });
  expect(await portal.people.find('chen')).toMatchObject({ uid: 21_001, gid: 21_001 });
});

test('a name belongs to the identity that came with it first, for good', async () => {
  await new Browser().go(begin());
  account = 'subject-2';
  claims['subject-2'] = { ...claims['subject-1'] };
  const { status, body } = await new Browser().go(begin());
  expect([status, JSON.parse(body).detail]).toEqual([
    403,
    'Somebody else has your name here. An administrator can say more.',
  ]);
  // Nor does an identity get a second name.
  account = 'subject-1';
  claims['subject-1'] = { ...claims['subject-1'], preferred_username: 'other' };
  expect((await new Browser().go(begin())).status).toBe(403);
});

test.each([
  ['a name that could inject', { preferred_username: 'chen; reboot' }],
  ['the name of the system', { preferred_username: 'root' }],
  ['a number of the system', { uid: 0 }],
  ['a group of the system', { gid: 'wheel' }],
  ['no number', { uid: undefined }],
])('%s is refused', async (_, more) => {
  account = 'subject-9';
  claims['subject-9'] = { ...claims['subject-1'], preferred_username: 'zhao', ...more };
  const { status, body } = await new Browser().go(begin());
  expect(status).toBe(403);
  expect(JSON.parse(body).detail).toContain('What the facility says of you cannot be used here');
});

test('an answer of the provider is good for the browser that began, once, and with its state', async () => {
  const victim = new Browser();
  const attacker = new Browser();
  const stolen = (await attacker.go(begin(), '/callback')).way.at(-1)!;
  // Into a browser that began nothing, and into one that began something else.
  expect((await victim.go(stolen.href)).status).toBe(400);
  const page = await fetch(stolen, { redirect: 'manual', headers: { accept: 'text/html,*/*;q=0.8' } });
  expect([page.status, page.headers.get('location')]).toEqual([303, '/portal/#login=again']);
  await victim.go(begin(), '/callback');
  expect((await victim.go(stolen.href)).status).toBe(403);
  const changed = new URL((await attacker.go(begin(), '/callback')).way.at(-1)!);
  changed.searchParams.set('state', 'x'.repeat(43));
  expect((await attacker.go(changed.href)).status).toBe(403);
  const good = (await attacker.go(begin(), '/callback')).way.at(-1)!;
  expect((await attacker.go(good.href)).status).toBe(200);
  expect((await attacker.go(good.href)).status).toBe(400);
});

test('names and passwords are not taken where the facility logs in', async () => {
  const body = { name: 'chen', password: 'correct horse' };
  expect((await portal.ask('POST', '/portal/v1/session', { body })).status).toBe(404);
});

test('a provider that is away is told, and asked again the next time', async () => {
  const other = await PortalServer.start({
    settings: {
      accounts: {
        kind: 'oidc',
        oidc: {
          issuer: `http://127.0.0.1:${await freePort()}`,
          clientId: 'portal',
          clientSecret: secret,
          title: 't',
          scopes: [],
          claims: { name: 'n', displayName: 'd', uid: 'u', gid: 'g', groups: 'gs', email: 'e' },
          groupNumbers: {},
        },
        adminGroups: [],
        idleS: 1,
        longestS: 1,
      },
    },
  });
  const { status, body } = await other.ask('GET', '/portal/v1/login');
  expect([status, body.detail]).toEqual([503, 'The facility does not answer. Try again in a moment.']);
  const page = await fetch(`${other.origin}/portal/v1/login`, { redirect: 'manual', headers: { accept: 'text/html' } });
  expect([page.status, page.headers.get('location')]).toEqual([303, '/portal/#login=later']);
  await other.stop();
});

test('neither code nor secret is in the log', () => {
  const log = portal.log.join('\n');
  expect(log).not.toContain(secret);
  expect(log).not.toMatch(/code=|state=/);
});
