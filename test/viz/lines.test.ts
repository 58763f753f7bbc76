/** Lines and colours say of each moment what counting all decisions gives. */
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { policyOf, viewAt } from '../../core/runs/replay.ts';
import { categoriesOf, projectOf } from '../../viz/model/categories.ts';
import { exactLines } from '../../viz/model/exact-lines.ts';
import { stripsOf } from '../../viz/model/lines.ts';
import { mixOf } from '../../viz/model/mix.ts';
import { MomentReader } from '../../viz/model/moment.ts';
import { runOf as openRun } from '../../viz/model/run.ts';
import { comparedStrip, lineChoices } from '../../viz/model/run-lines.ts';
import type { Steps } from '../../viz/model/timeline-strips.ts';
import { anyRun, hostsOf, runFileOf, runOf, temporaryDirectory, vm } from '../sim/build.ts';

/** The value of a line at a moment within it. */
function valueAt({ atS, values }: Steps, momentS: number): number {
  return values[Array.from(atS).findLastIndex((each) => each <= momentS)]!;
}

test('lines from near have at every moment what the hosts carry and who waits then', async () => {
  const path = join(temporaryDirectory(), 'run.json');
  const anySpan = fc.tuple(fc.nat(150), fc.integer({ min: 1, max: 100 }));
  await fc.assert(
    fc.asyncProperty(anyRun, anySpan, async (plan, [fromS, lengthS]) => {
      const file = await runFileOf({ ...plan, cloud: { ...plan.cloud, srmIntervalS: 0 } }, path);
      const run = openRun(file, 'run.json');
      const lines = exactLines(run, run.placements!, fromS, fromS + lengthS)!;
      const reader = new MomentReader(run, run.placements!);
      const { wholeCards } = policyOf(file);
      for (const share of [0, 0.1, 0.37, 0.5, 0.93, 1]) {
        const atS = fromS + share * lengthS;
        const rows = run.placements!.history.decidedBy(atS);
        const seen = viewAt(file, file.decisions, { nowS: atS, rows, scheduler: 0, excluded: new Set() });
        const used = { vcpus: 0, ram: 0, cards: 0 };
        const all = { vcpus: 0, ram: 0, cards: 0 };
        for (const host of seen.hosts) {
          all.vcpus += host.vcpus;
          all.ram += host.ramMib;
          all.cards += host.specs.cards.length;
          used.vcpus += host.vcpus - host.vcpusFree;
          used.ram += host.ramMib - host.ramFreeMib;
          host.specs.cards.forEach(({ cores }, card) => {
            used.cards += wholeCards
              ? Math.ceil(1 - host.cardCoresFree(card) / cores)
              : 1 - host.cardCoresFree(card) / cores;
          });
        }
        expect(valueAt(lines.vcpus, atS)).toBeCloseTo(used.vcpus / all.vcpus, 9);
        expect(valueAt(lines.ram, atS)).toBeCloseTo(used.ram / all.ram, 9);
        if (all.cards > 0) expect(valueAt(lines.cards, atS)).toBeCloseTo(used.cards / all.cards, 9);
        expect(valueAt(lines.waiting, atS)).toBe(reader.waitingAt(atS));
      }
    }),
    { numRuns: 200 },
  );
});

test('lines from afar are means over equal spans; refusals are added up', async () => {
  const arrivals = Array.from({ length: 3000 }, (_, index) => vm(`vm-${index}`, index, 1, { vcpus: 1 + (index % 2) }));
  const plan = runOf(hostsOf(1), arrivals, { intervalS: 1 });
  const run = openRun(await runFileOf(plan, join(temporaryDirectory(), 'run.json')), 'run');
  const { series } = run.file;
  expect(series.vms.length).toBeGreaterThan(2000);
  const [use, , refusals] = stripsOf(run, 0, run.endS);
  const spanS = use!.lines[0]!.steps.atS[1]!;
  expect(spanS).toBe(3);
  const { values } = use!.lines.find(({ label }) => label === 'vCPUs')!.steps;
  const mean = (series.vcpuShare[0]! + series.vcpuShare[1]! + series.vcpuShare[2]!) / 3;
  expect(values[0]).toBeCloseTo(mean, 12);
  const refused = Array.from(refusals!.lines[0]!.steps.values).reduce((sum, value) => sum + value, 0);
  expect(refused).toBeCloseTo(
    series.turnedAway.reduce((sum, value) => sum + value, 0),
    6,
  );
  expect(refusals!.title).toBe('turned away per 3 s');
});

test('the parts of a host add up to what it carries, whatever they are coloured by', async () => {
  const path = join(temporaryDirectory(), 'run.json');
  await fc.assert(
    fc.asyncProperty(anyRun, fc.nat(150), async (plan, atS) => {
      const run = openRun(await runFileOf(plan, path), 'run.json');
      const reader = new MomentReader(run, run.placements!);
      reader.read(atS);
      for (const colour of ['station', 'project', 'flavor'] as const) {
        const categories = categoriesOf(run, colour)!;
        const mix = mixOf(run, reader, categories, null);
        plan.hosts.forEach((_, host) => {
          const parts = mix.vcpus.subarray(host * mix.count, (host + 1) * mix.count);
          expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(reader.moment.vcpusUsed[host]!, 6);
        });
      }
    }),
    { numRuns: 50 },
  );
});

test('the nine largest of ten stations have no colour each: eight have, and the rest is one', async () => {
  const arrivals = Array.from({ length: 10 }, (_, index) => ({
    ...vm(`vm-${index}`, 0, 100 * (index + 1)),
    station: `B${index}`,
  }));
  const plan = runOf(hostsOf(10), arrivals);
  const run = openRun(await runFileOf(plan, join(temporaryDirectory(), 'run.json')), 'run');
  const { names, ofRow } = categoriesOf(run, 'station')!;
  expect(names).toEqual(['B9', 'B8', 'B7', 'B6', 'B5', 'B4', 'B3', 'B2', '2 others']);
  const { id } = run.placements!.decisions;
  expect(names[ofRow[id.indexOf('vm-0')]!]).toBe('2 others');
  expect(names[ofRow[id.indexOf('vm-9')]!]).toBe('B9');
});

test('a project is the user up to the last dash', () => {
  expect(['p0155-u3', 'a-b-c', 'anna', ''].map(projectOf)).toEqual(['p0155', 'a-b', 'anna', '']);
});

test('a run whose time begins late has its lines there, and the means of the same run at 0', async () => {
  const arrivals = Array.from({ length: 300 }, (_, index) => vm(`vm-${index}`, index * 60, 100));
  const beginS = 1_700_000_000;
  const file = await runFileOf(runOf(hostsOf(1), arrivals, { intervalS: 60 }), join(temporaryDirectory(), 'run.json'));
  const { workload } = file.inputs;
  const [run, late] = [file, { ...file, inputs: { ...file.inputs, workload: { ...workload, beginS } } }].map((each) =>
    openRun({ ...each, decisions: null }, 'run'),
  ) as [ReturnType<typeof openRun>, ReturnType<typeof openRun>];
  expect([late.beginS, late.endS]).toEqual([beginS, beginS + run.endS]);
  const [plain, other] = [stripsOf(run, 0, run.endS), stripsOf(late, late.beginS, late.endS)];
  plain.forEach((strip, index) => {
    strip.lines.forEach(({ steps }, line) => {
      const { atS, values, endS } = other[index]!.lines[line]!.steps;
      expect(values).toEqual(steps.values);
      expect(Array.from(atS, (each) => each - beginS)).toEqual(Array.from(steps.atS));
      expect(endS - beginS).toBe(steps.endS);
    });
  });
  const [choice] = lineChoices;
  expect(comparedStrip(choice!, [late], ['run-0']).lines[0]!.steps.atS[1]).toBe(beginS + 60);
});
