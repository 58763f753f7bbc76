import { expect, test } from 'vitest';
import { LiveState } from '../../core/wire/live-state.ts';
import type { LiveChange } from '../../core/wire/live-stream.ts';
import { eventsOf } from '../../viz/model/live-events.ts';
import { describeReasons } from '../../viz/model/rejection-words.ts';
import { formatSpan } from '../../viz/page/quantity-words.ts';
import { liveSnapshot, liveVm } from '../core/wire/live-build.ts';

test('a change is told as what happened to VMs and hosts', () => {
  const failed = { up: true, srmObservedAtS: 995, failedCards: [0] };
  const healthy = { ...failed, failedCards: [] };
  const state = new LiveState(liveSnapshot({ hosts: [healthy, failed, healthy] }));
  const change: LiveChange = {
    sequence: 8,
    atS: 1000,
    ended: ['vm-1', 'vm-3'],
    bound: [liveVm({ id: 'vm-2', host: 2, cards: [0] }), liveVm({ id: 'vm-4', ramMib: 1536 })],
    turnedAway: [{ id: 'vm-5', atS: 999, reason: 'no-cards:3' }],
    hosts: [
      { host: 0, up: false },
      { host: 1, up: true, failedCards: [1] },
      { host: 2, srmObservedAtS: 1000 },
    ],
  };
  expect(eventsOf(state, change).map(({ kind, vm, host, detail }) => [kind, vm, host, detail])).toEqual([
    ['ended', 'vm-1', 0, 'after 1 min 40 s'],
    ['withdrawn', 'vm-3', -1, 'after waiting 50 s'],
    ['moved', 'vm-2', 2, 'from gpu-a; 4 vCPUs, 8 GiB, card 0'],
    ['bound', 'vm-4', 0, '4 vCPUs, 1.5 GiB'],
    ['turned away', 'vm-5', -1, '3 hosts have too few cards'],
    ['host down', '', 0, ''],
    ['card', '', 1, 'card 1 failed'],
    ['card', '', 1, 'card 0 is back'],
  ]);
});

test('reasons are put in words, and unknown ones left as they are', () => {
  expect(describeReasons('host-down:3|cards-busy:57|ram:1|vcpus:2', 2)).toBe(
    '57 hosts have suitable cards, but not enough idle, 3 are down, 3 more',
  );
  expect(describeReasons('vcpus:1', 2)).toBe('1 host lacks free vCPUs');
  expect(describeReasons('behind-others', 2)).toBe('others came before it');
  expect(describeReasons('quota: 3 of 3 cards', 2)).toBe('quota: 3 of 3 cards');
  expect(describeReasons('', 2)).toBe('');
});

test('spans of time are coarser the longer they are', () => {
  expect([-1, 0.4, 59.6, 200, 7500, 277_200].map(formatSpan)).toEqual([
    '0 s',
    '0 s',
    '1 min',
    '3 min 20 s',
    '2 h 05 min',
    '3 d 05 h',
  ]);
});
