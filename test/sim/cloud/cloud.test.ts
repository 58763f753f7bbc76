/** What the cloud does when, in scenarios small enough to be played by hand. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Cluster } from '../../../core/cluster.ts';
import { decidingScheduler } from '../../../core/runs/deciding-scheduler.ts';
import { lastReportS, nextReportS, reportAfterS } from '../../../core/runs/report-times.ts';
import type { CloudObserver } from '../../../sim/cloud/cloud.ts';
import { priorities } from '../../../sim/cloud/priorities.ts';
import type { Vm } from '../../../sim/cloud/vm.ts';
import { card, large, small, stateOf } from '../../core/build.ts';
import { anyRun, emptyCluster, type Fault, hostsOf, playCloud, type Run, vm } from '../build.ts';

const queue = { onFull: 'queue' } as const;

describe('arrivals and ends', () => {
  test('who leaves at the instant of an arrival leaves first', () => {
    const { log } = playCloud({ hosts: hostsOf(1), arrivals: [vm('a', 0, 10), vm('b', 10, 5)] });
    expect(log).toEqual(['0 a on 0', '10 a ends', '10 b on 0', '15 b ends']);
  });

  test('arrivals of one instant are served in the order in which they come', () => {
    const arrivals = [vm('a', 3, 10), vm('b', 3, 10), vm('c', 3, 10)];
    const { log } = playCloud({ hosts: hostsOf(1, 1), arrivals });
    expect(log).toEqual(['3 a on 0', '3 b on 1', '3 c refused: vcpus:2', '13 a ends', '13 b ends']);
  });

  test('a VM that no host can take now is refused, with the reason of each host', () => {
    const hosts = [...hostsOf(2), { vcpus: 4, ramMib: 1024 }];
    const arrivals = [vm('a', 0, 10, { ramMib: 512 }), vm('b', 1, 10, { vcpus: 2, ramMib: 2048 })];
    expect(playCloud({ hosts, arrivals }).log).toEqual(['0 a on 0', '1 b refused: vcpus:1|ram:1', '10 a ends']);
  });

  test('a VM for which the empty cloud has no host is unservable, and nobody waits behind it', () => {
    const arrivals = [vm('a', 0, 10), vm('b', 1, 10, { vcpus: 3 }), vm('c', 2, 10), vm('d', 3, 10, { cards: 1 })];
    const { log } = playCloud({ hosts: hostsOf(2), arrivals, cloud: queue });
    // The reason is that of the empty cloud: d finds no cards on a host that is full anyway.
    expect(log).toEqual([
      '0 a on 0',
      '1 b unservable: vcpus:1',
      '2 c on 0',
      '3 d unservable: no-cards:1',
      '10 a ends',
      '12 c ends',
    ]);
  });

  test('an unservable VM is turned away at once also while others wait', () => {
    const arrivals = [vm('a', 0, 10, { vcpus: 2 }), vm('b', 1, 5), vm('c', 2, 5, { vcpus: 3 })];
    const { log } = playCloud({ hosts: hostsOf(2), arrivals, cloud: queue });
    expect(log).toEqual([
      '0 a on 0',
      '1 b waits: vcpus:1',
      '2 c unservable: vcpus:1',
      '10 a ends',
      '10 b on 0',
      '15 b ends',
    ]);
  });
});

describe('the queue', () => {
  const arrivals = [
    vm('a', 0, 10),
    vm('b', 0, 20),
    vm('big', 1, 5, { vcpus: 2 }),
    vm('s1', 2, 3),
    vm('s2', 3, 3, { ramMib: 1 }),
  ];

  test('without backfill a VM that does not fit holds up those behind it', () => {
    const { log } = playCloud({ hosts: hostsOf(2), arrivals, cloud: queue });
    expect(log).toEqual([
      '0 a on 0',
      '0 b on 0',
      '1 big waits: vcpus:1',
      '2 s1 waits: behind-others',
      '3 s2 waits: behind-others',
      '10 a ends', // one vCPU is free, big needs two
      '20 b ends',
      '20 big on 0',
      '25 big ends',
      '25 s1 on 0',
      '25 s2 on 0',
      '28 s1 ends',
      '28 s2 ends',
    ]);
  });

  test('with backfill those behind it pass where they fit, in their order', () => {
    const { log } = playCloud({ hosts: hostsOf(2), arrivals, cloud: { ...queue, backfill: true } });
    expect(log).toEqual([
      '0 a on 0',
      '0 b on 0',
      '1 big waits: vcpus:1',
      '2 s1 waits: vcpus:1',
      '3 s2 waits: vcpus:1',
      '10 a ends',
      '10 s1 on 0',
      '13 s1 ends',
      '13 s2 on 0',
      '16 s2 ends',
      '20 b ends',
      '20 big on 0',
      '25 big ends',
    ]);
  });

  test('without backfill who arrives while others wait waits behind them, though there is room', () => {
    const late = [vm('a', 0, 10), vm('big', 1, 5, { vcpus: 2 }), vm('s', 2, 3)];
    const play = (backfill: boolean) => playCloud({ hosts: hostsOf(2), arrivals: late, cloud: { ...queue, backfill } });
    expect(play(false).log.slice(2, 6)).toEqual([
      '2 s waits: behind-others',
      '10 a ends',
      '10 big on 0',
      '15 big ends',
    ]);
    expect(play(true).log.slice(2, 4)).toEqual(['2 s on 0', '5 s ends']);
  });

  test('with backfill those that are equal to one that does not fit stay behind it, others do not', () => {
    const waiting = [
      vm('a', 0, 10, { vcpus: 3 }),
      vm('b', 0, 6, { vcpus: 3 }),
      vm('x', 1, 5, { vcpus: 4 }),
      vm('y', 2, 5, { vcpus: 4 }),
      vm('z', 3, 5, { vcpus: 3 }),
    ];
    const { log } = playCloud({ hosts: hostsOf(4, 3), arrivals: waiting, cloud: { ...queue, backfill: true } });
    expect(log).toEqual([
      '0 a on 0',
      '0 b on 1',
      '1 x waits: vcpus:2',
      '2 y waits: vcpus:2',
      '3 z waits: vcpus:2',
      '6 b ends',
      '6 z on 1',
      '10 a ends',
      '10 x on 0',
      '11 z ends',
      '15 x ends',
      '15 y on 0',
      '20 y ends',
    ]);
  });
});

describe('patience', () => {
  const cloud = { ...queue, patienceS: 4 };

  test('a place that frees at the very instant when patience ends still serves', () => {
    const { log } = playCloud({ hosts: hostsOf(1), arrivals: [vm('a', 0, 5), vm('b', 1, 5)], cloud });
    expect(log).toEqual(['0 a on 0', '1 b waits: vcpus:1', '5 a ends', '5 b on 0', '10 b ends']);
  });

  test('who has waited that long gives up', () => {
    const { log } = playCloud({ hosts: hostsOf(1), arrivals: [vm('a', 0, 5.001), vm('b', 1, 5)], cloud });
    expect(log).toEqual(['0 a on 0', '1 b waits: vcpus:1', '5 b gave-up: vcpus:1', '5.001 a ends']);
  });

  test('when the first in the queue gives up, those behind it are tried at that instant', () => {
    const arrivals = [vm('a', 0, 20), vm('big', 1, 5, { vcpus: 2 }), vm('s', 2, 3), vm('t', 5, 3)];
    const { log } = playCloud({ hosts: hostsOf(2), arrivals, cloud });
    expect(log).toEqual([
      '0 a on 0',
      '1 big waits: vcpus:1',
      '2 s waits: behind-others',
      '5 t waits: behind-others', // arrivals come before those who give up
      '5 big gave-up: vcpus:1',
      '5 s on 0',
      '8 s ends',
      '8 t on 0',
      '11 t ends',
      '20 a ends',
    ]);
  });

  test('two that lose patience together: the second is tried before it gives up', () => {
    const arrivals = [vm('a', 0, 20), vm('big', 1, 5, { vcpus: 2 }), vm('s', 1, 3)];
    const { log } = playCloud({ hosts: hostsOf(2), arrivals, cloud });
    expect(log.slice(3)).toEqual(['5 big gave-up: vcpus:1', '5 s on 0', '8 s ends', '20 a ends']);
  });

  test('a VM waits as long as it takes where patience has no end', () => {
    const arrivals = [vm('a', 0, 1e6), vm('b', 1, 1)];
    const { log } = playCloud({ hosts: hostsOf(1), arrivals, cloud: { ...queue, patienceS: null } });
    expect(log.at(-1)).toBe('1000001 b ends');
  });

  test('patience of 0 gives up at the same instant, but after the drain of that instant', () => {
    const arrivals = [vm('a', 0, 5), vm('b', 1, 5)];
    const { log } = playCloud({ hosts: hostsOf(1), arrivals, cloud: { ...queue, patienceS: 0 } });
    expect(log).toEqual(['0 a on 0', '1 b waits: vcpus:1', '1 b gave-up: vcpus:1', '5 a ends']);
  });
});

describe('slots', () => {
  test('the end of a VM that was lost before ends no other VM that runs by then', () => {
    const { log } = playCloud({
      hosts: hostsOf(1),
      arrivals: [vm('a', 0, 20), vm('b', 7, 100), vm('c', 150, 5)],
      faults: [
        { atS: 5, host: 0, isUp: false },
        { atS: 6, host: 0, isUp: true },
      ],
    });
    expect(log).toEqual([
      '0 a on 0',
      '5 host 0 fails',
      '5 a lost: host-failed',
      '6 host 0 back',
      '7 b on 0',
      '107 b ends',
      '150 c on 0',
      '155 c ends',
    ]);
  });

  test('a VM takes the slot of one that is settled, and is equal to what arrived', () => {
    const slots: number[] = [];
    const observer: CloudObserver = {
      bound(bound) {
        slots.push(bound.slot);
        const { id, number, waitReason, reason, cards, request } = bound;
        expect({ number, waitReason, reason, cards }).toEqual({ number: 1, waitReason: '', reason: '', cards: [] });
        expect([id, request.vcpus]).toEqual(bound.startS === 0 ? ['a', 1] : ['b', 2]);
      },
    };
    playCloud({ hosts: hostsOf(2), arrivals: [vm('a', 0, 20), vm('b', 20, 5, { vcpus: 2 })], observers: [observer] });
    expect(slots).toEqual([0, 0]);
  });
});

describe('booting', () => {
  /** What each VM was bound with. */
  function timesOf(): { observer: CloudObserver; times: string[] } {
    const times: string[] = [];
    const bound = ({ id, startS, endS }: Vm, boundS: number) =>
      times.push(`${id}: bound ${boundS}, start ${startS}, end ${endS}`);
    return { observer: { bound }, times };
  }

  test('a VM starts when it has booted, and its lifetime counts from then', () => {
    const { observer, times } = timesOf();
    const arrivals = [vm('a', 0, 10), vm('b', 1, 10)];
    const { log } = playCloud({ hosts: hostsOf(1), arrivals, cloud: { ...queue, bootS: 5 }, observers: [observer] });
    expect(times).toEqual(['a: bound 0, start 5, end 15', 'b: bound 15, start 20, end 30']);
    expect(log).toEqual(['0 a on 0', '1 b waits: vcpus:1', '15 a ends', '15 b on 0', '30 b ends']);
  });

  test('nova prefers the host where fewer VMs are building, until they have started', () => {
    // a goes to host 0, which has more vCPUs and RAM free. Then 7 vCPUs and 7 GiB are free on each, and only io_ops can tell them apart.
    const hosts = [
      { vcpus: 8, ramMib: 8192 },
      { vcpus: 7, ramMib: 7168 },
    ];
    const arrivals = [vm('a', 0, 100), vm('b', 1, 100), vm('c', 11, 100)];
    const play = (bootS: number) => playCloud({ hosts, arrivals, cloud: { bootS }, policy: 'nova' }).log.slice(0, 3);
    // Without boot nothing does: b goes to the lower index, and c to host 1, where 7 vCPUs are free against 6.
    expect(play(0)).toEqual(['0 a on 0', '1 b on 0', '11 c on 1']);
    // With 10 s of boot a is building when b comes, so b goes to 1; at 11 both have started, and host 0 has 7 vCPUs free against 6.
    expect(play(10)).toEqual(['0 a on 0', '1 b on 1', '11 c on 0']);
  });

  test('a building VM counts from binding to start, and no longer when it is lost before', () => {
    const arrivals = [vm('a', 0, 100), vm('b', 2, 100)];
    const faults = [{ atS: 6, host: 1, isUp: false }];
    const { cloud, simulator } = playPaused({ hosts: hostsOf(1, 1), arrivals, faults, bootS: 5 });
    const seen: string[] = [];
    for (const timeS of [0, 2, 4.9, 5, 6, 7]) {
      simulator.advance(timeS, priorities.giveUp + 1);
      seen.push(`${timeS}: ${[...cloud.truth.building].join(' ')}`);
    }
    // a builds from 0 to 5 on host 0; b from 2 on host 1, which fails at 6 when b would have started at 7.
    expect(seen).toEqual(['0: 1 0', '2: 1 1', '4.9: 1 1', '5: 0 1', '6: 0 0', '7: 0 0']);
  });

  test('a VM lost at the instant of its start builds no more, and is not taken off twice', () => {
    const faults = [{ atS: 5, host: 0, isUp: false }];
    const { cloud, simulator } = playPaused({ hosts: hostsOf(1), arrivals: [vm('a', 0, 100)], faults, bootS: 5 });
    simulator.run();
    expect([...cloud.truth.building]).toEqual([0]);
  });
});

describe('failures', () => {
  const fails: Fault = { atS: 4, host: 0, isUp: false };
  const back: Fault = { atS: 9, host: 0, isUp: true };

  test('a host that fails loses its VMs and takes none until it is back', () => {
    const arrivals = [vm('a', 0, 10), vm('b', 1, 10), vm('c', 5, 10)];
    const { log } = playCloud({ hosts: hostsOf(1, 1), arrivals, cloud: queue, faults: [fails, back] });
    expect(log).toEqual([
      '0 a on 0',
      '1 b on 1',
      '4 host 0 fails',
      '4 a lost: host-failed',
      '5 c waits: host-down:1|vcpus:1',
      '9 host 0 back',
      '9 c on 0',
      '11 b ends',
      '19 c ends',
    ]);
  });

  test('a VM is servable though every host is down, for hosts come back', () => {
    const { log } = playCloud({ hosts: hostsOf(1), arrivals: [vm('a', 5, 1)], cloud: queue, faults: [fails, back] });
    expect(log).toEqual(['4 host 0 fails', '5 a waits: host-down:1', '9 host 0 back', '9 a on 0', '10 a ends']);
  });

  test('a VM that ends at the instant of a failure has completed', () => {
    const { log } = playCloud({ hosts: hostsOf(1), arrivals: [vm('a', 0, 4)], faults: [fails] });
    expect(log).toEqual(['0 a on 0', '4 a ends', '4 host 0 fails']);
  });

  test('a host that fails at the instant of an arrival takes it no more', () => {
    const { log } = playCloud({ hosts: hostsOf(1, 1), arrivals: [vm('a', 4, 4)], faults: [fails] });
    expect(log).toEqual(['4 host 0 fails', '4 a on 1', '8 a ends']);
  });

  test('lost VMs are submitted again at that instant, before new arrivals, with their whole lifetime', () => {
    const arrivals = [vm('a', 0, 10), vm('b', 1, 10), vm('c', 4, 1)];
    const cloud = { ...queue, resubmit: 10 };
    const { log } = playCloud({ hosts: hostsOf(2, 1), arrivals, cloud, faults: [fails, back] });
    // On host 1 there is room for one: a, which was bound first. b waits, and c behind it.
    expect(log).toEqual([
      '0 a on 0',
      '1 b on 0',
      '4 host 0 fails',
      '4 a lost: host-failed',
      '4 b lost: host-failed',
      '4 a#2 on 1',
      '4 b#2 waits: host-down:1|vcpus:1',
      '4 c waits: behind-others',
      '9 host 0 back',
      '9 b#2 on 0',
      '9 c on 0',
      '10 c ends',
      '14 a#2 ends',
      '19 b#2 ends',
    ]);
  });

  test('VMs that wait come before those submitted again', () => {
    const arrivals = [vm('a', 0, 10), vm('b', 0, 10), vm('w', 1, 5, { vcpus: 2 }), vm('x', 2, 5)];
    const faults = [
      { atS: 4, host: 0, isUp: false },
      { atS: 4, host: 0, isUp: true },
    ];
    const cloud = { ...queue, resubmit: 10 };
    const { log } = playCloud({ hosts: hostsOf(2), arrivals, cloud, faults });
    expect(log.slice(4)).toEqual([
      '4 host 0 fails',
      '4 a lost: host-failed',
      '4 b lost: host-failed',
      '4 host 0 back',
      '4 w on 0',
      '4 a#2 waits: behind-others',
      '4 b#2 waits: behind-others',
      '9 w ends',
      '9 x on 0',
      '9 a#2 on 0',
      '14 x ends',
      '14 b#2 on 0',
      '19 a#2 ends',
      '24 b#2 ends',
    ]);
  });

  test('a VM submitted again may be refused, and lost again', () => {
    const arrivals = [vm('a', 0, 10), vm('b', 0, 10)];
    const faults = [fails, { atS: 6, host: 1, isUp: false }, back];
    const { log } = playCloud({ hosts: hostsOf(2, 1), arrivals, cloud: { resubmit: 10 }, faults });
    expect(log.slice(2)).toEqual([
      '4 host 0 fails',
      '4 a lost: host-failed',
      '4 b lost: host-failed',
      '4 a#2 on 1',
      '4 b#2 refused: host-down:1|vcpus:1',
      '6 host 1 fails',
      '6 a#2 lost: host-failed',
      '6 a#3 refused: host-down:2',
      '9 host 0 back',
    ]);
  });

  test('a card that fails loses only its holder, and is not given out until it is back', () => {
    const hosts = [{ vcpus: 8, ramMib: 16384, cards: [card(large), card(large)] }];
    const gpu = { cards: 1 };
    const arrivals = [
      vm('a', 0, 10, gpu),
      vm('b', 1, 10, gpu),
      vm('cpu', 1, 10),
      vm('c', 5, 10, gpu),
      vm('d', 6, 10, { cards: 1, vcpus: 2 }),
    ];
    const faults = [
      { atS: 4, host: 0, card: 0, isUp: false },
      { atS: 9, host: 0, card: 0, isUp: true },
    ];
    const { log } = playCloud({ hosts, arrivals, cloud: queue, faults });
    expect(log).toEqual([
      '0 a on 0/0',
      '1 b on 0/1',
      '1 cpu on 0',
      '4 card 0/0 fails',
      '4 a lost: card-failed',
      '5 c waits: cards-busy:1',
      '6 d waits: behind-others',
      '9 card 0/0 back',
      '9 c on 0/0',
      '11 b ends',
      '11 cpu ends',
      '11 d on 0/1',
      '19 c ends',
      '21 d ends',
    ]);
  });

  test('a shared card that fails loses all its holders, and a VM with several cards is lost with one of them', () => {
    const hosts = [{ vcpus: 8, ramMib: 16384, cards: [card(small, 'shared'), card(small, 'shared')] }];
    const part = { cards: 1, cardMemoryMib: 4096 };
    const arrivals = [vm('a', 0, 10, part), vm('b', 0, 10, part), vm('two', 0, 10, { ...part, cards: 2 })];
    const { log } = playCloud({ hosts, arrivals, faults: [{ atS: 4, host: 0, card: 1, isUp: false }] });
    expect(log).toEqual([
      '0 a on 0/0',
      '0 b on 0/0',
      '0 two on 0/0-1',
      '4 card 0/1 fails',
      '4 two lost: card-failed',
      '10 a ends',
      '10 b ends',
    ]);
  });
});

describe('two schedulers and SRM reports every 10 s', () => {
  const cloud = { ...queue, srmIntervalS: 10, schedulers: 2 };
  // By the hash of their ids a and c are scheduler 1's, b and d scheduler 0's.

  test('the ids in these tests belong to the schedulers that they name', () => {
    expect(['a', 'b', 'c', 'd'].map((id) => decidingScheduler(id, 2))).toEqual([1, 0, 1, 0]);
  });

  test('one scheduler does not see what the other bound until a report shows it; the host refuses, and the next best is tried', () => {
    const arrivals = [vm('a', 1, 30), vm('b', 2, 30), vm('d', 11, 30)];
    const { log } = playCloud({ hosts: hostsOf(1, 1, 1), arrivals, cloud });
    expect(log).toEqual([
      '1 a on 0',
      '2 b refused by 0',
      '2 b on 1',
      '11 d on 2', // without a try at host 0: the report at 10 has told of a
      '31 a ends',
      '32 b ends',
      '41 d ends',
    ]);
  });

  test('each sees its own bindings at once, and what is bound at the instant of a report only in the next', () => {
    const arrivals = [vm('a', 10, 30), vm('c', 10, 30), vm('b', 10, 30), vm('d', 20, 30)];
    const { log } = playCloud({ hosts: hostsOf(1, 1, 1, 1), arrivals, cloud });
    expect(log.slice(0, 6)).toEqual([
      '10 a on 0',
      '10 c on 1',
      '10 b refused by 0',
      '10 b refused by 1',
      '10 b on 2',
      '20 d on 3',
    ]);
  });

  test('a VM whose tries all are refused waits, and its own scheduler tries it again after the next report', () => {
    const { log } = playCloud({ hosts: hostsOf(1), arrivals: [vm('a', 1, 5), vm('b', 2, 5)], cloud });
    expect(log).toEqual([
      '1 a on 0',
      '2 b refused by 0',
      '2 b waits: excluded:1',
      '6 a ends',
      '10 b on 0',
      '15 b ends',
    ]);
  });

  test('several schedulers with reports that are always fresh decide as one does', () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        const play = (schedulers: number) =>
          playCloud({ ...run, cloud: { ...run.cloud, srmIntervalS: 0, schedulers } }).log;
        expect(play(3)).toEqual(play(1));
      }),
      { numRuns: 100 },
    );
  });
});

describe('SRM reports every 10 s', () => {
  const cloud = { ...queue, srmIntervalS: 10 };

  test('the scheduler does not see an end before the next report', () => {
    const arrivals = [vm('a', 0, 12), vm('b', 13, 5), vm('c', 20, 5)];
    const { log } = playCloud({ hosts: hostsOf(1), arrivals, cloud });
    expect(log).toEqual([
      '0 a on 0',
      '12 a ends',
      '13 b waits: vcpus:1', // the host is free, but nobody has said so
      '20 b on 0',
      '20 c waits: vcpus:1',
      '25 b ends',
      '30 c on 0',
      '35 c ends',
    ]);
  });

  test('an end at the instant of a report is in it', () => {
    const { log } = playCloud({ hosts: hostsOf(1), arrivals: [vm('a', 0, 20), vm('b', 20, 5)], cloud });
    expect(log).toEqual(['0 a on 0', '20 a ends', '20 b on 0', '25 b ends']);
  });

  test('the scheduler sees its own bindings at once', () => {
    const { log } = playCloud({ hosts: hostsOf(1, 1), arrivals: [vm('a', 1, 3), vm('b', 2, 3)], cloud });
    expect(log).toEqual(['1 a on 0', '2 b on 1', '4 a ends', '5 b ends']);
  });

  test('a host that has failed unreported refuses; the next best is tried, and for this VM only', () => {
    const arrivals = [vm('a', 5, 10), vm('b', 6, 10), vm('c', 12, 10)];
    const faults = [{ atS: 4, host: 0, isUp: false }];
    const { log } = playCloud({ hosts: hostsOf(4, 4), arrivals, cloud, faults });
    expect(log).toEqual([
      '4 host 0 fails',
      '5 a refused by 0',
      '5 a on 1',
      '6 b refused by 0',
      '6 b on 1',
      '12 c on 1', // the report at 10 has missed host 0
      '15 a ends',
      '16 b ends',
      '22 c ends',
    ]);
  });

  test('when every host refuses, the VM waits until a report, and the refused count as excluded', () => {
    const arrivals = [vm('a', 5, 10), vm('b', 6, 10)];
    const faults = [
      { atS: 4, host: 0, isUp: false },
      { atS: 15, host: 0, isUp: true },
    ];
    const hosts = [...hostsOf(4), { vcpus: 4, ramMib: 1 }];
    const { log } = playCloud({ hosts, arrivals, cloud, faults });
    // Host 1 has no RAM for it. The report at 10 says that host 0 is down, the one at 20 that it is back.
    expect(log).toEqual([
      '4 host 0 fails',
      '5 a refused by 0',
      '5 a waits: excluded:1|ram:1',
      '6 b waits: behind-others',
      '15 host 0 back',
      '20 a on 0',
      '20 b on 0',
      '30 a ends',
      '30 b ends',
    ]);
  });

  test('a card that has failed unreported refuses, the other host is tried', () => {
    const hosts = [
      { vcpus: 8, ramMib: 16384, cards: [card(large)] },
      { vcpus: 8, ramMib: 16384, cards: [card(large)] },
    ];
    const faults = [{ atS: 4, host: 0, card: 0, isUp: false }];
    const { log } = playCloud({ hosts, arrivals: [vm('a', 5, 3, { cards: 1 })], cloud, faults });
    expect(log).toEqual(['4 card 0/0 fails', '5 a refused by 0', '5 a on 1/0', '8 a ends']);
  });

  test('a host that failed and came back between two reports has lost its VMs, which the scheduler learns late', () => {
    const arrivals = [vm('a', 1, 100), vm('b', 8, 5)];
    const faults = [
      { atS: 4, host: 0, isUp: false },
      { atS: 6, host: 0, isUp: true },
    ];
    const { log } = playCloud({ hosts: hostsOf(1), arrivals, cloud, faults });
    expect(log).toEqual([
      '1 a on 0',
      '4 host 0 fails',
      '4 a lost: host-failed',
      '6 host 0 back',
      '8 b waits: vcpus:1',
      '10 b on 0',
      '15 b ends',
    ]);
  });

  test('nova sees what is building at once, since the scheduler itself started it', () => {
    const hosts = [
      { vcpus: 8, ramMib: 8192 },
      { vcpus: 7, ramMib: 7168 },
    ];
    const arrivals = [vm('a', 1, 100), vm('b', 2, 100), vm('c', 3, 100)];
    const { log } = playCloud({ hosts, arrivals, cloud: { ...cloud, bootS: 50 }, policy: 'nova' });
    // As without reports: io_ops decides for b; c finds 7 and 6 vCPUs free and one building on each.
    expect(log.slice(0, 3)).toEqual(['1 a on 0', '2 b on 1', '3 c on 0']);
  });
});

describe.each([10, 60, 0.5, 2.5, 0.1, 0.7, 3.3, 0.001])('reports every %s s', (intervalS) => {
  /** Whole milliseconds, as a trace writes them. */
  const decimal = (timeMs: number): number => Number((timeMs / 1000).toFixed(3));
  const intervalMs = Math.round(intervalS * 1000);

  test('what happens at the instant of a report is in that report', () => {
    for (let count = 0; count < 100_000; count++) {
      const reportS = decimal(count * intervalMs);
      const [next, last] = [nextReportS(reportS, intervalS), lastReportS(reportS, intervalS)];
      // Compared first, since a hundred thousand expectations take a while.
      if (next !== reportS || last !== reportS) expect({ next, last }).toEqual({ next: reportS, last: reportS });
      const after = reportAfterS(reportS, intervalS);
      if (after !== decimal((count + 1) * intervalMs)) expect(after).toBe(decimal((count + 1) * intervalMs));
    }
  });

  test('the next report is the first of them all that is not earlier, the last one the last that is not later', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 50), (timeMs) => {
        const count = Number(BigInt(timeMs) / BigInt(intervalMs));
        const isReport = count * intervalMs === timeMs;
        const timeS = decimal(timeMs);
        expect(lastReportS(timeS, intervalS)).toBe(decimal(count * intervalMs));
        expect(nextReportS(timeS, intervalS)).toBe(decimal((isReport ? count : count + 1) * intervalMs));
        expect(reportAfterS(timeS, intervalS)).toBe(decimal((count + 1) * intervalMs));
      }),
    );
  });
});

/** A decimal time as a file gives it. */
const thousandth = (seconds: number): number => Number((seconds / 1000).toFixed(3));

test('a chain of VMs that each begin as the last ends is served whole, in steps of milliseconds too', () => {
  for (const stepMs of [1, 100, 333, 700]) {
    const arrivals = Array.from({ length: 2000 }, (_, index) =>
      vm(`v${index}`, thousandth(index * stepMs + 1_700_000_000_123), thousandth(stepMs)),
    );
    const { log } = playCloud({ hosts: hostsOf(1), arrivals });
    expect(log.filter((line) => line.includes('refused'))).toEqual([]);
    expect(log.filter((line) => !/^\d+(\.\d{1,3})? /.test(line))).toEqual([]);
  }
});

test('milliseconds pass as seconds do: the same run a thousand times faster is the same run', () => {
  fc.assert(
    fc.property(anyRun, ({ hosts, arrivals, policy, cloud }) => {
      const { patienceS, bootS, srmIntervalS } = cloud;
      const seconds = playCloud({ hosts, arrivals, policy, cloud });
      const milliseconds = playCloud({
        hosts,
        policy,
        arrivals: arrivals.map((each) => ({
          ...each,
          atS: thousandth(each.atS),
          lifetimeS: thousandth(each.lifetimeS),
        })),
        cloud: {
          ...cloud,
          patienceS: patienceS === null ? null : thousandth(patienceS),
          bootS: thousandth(bootS),
          srmIntervalS: thousandth(srmIntervalS),
        },
      });
      const inThousandths = (line: string): string => line.replace(/^\S+/, (time) => String(thousandth(Number(time))));
      expect(milliseconds.log).toEqual(seconds.log.map(inThousandths));
    }),
  );
});

/** A cloud whose arrivals and faults are events, so that a test can stop the clock where it likes. */
function playPaused(scenario: {
  hosts: ReturnType<typeof hostsOf>;
  arrivals: readonly ReturnType<typeof vm>[];
  faults: readonly Fault[];
  bootS: number;
}) {
  const { hosts, arrivals, faults, bootS } = scenario;
  const { cloud, simulator } = playCloud({ hosts, arrivals: [], cloud: { bootS } });
  const arrive = simulator.kind(priorities.arrival, (index) => cloud.arrive(arrivals[index]!));
  const fail = simulator.kind(priorities.fault, (index) => cloud.fault(faults[index]!.host, -1, faults[index]!.isUp));
  for (const [index, { atS }] of arrivals.entries()) simulator.at(atS, arrive, index);
  for (const [index, { atS }] of faults.entries()) simulator.at(atS, fail, index);
  return { cloud, simulator };
}

/** Failures by hand for any run: hosts and cards of the run that fail in turns and all come back in the end. */
const anyFaults = fc.array(
  fc.record({
    atS: fc.nat(300),
    lastsS: fc.integer({ min: 1, max: 60 }),
    host: fc.nat(9),
    card: fc.integer({ min: -1, max: 9 }),
  }),
  { maxLength: 6 },
);

function faultsOf(run: Run, wanted: readonly { atS: number; lastsS: number; host: number; card: number }[]): Fault[] {
  const taken = new Set<string>();
  return wanted.flatMap(({ atS, lastsS, host: anyHost, card: anyCard }) => {
    const host = anyHost % run.hosts.length;
    const cards = run.hosts[host]!.cards?.length ?? 0;
    const card = anyCard < 0 || cards === 0 ? -1 : anyCard % cards;
    if (taken.has(`${host}/${card}`)) return [];
    taken.add(`${host}/${card}`);
    return [
      { atS, host, card, isUp: false },
      { atS: atS + lastsS, host, card, isUp: true },
    ];
  });
}

/** All that changes of a cluster but for when its hosts were last heard of. */
function stateWithoutReports(cluster: Cluster) {
  const { observedAtS, srmSequence, ...state } = stateOf(cluster);
  return state;
}

describe('any run', () => {
  test('at its end nothing is held any more, and the scheduler knows', () => {
    fc.assert(
      fc.property(anyRun, anyFaults, (run, wanted) => {
        const { cloud } = playCloud({ ...run, faults: faultsOf(run, wanted) });
        const empty = stateWithoutReports(emptyCluster(run.hosts));
        expect(stateWithoutReports(cloud.truth)).toEqual(empty);
        expect(stateWithoutReports(cloud.views[0]!)).toEqual(empty);
        expect(cloud.isBusy).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  test('every VM gets one answer per submission, and every VM that is bound ends once', () => {
    fc.assert(
      fc.property(anyRun, anyFaults, (run, wanted) => {
        const answers = new Map<string, number>();
        const running = new Set<number>();
        const note = ({ id, number }: Vm) => {
          const key = `${id}#${number}`;
          answers.set(key, (answers.get(key) ?? 0) + 1);
        };
        let submitted = 0;
        let lost = 0;
        const observer: CloudObserver = {
          submitted: () => submitted++,
          bound(bound) {
            note(bound);
            running.add(bound.slot);
          },
          turnedAway: (vm) => note(vm),
          ended(bound, nowS, outcome) {
            expect(running.delete(bound.slot)).toBe(true);
            if (outcome === 'lost') lost++;
            else expect(nowS).toBe(bound.endS);
          },
        };
        playCloud({ ...run, faults: faultsOf(run, wanted), observers: [observer] });
        expect(running.size).toBe(0);
        expect([...answers.values()].every((count) => count === 1)).toBe(true);
        expect(answers.size).toBe(submitted);
        expect(submitted).toBe(run.arrivals.length + (run.cloud.resubmit > 0 ? lost : 0));
      }),
      { numRuns: 300 },
    );
  });

  test('reports that come at every event make no difference to one scheduler that sees the truth', () => {
    // Every time in these workloads is a whole second, so reports each second tell everything when it happens.
    fc.assert(
      fc.property(anyRun, anyFaults, (run, wanted) => {
        const play = (srmIntervalS: number) => {
          const cloud = { ...run.cloud, srmIntervalS, schedulers: 1 };
          return playCloud({ ...run, cloud, faults: faultsOf(run, wanted) }).log;
        };
        expect(play(1)).toEqual(play(0));
      }),
      { numRuns: 300 },
    );
  });

  test('first come first served: without backfill VMs leave the queue in the order in which they joined it', () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        const waiting: unknown[] = [];
        const observer: CloudObserver = {
          waits: (vm) => waiting.push(vm.slot),
          bound(vm) {
            if (vm.waitReason === '') expect(waiting).toEqual([]);
            else expect(waiting.shift()).toBe(vm.slot);
          },
          turnedAway(vm, _nowS, outcome) {
            if (outcome === 'gave-up') waiting.splice(waiting.indexOf(vm.slot), 1);
          },
        };
        const cloud = { ...run.cloud, onFull: 'queue', backfill: false } as const;
        playCloud({ ...run, cloud, observers: [observer] });
        expect(waiting).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
