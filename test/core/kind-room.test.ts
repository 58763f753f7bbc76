import fc from 'fast-check';
import { expect, test } from 'vitest';
import { recountedS } from '../../core/asked-lately.ts';
import { KindRoom } from '../../core/kind-room.ts';
import { anyHosts, anyRequest, ask, bindTo, card, clusterOf, large, place, policyNamed, small } from './build.ts';

test('room taken is the logarithm of room before over room afterwards, of what came lately and of what is supposed', () => {
  const size = { vcpus: 8, ramMib: 65536 };
  const cluster = clusterOf({ ...size, cards: [card(small), card(small)] }, { ...size, cards: [card(large)] });
  for (let count = 0; count < 500; count++) cluster.asked.note(ask({ vcpus: 2, cards: 1, cardMemoryMib: 20_000 }), 0);
  cluster.asked.note(ask(), recountedS);
  const room = new KindRoom(cluster);
  room.update();
  // Half came: one card of more than 16 GiB, for which there is room once. A quarter each is supposed: one small card and 4 vCPUs, twice; one
  // large and 8 vCPUs, once. Room plus one, before over afterwards:
  const request = ask({ cards: 1 });
  expect(room.takenBy(cluster.hosts[0]!, request, [0])).toBeCloseTo(0.25 * Math.log(3 / 2), 12);
  expect(room.takenBy(cluster.hosts[1]!, request, [0])).toBeCloseTo(0.5 * Math.log(2 / 1) + 0.25 * Math.log(2 / 1), 12);
  // 5 of 8 vCPUs leave a small card without its 4.
  expect(room.takenBy(cluster.hosts[0]!, ask({ vcpus: 5 }), [])).toBeCloseTo(0.25 * Math.log(3 / 1), 12);
  bindTo(cluster, 0, request, [1]);
  room.update();
  expect(room.takenBy(cluster.hosts[0]!, request, [0])).toBeCloseTo(0.25 * Math.log(2 / 1), 12);
  cluster.setUp(1, false);
  room.update();
  expect(room.takenBy(cluster.hosts[1]!, request, [0])).toBe(0);
});

test('a part of a shared card takes room for parts only where another part was given already', () => {
  const cluster = clusterOf({ vcpus: 64, ramMib: 65536, cards: [card(small, 'shared'), card(small, 'shared')] });
  const half = ask({ cards: 1, cardMemoryMib: 8192 });
  bindTo(cluster, 0, half, [0]);
  const room = new KindRoom(cluster);
  room.update();
  // Supposed are whole cards only: one is left.
  expect(room.takenBy(cluster.hosts[0]!, half, [0])).toBe(0);
  expect(room.takenBy(cluster.hosts[0]!, half, [1])).toBeCloseTo(Math.log(2 / 1), 12);
});

test('room that was kept up to date is what one counted from the beginning has', () => {
  fc.assert(
    fc.property(anyHosts, fc.array(anyRequest, { minLength: 2, maxLength: 20 }), (hosts, requests) => {
      const cluster = clusterOf(...hosts);
      for (const request of requests) cluster.asked.note(request, 0);
      cluster.asked.note(ask(), recountedS);
      const kept = new KindRoom(cluster);
      const policy = policyNamed('first-fit');
      for (const request of requests) {
        const placed = place(cluster, request, policy);
        kept.update();
        const fresh = new KindRoom(cluster);
        fresh.update();
        for (const host of cluster.hosts) {
          expect(kept.takenBy(host, ask(), [])).toBe(fresh.takenBy(host, ask(), []));
        }
        if (placed !== undefined && request.vcpus < 1) cluster.release(placed);
      }
    }),
  );
});
