/** The gateway's rules that the token server keeps; the others are the gateway's own, in test/live/gateway. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hashOf } from '../../../live/access/secrets.ts';
import type { Session } from '../../../live/desktops/accounts/sessions.ts';
import { deleting } from '../../../live/desktops/lifecycle/desktop-state.ts';
import { Refused } from '../../../live/gateway/authority/authority.ts';
import { addressCheck, DesktopsUnderTest } from './harness.ts';

const origin = { address: '192.0.2.7', requestId: 'r-1' };
let desktops: DesktopsUnderTest;
let chen: Session;
let li: Session;
let id: string;

beforeEach(async () => {
  desktops = await DesktopsUnderTest.start();
  chen = await desktops.person('chen');
  li = await desktops.person('li', { uid: 20_002 });
  id = await desktops.ready(chen);
});
afterEach(() => desktops.stop());

async function mint(session: Session = chen, kind: 'stream' | 'app' | 'console' = 'stream'): Promise<string> {
  const app = kind === 'app' ? 'jupyter' : null;
  return (await desktops.tokens.mint(session, { kind, desktop: id, app }, origin)).token;
}

const redeem = (token: string) => desktops.authority.redeem({ token, address: '192.0.2.9', requestId: 'r-2' });

/** Why it is refused; null when it is not. */
async function reasonOf(work: Promise<unknown>): Promise<string | null> {
  return await work.then(
    () => null,
    (error: unknown) => (error instanceof Refused ? error.reason : Promise.reject(error)),
  );
}

async function share(role: 'control' | 'view'): Promise<void> {
  await desktops.store.share(id, 'li', role, { atS: desktops.clock.nowS, action: 'share' });
}

describe('rule 1: a token is 32 random bytes, kept as SHA-256 for 30 s, and gone with its first use', () => {
  test('the database has the hash, and nowhere the token', async () => {
    const token = await mint();
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    const { rows } = await tablesAsText();
    expect(rows).toContain(hashOf(token));
    expect(rows).not.toContain(token);
  });

  test('a token is unknown once used, and expires after 30 s', async () => {
    const token = await mint();
    await redeem(token);
    expect(await reasonOf(redeem(token))).toBe('token-unknown');
    const late = await mint();
    desktops.clock.nowS += 30;
    expect(await reasonOf(redeem(late))).toBe('token-expired');
    // A late one is gone as well.
    desktops.clock.nowS -= 20;
    expect(await reasonOf(redeem(late))).toBe('token-unknown');
  });

  test('of fifty uses of a token at once, one gets in', async () => {
    const token = await mint();
    const reasons = await Promise.all(Array.from({ length: 50 }, () => reasonOf(redeem(token))));
    expect(reasons.filter((reason) => reason === null)).toHaveLength(1);
    expect(reasons.filter((reason) => reason === 'token-unknown')).toHaveLength(49);
  });

  test.each(['', 'x', `${'A'.repeat(42)}=`, 'A'.repeat(44), "' or 1=1 --", `${'A'.repeat(42)}\0`])(
    'a malformed token %j is refused as such',
    async (token) => {
      expect(await reasonOf(redeem(token))).toBe('token-malformed');
    },
  );

  test('a token that nobody was given is unknown', async () => {
    expect(await reasonOf(redeem('A'.repeat(43)))).toBe('token-unknown');
  });
});

describe('rule 2: bound to person, desktop, role and login session; ownership and state are checked again at use', () => {
  test('the grant names person, desktop and role', async () => {
    await share('view');
    expect(await redeem(await mint(li))).toMatchObject({
      desktopId: id,
      person: 'li',
      role: 'view',
      clipboard: { mostIn: 1000, mostOut: 500 },
      upstream: { kind: 'vnc', address: '10.20.0.5', port: 5901, password: expect.stringMatching(/^\w{8}$/) },
    });
  });

  test('a token is refused after logout', async () => {
    const token = await mint();
    await desktops.sessions.end(chen, origin);
    expect(await reasonOf(redeem(token))).toBe('session-ended');
  });

  test('a token is refused after its account is removed', async () => {
    const token = await mint();
    await desktops.people.remove('chen', desktops.clock.nowS);
    expect(await reasonOf(redeem(token))).toBe('session-ended');
  });

  test('a token is refused after its share is withdrawn or reduced', async () => {
    await share('control');
    const token = await mint(li);
    await share('view');
    expect(await reasonOf(redeem(token))).toBe('right-ended');
    const other = await mint(li);
    await desktops.store.unshare(id, 'li', { atS: desktops.clock.nowS, action: 'share-end' });
    // Tokens go with the share.
    expect(await reasonOf(redeem(other))).toBe('token-unknown');
  });

  test('a token is refused once its desktop is stopped or restarting, and unknown once it is deleted', async () => {
    const [one, other] = [await mint(), await mint()];
    await desktops.store.change(await desktops.row(id), { state: 'starting' }, desktops.clock.nowS);
    expect(await reasonOf(redeem(one))).toBe('desktop-not-running');
    await desktops.store.change(await desktops.row(id), deleting(null, desktops.clock.nowS), desktops.clock.nowS);
    expect(await reasonOf(redeem(other))).toBe('token-unknown');
  });

  test("nobody gets a token for somebody else's desktop, or learns that it exists", async () => {
    await expect(mint(li)).rejects.toMatchObject({ status: 404 });
    await expect(mint(chen, 'console')).rejects.toMatchObject({ status: 404 });
  });

  test('a token for an application opens no stream, and the other way round no application', async () => {
    expect(await reasonOf(redeem(await mint(chen, 'app')))).toBe('token-other-kind');
    const attempt = { token: await mint(chen), ...origin };
    const { secret, path } = await desktops.authority.exchange(attempt);
    expect(path).toBe('/desktop');
    expect(await reasonOf(desktops.authority.appGrant(secret, id, 'jupyter'))).toBe('token-unknown');
    expect((await redeem(secret)).person).toBe('chen');
  });

  test('an administrator sees the console of any desktop, and the picture of none that is not shared', async () => {
    const admin = await desktops.person('admin', { isAdmin: true });
    expect((await redeem(await mint(admin, 'console'))).upstream).toMatchObject({ kind: 'console' });
    await expect(mint(admin)).rejects.toMatchObject({ status: 404 });
  });

  test("an application's cookie is good for that application of that desktop, as long as the right is", async () => {
    const { secret, path, endsAtS } = await desktops.authority.exchange({ token: await mint(chen, 'app'), ...origin });
    expect(path).toBe(`/apps/${id}/jupyter/lab`);
    expect(endsAtS).toBe(chen.endsAtS);
    const { appGrant } = { appGrant: desktops.authority.appGrant.bind(desktops.authority) };
    expect((await appGrant(secret, id, 'jupyter')).upstream).toEqual({ kind: 'app', address: '10.20.0.5', port: 8888 });
    expect(await reasonOf(appGrant(secret, id, 'other'))).toBe('token-unknown');
    expect(await reasonOf(appGrant(secret, crypto.randomUUID(), 'jupyter'))).toBe('token-unknown');
    await desktops.sessions.end(chen, origin);
    expect(await reasonOf(appGrant(secret, id, 'jupyter'))).toBe('session-ended');
  });
});

test('rule 4: tokens are in no audit row and in no log', async () => {
  const tokens = [await mint(), await mint(chen, 'app')];
  await redeem(tokens[0]!);
  await reasonOf(redeem(tokens[0]!));
  const { secret } = await desktops.authority.exchange({ token: tokens[1]!, ...origin });
  const { audit } = await tablesAsText();
  for (const each of [...tokens, secret]) {
    expect(audit).not.toContain(each);
    expect(audit).not.toContain(hashOf(each));
    expect(desktops.log.join('\n')).not.toContain(each);
  }
});

describe('rule 6: the upstream is the address that the cloud gives for that machine, in the networks that are set', () => {
  test('the address of the machine is read at the time of connecting', async () => {
    const token = await mint();
    desktops.machines.address = '10.20.0.77';
    expect((await redeem(token)).upstream).toMatchObject({ address: '10.20.0.77' });
  });

  test('loopback, link-local, multicast, the control plane, other networks and what is no address are refused', async () => {
    const addresses = [
      ...['127.0.0.1', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '::127.0.0.1', '0.0.0.0', '::'],
      ...['169.254.169.254', '::ffff:a9fe:a9fe', 'fe80::1', 'fe80::1%eth0', '64:ff9b::7f00:1'],
      ...['224.0.0.1', 'ff02::1', '255.255.255.255', '10.20.255.1', '::ffff:10.20.255.1', '10.21.0.1'],
      ...['localhost', '10.20.0.1:80', '0x7f000001', ''],
    ];
    for (const address of addresses) {
      expect(addressCheck.objectionTo(address), address).not.toBeNull();
      const token = await mint();
      desktops.machines.address = address;
      expect(await reasonOf(redeem(token)), address).toBe('upstream-forbidden');
    }
  });

  test('an IPv4 address written as IPv6 is treated as IPv4', () => {
    expect(addressCheck.objectionTo('::ffff:10.20.0.5')).toBeNull();
    expect(addressCheck.objectionTo('10.20.0.5')).toBeNull();
  });
});

test('rule 8: tokens are limited by person and by address, and the limit is told', async () => {
  const minted = Array.from({ length: 40 }, () =>
    mint().then(
      () => 200,
      ({ status }: { status: number }) => status,
    ),
  );
  const statuses = await Promise.all(minted);
  expect(statuses.filter((status) => status === 200)).toHaveLength(30);
  expect(statuses.filter((status) => status === 429)).toHaveLength(10);
  // Another person is not held back by that.
  await share('view');
  await expect(mint(li)).resolves.toMatch(/^[\w-]{43}$/);
});

describe('rule 9: what is open ends with the session, the share, the account and the desktop', () => {
  async function open(session = chen): Promise<string> {
    return (await redeem(await mint(session))).id;
  }

  const check = async (...ids: string[]) =>
    (await desktops.authority.check(ids.map((each) => ({ id: each, activeAtS: null })))).ended;

  test('a right that still holds is not listed as ended', async () => {
    expect((await check(await open())).size).toBe(0);
  });

  test('a stream ends at logout', async () => {
    const grant = await open();
    await desktops.sessions.end(chen, origin);
    expect((await check(grant)).get(grant)).toBe('You have logged out, or your login has ended.');
  });

  test('a stream ends when the login is unused for too long; using the desktop counts as use', async () => {
    const [idle, used] = [await open(), await open()];
    for (let hour = 0; hour < 3; hour++) {
      desktops.clock.nowS += 3000;
      await desktops.authority.check([{ id: used, activeAtS: desktops.clock.nowS }]);
    }
    expect((await check(idle)).size).toBe(0);
    desktops.clock.nowS += 3601;
    expect((await check(idle, used)).size).toBe(2);
  });

  test('a stream ends when its share is withdrawn, and only for that person', async () => {
    await share('view');
    const [theirs, own] = [await open(li), await open()];
    await desktops.store.unshare(id, 'li', { atS: desktops.clock.nowS, action: 'share-end' });
    expect([...(await check(theirs, own))]).toEqual([[theirs, 'The desktop is not shared with you any more.']]);
  });

  test('control that is given or taken back holds for the stream that is open, as often as it is asked', async () => {
    await share('view');
    const grant = await open(li);
    const rights = () => desktops.authority.check([{ id: grant, activeAtS: null }]);
    expect((await rights()).roles).toEqual(new Map());
    await share('control');
    for (let times = 0; times < 2; times++) expect((await rights()).roles).toEqual(new Map([[grant, 'control']]));
    await share('view');
    expect(await rights()).toEqual({ ended: new Map(), roles: new Map() });
    const other = await open(li);
    await share('control');
    expect((await desktops.authority.check([{ id: other, activeAtS: null }])).roles.get(other)).toBe('control');
  });

  test('a stream ends when the desktop is deleted or over', async () => {
    const grant = await open();
    const { endsAtS } = await desktops.row(id);
    expect(endsAtS).toBeGreaterThan(chen.endsAtS);
    await desktops.store.change(await desktops.row(id), deleting(null, desktops.clock.nowS), desktops.clock.nowS);
    expect((await check(grant)).get(grant)).toBe('The desktop was deleted.');
  });

  test('a stream ends when its account is removed', async () => {
    const grant = await open();
    await desktops.people.remove('chen', desktops.clock.nowS);
    expect((await check(grant)).size).toBe(1);
  });

  test('an unknown right counts as ended', async () => {
    expect((await check('no-such-grant')).size).toBe(1);
  });
});

test('rule 12: what cannot be checked is refused: without database or cloud nobody gets in', async () => {
  const token = await mint();
  desktops.machines.fault = () => 'before';
  await expect(redeem(token)).rejects.toThrow('status was not sent');
  // And the token is gone by that.
  desktops.machines.fault = null;
  expect(await reasonOf(redeem(token))).toBe('token-unknown');
  const other = await mint();
  await desktops.database.close();
  await expect(redeem(other)).rejects.toThrow();
  await expect(desktops.authority.check([{ id: 'any', activeAtS: null }])).rejects.toThrow();
  await desktops.stop();
  desktops = await DesktopsUnderTest.start();
});

test('rule 13: every mint, accept, refusal and end has an audit row with its reason', async () => {
  const token = await mint();
  const grant = await redeem(token);
  await reasonOf(redeem(token));
  await reasonOf(redeem('no'));
  await mint(li).catch(() => undefined);
  await desktops.authority.refused('origin', '192.0.2.66', 'r-9');
  const traffic = { openS: 12.4, bytesOut: 1000, bytesIn: 10, frames: 7 };
  await desktops.authority.closed({ grantId: grant.id, reason: 'the page was closed', ...traffic });
  expect((await desktops.audit()).filter((line) => line.startsWith('connect'))).toEqual([
    'connect-mint chen stream owner',
    'connect-accept chen stream owner',
    'connect-refuse - token-unknown',
    'connect-refuse - token-malformed',
    'connect-refuse li right-ended',
    'connect-refuse - origin',
    'connect-end chen the page was closed; 12 s, 1000 bytes out, 10 in, 7 frames',
  ]);
  expect(desktops.refusals).toEqual(['token-unknown', 'token-malformed', 'right-ended', 'origin']);
});

/** All tables but the audit, and the audit, as text. */
async function tablesAsText(): Promise<{ rows: string; audit: string }> {
  const { database } = desktops.database;
  const tables = ['people', 'sessions', 'desktops', 'machineOrders', 'shares', 'connectTokens', 'grants'] as const;
  const rows = await Promise.all(tables.map((table) => database.selectFrom(table).selectAll().execute()));
  const audit = await database.selectFrom('desktopAudit').selectAll().execute();
  return { rows: JSON.stringify(rows), audit: JSON.stringify(audit) };
}
