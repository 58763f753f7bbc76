import { expect, test } from 'vitest';
import { LiveState } from '../../../core/wire/live-state.ts';
import { checkLiveChange, checkLiveSnapshot } from '../../../core/wire/live-stream.ts';
import type { HostState } from '../../../live/srm/host-state.ts';
import { LiveView } from '../../../live/srm/live-view.ts';
import { reportOf } from './build.ts';

function stateOf(host: string, sequence: number, options: Parameters<typeof reportOf>[2] = {}): HostState {
  const { inventory, record } = reportOf(host, sequence, options);
  const { host: _, observedAtS, sequence: __, ...usage } = record;
  return {
    host,
    version: sequence,
    sequence,
    observedAtS,
    receivedAtS: 1_000 + sequence,
    inventory: JSON.stringify(inventory),
    usage: JSON.stringify(usage),
    isStale: false,
  };
}

/** A view and a reader of its stream, who checks everything. */
function build(states: readonly HostState[]) {
  const view = new LiveView({ policy: 'hybrid', srmIntervalS: 10, heartbeatS: 5 }, states);
  const reader = new LiveState(checkLiveSnapshot(JSON.parse(JSON.stringify(view.snapshot(2_000)))));
  const update = (...changed: HostState[]) => {
    const change = view.update(changed, 2_001);
    if (change !== null && change !== 'other-cluster')
      reader.apply(checkLiveChange(JSON.parse(JSON.stringify(change))));
    return change;
  };
  return { view, reader, update };
}

test('a reader of the stream has the hosts, the ages of their records and who holds which cards', () => {
  const { reader } = build([stateOf('b', 7, { holders: ['s-1', 's-1'] }), stateOf('a', 3)]);
  expect(reader.cluster.specs.map(({ name, cards }) => [name, cards.length])).toEqual([
    ['a', 2],
    ['b', 2],
  ]);
  expect([...reader.cluster.observedAtS]).toEqual([1_003, 1_007]);
  expect([...reader.vms.values()]).toMatchObject([{ id: 's-1', host: 1, cards: [0, 1], vcpus: 8, ramMib: 16_384 }]);
});

test('servers that come, move, change cards and go are changes; what stays is none', () => {
  const { reader, update } = build([stateOf('a', 1), stateOf('b', 1, { holders: ['s-1', ''] })]);
  expect(update(stateOf('a', 1))).toBeNull();
  expect(update(stateOf('a', 2))).toEqual({ sequence: 1, atS: 2_001, hosts: [{ host: 0, srmObservedAtS: 1_002 }] });
  update(stateOf('b', 2, { holders: ['s-1', 's-2'] }));
  expect([...reader.vms.values()].map(({ id, vcpus }) => [id, vcpus])).toEqual([
    ['s-1', 4],
    ['s-2', 4],
  ]);
  // s-1 moves from b to a: the new host says so first.
  update(stateOf('a', 3, { holders: ['', 's-1'] }));
  update(stateOf('b', 3, { holders: ['', 's-2'] }));
  expect(reader.vms.get('s-1')).toMatchObject({ host: 0, cards: [1] });
  update(stateOf('a', 4), stateOf('b', 4));
  expect(reader.vms.size).toBe(0);
});

test('a server that leaves one host and is on another in the same change goes on running', () => {
  const { reader, update } = build([stateOf('a', 1), stateOf('b', 1, { holders: ['s-1', ''] })]);
  update(stateOf('b', 2), stateOf('a', 2, { holders: ['s-1', ''] }));
  expect(reader.vms.get('s-1')).toMatchObject({ host: 0 });
});

test('cards that are out of order, or no longer reported, have failed', () => {
  const gone = stateOf('a', 2);
  const usage = JSON.parse(gone.usage) as { cards: unknown[] };
  const { reader, update } = build([stateOf('a', 1, { healthy: false })]);
  expect([0, 1].map((card) => reader.cluster.hosts[0]!.isCardHealthy(card))).toEqual([false, false]);
  update({ ...gone, usage: JSON.stringify({ ...usage, cards: usage.cards.slice(0, 1) }) });
  expect([0, 1].map((card) => reader.cluster.hosts[0]!.isCardHealthy(card))).toEqual([true, false]);
});

test('a new host or another inventory needs a new snapshot', () => {
  const { update } = build([stateOf('a', 1)]);
  expect(update(stateOf('b', 1))).toBe('other-cluster');
  expect(build([stateOf('a', 1)]).update(stateOf('a', 2, { holders: [''] }))).toBe('other-cluster');
});
