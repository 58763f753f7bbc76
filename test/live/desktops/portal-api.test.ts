/** The portal over HTTP: who may, what is answered, what is refused and how. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DesktopView } from '../../../core/wire/portal.ts';
import { hashOf } from '../../../live/access/secrets.ts';
import { makeToken } from '../../../live/access/tokens.ts';
import { type AuditEntry, noteAudit } from '../../../live/desktops/records/audit-trail.ts';
import { RemoteAuthority } from '../../../live/gateway/authority/remote-authority.ts';
import { VncStub } from '../gateway/stubs/vnc-stub.ts';
import { PortalServer, password } from './portal-server.ts';

let portal: PortalServer;
let chen: string;
let li: string;
let admin: string;
let id: string;
/** In place of desktops. */
let vnc: VncStub;

beforeAll(async () => {
  portal = await PortalServer.start();
  portal.machines.address = '127.0.0.1';
  vnc = await VncStub.start({}, 5901);
  [chen, li, admin] = [
    await portal.person('chen', { groups: [{ name: 'ct', gid: 70_001 }] }),
    await portal.person('li'),
    await portal.person('root_admin', { isAdmin: true }),
  ];
  id = await portal.ready(chen);
});
afterAll(async () => {
  await vnc.stop();
  await portal.stop();
});

describe('login', () => {
  test('without a session one is told how to log in', async () => {
    const { status, body } = await portal.ask('GET', '/portal/v1/session');
    expect([status, body.login]).toEqual([401, { local: true, unified: null }]);
    expect((await portal.ask('GET', '/portal/v1/desktops')).status).toBe(401);
  });

  test('the cookie is for this host and no script; the database has its hash alone', async () => {
    const { headers, body } = await portal.ask('POST', '/portal/v1/session', { body: { name: 'chen', password } });
    const [cookie, known] = headers.getSetCookie();
    expect(cookie).toMatch(/^heps-session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
    // It lets nobody in: only what others try under her name does not hold her back here.
    expect(known).toMatch(
      /^heps-known-browser=[\w-]{22}\.[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=31536000$/,
    );
    expect((await portal.ask('GET', '/portal/v1/session', { cookie: known!.split(';')[0]! })).status).toBe(401);
    expect(body).toEqual({ name: 'chen', displayName: 'chen', groups: ['ct'], isAdmin: false });
    const secret = cookie!.slice('heps-session='.length, 'heps-session='.length + 43);
    const rows = await portal.database.database.selectFrom('sessions').selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(secret);
  });

  test('a wrong password and an unknown name are answered alike, and after some tries not at all', async () => {
    await portal.account('wang');
    const log = async (name: string) =>
      await portal.ask('POST', '/portal/v1/session', { body: { name, password: 'not-this' } });
    const [wrong, unknown] = [await log('wang'), await log('nobody_here')];
    expect([wrong.status, wrong.body.detail]).toEqual([unknown.status, unknown.body.detail]);
    expect(wrong.status).toBe(401);
    for (let tries = 0; tries < 4; tries++) await log('wang');
    expect((await log('wang')).status).toBe(429);
    // The right one as well: who tries does not learn which it was.
    expect((await portal.ask('POST', '/portal/v1/session', { body: { name: 'wang', password } })).status).toBe(429);
  });

  test('a person who opens an address that is refused reads a page, a program JSON', async () => {
    const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
    for (const path of ['/portal/nothing', '/portal/v1/desktops/<b>']) {
      const page = await portal.ask('GET', path, { headers: html });
      expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(page.body).toContain('<a href="/portal/">To the portal</a>');
      expect(page.body).not.toContain('<b>');
      expect((await portal.ask('GET', path)).headers.get('content-type')).toBe('application/problem+json');
    }
  });

  test('after logging out the cookie is good for nothing', async () => {
    const cookie = await portal.logIn('li');
    expect((await portal.ask('DELETE', '/portal/v1/session', { cookie })).status).toBe(204);
    expect((await portal.ask('GET', '/portal/v1/session', { cookie })).status).toBe(401);
  });

  test('a removed account is out at once', async () => {
    const cookie = await portal.person('gone');
    await portal.people.remove('gone', Date.now() / 1000);
    expect((await portal.ask('GET', '/portal/v1/session', { cookie })).status).toBe(401);
    expect((await portal.ask('POST', '/portal/v1/session', { body: { name: 'gone', password } })).status).toBe(401);
  });
});

describe('a request of another page', () => {
  test.each([
    ['another origin', { origin: 'http://evil.example' }],
    ['a like origin', { origin: 'http://127.0.0.1' }],
    ['no origin', { origin: '' }],
    ['the origin null', { origin: 'null' }],
  ])('%s is refused', async (_, headers) => {
    const { status } = await portal.ask('POST', `/portal/v1/desktops/${id}/connect`, { cookie: chen, headers });
    expect(status).toBe(403);
  });

  test('what a form could send is refused', async () => {
    const headers = { 'content-type': 'text/plain' };
    expect((await portal.ask('DELETE', `/portal/v1/desktops/${id}`, { cookie: chen, headers })).status).toBe(415);
  });

  test('two cookies of the name count as none', async () => {
    const cookie = `heps-session=${'A'.repeat(43)}; ${chen}`;
    expect((await portal.ask('GET', '/portal/v1/session', { cookie })).status).toBe(401);
  });
});

describe('pages', () => {
  test('pages come with their types and a policy that lets no inline script run', async () => {
    const page = await portal.ask('GET', '/portal/');
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.body).toBe('<title>Desktops of &lt;HEPS></title>');
    expect(page.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self' ws:\/\/127\.0\.0\.1:\d+ http:\/\/127\.0\.0\.1:\d+; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
    );
    const script = await portal.ask('GET', '/portal/assets/main-1a.js');
    expect([script.status, script.headers.get('content-type')]).toEqual([200, 'text/javascript; charset=utf-8']);
    expect((await portal.ask('GET', '/portal')).headers.get('location')).toBe('/portal/');
  });

  test.each(['/portal/', '/portal/v1/session', '/portal/none', '/portal/assets/..%2f..%2fheps.db'])(
    'the headers of rule 7 are on %s',
    async (path) => {
      const { headers } = await portal.ask('GET', path);
      expect(Object.fromEntries(headers)).toMatchObject({
        'referrer-policy': 'no-referrer',
        'x-frame-options': 'DENY',
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
      });
    },
  );
});

describe('desktops', () => {
  test('desktops are seen by their owner, and not even known to others', async () => {
    expect(await portal.show(chen, id)).toMatchObject({ id, role: 'owner', state: 'ready', host: 'host-1' });
    expect((await portal.ask('GET', `/portal/v1/desktops/${id}`, { cookie: li })).status).toBe(404);
    for (const [method, rest] of [
      ['DELETE', ''],
      ['POST', '/restart'],
      ['POST', '/connect'],
      ['POST', '/console'],
    ] as const) {
      expect((await portal.ask(method, `/portal/v1/desktops/${id}${rest}`, { cookie: li })).status).toBe(404);
    }
  });

  test.each([
    [{ station: 'none', image: 'imaging' }, 404, 'There is no such station, or it is not open to you.'],
    [{ station: 'b7', image: 'none' }, 404, 'The station B7 has no such desktop.'],
    [
      { station: 'b7', image: 'imaging', size: { vcpus: 64, ramMib: 1, diskGib: 1 } },
      400,
      'A desktop of the station B7 may have at most 16 CPUs.',
    ],
    [
      { station: 'b7', image: 'imaging', gpu: { count: 5, memoryMib: 0 } },
      400,
      'A desktop of the station B7 may have at most 4 cards.',
    ],
    [
      { station: 'b7', image: 'imaging', gpu: { count: 1, memoryMib: 0, models: ['A100-80GB'] } },
      400,
      'A desktop of the station B7 may not have the card A100-80GB.',
    ],
    [
      { station: 'b7', image: 'imaging', lifetimeS: 1e9 },
      400,
      'A desktop of the station B7 may have at most 48 hours.',
    ],
    [
      { station: 'b7', image: 'imaging', title: 'a\nb' },
      400,
      'title: expected a text of 1 to 80 characters in one line',
    ],
    [{ station: 'b7', image: 'imaging', owner: 'li' }, 400, 'owner: expected one of the fields'],
    [[], 400, 'body: expected an object'],
  ])('%j is refused with a sentence', async (body, status, detail) => {
    const answer = await portal.ask('POST', '/portal/v1/desktops', { cookie: chen, body });
    expect(answer.status).toBe(status);
    expect(answer.body.detail).toContain(detail);
  });

  test('cores and models of cards are asked for, kept and shown; the cards to choose among are those that there are', async () => {
    const gpu = { count: 1, memoryMib: 16_384, cores: 5000, models: ['A40'] };
    const body = { station: 'b7', image: 'imaging', gpu };
    const { status, body: made } = await portal.ask('POST', '/portal/v1/desktops', { cookie: li, body });
    expect([status, made.gpu]).toEqual([202, gpu]);
    const seen = await portal.ask('GET', `/portal/v1/desktops/${String(made.id)}`, { cookie: li });
    expect(seen.body.gpu).toEqual(gpu);
    const { body: offered } = await portal.ask('GET', '/portal/v1/stations', { cookie: li });
    const [b7] = offered.stations as { cards: { name: string }[] }[];
    expect(b7!.cards.map(({ name }) => name)).toEqual(['T4', 'A40']);
    expect((await portal.ask('DELETE', `/portal/v1/desktops/${String(made.id)}`, { cookie: li })).status).toBe(202);
  });

  test('the same application again, with its key, is the same desktop; another one with it is refused', async () => {
    const headers = { 'idempotency-key': 'k-1' };
    const send = async (title: string) =>
      await portal.ask('POST', '/portal/v1/desktops', {
        cookie: li,
        headers,
        body: { station: 'b7', image: 'imaging', title },
      });
    const [one, other] = [await send('first'), await send('first')];
    expect([one.status, other.body.id]).toEqual([202, one.body.id]);
    expect((await send('another')).status).toBe(409);
    await portal.ask('DELETE', `/portal/v1/desktops/${one.body.id}`, { cookie: li });
    await portal.until(async () => (await portal.show(li, one.body.id)).id === undefined);
  });

  test('desktops are extended from now on, and no further than the station lets them', async () => {
    const extend = async (lifetimeS: number): Promise<DesktopView> =>
      (await portal.ask('POST', `/portal/v1/desktops/${id}/extend`, { cookie: chen, body: { lifetimeS } })).body;
    const { endsAtS, latestEndAtS } = await portal.show(chen, id);
    const { endsAtS: later } = await extend(86_400 + 3600);
    expect(later! - endsAtS).toBeGreaterThan(3500);
    // A shorter one takes nothing away.
    expect((await extend(60)).endsAtS).toBe(later);
    expect((await extend(1e7)).endsAtS).toBe(latestEndAtS);
    const refused = await portal.ask('POST', `/portal/v1/desktops/${id}/extend`, {
      cookie: chen,
      body: { lifetimeS: 1 },
    });
    expect([refused.status, refused.body.detail]).toEqual([409, 'It cannot be extended any further.']);
  });

  test('shared to see, they are seen, and nothing else may be done', async () => {
    const path = `/portal/v1/desktops/${id}/shares/li`;
    expect((await portal.ask('PUT', path, { cookie: li, body: { role: 'control' } })).status).toBe(404);
    const { body } = await portal.ask('PUT', path, { cookie: chen, body: { role: 'view' } });
    expect(body.shares).toEqual([{ person: 'li', role: 'view' }]);
    expect(await portal.show(li, id)).toMatchObject({ role: 'view', owner: 'chen', host: null, shares: [] });
    expect((await portal.ask('POST', `/portal/v1/desktops/${id}/stop`, { cookie: li })).status).toBe(403);
    const connected = await portal.ask('POST', `/portal/v1/desktops/${id}/connect`, { cookie: li });
    expect(connected.body).toMatchObject({ role: 'view', expiresInS: 30, clipboard: { mostIn: 1000, mostOut: 500 } });
    expect(connected.body.streamUrl).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/stream$/);
    expect((await portal.ask('DELETE', path, { cookie: li })).status).toBe(204);
    expect((await portal.ask('GET', `/portal/v1/desktops/${id}`, { cookie: li })).status).toBe(404);
    expect(
      (
        await portal.ask('PUT', `/portal/v1/desktops/${id}/shares/nobody_there`, {
          cookie: chen,
          body: { role: 'view' },
        })
      ).status,
    ).toBe(404);
    expect(
      (await portal.ask('PUT', `/portal/v1/desktops/${id}/shares/chen`, { cookie: chen, body: { role: 'view' } }))
        .status,
    ).toBe(409);
  });

  test('what a person has is counted', async () => {
    const { body } = await portal.ask('GET', '/portal/v1/usage', { cookie: chen });
    expect(body).toEqual({
      desktops: 1,
      mostDesktops: null,
      cards: 0,
      mostCards: null,
      cardHours: 0,
      mostCardHours: null,
      windowDays: 30,
    });
  });

  test('stations are shown without what is the operator’s', async () => {
    const { body } = await portal.ask('GET', '/portal/v1/stations', { cookie: chen });
    expect(body.stations).toHaveLength(1);
    expect(JSON.stringify(body)).not.toMatch(/glance|command|mounts|port/i);
  });

  test('an application inside is for the owner alone, and others are not offered it', async () => {
    await portal.ask('PUT', `/portal/v1/desktops/${id}/shares/li`, { cookie: chen, body: { role: 'control' } });
    const { body: shared } = await portal.ask('GET', `/portal/v1/desktops/${id}`, { cookie: li });
    expect([shared.role, shared.apps]).toEqual(['control', []]);
    const refused = await portal.ask('POST', `/portal/v1/desktops/${id}/apps/jupyter/connect`, { cookie: li });
    expect([refused.status, refused.body.detail]).toEqual([403, expect.stringContaining('for the owner')]);
    await portal.ask('DELETE', `/portal/v1/desktops/${id}/shares/li`, { cookie: chen });
  });

  test('an application inside is opened at the gateway’s own origin', async () => {
    const { body } = await portal.ask('POST', `/portal/v1/desktops/${id}/apps/jupyter/connect`, { cookie: chen });
    expect(body.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/apps\/start\?token=[\w-]{43}$/);
    expect((await portal.ask('POST', `/portal/v1/desktops/${id}/apps/none/connect`, { cookie: chen })).status).toBe(
      404,
    );
  });
});

describe('events', () => {
  test('bring the person’s desktops at once and after each change, and nobody else’s', async () => {
    const aborted = new AbortController();
    const response = await fetch(`${portal.origin}/portal/v1/events`, {
      headers: { cookie: li },
      signal: aborted.signal,
    });
    const lists: DesktopView[][] = [];
    const reading = (async () => {
      let text = '';
      for await (const part of response.body!.pipeThrough(new TextDecoderStream())) {
        text += part;
        const events = text.split('\n\n');
        text = events.pop()!;
        for (const event of events) {
          const data = /^event: desktops\ndata: (.*)$/.exec(event)?.[1];
          if (data !== undefined) lists.push((JSON.parse(data) as { desktops: DesktopView[] }).desktops);
        }
      }
    })().catch(() => undefined);
    await portal.until(() => lists.length === 1);
    expect(lists[0]).toEqual([]);
    await portal.ask('PUT', `/portal/v1/desktops/${id}/shares/li`, { cookie: chen, body: { role: 'control' } });
    await portal.until(() => lists.at(-1)!.length === 1);
    expect(lists.at(-1)![0]).toMatchObject({ id, role: 'control' });
    await portal.ask('DELETE', `/portal/v1/desktops/${id}/shares/li`, { cookie: chen });
    await portal.until(() => lists.at(-1)!.length === 0);
    aborted.abort();
    await reading;
  });

  test('a person may have as many pages as allowed, and no more', async () => {
    const aborted = new AbortController();
    const open = async (): Promise<number> =>
      (await fetch(`${portal.origin}/portal/v1/events`, { headers: { cookie: chen }, signal: aborted.signal })).status;
    const statuses = await Promise.all(Array.from({ length: 11 }, open));
    expect(statuses.filter((status) => status === 429)).toHaveLength(1);
    aborted.abort();
  });
});

describe('administrators', () => {
  test('find, stop and delete any desktop, and read who did what; nobody else does', async () => {
    const other = await portal.ready(li);
    for (const path of ['/portal/v1/admin/desktops', '/portal/v1/admin/audit']) {
      expect((await portal.ask('GET', path, { cookie: chen })).status).toBe(403);
    }
    expect((await portal.ask('DELETE', `/portal/v1/admin/desktops/${other}`, { cookie: chen })).status).toBe(403);
    const { body } = await portal.ask('GET', '/portal/v1/admin/desktops?search=li&state=ready', { cookie: admin });
    expect(body.desktops.map((desktop: DesktopView) => desktop.id)).toEqual([other]);
    expect((await portal.ask('POST', `/portal/v1/admin/desktops/${other}/stop`, { cookie: admin })).status).toBe(202);
    await portal.until(async () => (await portal.show(li, other)).state === 'stopped');
    await portal.ask('DELETE', `/portal/v1/admin/desktops/${other}`, { cookie: admin });
    await portal.until(() => !portal.machines.machines.has(other));
    const audit = await portal.ask('GET', `/portal/v1/admin/audit?desktop=${other}&limit=50`, { cookie: admin });
    const actions = audit.body.rows.map((row: { action: string; person: string }) => `${row.action} ${row.person}`);
    expect(actions).toEqual(expect.arrayContaining(['apply li', 'stop root_admin', 'delete root_admin']));
  });

  test('the audit trail is saved as CSV whole, whatever its length, and no cell of it is a formula', async () => {
    const person = 'zhao';
    const entries = Array.from({ length: 1203 }, (_, index): AuditEntry => {
      const detail = index === 0 ? '=HYPERLINK("https://example.org","扫描")' : `scan, ${index}`;
      return { atS: 1_800_000_000 + index, action: 'file-in', person, detail, address: '192.0.2.9' };
    });
    await noteAudit(portal.database.database, ...entries, { atS: 1_800_000_000, action: 'log-in', person: 'other' });
    const path = `/portal/v1/admin/audit.csv?person=${person}`;
    expect((await portal.ask('GET', path, { cookie: chen })).status).toBe(403);
    const response = await fetch(`${portal.origin}${path}`, { headers: { cookie: admin } });
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="audit.csv"');
    const bytes = Buffer.from(await response.arrayBuffer());
    // The mark by which a spreadsheet knows UTF-8.
    expect(bytes.subarray(0, 3).toString('hex')).toBe('efbbbf');
    const [head, ...lines] = bytes.subarray(3).toString('utf8').split('\r\n');
    expect(head).toBe('time,person,action,desktop,detail,address');
    expect(lines.pop()).toBe('');
    const newestFirst = entries.slice(1).reverse();
    expect(lines.slice(0, -1)).toEqual(
      newestFirst.map(({ atS, detail }) => {
        return `${new Date(atS * 1000).toISOString()},zhao,file-in,,"${detail}",192.0.2.9`;
      }),
    );
    expect(lines.at(-1)).toBe(
      `2027-01-15T08:00:00.000Z,zhao,file-in,,"'=HYPERLINK(""https://example.org"",""扫描"")",192.0.2.9`,
    );
  });

  test('a reader of the audit trail who goes away is no error of the server', async () => {
    // More than the buffers on the way take: the server is in the middle of it.
    const row: AuditEntry = { atS: 0, action: 'file-in', person: 'many', detail: 'x'.repeat(3000) };
    for (let page = 0; page < 10; page++) {
      await noteAudit(portal.database.database, ...Array.from({ length: 1000 }, () => row));
    }
    const gone = new AbortController();
    const response = await fetch(`${portal.origin}/portal/v1/admin/audit.csv?person=many`, {
      headers: { cookie: admin },
      signal: gone.signal,
    });
    await response.body!.getReader().read();
    const told = portal.log.length;
    gone.abort();
    await portal.until(() => portal.log.slice(told).some((line) => line.includes('/admin/audit.csv')));
    // The page of rows that was under way is let go of before what is asked of the database after it has been answered.
    for (let times = 0; times < 3; times++) {
      await portal.ask('GET', '/portal/v1/admin/audit?limit=500', { cookie: admin });
    }
    expect(portal.log.filter((line) => line.includes('request failed'))).toEqual([]);
    await portal.database.database.deleteFrom('desktopAudit').where('person', '=', 'many').execute();
  });

  test('administrators open the console of a desktop', async () => {
    const { status, body } = await portal.ask('POST', `/portal/v1/desktops/${id}/console`, { cookie: admin });
    expect([status, body.role]).toEqual([200, 'owner']);
  });
});

describe('a separate gateway', () => {
  test('a separate gateway asks over HTTP with a token of its role, and gets what the token server says', async () => {
    const token = makeToken();
    await portal.database.tokens.addToken(hashOf(token), 'gateway', null, 0);
    const authority = new RemoteAuthority({ url: new URL(portal.origin), token });
    const minted = (await portal.ask('POST', `/portal/v1/desktops/${id}/connect`, { cookie: chen })).body
      .token as string;
    const attempt = { token: minted, address: '192.0.2.9', requestId: 'r-1' };
    const grant = await authority.redeem(attempt);
    expect(grant).toMatchObject({ person: 'chen', role: 'owner', upstream: { kind: 'vnc', address: '127.0.0.1' } });
    await portal.until(async () => (await portal.show(chen, id)).state === 'connected');
    expect((await portal.show(chen, id)).viewers).toEqual(['chen']);
    await expect(authority.redeem(attempt)).rejects.toMatchObject({ reason: 'token-unknown' });
    expect((await authority.check([{ id: grant.id, activeAtS: null }])).ended.size).toBe(0);
    const traffic = { openS: 1, bytesOut: 1, bytesIn: 1, frames: 1 };
    await authority.closed({ grantId: grant.id, reason: 'gone', ...traffic });
    await authority.refused('origin', '192.0.2.9', 'r-2');
    expect((await authority.check([{ id: grant.id, activeAtS: 1 }])).ended.size).toBe(1);
    await portal.until(async () => (await portal.show(chen, id)).state === 'ready');
    await authority.close();
  });

  test('of another role, or without a token, it is refused', async () => {
    const token = makeToken();
    await portal.database.tokens.addToken(hashOf(token), 'reader', null, 0);
    const body = { open: [] };
    const headers = { authorization: `Bearer ${token}` };
    expect((await portal.ask('POST', '/v1/gateway/check', { body, headers })).status).toBe(403);
    expect((await portal.ask('POST', '/v1/gateway/check', { body })).status).toBe(401);
  });
});

test('metrics show desktops by state, sessions, tokens and refusals', async () => {
  const text = await portal.register.metrics();
  expect(text).toContain('heps_desktops{state="ready"} 1');
  expect(text).toMatch(/heps_portal_sessions [1-9]/);
  expect(text).toMatch(/heps_connect_tokens_total\{kind="stream"\} [1-9]/);
  expect(text).toMatch(/heps_connect_refusals_total\{reason="token-unknown"\} [1-9]/);
  expect(text).toMatch(/heps_desktop_ready_seconds_count [1-9]/);
});

test('no token, cookie or password is in the log', () => {
  const log = portal.log.join('\n');
  expect(log).not.toContain(password);
  expect(log).not.toContain(chen.slice('heps-session='.length));
});
