import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Cluster, type Placement } from '../../core/cluster.ts';
import {
  anyHosts,
  anyRequest,
  anySteps,
  ask,
  bindTo,
  card,
  clusterOf,
  hostSpec,
  large,
  place,
  play,
  policyNamed,
  small,
  stateOf,
} from './build.ts';

describe('a new cluster', () => {
  test('a new cluster is empty, up and healthy, with cards in host order', () => {
    const cluster = clusterOf(
      { vcpus: 4, ramMib: 8192, diskGib: 100, cpuAllocationRatio: 1.5, cards: [card(small), card(large)] },
      { vcpus: 2, ramMib: 4096, diskGib: 50 },
      { vcpus: 2, ramMib: 4096, diskGib: 50, cards: [card(large)] },
    );
    expect(stateOf(cluster)).toEqual({
      vcpusFree: Float64Array.of(6, 2, 2),
      ramFreeMib: Float64Array.of(8192, 4096, 4096),
      diskFreeGib: Float64Array.of(100, 50, 50),
      building: Int32Array.of(0, 0, 0),
      up: Uint8Array.of(1, 1, 1),
      observedAtS: Float64Array.of(-Infinity, -Infinity, -Infinity),
      srmSequence: Float64Array.of(-1, -1, -1),
      cardMemoryFreeMib: Float64Array.of(16384, 49152, 49152),
      cardCoresFree: Float64Array.of(5000, 10000, 10000),
      gpuVms: new Int32Array(9),
      cardHealthy: Uint8Array.of(1, 1, 1),
    });
    expect(cluster.cardStart).toEqual(Int32Array.of(0, 2, 2, 3));
    expect(cluster.models.map(({ name }) => name)).toEqual(['small', 'large']);
  });

  test.each([0.5, 2 ** 31, 0])('a new cluster takes no host with %s MiB of RAM', (ramMib) => {
    expect(() => clusterOf({ vcpus: 8, ramMib })).toThrow(RangeError);
  });

  test('a new cluster takes no host that gives out more than 2^16 vCPUs', () => {
    expect(() => clusterOf({ vcpus: 4096, ramMib: 1024, cpuAllocationRatio: 17 })).toThrow(/at most 65536, got 69632/);
  });

  test('a new cluster takes at most 2^21 hosts', () => {
    expect(() => new Cluster(new Array(2 ** 21 + 1).fill(hostSpec({ vcpus: 8, ramMib: 1024 })))).toThrow(
      /at most 2097152 hosts, got 2097153/,
    );
  });

  test('a new cluster knows the largest of each dimension, vCPUs after overcommitment; 1 where nobody has any', () => {
    const hosts = [
      { vcpus: 8, ramMib: 8192, cpuAllocationRatio: 4, cards: [card(small), card(small)] },
      { vcpus: 16, ramMib: 65536, cards: [card(large)] },
    ];
    expect(clusterOf(...hosts).largest).toEqual({
      cards: 2,
      cardMemoryMib: 49152,
      cardCores: 10000,
      vcpus: 32,
      ramMib: 65536,
    });
    const cpuOnly = clusterOf({ vcpus: 16, ramMib: 65536 });
    expect(cpuOnly.largest).toEqual({ cards: 1, cardMemoryMib: 1, cardCores: 1, vcpus: 16, ramMib: 65536 });
    expect(cpuOnly.largestCard).toEqual({ fp32Tflops: 1, bandwidthGBs: 1, clockMhz: 1 });
  });

  test('a new cluster groups the cards of a host by model and sharing: least memory, then fewest cores, then first card', () => {
    const slim = { ...large, name: 'slim', cores: 9000 };
    const twin = { ...large, name: 'twin' };
    const cards = [card(twin), card(large, 'shared'), card(slim), card(small), card(large), card(large, 'shared')];
    const groups = clusterOf({ vcpus: 1, ramMib: 1024, cards }).hosts[0]!.cardGroups;
    expect(groups.map((group) => [group.model.name, group.sharing, group.cards])).toEqual([
      ['small', 'passthrough', [3]],
      ['slim', 'passthrough', [2]],
      ['twin', 'passthrough', [0]],
      ['large', 'shared', [1, 5]],
      ['large', 'passthrough', [4]],
    ]);
  });

  test.each(['memoryMib', 'cores', 'fp32Tflops', 'bandwidthGBs', 'clockMhz'] as const)(
    'cards of one model that differ in %s are refused',
    (field) => {
      const other = card({ ...large, [field]: 7 });
      expect(() =>
        clusterOf({ vcpus: 1, ramMib: 1024, cards: [card(large)] }, { vcpus: 1, ramMib: 1024, cards: [other] }),
      ).toThrow(new RangeError(`cards of model large must have one ${field}, got ${large[field]} and 7`));
    },
  );

  test('two cards of a host at one address are refused; on two hosts they are not', () => {
    const spec = hostSpec({ vcpus: 1, ramMib: 1024, cards: [card(large), card(large)] });
    const sameAddress = spec.cards.map((each) => ({ ...each, address: '0000:3b:00.0' }));
    expect(() => new Cluster([{ ...spec, cards: sameAddress }])).toThrow(
      new RangeError('host host-0 has two cards at one address'),
    );
    expect(new Cluster([spec, { ...spec, name: 'host-1' }]).hosts.length).toBe(2);
  });

  test('emptied() has the same hosts with nothing bound, and leaves the first as it was', () => {
    const cluster = clusterOf({ vcpus: 4, ramMib: 8192, cards: [card(large)] });
    const fresh = stateOf(cluster);
    bindTo(cluster, 0, ask({ cards: 1 }), [0]);
    cluster.up[0] = 0;
    const before = stateOf(cluster);
    expect(stateOf(cluster.emptied())).toEqual(fresh);
    expect(stateOf(cluster)).toEqual(before);
  });
});

/** One host: two passthrough cards, one shared; 4 vCPUs, 8192 MiB, 100 GiB. */
function oneHost(): Cluster {
  return clusterOf({
    vcpus: 4,
    ramMib: 8192,
    diskGib: 100,
    cards: [card(small), card(small), card(large, 'shared')],
  });
}

describe('bind', () => {
  test('bind takes vCPUs, RAM, disk, the whole of a passthrough card and a share of a shared one', () => {
    const cluster = oneHost();
    bindTo(
      cluster,
      0,
      ask({ vcpus: 1.5, ramMib: 1000, diskGib: 30, cards: 2, cardMemoryMib: 1024, cardCores: 100 }),
      [1, 2],
    );
    expect([cluster.vcpusFree[0], cluster.ramFreeMib[0], cluster.diskFreeGib[0]]).toEqual([2.5, 7192, 70]);
    expect(cluster.cardMemoryFreeMib).toEqual(Float64Array.of(16384, 0, 49152 - 1024));
    expect(cluster.cardCoresFree).toEqual(Float64Array.of(5000, 0, 9900));
    expect(cluster.hosts[0]!.idleCards).toBe(1);
  });

  test('bind with wholeCards takes a shared card whole', () => {
    const cluster = oneHost();
    const request = ask({ cards: 1, cardMemoryMib: 1024 });
    cluster.bind({ request, host: 0, cards: [2], wholeCards: true });
    expect([cluster.cardMemoryFreeMib[2], cluster.cardCoresFree[2]]).toEqual([0, 0]);
    cluster.release({ request, host: 0, cards: [2], wholeCards: true });
    expect([cluster.cardMemoryFreeMib[2], cluster.cardCoresFree[2]]).toEqual([49152, 10000]);
  });

  test.each<[string, Partial<Placement> & { numbers?: Parameters<typeof ask>[0] }]>([
    ['no host 1', { host: 1 }],
    ['no host -1', { host: -1 }],
    ['host is down', { host: 0, numbers: { id: 'down' } }],
    ['vCPUs taken', { numbers: { vcpus: 2.001 } }],
    ['RAM taken', { numbers: { ramMib: 6145 } }],
    ['disk taken', { numbers: { diskGib: 91 } }],
    ['wrong number of cards', { numbers: { cards: 1 }, cards: [] }],
    ['wrong number of cards', { numbers: { cards: 0 }, cards: [1] }],
    ['wrong number of cards', { numbers: { cards: 2, cardMemoryMib: 1 }, cards: [2, 2] }],
    ['no card 3', { numbers: { cards: 2 }, cards: [1, 3] }],
    ['no card -1', { numbers: { cards: 1 }, cards: [-1] }],
    ['card taken', { numbers: { cards: 1 }, cards: [0] }],
    ['card taken', { numbers: { cards: 2, cardMemoryMib: 40961, cardCores: 1 }, cards: [1, 2] }],
    ['card taken', { numbers: { cards: 2, cardMemoryMib: 1, cardCores: 9001 }, cards: [1, 2] }],
    ['card taken', { numbers: { cards: 1, cardMemoryMib: 1 }, cards: [2], wholeCards: true }],
    ['card failed', { numbers: { id: 'failed', cards: 1 }, cards: [1] }],
  ])('refuses with "%s" and takes nothing: %j', (refusal, { numbers, ...placement }) => {
    const cluster = oneHost();
    // Two vCPUs, 2048 MiB, 10 GiB, card 0, and of card 2 8192 MiB and 1000 cores are taken already.
    bindTo(
      cluster,
      0,
      ask({ vcpus: 2, ramMib: 2048, diskGib: 10, cards: 2, cardMemoryMib: 8192, cardCores: 1000 }),
      [0, 2],
    );
    if (numbers?.id === 'down') cluster.up[0] = 0;
    if (numbers?.id === 'failed') cluster.cardHealthy[1] = 0;
    const before = stateOf(cluster);
    const wanted: Placement = { request: ask(numbers), host: 0, cards: [], wholeCards: false, ...placement };
    expect(cluster.refusal(wanted)).toBe(refusal);
    expect(() => cluster.bind(wanted)).toThrow(
      new RangeError(`cannot bind ${wanted.request.id} on host ${wanted.host}: ${refusal}`),
    );
    expect(stateOf(cluster)).toEqual(before);
  });

  test('a decision can always be bound, whichever policies share the cluster', () => {
    fc.assert(
      fc.property(anyHosts, fc.array(fc.tuple(anyRequest, fc.boolean())), (hosts, arrivals) => {
        const cluster = clusterOf(...hosts);
        const fresh = stateOf(cluster);
        const bound = arrivals.flatMap(
          ([request, counts]) => place(cluster, request, policyNamed(counts ? 'nova' : 'hybrid')) ?? [],
        );
        for (const placement of bound) cluster.release(placement);
        expect(stateOf(cluster)).toEqual(fresh);
      }),
    );
  });
});

describe('release', () => {
  test('independent departures can happen in any order', () => {
    fc.assert(
      fc.property(anyHosts, anySteps, fc.array(fc.nat()), (hosts, steps, keys) => {
        const one = play(hosts, steps, policyNamed('hybrid'));
        const other = play(hosts, steps, policyNamed('hybrid'));
        // Some leave: on one cluster in order of arrival, on the other in an order drawn by `keys`.
        const leaving = one.bound.map((_, index) => index).filter((index) => index % 3 !== 0);
        const shuffled = leaving.toSorted((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0) || b - a);
        for (const index of leaving) one.cluster.release(one.bound[index]!);
        for (const index of shuffled) other.cluster.release(other.bound[index]!);
        expect(stateOf(other.cluster)).toEqual(stateOf(one.cluster));
      }),
    );
  });

  test('release works on a host that is down and a card that failed', () => {
    const cluster = oneHost();
    const placement = bindTo(cluster, 0, ask({ cards: 1 }), [0]);
    cluster.up[0] = 0;
    cluster.cardHealthy[0] = 0;
    cluster.release(placement);
    expect([cluster.vcpusFree[0], cluster.cardMemoryFreeMib[0]]).toEqual([4, 16384]);
    expect(cluster.hosts[0]!.isCardIdle(0)).toBe(false);
  });

  // Bound: 2 vCPUs, 2048 MiB, 10 GiB, card 0, and of card 2 8192 MiB and 1000 cores.
  test.each<[string, Parameters<typeof ask>[0], number[]]>([
    ['vCPUs', { vcpus: 2.001, ramMib: 0 }, []],
    ['RAM', { ramMib: 2049 }, []],
    ['disk', { ramMib: 0, diskGib: 11 }, []],
    ['a card that is idle', { ramMib: 0, cards: 1 }, [1]],
    ['memory of a shared card', { ramMib: 0, cards: 1, cardMemoryMib: 8193, cardCores: 1 }, [2]],
    ['cores of a shared card', { ramMib: 0, cards: 1, cardMemoryMib: 1, cardCores: 1001 }, [2]],
  ])('refuses to give back more %s than was taken, and changes nothing', (_what, numbers, cards) => {
    const cluster = oneHost();
    bindTo(
      cluster,
      0,
      ask({ vcpus: 2, ramMib: 2048, diskGib: 10, cards: 2, cardMemoryMib: 8192, cardCores: 1000 }),
      [0, 2],
    );
    const before = stateOf(cluster);
    expect(() => cluster.release({ request: ask(numbers), host: 0, cards, wholeCards: false })).toThrow(
      new RangeError('cannot release vm from host 0: it is not bound there'),
    );
    expect(stateOf(cluster)).toEqual(before);
  });

  test('a second release of one VM is refused when nothing else is there', () => {
    const cluster = oneHost();
    const placement = bindTo(cluster, 0, ask({ cards: 1 }), [0]);
    cluster.release(placement);
    const before = stateOf(cluster);
    expect(() => cluster.release(placement)).toThrow(RangeError);
    expect(stateOf(cluster)).toEqual(before);
  });
});

describe('a card', () => {
  test('a card is idle while it is healthy and nobody holds any of its memory or cores', () => {
    const cluster = oneHost();
    const host = cluster.hosts[0]!;
    expect([0, 1, 2].map((index) => host.isCardIdle(index))).toEqual([true, true, true]);
    cluster.cardMemoryFreeMib[0]! -= 1;
    cluster.cardCoresFree[1]! -= 1;
    cluster.cardHealthy[2] = 0;
    expect([0, 1, 2].map((index) => host.isCardIdle(index))).toEqual([false, false, false]);
    expect(host.idleCards).toBe(0);
    expect(host.isGpuHost).toBe(true);
  });
});
