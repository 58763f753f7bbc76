import { describe, expect, test } from 'vitest';
import { LiveState } from '../../core/wire/live-state.ts';
import { LiveMoment, totalsOf } from '../../viz/model/live-moment.ts';
import { liveSnapshot, liveVm } from '../core/wire/live-build.ts';

/** Hosts of 64 vCPUs and 256 GiB: one without cards, one with two passthrough cards, one with a shared card of 49 140 MiB. */
function opened(...args: Parameters<typeof liveSnapshot>): { state: LiveState; live: LiveMoment } {
  const state = new LiveState(liveSnapshot(...args));
  return { state, live: new LiveMoment(state) };
}

describe('a live moment', () => {
  test('adds up the VMs of each host and shows who holds cards', () => {
    const { moment } = opened().live;
    expect([...moment.vcpusUsed]).toEqual([4, 4, 0]);
    expect([...moment.cardUse]).toEqual([0, 1, 0]);
    expect([...moment.cardHolder]).toEqual([-1, 0, -1]);
  });

  test('of a shared card shows the part that is held', () => {
    const quarter = liveVm({ id: 'a', host: 2, cards: [0], cardMemoryMib: 12_285 });
    const { state, live } = opened({ vms: [quarter, { ...quarter, id: 'b' }] });
    expect(live.moment.cardUse[2]).toBe(0.5);
    state.apply({ sequence: 8, atS: 1001, bound: [{ ...quarter, id: 'c', cardMemoryMib: 0 }], ended: ['a'] });
    live.refresh(1001);
    expect(live.moment.cardUse[2]).toBe(1);
  });

  test('is the same after changes as from a snapshot of what they lead to', () => {
    const { state, live } = opened();
    state.apply({
      sequence: 8,
      atS: 1001,
      ended: ['vm-1'],
      bound: [liveVm({ id: 'vm-2', host: 2, cards: [0] }), liveVm({ id: 'vm-9', host: 1, cards: [0] })],
      hosts: [
        { host: 0, up: false },
        { host: 1, failedCards: [1] },
      ],
    });
    live.refresh(1001);
    const host = { up: true, srmObservedAtS: 995, failedCards: [] };
    const other = opened({
      vms: [...state.vms.values()],
      hosts: [{ ...host, up: false }, { ...host, failedCards: [1] }, host],
    });
    other.live.refresh(1001);
    expect(live.moment).toEqual(other.live.moment);
  });

  test('counts records as old while nothing changes', () => {
    const { state, live } = opened();
    live.refresh(1025);
    expect(totalsOf(state, live.moment).staleHosts).toBe(0);
    live.refresh(1025.1);
    expect(totalsOf(state, live.moment).staleHosts).toBe(3);
  });
});

test('the totals are shares of all hosts and cards', () => {
  const { state, live } = opened();
  expect(totalsOf(state, live.moment)).toEqual({
    vms: 2,
    vcpuShare: 8 / 192,
    ramShare: 16_384 / (3 * 262_144),
    cardShare: 1 / 3,
    waiting: 1,
    hostsDown: 0,
    failedCards: 0,
    staleHosts: 0,
  });
});
