/** Backfill tries few of those who wait, and decides as trying all of them does. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cpuRamDisk, type Filter, hostUp } from '../../../core/filters.ts';
import { policies } from '../../../core/policies/index.ts';
import type { Policy } from '../../../core/policy.ts';
import type { VmRequest } from '../../../core/request.ts';
import { BackfillQueue } from '../../../sim/cloud/backfill-queue.ts';
import type { WaitingRoom, WaitQueue } from '../../../sim/cloud/wait-queue.ts';
import { plainDecisions, Recorder } from '../../../sim/records/recorder.ts';
import type { Arrival } from '../../../traces/arrival.ts';
import { cases } from '../../cases.ts';
import { anyHosts, anyRequest, card, large, policyNamed } from '../../core/build.ts';
import { anyCloud, type Fault, hostsOf, playCloud, type Scenario, vm } from '../build.ts';
import { PlainQueue } from './plain-queue.ts';

/** Up to 70 VMs that come faster than most clusters serve them: of a few sizes, or nearly all different. */
const manyArrivals: fc.Arbitrary<Arrival[]> = fc
  .tuple(
    fc.array(anyRequest, { minLength: 1, maxLength: 12 }),
    fc.array(
      fc.record({
        gapS: fc.constantFrom(0, 0, 0, 1, 2, 5),
        lifetimeS: fc.constantFrom(0, 1, 5, 10, 20, 40),
        size: fc.nat(11),
        own: fc.option(anyRequest, { freq: 3 }),
      }),
      { minLength: 10, maxLength: 70, size: 'max' },
    ),
  )
  .map(([sizes, rows]) => {
    let atS = 0;
    return rows.map(({ gapS, lifetimeS, size, own }, index) => {
      atS += gapS;
      return vm(`vm-${index}`, atS, lifetimeS, { ...(own ?? sizes[size % sizes.length]!), id: `vm-${index}` });
    });
  });

const anyFaults: fc.Arbitrary<(hosts: Scenario['hosts']) => Fault[]> = fc
  .array(fc.record({ atS: fc.nat(120), host: fc.nat(9), card: fc.integer({ min: -1, max: 3 }), isUp: fc.boolean() }), {
    maxLength: 12,
  })
  .map((rows) => (hosts) => {
    const faults = rows.map((row) => ({ ...row, host: row.host % hosts.length }));
    const sound = faults.filter(({ host, card }) => card < (hosts[host]!.cards?.length ?? 0));
    return [...sound].sort((a, b) => a.atS - b.atS);
  });

/** Lets a host in only while no other has more RAM free: it looks at all hosts, so that no try may be left out. */
const emptiestOnly: Filter = {
  name: 'EmptiestOnly',
  reject: (host) =>
    host.cluster.hosts.some((other) => other.isUp && other.ramFreeMib > host.ramFreeMib) ? 'ram' : undefined,
};
const lookingAtAll: Policy = {
  ...policyNamed('first-fit'),
  name: 'looking-at-all',
  filters: [hostUp, cpuRamDisk, emptiestOnly],
  cards: (_, { cards }) => Array.from({ length: cards }, (_, index) => index),
};
const ofCpuOnly = (arrivals: readonly Arrival[]): Arrival[] =>
  arrivals.map((each) => ({ ...each, request: { ...each.request, cards: 0 } }));

const anyPolicy: fc.Arbitrary<Policy> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...policies.map(({ name }) => name)).map((name) => policyNamed(name)) },
  {
    weight: 2,
    arbitrary: fc
      .record({
        name: fc.constantFrom('hybrid', 'least-card'),
        spill: fc.constantFrom('allowed', 'never'),
        reserveVcpusPerCard: fc.constantFrom(0, 1, 3),
        reserveRamMibPerCard: fc.constantFrom(0, 2048),
      })
      .map(({ name, ...options }) => policyNamed(name, options)),
  },
  { weight: 1, arbitrary: fc.constant(lookingAtAll) },
);

/** All that a run file and the observers learn of a scenario. */
function told(scenario: Scenario, queueOf: (room: WaitingRoom) => WaitQueue): unknown {
  const recorder = new Recorder();
  const { log } = playCloud({ ...scenario, observers: [recorder], queueOf });
  return { log, decisions: plainDecisions(recorder.decisions), conflicts: recorder.conflicts };
}

test('whatever comes, ends, fails and reports late: decisions, reasons and their order are those of trying all who wait', () => {
  fc.assert(
    fc.property(anyHosts, manyArrivals, anyFaults, anyPolicy, anyCloud, (hosts, all, faultsOf, policy, options) => {
      const cloud = { ...options, onFull: 'queue', backfill: true, resubmit: Math.min(options.resubmit, 2) } as const;
      const arrivals = policy === lookingAtAll ? ofCpuOnly(all) : all;
      const scenario = { hosts, arrivals, faults: faultsOf(hosts), policy, cloud };
      expect(told(scenario, (room) => new BackfillQueue(room))).toEqual(told(scenario, (room) => new PlainQueue(room)));
    }),
    { numRuns: cases(4_000) },
  );
}, 600_000);

/** Counts the tries of those who wait. */
function counting(made: (room: WaitingRoom) => WaitQueue): {
  queueOf: (room: WaitingRoom) => WaitQueue;
  tries: () => number;
} {
  let tries = 0;
  const queueOf = (room: WaitingRoom): WaitQueue =>
    made({
      ...room,
      place(slot) {
        tries++;
        return room.place(slot);
      },
    });
  return { queueOf, tries: () => tries };
}

describe('tries', () => {
  /** 300 VMs for one host of 8 vCPUs that all come at once and run for 10 s or little longer. */
  const crowd = (numbers: (index: number) => Partial<VmRequest>): Scenario => ({
    hosts: hostsOf(8),
    arrivals: Array.from({ length: 300 }, (_, index) => vm(`vm-${index}`, 0, 10 + (index % 7), numbers(index))),
    cloud: { onFull: 'queue', backfill: true },
  });
  const triesOf = (scenario: Scenario, made: (room: WaitingRoom) => WaitQueue): number => {
    const { queueOf, tries } = counting(made);
    playCloud({ ...scenario, queueOf });
    return tries();
  };

  test('of those who wait only who is placed is tried, however different they are', () => {
    // The host takes the first at once; each of the others is tried when it is placed and not before.
    const scenario = crowd((index) => ({ vcpus: 8, ramMib: 1 + index }));
    expect(triesOf(scenario, (room) => new BackfillQueue(room))).toBe(299);
    // Each end tries all who still wait: 299 + 298 + …, whether they fit or not.
    expect(triesOf(scenario, (room) => new PlainQueue(room))).toBe((299 * 300) / 2);
  });

  test('while nothing that frees is large enough for anyone, nobody is tried', () => {
    const large = crowd((index) => ({ vcpus: index < 4 ? 2 : 7, ramMib: 1 + index }));
    // Of the four that came first, one ends at 10, 11, 12 and 13 s: only after the last are 7 vCPUs free.
    const scenario = { ...large, arrivals: large.arrivals.slice(0, 5) };
    expect(triesOf(scenario, (room) => new BackfillQueue(room))).toBe(1);
  });
});

test('who fits since a GPU VM took the idle card that kept vCPUs free is placed after the next end, wherever that is', () => {
  // Of host 0, three vCPUs stay free while its card is idle. Host 1 is too small for c, and host 2 full.
  const hosts = [{ vcpus: 6, ramMib: 16384, cards: [card(large)] }, ...hostsOf(1, 4)];
  const arrivals = [
    vm('f', 0, 99, { vcpus: 4 }),
    vm('e', 0, 12),
    vm('k', 0, 10, { cards: 1 }),
    vm('b', 0, 10, { vcpus: 3 }),
    vm('c', 1, 5, { vcpus: 4 }),
    vm('g', 2, 50, { cards: 1 }),
  ];
  const policy = policyNamed('hybrid', { reserveVcpusPerCard: 3 });
  const { log } = playCloud({ hosts, arrivals, policy, cloud: { onFull: 'queue', backfill: true } });
  expect(log).toEqual([
    '0 f on 2',
    '0 e on 1',
    '0 k on 0/0',
    '0 b on 0',
    '1 c waits: vcpus:3',
    '2 g waits: vcpus:2|cards-busy:1',
    '10 k ends',
    '10 b ends',
    '10 g on 0/0', // c, which came before, would have left two vCPUs beside the idle card
    '12 e ends',
    '12 c on 0',
    '17 c ends',
    '60 g ends',
    '99 f ends',
  ]);
});
