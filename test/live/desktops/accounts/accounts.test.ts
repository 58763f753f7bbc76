import { afterEach, beforeEach, expect, test } from 'vitest';
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
  expect(await login.logIn({ name: 'chen', password: 'battery staple' }, origin)).toBe('chen');
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

test('tries are limited by name, and again allowed with the time; the rows say why', async () => {
  const login = new LocalLogin(desktops.people, desktops.database.database, desktops.clock);
  const status = () => login.logIn({ name: 'chen', password: 'x' }, origin).catch((error) => error.status as number);
  const statuses = [];
  for (let tries = 0; tries < 6; tries++) statuses.push(await status());
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
  desktops.clock.nowS += 60;
  expect(await status()).toBe(401);
  expect((await desktops.audit()).filter((line) => line.includes('rate-limit'))).toHaveLength(1);
});

test.each(['Chen', 'chen; rm -rf /', 'root', '../etc', 'a b', '', 'x'.repeat(33), '-chen', 'chén', 'chen\n'])(
  'a name that could mean something else in a machine is refused: %j',
  (name) => {
    expect(() => aPersonName(name, 'name')).toThrow('name: expected');
  },
);
