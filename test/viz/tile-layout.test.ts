/** Every host has a tile of its own inside the room there is, and a point in it finds that host. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hostAt, layOutTiles } from '../../viz/charts/tile-layout.ts';
import type { HostKind } from '../../viz/model/host-kinds.ts';

/** Kinds with that many hosts. */
function kindsOf(counts: readonly number[]): HostKind[] {
  let next = 0;
  return counts.map((count, index) => ({
    title: `kind ${index}`,
    detail: '',
    hosts: Array.from({ length: count }, () => next++),
  }));
}

test('a point in a tile finds its host, and no other tile is there', () => {
  const anyCounts = fc.array(fc.integer({ min: 1, max: 150 }), { minLength: 1, maxLength: 14 });
  fc.assert(
    fc.property(
      anyCounts,
      fc.integer({ min: 300, max: 2000 }),
      fc.integer({ min: 200, max: 1200 }),
      (counts, width, height) => {
        const kinds = kindsOf(counts);
        const layout = layOutTiles(kinds, width, height);
        for (const { hosts } of kinds) {
          for (const host of hosts) {
            const [x, y] = [layout.x[host]!, layout.y[host]!];
            expect(x).toBeGreaterThanOrEqual(0);
            expect(x + layout.pitch).toBeLessThanOrEqual(width + 0.001);
            expect(hostAt(layout, x + layout.pitch / 2, y + layout.pitch / 2)).toBe(host);
          }
        }
      },
    ),
    { numRuns: 50 },
  );
});

test('250 hosts of a dozen kinds fit on one screen, with tiles that show bars and cells', () => {
  const layout = layOutTiles(kindsOf([135, 37, 22, 12, 8, 8, 6, 6, 6, 4, 4, 2]), 920, 400);
  expect(layout.height).toBeLessThanOrEqual(400);
  expect(layout.pitch).toBeGreaterThanOrEqual(20);
});

test('10 000 hosts fit on one screen', () => {
  const layout = layOutTiles(kindsOf([6000, 3000, 1000]), 920, 400);
  expect(layout.height).toBeLessThanOrEqual(400);
  expect(layout.pitch).toBeGreaterThanOrEqual(3);
});

test('outside of all tiles there is no host', () => {
  const layout = layOutTiles(kindsOf([3]), 400, 300);
  expect(hostAt(layout, 5, 5)).toBe(-1);
  expect(hostAt(layout, 399, 299)).toBe(-1);
});
