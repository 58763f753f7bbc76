import { scryptSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { knownBrowserOf } from '../../../../live/desktops/accounts/known-browser.ts';
import { LocalLogin } from '../../../../live/desktops/accounts/local-login.ts';
import { hashPassword, isPassword } from '../../../../live/desktops/accounts/passwords.ts';
import { aPersonName } from '../../../../live/desktops/accounts/person-name.ts';
import { DesktopsUnderTest, personNamed } from '../harness.ts';

let desktops: DesktopsUnderTest;
const origin = { address: '192.0.2.1', requestId: 'r' };

beforeEach(async () => {
  desktops = await DesktopsUnderTest.start();
});
afterEach(() => desktops.stop());

test('each account has a salt of its own, and the right password alone is the right one', async () => {
  const [one, other] = [await hashPassword('correct horse'), await hashPassword('correct horse')];
  expect(one).not.toBe(other);
  expect(one).not.toContain('correct');
  expect([await isPassword('correct horse', one), await isPassword('correct horsf', one)]).toEqual([true, false]);
  expect(await isPassword('correct horse', null)).toBe(false);
});

test('accounts without numbers get the next ones, and a name is given once', async () => {
  const add = (name: string) =>
    desktops.people.add({ ...personNamed(name), uid: null, gid: null }, 'correct horse', desktops.clock.nowS);
  await add('chen');
  await add('li');
  expect((await desktops.people.list()).map(({ name, uid, gid }) => [name, uid, gid])).toEqual([
    ['chen', 20_000, 20_000],
    ['li', 20_001, 20_001],
  ]);
  await expect(add('chen')).rejects.toThrow('name: expected one that nobody has, got "chen"');
  await desktops.people.remove('chen', desktops.clock.nowS);
  expect(await desktops.people.find('chen')).toBeUndefined();
  await add('chen');
  expect((await desktops.people.find('chen'))!.uid).toBe(20_000);
});

test('a new password ends the sessions of the old one', async () => {
  await desktops.people.add({ ...personNamed('chen'), uid: null, gid: null }, 'correct horse', desktops.clock.nowS);
  const login = new LocalLogin(desktops.people, desktops.database.database, desktops.clock);
  const secret = await desktops.sessions.begin('chen', origin);
  await desktops.people.setPassword('chen', 'battery staple', desktops.clock.nowS);
  expect(await desktops.sessions.find(secret)).toBeUndefined();
  await expect(login.logIn({ name: 'chen', password: 'correct horse' }, origin)).rejects.toMatchObject({ status: 401 });
  const { name } = await login.logIn({ name: 'chen', password: 'battery staple' }, origin);
  expect(name).toBe('chen');
});

test('a session ends unused, and at its end however it is used', async () => {
  await desktops.person('chen');
  const secret = await desktops.sessions.begin('chen', origin);
  for (let hour = 0; hour < 9; hour++) {
    desktops.clock.nowS += 3599;
    expect(await desktops.sessions.find(secret)).toBeDefined();
  }
  desktops.clock.nowS += 3600;
  expect(await desktops.sessions.find(secret)).toBeUndefined();
  const other = await desktops.sessions.begin('chen', origin);
  desktops.clock.nowS += 3600;
  expect(await desktops.sessions.find(other)).toBeUndefined();
  await desktops.sessions.sweep();
  expect(await desktops.sessions.count()).toBe(0);
});

describe('tries', () => {
  const password = 'correct horse';
  let login: LocalLogin;
  beforeEach(async () => {
    await desktops.people.add({ ...personNamed('chen'), uid: null, gid: null }, password, desktops.clock.nowS);
    // As strong as passwords are kept, hundreds of tries would take minutes.
    const salt = Buffer.alloc(16, 7);
    const key = scryptSync(password, salt, 32, { N: 1024, r: 8, p: 1 });
    const hash = `scrypt$1024$8$1$${salt.toString('base64url')}$${key.toString('base64url')}`;
    await desktops.database.database.updateTable('people').set({ password: hash }).execute();
    login = new LocalLogin(desktops.people, desktops.database.database, desktops.clock);
  });

  const statusOf = (body: object, address = '192.0.2.1', known?: string): Promise<number> =>
    login.logIn(body, { address, requestId: 'r' }, known).then(
      () => 200,
      (error: { status: number }) => error.status,
    );

  test('that fail are limited by name and address, and again allowed with the time; one row a minute says so', async () => {
    const statuses = [];
    for (let tries = 0; tries < 8; tries++) statuses.push(await statusOf({ name: 'chen', password: 'x' }));
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    desktops.clock.nowS += 60;
    expect(await statusOf({ name: 'chen', password: 'x' })).toBe(401);
    expect((await desktops.audit()).filter((line) => line.includes('rate-limit'))).toHaveLength(1);
  });

  test('that are right are never too many', async () => {
    for (let tries = 0; tries < 20; tries++) expect(await statusOf({ name: 'chen', password })).toBe(200);
  });

  test('a hundred at the same time are no more than five that fail', async () => {
    const statuses = await Promise.all(Array.from({ length: 100 }, () => statusOf({ name: 'chen', password: 'x' })));
    expect(statuses.filter((status) => status === 401)).toHaveLength(5);
  });

  test('nobody locks out somebody else: not at another address, and in a browser that is known not at the same', async () => {
    const { newKnownBrowser } = await login.logIn({ name: 'chen', password }, origin);
    for (let tries = 0; tries < 8; tries++) await statusOf({ name: 'chen', password: 'x' });
    expect(await statusOf({ name: 'chen', password })).toBe(429);
    expect(await statusOf({ name: 'chen', password }, '192.0.2.2')).toBe(200);
    const known = newKnownBrowser!;
    expect(await statusOf({ name: 'chen', password }, origin.address, known)).toBe(200);
    // A browser that is known is not asked more often than others, and is known for one name and one password only.
    expect((await login.logIn({ name: 'chen', password }, origin, known)).newKnownBrowser).toBeNull();
    for (let tries = 0; tries < 5; tries++)
      expect(await statusOf({ name: 'chen', password: 'x' }, '', known)).toBe(401);
    expect(await statusOf({ name: 'chen', password: 'x' }, '', known)).toBe(429);
    expect(knownBrowserOf(known, 'li', 'scrypt$other')).toBeNull();
    const forged = `${known.slice(0, 22)}.${'A'.repeat(43)}`;
    expect(await statusOf({ name: 'chen', password }, origin.address, forged)).toBe(429);
  });

  test('a course of sixty behind one address logs in at once', async () => {
    const names = Array.from({ length: 60 }, (_, index) => `course${index}`);
    const row = (await desktops.people.row('chen'))!;
    for (const name of names)
      await desktops.database.database
        .insertInto('people')
        .values({ ...row, name })
        .execute();
    const statuses = await Promise.all(
      names.map(async (name) => {
        await statusOf({ name, password: 'mistyped' });
        return await statusOf({ name, password });
      }),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
  }, 60_000);
});

test('a page that asks on its own does not keep a login alive', async () => {
  await desktops.person('chen');
  const secret = await desktops.sessions.begin('chen', origin);
  for (let minutes = 0; minutes < 59; minutes++) {
    desktops.clock.nowS += 60;
    expect(await desktops.sessions.find(secret, false)).toBeDefined();
  }
  desktops.clock.nowS += 60;
  expect(await desktops.sessions.find(secret, false)).toBeUndefined();
});

test.each(['Chen', 'chen; rm -rf /', 'root', '../etc', 'a b', '', 'x'.repeat(33), '-chen', 'chén', 'chen\n'])(
  'a name that could mean something else in a machine is refused: %j',
  (name) => {
    expect(() => aPersonName(name, 'name')).toThrow('name: expected');
  },
);
