/** The grid counts as a walk over all hosts does. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RoomGrid } from '../../core/score-index/room-grid.ts';
import { randomStream } from '../../traces/random.ts';
import { cases } from '../cases.ts';
import { ask, bindTo, clusterOf } from './build.ts';

test('hosts with the vCPUs, and of each kind those with the RAM as well, are as many as a walk over all finds, however large hosts are', () => {
  const anySize = fc.record({
    seed: fc.nat(),
    hosts: fc.constantFrom(1, 40, 300, 1500),
    kinds: fc.integer({ min: 1, max: 4 }),
    mostVcpus: fc.constantFrom(1, 30, 127, 128, 500),
    mostMib: fc.constantFrom(1, 1000, 2 ** 30),
    vcpuStep: fc.constantFrom(1, 0.25),
  });
  fc.assert(
    fc.property(anySize, ({ seed, hosts, kinds, mostVcpus, mostMib, vcpuStep }) => {
      const stream = randomStream(seed, 'room-grid');
      const upTo = (most: number): number => 1 + Math.floor(stream() * most);
      const cluster = clusterOf(
        ...Array.from({ length: hosts }, () => ({ vcpus: upTo(mostVcpus), ramMib: upTo(mostMib) })),
      );
      const kindOf = Int32Array.from({ length: hosts }, () => upTo(kinds) - 1);
      const grid = new RoomGrid(cluster, kindOf, kinds);
      const request = () => ask({ vcpus: vcpuStep * upTo(mostVcpus / vcpuStep), ramMib: upTo(mostMib) - 1 });
      for (let turn = 0; turn < 5; turn++) {
        for (let change = 0; change < hosts; change += 3) {
          const host = upTo(hosts) - 1;
          const { vcpusFree, ramFreeMib } = cluster;
          const vcpus = Math.floor((stream() * vcpusFree[host]!) / vcpuStep) * vcpuStep;
          if (stream() < 0.1) cluster.setUp(host, stream() < 0.5);
          else if (vcpus > 0 && cluster.up[host] === 1)
            bindTo(cluster, host, ask({ vcpus, ramMib: Math.floor(stream() * (ramFreeMib[host]! + 1)) }));
        }
        const { vcpus, ramMib } = request();
        const haveVcpus = cluster.hosts.filter((host) => host.isUp && host.vcpusFree >= vcpus);
        const haveRoom = haveVcpus.filter((host) => host.ramFreeMib >= ramMib);
        expect(grid.count(ask({ vcpus, ramMib }))).toBe(haveVcpus.length);
        expect(grid.up).toBe(cluster.hosts.filter((host) => host.isUp).length);
        const expected = Array.from({ length: kinds }, (_, kind) =>
          haveRoom.filter(({ index }) => kindOf[index] === kind),
        );
        expect([...grid.ofKind]).toEqual(expected.map(({ length }) => length));
      }
    }),
    { numRuns: cases(500) },
  );
});
