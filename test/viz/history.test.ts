/** Any moment of a run is what counting all its decisions gives, however far apart the checkpoints are. */
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { policyOf, viewAt } from '../../core/runs/replay.ts';
import { History, RowList } from '../../viz/model/history.ts';
import { MomentReader } from '../../viz/model/moment.ts';
import { runOf as openRun } from '../../viz/model/run.ts';
import { anyRun, runFileOf, temporaryDirectory } from '../sim/build.ts';

const anyRows = fc.array(fc.record({ gapS: fc.nat(3), lifetimeS: fc.integer({ min: -1, max: 20 }) }), {
  maxLength: 60,
});

test('those who run at a moment are those decided by then and not ended', () => {
  fc.assert(
    fc.property(anyRows, fc.integer({ min: 1, max: 9 }), fc.array(fc.nat(150)), (rows, step, momentsS) => {
      let nowS = 0;
      const decidedS = Float64Array.from(rows, ({ gapS }) => (nowS += gapS));
      const endS = decidedS.map((atS, row) => (rows[row]!.lifetimeS < 0 ? -Infinity : atS + rows[row]!.lifetimeS));
      const history = new History(decidedS, endS, step);
      const found = new RowList();
      for (const atS of momentsS) {
        history.runningAt(atS, found);
        const expected = [...decidedS.keys()].filter((row) => decidedS[row]! <= atS && endS[row]! > atS);
        expect([...found.rows.subarray(0, found.length)]).toEqual(expected);
        expect(history.decidedBy(atS)).toBe(decidedS.filter((each) => each <= atS).length);
      }
    }),
  );
});

test('hosts at a moment carry what the scheduler saw there when its records were fresh', async () => {
  const path = join(temporaryDirectory(), 'run.json');
  await fc.assert(
    fc.asyncProperty(anyRun, fc.array(fc.nat(200), { minLength: 1, maxLength: 5 }), async (plan, momentsS) => {
      const file = await runFileOf({ ...plan, cloud: { ...plan.cloud, srmIntervalS: 0 } }, path);
      const run = openRun(file, 'run.json');
      const reader = new MomentReader(run, run.placements!);
      for (const atS of momentsS) {
        reader.read(atS);
        const { moment } = reader;
        const rows = run.placements!.history.decidedBy(atS);
        const seen = viewAt(file, file.decisions, { nowS: atS, rows, scheduler: 0, excluded: new Set() });
        const { wholeCards } = policyOf(file);
        for (const host of seen.hosts) {
          expect(moment.vcpusUsed[host.index]).toBeCloseTo(host.vcpus - host.vcpusFree, 6);
          expect(moment.ramUsedMib[host.index]).toBe(host.ramMib - host.ramFreeMib);
          expect(moment.up[host.index] === 1).toBe(host.isUp);
          host.specs.cards.forEach(({ memoryMib, cores }, index) => {
            const card = seen.cardStart[host.index]! + index;
            const used = Math.max(1 - host.cardMemoryFreeMib(index) / memoryMib, 1 - host.cardCoresFree(index) / cores);
            expect(moment.cardHealthy[card] === 1).toBe(host.isCardHealthy(index));
            expect(moment.cardHolder[card]! >= 0).toBe(used > 0);
            if (wholeCards) expect(moment.cardUse[card]).toBe(used > 0 ? 1 : 0);
            else expect(moment.cardUse[card]).toBeGreaterThanOrEqual(used - 1e-9);
          });
        }
        const { submitS, decidedS } = file.decisions;
        const waits = submitS.map((submittedS, row) => submittedS <= atS && decidedS[row]! > atS);
        expect(reader.waitingAt(atS)).toBe(waits.filter(Boolean).length);
        expect(reader.waitingRows(atS, 1000)).toEqual([...waits.keys()].filter((row) => waits[row]));
      }
    }),
    { numRuns: 200 },
  );
});

test('a host is marked when what a scheduler knows of it is old: something ended, failed or was bound by another since the last SRM record', async () => {
  const path = join(temporaryDirectory(), 'run.json');
  const srmIntervalS = 10;
  await fc.assert(
    fc.asyncProperty(anyRun, fc.array(fc.nat(200), { minLength: 1, maxLength: 5 }), async (plan, momentsS) => {
      const file = await runFileOf({ ...plan, cloud: { ...plan.cloud, srmIntervalS } }, path);
      const run = openRun(file, 'run.json');
      const reader = new MomentReader(run, run.placements!);
      const { decisions, faults } = file;
      for (const atS of momentsS) {
        reader.read(atS);
        const knownS = Math.floor(atS / srmIntervalS) * srmIntervalS;
        const isSince = (eachS: number): boolean => eachS > knownS && eachS <= atS;
        const expected = plan.hosts.map((_, host) => {
          const ended = decisions.host.some(
            (each, row) => each === host && decisions.decidedS[row]! <= knownS && isSince(decisions.endS[row]!),
          );
          const bound = decisions.host.some((each, row) => {
            const decidedS = decisions.decidedS[row]!;
            return each === host && decidedS >= knownS && decidedS <= atS && plan.cloud.schedulers! > 1;
          });
          const failed = faults!.host.some((each, index) => each === host && isSince(faults!.atS[index]!));
          return ended || failed || bound ? 1 : 0;
        });
        expect([...reader.moment.stale]).toEqual(expected);
      }
    }),
    { numRuns: 100 },
  );
});
