/** Carries out points of a sweep in this process, on several threads. */
import { join } from 'node:path';
import type { RunPlan } from '../runs/run.ts';
import { carryOutAll } from '../runs/run-many.ts';
import type { Sweep, SweepPoint } from './sweep-file.ts';
import { startSweepProgress } from './sweep-progress.ts';

/**
 * Runs the points and writes their run files into the sweep's folder. Points that are done stay when a later one fails.
 *
 * @returns messages of the rows that were left out of traces
 * @throws InputError of a point that has one
 */
export async function runLocally(
  points: readonly SweepPoint[],
  { runs }: Sweep,
  folder: string,
  threads: number,
): Promise<string[]> {
  if (points.length === 0) return [];
  const plans: RunPlan[] = points.map(({ plan, file }) => ({
    ...plan,
    out: join(folder, file),
    decisions: null,
    summaryOnly: runs === 'summary',
  }));
  const progress = startSweepProgress(plans.length);
  const results = await carryOutAll(
    plans.map((plan) => ({ plan })),
    { threads: Math.min(threads, plans.length), onProgress: progress.update },
  ).finally(progress.stop);
  return [...new Set(results.flatMap(({ skipped }) => skipped))];
}
