import { expect, test } from 'vitest';
import { compareRuns } from '../../../core/runs/comparison.ts';
import type { RunSummary } from '../../../core/runs/run-file.ts';
import { widthWords } from '../../../sim/terminal/report.ts';

/** Runs of a policy that served those shares. */
function runsOf(policy: string, ...shares: readonly number[]) {
  return { policy, summaries: shares.map((servedShare) => ({ servedShare, waitS: {} }) as RunSummary) };
}

test('an open difference says how many seeds would show it, and a clear one nothing', () => {
  // Differences 2, 0, 1, 1, 0 points of a hundred: mean 0.8, s = √0.7 = 0.83666, half width 2.77645 · 0.83666 / √5 = 1.0388: open.
  // n = 7: t 2.44691 · 0.83666 / √7 = 0.7738 ≤ 0.8; n = 6: 2.57058 · 0.83666 / √6 = 0.8780.
  const first = runsOf('a', 0.5, 0.5, 0.5, 0.5, 0.5);
  const runs = [first, runsOf('open', 0.52, 0.5, 0.51, 0.51, 0.5), runsOf('clear', 0.9, 0.91, 0.9, 0.91, 0.9)];
  expect(widthWords(null, runs, compareRuns(runs))).toBe(
    'Intervals half as wide, those of the differences too, would take about 13 seeds. ' +
      'If open keeps its 0.8 points in VMs served as asked, about 7 seeds would show them.',
  );
});
