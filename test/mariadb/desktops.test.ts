/** Two servers on one MariaDB: a token is used once, limits hold, and one of them looks after the desktops at a time. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { noLimits } from '../../live/desktops/catalogue/limits.ts';
import { Lease } from '../../live/desktops/lifecycle/lease.ts';
import { Refused } from '../../live/gateway/authority/authority.ts';
import { DesktopsUnderTest, SetClock } from '../live/desktops/harness.ts';
import { MemoryMachines } from '../live/desktops/machines/memory-machines.ts';
import { MariadbProcess } from './mariadb.ts';

const mariadb = new MariadbProcess();
const origin = { address: '192.0.2.7', requestId: 'r-1' };
let one: DesktopsUnderTest;
let other: DesktopsUnderTest;

beforeAll(async () => {
  await mariadb.install();
  await mariadb.start();
}, 60_000);
afterAll(() => mariadb.remove());
beforeEach(async () => {
  const shared = {
    database: await mariadb.freshDatabase(),
    clock: new SetClock(),
    machines: new MemoryMachines(),
    settings: { limits: { ...noLimits, mostDesktops: 3 } },
  };
  [one, other] = [await DesktopsUnderTest.start(shared), await DesktopsUnderTest.start(shared)];
});
afterEach(async () => {
  await one.stop();
  await other.stop();
});

test('a token that is used at both at once lets one in', async () => {
  const chen = await one.person('chen');
  const desktop = await one.ready(chen);
  for (let round = 0; round < 10; round++) {
    const { token } = await one.tokens.mint(chen, { kind: 'stream', desktop, app: null }, origin);
    const uses = Array.from({ length: 12 }, (_, index) =>
      (index % 2 === 0 ? one : other).authority.redeem({ token, address: '192.0.2.9', requestId: 'r' }),
    );
    const outcomes = await Promise.allSettled(uses);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(reasons.every((reason) => reason instanceof Refused && reason.reason === 'token-unknown')).toBe(true);
  }
});

test('what ends at one ends at the other: sessions, shares, desktops', async () => {
  const chen = await one.person('chen');
  const desktop = await one.ready(chen);
  const { token } = await one.tokens.mint(chen, { kind: 'stream', desktop, app: null }, origin);
  const { id } = await other.authority.redeem({ token, address: '192.0.2.9', requestId: 'r' });
  expect((await one.authority.check([{ id, activeAtS: one.clock.nowS }])).ended.size).toBe(0);
  await other.sessions.end(chen, origin);
  expect((await one.authority.check([{ id, activeAtS: null }])).ended.size).toBe(1);
});

test('of many applications at once at both as many are taken as the limit says', async () => {
  const chen = await one.person('chen');
  const asked = Array.from({ length: 12 }, (_, index) => (index % 2 === 0 ? one : other).apply(chen));
  const outcomes = await Promise.allSettled(asked);
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : []));
  expect(new Set(reasons)).toEqual(new Set(['Problem: You may have 3 desktops at a time, and 3 are there already.']));
});

test('one application that is sent to both is one desktop', async () => {
  const chen = await one.person('chen');
  const ids = await Promise.all([one, other, one, other].map((server) => server.apply(chen, {}, 'key')));
  expect(new Set(ids).size).toBe(1);
});

test('one looks after the desktops; the other goes on when its lease is over', async () => {
  const leaseOf = (server: DesktopsUnderTest) => {
    const { database } = server.database;
    return new Lease({ database, name: 'desktops', owner: randomUUID(), leaseS: 15, clock: server.clock });
  };
  const [first, second] = [leaseOf(one), leaseOf(other)];
  const taken = await Promise.all([first.take(), second.take()]);
  expect(taken.filter((isTaken) => isTaken)).toHaveLength(1);
  const [holder, waiter] = taken[0] ? [first, second] : [second, first];
  const id = await one.apply(await one.person('chen'));
  await other.newLifecycle(waiter).pass();
  expect((await one.row(id)).state).toBe('waiting');
  await one.newLifecycle(holder).pass();
  expect((await one.row(id)).state).toBe('scheduled');
  one.clock.nowS += 16;
  expect(await waiter.take()).toBe(true);
  expect(holder.isHeld).toBe(false);
  const goesOn = other.newLifecycle(waiter);
  for (let pass = 0; pass < 5; pass++) {
    await goesOn.pass();
    one.clock.nowS++;
  }
  expect((await one.row(id)).state).toBe('ready');
});

test('both look after them at once, as when a lease was lost unnoticed: no desktop has two machines', async () => {
  const chen = await one.person('chen');
  const ids = await Promise.all([one.apply(chen), one.apply(chen), one.apply(chen)]);
  for (let pass = 0; pass < 12; pass++) {
    await Promise.all([one.lifecycle.pass(), other.lifecycle.pass()]);
    one.clock.nowS += 2;
  }
  for (const id of ids) expect((await one.row(id)).state).toBe('ready');
  expect(one.machines.machines.size).toBe(3);
});
