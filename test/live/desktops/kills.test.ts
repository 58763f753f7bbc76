/** The process killed at random instants: nothing that was acknowledged is lost, no desktop has two machines, and none is left over. */
import seedrandom from 'seedrandom';
import { expect, test } from 'vitest';
import { deleting } from '../../../live/desktops/lifecycle/desktop-state.ts';
import { DesktopChanged } from '../../../live/desktops/records/desktop-store.ts';
import { b7, DesktopsUnderTest } from './harness.ts';

test.each([1, 2, 3])(
  'kills and lost answers at random instants lose nothing (seed %i)',
  { timeout: 240_000 },
  async (seed) => {
    const random = seedrandom(`kills-${seed}`);
    const desktops = await DesktopsUnderTest.start({ station: { ...b7, idle: null } });
    desktops.machines.room = { perHost: 6, cards: 3, cardModel: 'A40' };
    const chen = await desktops.person('chen');
    const wanted = new Set<string>();
    const removed = new Set<string>();
    // An answer that is lost is a process that was killed between the call and its write.
    desktops.machines.fault = () => (random() < 0.15 ? (random() < 0.5 ? 'before' : 'after') : null);
    for (let step = 0; step < 60; step++) {
      const draw = random();
      if (draw < 0.25) {
        wanted.add(await desktops.apply(chen, random() < 0.4 ? { gpu: { count: 1, memoryMib: 40_960 } } : {}));
      } else if (draw < 0.4 && wanted.size > 0) {
        const id = [...wanted][Math.floor(random() * wanted.size)]!;
        const row = await desktops.row(id);
        const { nowS } = desktops.clock;
        await desktops.store.change(row, deleting(null, nowS), nowS);
        wanted.delete(id);
        removed.add(id);
      }
      // Two at once, as when a lease was lost in the middle of a pass; then one that starts afresh.
      const before = desktops.lifecycle;
      if (random() < 0.3) desktops.lifecycle = desktops.newLifecycle();
      await Promise.all([desktops.lifecycle.pass(), ...(random() < 0.3 ? [before.pass()] : [])]);
      desktops.clock.nowS += Math.floor(random() * 20);
      const machines = [...desktops.machines.machines.keys()];
      expect(new Set(machines).size).toBe(machines.length);
    }
    desktops.machines.fault = null;
    desktops.machines.room = { perHost: 1000, cards: 1000, cardModel: 'A40' };
    for (let pass = 0; pass < 12; pass++) {
      desktops.clock.nowS += 60;
      await desktops.lifecycle.pass();
    }
    for (const id of wanted) expect((await desktops.row(id)).state, id).toBe('ready');
    for (const id of removed) expect((await desktops.row(id)).state, id).toBe('deleted');
    expect(new Set(desktops.machines.machines.keys())).toEqual(wanted);
    await desktops.stop();
  },
);

test.each([1, 2, 3])(
  'slow and lost answers while all desktops are worked on at once lose nothing, and nobody works on a desktop twice at a time (seed %i)',
  { timeout: 240_000 },
  async (seed) => {
    const random = seedrandom(`slow-${seed}`);
    const desktops = await DesktopsUnderTest.start({ station: { ...b7, idle: null } });
    desktops.machines.room = { perHost: 6, cards: 3, cardModel: 'A40' };
    const chen = await desktops.person('chen');
    const wanted = new Set<string>();
    const removed = new Set<string>();
    const underWay = new Set<string>();
    const doubled: string[] = [];
    desktops.machines.fault = () => (random() < 0.15 ? (random() < 0.5 ? 'before' : 'after') : null);
    desktops.machines.hang = (call, id) => {
      if (underWay.has(id)) doubled.push(`${call} ${id}`);
      underWay.add(id);
      return new Promise((resolve) => {
        const answer = (): void => {
          underWay.delete(id);
          resolve();
        };
        if (random() < 0.7) answer();
        else desktops.clock.after(random() * 20, answer);
      });
    };
    desktops.lifecycle.start();
    for (let step = 0; step < 60; step++) {
      const draw = random();
      if (draw < 0.25) {
        wanted.add(await desktops.apply(chen, random() < 0.4 ? { gpu: { count: 1, memoryMib: 40_960 } } : {}));
      } else if (draw < 0.4 && wanted.size > 0) {
        const id = [...wanted][Math.floor(random() * wanted.size)]!;
        const { nowS } = desktops.clock;
        const isChanged = await desktops.store.change(await desktops.row(id), deleting(null, nowS), nowS).then(
          () => true,
          () => false, // the lifecycle was faster
        );
        if (isChanged) wanted.delete(id);
        if (isChanged) removed.add(id);
      }
      if (random() < 0.3) desktops.lifecycle.wake();
      await desktops.run(Math.floor(random() * 10));
    }
    desktops.machines.fault = null;
    desktops.machines.room = { perHost: 1000, cards: 1000, cardModel: 'A40' };
    await desktops.until(async () => {
      const rows = await Promise.all([...wanted, ...removed].map((id) => desktops.row(id)));
      return rows.every(({ id, state }) => state === (wanted.has(id) ? 'ready' : 'deleted'));
    });
    const stopping = desktops.lifecycle.stop();
    await desktops.run(20);
    await stopping;
    expect(doubled).toEqual([]);
    expect(new Set(desktops.machines.machines.keys())).toEqual(wanted);
    await desktops.stop();
  },
);

test('two who change a desktop at once: one is told, and nothing is overwritten', async () => {
  const desktops = await DesktopsUnderTest.start();
  const id = await desktops.ready(await desktops.person('chen'));
  const row = await desktops.row(id);
  const outcomes = await Promise.allSettled(
    (['stop', 'restart'] as const).map((wish) => desktops.store.change(row, { wish }, desktops.clock.nowS)),
  );
  const refused = outcomes.filter(({ status }) => status === 'rejected');
  expect(refused).toHaveLength(1);
  expect((refused[0] as PromiseRejectedResult).reason).toBeInstanceOf(DesktopChanged);
  await desktops.stop();
});
