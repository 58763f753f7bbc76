import { describe, expect, test } from 'vitest';
import { LiveState } from '../../../core/wire/live-state.ts';
import type { LiveChange } from '../../../core/wire/live-stream.ts';
import { liveSnapshot, liveVm } from './live-build.ts';

const change = (fields: Partial<LiveChange> = {}): LiveChange => ({ sequence: 8, atS: 1001, ...fields });
const idsOn = (state: LiveState, host: number): string[] => [...state.vmsOn[host]!].map(({ id }) => id);

describe('a snapshot', () => {
  test('a snapshot gives VMs by host, who waits, and what is failed', () => {
    const hosts = [
      { up: true, srmObservedAtS: 995, failedCards: [] },
      { up: false, srmObservedAtS: null, failedCards: [0] },
      { up: true, srmObservedAtS: 900, failedCards: [] },
    ];
    const state = new LiveState(liveSnapshot({ hosts }));
    expect([0, 1, 2].map((host) => idsOn(state, host))).toEqual([['vm-1'], ['vm-2'], []]);
    expect([...state.waiting.keys()]).toEqual(['vm-3']);
    expect([...state.cluster.up]).toEqual([1, 0, 1]);
    expect([...state.cluster.cardHealthy]).toEqual([0, 1, 1]);
    // Records are stale after 3 × 10 s: host 0 at 1025.1, host 1 never had one, host 2 since 930.
    expect([0, 1, 2].map((host) => state.isStale(host, 1000))).toEqual([false, true, true]);
    expect(state.isStale(0, 1025)).toBe(false);
    expect(state.isStale(0, 1025.1)).toBe(true);
  });

  test.each([
    [{ hosts: [] }, 'snapshot.hosts: expected 3 hosts, got 0'],
    [{ vms: [liveVm({ host: 3 })] }, 'snapshot.vms[0].host: expected 0 to 2, got 3'],
    [{ vms: [liveVm({ cards: [0] })] }, 'snapshot.vms[0]: expected cards of cpu-a, which has 0, got 0'],
  ])('whose parts do not agree is refused (%#)', (wrong, message) => {
    expect(() => new LiveState(liveSnapshot(wrong))).toThrow(message);
  });
});

describe('a change', () => {
  test('a change binds, ends, turns away and queues VMs', () => {
    const state = new LiveState(liveSnapshot());
    state.changedHosts.clear();
    const waiting = { id: 'vm-4', vcpus: 1, ramMib: 1, cards: 0, sinceS: 1001, reason: '' };
    state.apply(change({ ended: ['vm-1'], bound: [liveVm({ id: 'vm-3', host: 1, cards: [0] })], waiting: [waiting] }));
    expect([0, 1].map((host) => idsOn(state, host))).toEqual([[], ['vm-2', 'vm-3']]);
    expect([...state.waiting.keys()]).toEqual(['vm-4']);
    expect([...state.changedHosts].sort()).toEqual([0, 1]);
    state.apply(change({ sequence: 9, turnedAway: [{ id: 'vm-4', atS: 1001, reason: 'gave up' }] }));
    expect(state.waiting.size).toBe(0);
  });

  test('a change moves a VM that is bound again', () => {
    const state = new LiveState(liveSnapshot());
    state.apply(change({ bound: [liveVm({ id: 'vm-2', host: 2, cards: [0] })] }));
    expect([1, 2].map((host) => idsOn(state, host))).toEqual([[], ['vm-2']]);
    expect(state.vms.size).toBe(2);
  });

  test('a change of hosts changes only what it names', () => {
    const state = new LiveState(liveSnapshot());
    state.apply(change({ hosts: [{ host: 1, failedCards: [1] }] }));
    state.apply(change({ sequence: 9, hosts: [{ host: 1, up: false, srmObservedAtS: 1002 }] }));
    expect([state.cluster.up[1], state.cluster.observedAtS[1]]).toEqual([0, 1002]);
    expect([...state.cluster.cardHealthy]).toEqual([1, 0, 1]);
  });

  test.each([
    [{ sequence: 9 }, 'change.sequence: expected 8, got 9'],
    [{ ended: ['vm-1', 'vm-9'] }, 'change.ended[1]: expected a VM that runs or waits, got "vm-9"'],
    [
      { ended: ['vm-1'], bound: [liveVm({ host: 1, cards: [2] })] },
      'change.bound[0]: expected cards of gpu-a, which has 2',
    ],
    [{ ended: ['vm-1'], hosts: [{ host: 5 }] }, 'change.hosts[0].host: expected 0 to 2, got 5'],
  ])('that does not fit changes nothing (%#)', (wrong, message) => {
    const state = new LiveState(liveSnapshot());
    expect(() => state.apply(change(wrong))).toThrow(message);
    expect([state.sequence, state.vms.size, state.waiting.size]).toEqual([7, 2, 1]);
  });
});
