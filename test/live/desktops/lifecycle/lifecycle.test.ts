import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Station } from '../../../../live/desktops/catalogue/station.ts';
import { deleting } from '../../../../live/desktops/lifecycle/desktop-state.ts';
import { extended, started } from '../../../../live/desktops/portal/desktop-changes.ts';
import { b7, DesktopsUnderTest, startS } from '../harness.ts';

let desktops: DesktopsUnderTest;

beforeEach(async () => {
  desktops = await DesktopsUnderTest.start();
});
afterEach(() => desktops.stop());

async function remove(id: string): Promise<void> {
  await desktops.store.change(await desktops.row(id), deleting(null, desktops.clock.nowS), desktops.clock.nowS);
}

describe('from application to end', () => {
  test('waiting, scheduled, building, starting, ready: each state has its audit row, and the time is counted', async () => {
    const id = await desktops.apply(await desktops.person('chen'));
    await desktops.pass(6);
    const { state, readyAtS, host, endsAtS, latestEndAtS } = await desktops.row(id);
    expect([state, host]).toEqual(['ready', 'host-1']);
    const states = (await desktops.audit()).filter((line) => line.startsWith('state'));
    expect(states).toEqual(['scheduled', 'building', 'starting', 'ready'].map((each) => `state chen ${each}`));
    expect(desktops.readyAfterS).toEqual([readyAtS! - startS]);
    // Its day begins when the machine runs: the third pass sees that.
    expect([endsAtS, latestEndAtS]).toEqual([startS + 2 + 86_400, startS + 2 + 2 * 86_400]);
  });

  test('a machine that runs is starting until its desktop answers, and fails when that takes too long', async () => {
    desktops.answers = 'silent';
    const id = await desktops.apply(await desktops.person('chen'));
    await desktops.pass(10);
    expect((await desktops.row(id)).state).toBe('starting');
    desktops.clock.nowS += 600;
    await desktops.pass(4);
    const { state, reason, heldUntilS } = await desktops.row(id);
    expect([state, reason]).toEqual(['failed', 'The machine runs, but its desktop did not answer within 10 minutes.']);
    // What it held is free again.
    expect(heldUntilS).not.toBeNull();
    expect(desktops.machines.machines.size).toBe(0);
  });

  test('a desktop that does not take its password is asked rarely, and the person reads why it is not there', async () => {
    desktops.answers = 'refuses';
    const id = await desktops.apply(await desktops.person('chen'));
    await desktops.pass(60);
    expect(await desktops.row(id)).toMatchObject({
      state: 'starting',
      reason: 'The streaming server of the desktop is up, but does not take its password yet.',
    });
    // Every fifteen seconds, and once when the reason was written.
    expect(desktops.probes).toBeLessThanOrEqual(6);
    desktops.answers = 'answers';
    await desktops.pass(16);
    expect(await desktops.row(id)).toMatchObject({ state: 'ready', reason: null });
  });

  test('a machine that is found stopped before it ever ran is started', async () => {
    const id = await desktops.apply(await desktops.person('chen'));
    await desktops.pass();
    desktops.machines.machines.get(id)!.state = 'stopped';
    await desktops.pass(12);
    expect((await desktops.row(id)).state).toBe('ready');
  });

  test('one that has just started is stopped when somebody wants that', async () => {
    desktops.answers = 'silent';
    const id = await desktops.apply(await desktops.person('chen'));
    await desktops.pass(5);
    await desktops.store.change(await desktops.row(id), { wish: 'stop' }, desktops.clock.nowS);
    await desktops.pass(3);
    expect((await desktops.row(id)).state).toBe('stopped');
  });

  test('what the cloud refuses reaches the person as a sentence', async () => {
    const id = await desktops.apply(await desktops.person('chen'));
    await desktops.pass();
    desktops.machines.machines.get(id)!.state = 'failed';
    await desktops.pass(3);
    const { state, reason } = await desktops.row(id);
    expect([state, reason]).toEqual(['failed', 'The cloud did not build the machine: Quota exceeded for cores.']);
  });

  test('an address outside the networks is told, and nobody is connected', async () => {
    desktops.machines.address = '192.168.1.7';
    const id = await desktops.apply(await desktops.person('chen'));
    await desktops.pass(6);
    const { state, reason } = await desktops.row(id);
    expect(state).toBe('starting');
    expect(reason).toContain("192.168.1.7 is outside the desktops' networks");
  });

  test('a desktop is deleted at its end, and not before', async () => {
    const id = await desktops.ready(await desktops.person('chen'), { lifetimeS: 3600 });
    const { endsAtS } = await desktops.row(id);
    desktops.clock.nowS = endsAtS! - 1;
    await desktops.database.database.updateTable('desktops').set({ activeAtS: desktops.clock.nowS }).execute();
    await desktops.pass();
    expect((await desktops.row(id)).state).toBe('ready');
    await desktops.pass(4);
    expect((await desktops.row(id)).state).toBe('deleted');
    expect(desktops.machines.machines.size).toBe(0);
    expect(await desktops.audit()).toContain('end-of-life chen -');
  });

  describe('a desktop whose station keeps what has ended', () => {
    const graceS = 7 * 86_400;
    let id: string;

    beforeEach(async () => {
      await desktops.stop();
      desktops = await DesktopsUnderTest.start({ station: { ...b7, graceS, idle: null } });
      id = await desktops.ready(await desktops.person('chen'), { lifetimeS: 3600 });
      desktops.clock.nowS = (await desktops.row(id)).endsAtS!;
      await desktops.pass(4);
    });

    test('is stopped at its end, and its disk is there', async () => {
      const { state, deleteAtS, endsAtS } = await desktops.row(id);
      expect([state, deleteAtS]).toEqual(['stopped', endsAtS! + graceS]);
      expect(desktops.machines.machines.get(id)).toBeDefined();
      expect(await desktops.audit()).toContain('time-over chen -');
      // Nobody begins it again without more time.
      const record = { row: await desktops.row(id), shares: [], viewers: [] };
      expect(() => started(record, desktops.clock.nowS)).toThrow('Its time is over: extend it first.');
    });

    test('that was started by other means is stopped again', async () => {
      desktops.machines.machines.get(id)!.state = 'running';
      desktops.clock.nowS += 120;
      await desktops.pass(10);
      expect(await desktops.row(id)).toMatchObject({ state: 'stopped' });
      expect(desktops.machines.machines.get(id)!.state).toBe('stopped');
      // Its owner did not do that.
      expect(await desktops.audit()).not.toContain('stop chen -');
    });

    test('starts again when it is extended, and lives until its new end', async () => {
      const row = await desktops.row(id);
      const changes = extended(3600, null)({ row, shares: [], viewers: [] }, desktops.clock.nowS)!;
      await desktops.store.change(row, changes, desktops.clock.nowS);
      await desktops.pass(10);
      expect(await desktops.row(id)).toMatchObject({ state: 'ready', deleteAtS: null });
    });

    test('is deleted when its grace is over, and what became of it stays in its owner’s list for two weeks', async () => {
      desktops.clock.nowS = (await desktops.row(id)).deleteAtS! - 2;
      await desktops.pass();
      expect((await desktops.row(id)).state).toBe('stopped');
      await desktops.pass(5);
      expect(await desktops.row(id)).toMatchObject({ state: 'deleted', reason: 'Its time was over.' });
      expect(desktops.machines.machines.size).toBe(0);
      const listed = async () => (await desktops.store.readOf(['chen'], desktops.clock.nowS)).map(({ row }) => row.id);
      expect(await listed()).toEqual([id]);
      desktops.clock.nowS += 14 * 86_400;
      expect(await listed()).toEqual([]);
    });

    test('is kept for a week where its station is not in the catalogue any more', async () => {
      const other = await desktops.ready(await desktops.person('li'), { lifetimeS: 3600 });
      (desktops.catalogue.stations as Station[]).length = 0;
      desktops.clock.nowS = (await desktops.row(other)).endsAtS!;
      await desktops.pass(4);
      const { state, deleteAtS, endsAtS } = await desktops.row(other);
      expect([state, deleteAtS]).toEqual(['stopped', endsAtS! + 7 * 86_400]);
    });

    test('is not listed any more when its owner deletes it', async () => {
      await desktops.store.change(await desktops.row(id), deleting(null, desktops.clock.nowS), desktops.clock.nowS);
      await desktops.pass(4);
      expect((await desktops.row(id)).state).toBe('deleted');
      expect(await desktops.store.readOf(['chen'], desktops.clock.nowS)).toEqual([]);
    });
  });

  test('one that nobody uses is stopped by its station’s rule, and starts again on demand', async () => {
    const id = await desktops.ready(await desktops.person('chen'));
    desktops.clock.nowS += 3599;
    await desktops.store.noteActivity(id, desktops.clock.nowS);
    await desktops.pass(3);
    expect((await desktops.row(id)).state).toBe('ready');
    desktops.clock.nowS += 3600;
    await desktops.pass(5);
    expect((await desktops.row(id)).state).toBe('stopped');
    expect(await desktops.audit()).toContain('idle-stop chen -');
    await desktops.store.change(await desktops.row(id), { wish: 'start' }, desktops.clock.nowS);
    await desktops.pass(10);
    expect((await desktops.row(id)).state).toBe('ready');
  });

  test('a restart is made once, and it is ready again when it answers', async () => {
    const id = await desktops.ready(await desktops.person('chen'));
    const { readyAtS } = await desktops.row(id);
    await desktops.store.change(await desktops.row(id), { wish: 'restart' }, desktops.clock.nowS);
    await desktops.pass();
    expect((await desktops.row(id)).state).toBe('starting');
    const { probes } = desktops;
    await desktops.pass(10);
    expect(await desktops.row(id)).toMatchObject({ state: 'ready', readyAtS });
    // Not while the old one may still answer.
    expect(desktops.probes - probes).toBe(1);
    expect(desktops.machines.asked.filter((line) => line.startsWith('restart'))).toHaveLength(1);
    // It was ready once before: that is not counted again.
    expect(desktops.readyAfterS).toHaveLength(1);
  });

  test('a machine that somebody removed from the cloud is told of', async () => {
    const id = await desktops.ready(await desktops.person('chen'));
    desktops.machines.machines.clear();
    await desktops.pass(30);
    expect(await desktops.row(id)).toMatchObject({
      state: 'failed',
      reason: 'The machine is not in the cloud any more.',
    });
  });
});

describe('waiting', () => {
  const oneCard = { gpu: { count: 1, memoryMib: 40_960 } };

  test('says what is missing and when it is expected, and is placed when there is room', async () => {
    const chen = await desktops.person('chen');
    const first = await desktops.ready(chen, oneCard);
    await desktops.ready(chen, { ...oneCard, lifetimeS: 7200 });
    const third = await desktops.apply(chen, oneCard);
    await desktops.pass(2);
    const { state, reason, expectedAtS } = await desktops.row(third);
    expect([state, reason]).toEqual(['waiting', 'No host has 1 free card with 40 GiB.']);
    // The second one ends first.
    expect(expectedAtS).toBe(Math.min(...(await endsOf(chen.person.name))));
    await remove(first);
    await desktops.pass(10);
    expect((await desktops.row(third)).state).toBe('ready');
  });

  async function endsOf(owner: string): Promise<number[]> {
    const records = await desktops.store.readOf([owner], desktops.clock.nowS);
    return records.flatMap(({ row }) => (row.endsAtS === null ? [] : [row.endsAtS]));
  }

  test('two who wait are not told the same card', async () => {
    const chen = await desktops.person('chen');
    await desktops.ready(chen, { ...oneCard, lifetimeS: 7200 });
    await desktops.ready(chen, { ...oneCard, lifetimeS: 3600 });
    const one = await desktops.apply(chen, oneCard);
    desktops.clock.nowS++;
    const other = await desktops.apply(chen, oneCard);
    await desktops.pass(2);
    const expected = [(await desktops.row(one)).expectedAtS!, (await desktops.row(other)).expectedAtS!];
    expect(Math.round((expected[1]! - expected[0]!) / 60)).toBe(60);
  });

  test('is in order of application: nobody is overtaken by one who asks for as much, but by one who asks for less', async () => {
    const chen = await desktops.person('chen');
    const li = await desktops.person('li');
    const first = await desktops.ready(chen, oneCard);
    const second = await desktops.ready(chen, oneCard);
    const wantsTwo = await desktops.apply(li, { gpu: { count: 2, memoryMib: 40_960 } });
    desktops.clock.nowS++;
    const wantsTwoAsWell = await desktops.apply(chen, { gpu: { count: 2, memoryMib: 40_960 } });
    desktops.clock.nowS++;
    const wantsNone = await desktops.apply(chen);
    await desktops.pass(8);
    expect((await desktops.row(wantsNone)).state).toBe('ready');
    await remove(first);
    await remove(second);
    await desktops.pass(10);
    expect([(await desktops.row(wantsTwo)).state, (await desktops.row(wantsTwoAsWell)).state]).toEqual([
      'ready',
      'waiting',
    ]);
  });

  test('limits of a person and of a group hold, and are told', async () => {
    await desktops.stop();
    const groupLimits = new Map([['ct', { mostDesktops: null, mostCards: 1, mostCardHours: null }]]);
    desktops = await DesktopsUnderTest.start({
      catalogue: { groupLimits },
      settings: { limits: { mostDesktops: 3, mostCards: 1, mostCardHours: null } },
    });
    const ct = { groups: [{ name: 'ct', gid: 70_001 }] };
    const [chen, li, wang] = [
      await desktops.person('chen', ct),
      await desktops.person('li', ct),
      await desktops.person('wang'),
    ];
    await desktops.ready(chen, oneCard);
    const own = await desktops.apply(chen, oneCard);
    const shared = await desktops.apply(li, oneCard);
    const other = await desktops.apply(wang, oneCard);
    await desktops.pass(8);
    expect((await desktops.row(own)).reason).toBe('You may hold 1 card at a time, and 1 is in use.');
    expect((await desktops.row(shared)).reason).toBe(
      'The group ct may together hold 1 card at a time, and 1 is in use.',
    );
    expect((await desktops.row(other)).state).toBe('ready');
    await desktops.apply(chen);
    await expect(desktops.apply(chen)).rejects.toThrow('You may have 3 desktops at a time, and 3 are there already.');
    await expect(desktops.apply(wang, { gpu: { count: 2, memoryMib: 0 } })).rejects.toThrow('You may hold 1 card');
  });

  test('card-hours of the last days are counted, and hold a desktop back when they are used up', async () => {
    await desktops.stop();
    desktops = await DesktopsUnderTest.start({
      station: { ...b7, idle: null },
      settings: { limits: { mostDesktops: null, mostCards: null, mostCardHours: 3 } },
    });
    const chen = await desktops.person('chen');
    const first = await desktops.ready(chen, oneCard);
    desktops.clock.nowS += 3 * 3600;
    await remove(first);
    await desktops.pass(3);
    const second = await desktops.apply(chen, oneCard);
    await desktops.pass(2);
    expect(await desktops.row(second)).toMatchObject({
      state: 'waiting',
      reason: 'You may use 3 card-hours, and they are used up.',
    });
    desktops.clock.nowS += 30 * 86_400;
    await desktops.pass(8);
    expect((await desktops.row(second)).state).toBe('ready');
  });
});

describe('a call that does not answer', () => {
  const oneCard = { gpu: { count: 1, memoryMib: 40_960 } };
  let answer = (): void => {};

  /** Those calls get no answer until `answer`. */
  function hang(call: string, ids: readonly string[]): void {
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    desktops.machines.hang = (asked, id) => (asked === call && ids.includes(id) ? answered : null);
  }
  const isIn = (id: string, state: string) => async () => (await desktops.row(id)).state === state;
  const asked = (call: string, id: string) => desktops.machines.asked.filter((each) => each === `${call} ${id}`).length;

  test('a machine whose status hangs delays no other desktop, and is never asked a second time meanwhile', async () => {
    const chen = await desktops.person('chen');
    const first = await desktops.apply(chen);
    await desktops.pass();
    hang('status', [first]);
    desktops.lifecycle.start();
    await desktops.until(async () => asked('status', first) === 1);
    const second = await desktops.apply(chen);
    await desktops.until(isIn(second, 'ready'));
    expect([(await desktops.row(first)).state, asked('status', first)]).toEqual(['scheduled', 1]);
    answer();
    await desktops.until(isIn(first, 'ready'));
    await desktops.lifecycle.stop();
  });

  test('an order that hangs is overtaken by who asks for less, never by who asks for as much', async () => {
    const chen = await desktops.person('chen');
    const first = await desktops.apply(chen, oneCard);
    desktops.clock.nowS++;
    const asksAsMuch = await desktops.apply(chen, oneCard);
    desktops.clock.nowS++;
    const asksForLess = await desktops.apply(chen);
    hang('order', [first]);
    desktops.lifecycle.start();
    await desktops.until(isIn(asksForLess, 'ready'));
    expect([(await desktops.row(first)).state, (await desktops.row(asksAsMuch)).state]).toEqual(['waiting', 'waiting']);
    expect([asked('order', first), asked('order', asksAsMuch)]).toEqual([1, 0]);
    answer();
    await desktops.until(isIn(asksAsMuch, 'ready'));
    expect((await desktops.row(first)).state).toBe('ready');
    await desktops.lifecycle.stop();
  });

  test('sixteen machines are asked at a time; a wish that was taken back while a desktop waited for its turn is not carried out', async () => {
    const chen = await desktops.person('chen');
    desktops.machines.room = { ...desktops.machines.room, perHost: 100 };
    const ids: string[] = [];
    for (let desktop = 0; desktop < 18; desktop++) ids.push(await desktops.ready(chen));
    desktops.clock.nowS += 60;
    const [last] = ids.slice(-1);
    await desktops.store.change(await desktops.row(last!), { wish: 'stop' }, desktops.clock.nowS);
    desktops.machines.asked.length = 0;
    hang('status', ids);
    desktops.lifecycle.start();
    await desktops.run(20);
    expect([desktops.machines.asked.length, asked('status', last!)]).toEqual([16, 0]);
    await desktops.store.change(await desktops.row(last!), { wish: null }, desktops.clock.nowS);
    answer();
    await desktops.until(async () => asked('status', last!) > 0);
    await desktops.run(5);
    expect([(await desktops.row(last!)).state, asked('stop', last!)]).toEqual(['ready', 0]);
    await desktops.lifecycle.stop();
  });

  test('a server that stops finishes what is under way, and begins nothing', async () => {
    const chen = await desktops.person('chen');
    const first = await desktops.apply(chen);
    await desktops.pass();
    hang('status', [first]);
    desktops.lifecycle.start();
    await desktops.until(async () => asked('status', first) === 1);
    let isStopped = false;
    const stopping = desktops.lifecycle.stop().then(() => {
      isStopped = true;
    });
    const second = await desktops.apply(chen);
    await desktops.run(10);
    expect([isStopped, (await desktops.row(second)).state]).toEqual([false, 'waiting']);
    answer();
    await stopping;
    expect((await desktops.row(first)).state).toBe('building');
  });
});

test('a failed step is retried, later each time', async () => {
  let faults = 2;
  desktops.machines.fault = (call) => (call === 'order' && faults-- > 0 ? 'before' : null);
  const id = await desktops.apply(await desktops.person('chen'));
  await desktops.pass(15);
  expect((await desktops.row(id)).state).toBe('ready');
  expect(desktops.machines.asked.filter((line) => line.startsWith('order'))).toHaveLength(3);
  expect(desktops.log.filter((line) => line.includes('step failed; will retry'))).toHaveLength(2);
});

test('an application that is sent again is the same desktop', async () => {
  const chen = await desktops.person('chen');
  const [one, other] = [await desktops.apply(chen, {}, 'key'), await desktops.apply(chen, {}, 'key')];
  expect(one).toBe(other);
  const li = await desktops.person('li');
  expect(await desktops.apply(li, {}, 'key')).not.toBe(one);
});
