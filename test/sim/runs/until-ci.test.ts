import { describe, expect, test } from 'vitest';
import { servedMeasure } from '../../../core/runs/measures.ts';
import { estimate } from '../../../core/statistics/estimate.ts';
import type { RunResult } from '../../../sim/runs/run.ts';
import { runUntilCi, type WidthGoal } from '../../../sim/runs/until-ci.ts';

/** A result that served this many of a hundred; null: nothing arrived. */
function served(percent: number | null): RunResult {
  return { summary: { servedShare: percent === null ? null : percent / 100 } } as unknown as RunResult;
}

/** Runs of two policies; the second serves more, by an amount that varies with the seed. Says which seeds were asked for. */
function runsWith(spreadOf: (seed: number) => number) {
  const asked: (readonly number[])[] = [];
  const run = async (seeds: readonly number[]): Promise<RunResult[][]> => {
    asked.push(seeds);
    return [seeds.map(() => served(50)), seeds.map((seed) => served(60 + spreadOf(seed)))];
  };
  return { asked, run };
}

const names = ['steady', 'varying'];
const goal = (halfWidth: number, mostSeeds = 200): WidthGoal => ({ measure: servedMeasure, halfWidth, mostSeeds });
const alternating = (seed: number): number => (seed % 2 === 0 ? 1 : -1);

describe('runUntilCi', () => {
  test('runUntilCi without a goal runs the given seeds', async () => {
    const { asked, run } = runsWith(alternating);
    const { seeds, reached, results } = await runUntilCi(names, [4, 2], null, run);
    expect({ seeds, reached, asked }).toEqual({ seeds: [4, 2], reached: null, asked: [[4, 2]] });
    expect(results.map((each) => each.length)).toEqual([2, 2]);
  });

  test('runUntilCi adds five seeds at a time until the widest interval is narrow enough', async () => {
    // ±1 alternating, s ≈ 1.05. Ten: 2.26216 · √(10/9) / √10 = 0.754; fifteen: t 2.14479, s² = (15 − 1/15) / 14: 0.572;
    // twenty: 2.09302 · √(20/19) / √20 = 0.4802 ≤ 0.5.
    const { asked, run } = runsWith(alternating);
    const { seeds, results, reached } = await runUntilCi(names, [1, 2, 3, 4, 5], goal(0.5), run);
    expect(asked).toEqual([
      [1, 2, 3, 4, 5],
      [6, 7, 8, 9, 10],
      [11, 12, 13, 14, 15],
      [16, 17, 18, 19, 20],
    ]);
    expect(seeds).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(reached).toMatchObject({ isReached: true, policy: 'varying' });
    expect(reached!.halfWidth).toBeCloseTo(0.4802, 4);
    // Results are those of the seeds, in their order.
    const values = results[1]!.map(({ summary }) => servedMeasure.read(summary)!);
    expect(values.map(Math.round)).toEqual(seeds.map((seed) => 60 + alternating(seed)));
    expect(estimate(values).halfWidth).toBeCloseTo(reached!.halfWidth!, 12);
  });

  test('runUntilCi begins with at least five, and goes on after the largest', async () => {
    const { asked, run } = runsWith(() => 0);
    const { reached } = await runUntilCi(names, [7, 3], goal(0.5), run);
    expect(asked).toEqual([[7, 3, 8, 9, 10]]);
    expect(reached).toMatchObject({ isReached: true, halfWidth: 0 });
  });

  test('runUntilCi stops at the most seeds, and says how many would do', async () => {
    const { asked, run } = runsWith(alternating);
    const { seeds, reached } = await runUntilCi(names, [1, 2, 3, 4, 5], goal(0.5, 12), run);
    expect(asked).toEqual([
      [1, 2, 3, 4, 5],
      [6, 7, 8, 9, 10],
      [11, 12],
    ]);
    expect(seeds.length).toBe(12);
    // s = √(12/11) = 1.04447: n = 19: t 2.10092 · 1.04447 / √19 = 0.5034; n = 20: 2.09302 · 1.04447 / √20 = 0.4888.
    expect(reached).toMatchObject({ isReached: false, policy: 'varying', seedsNeeded: 20 });
  });

  test('runUntilCi adds none where some run has nothing to measure', async () => {
    const run = async (seeds: readonly number[]) => [seeds.map(() => served(null))];
    const { seeds, reached } = await runUntilCi(['idle'], [1], goal(0.5), run);
    expect(seeds).toEqual([1, 2, 3, 4, 5]);
    expect(reached).toMatchObject({ isReached: false, policy: 'idle', halfWidth: null, seedsNeeded: null });
  });
});
