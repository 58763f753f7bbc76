/** Carries out points of a sweep in this process, on several threads. */
import { join } from 'node:path';
import { countOf } from '../../traces/left-out.ts';
import type { RunPlan } from '../runs/run.ts';
import { carryOutAll } from '../runs/run-many.ts';
import type { ReadRows } from '../runs/workload.ts';
import type { Sweep, SweepPoint } from './sweep-file.ts';
import { startSweepProgress } from './sweep-progress.ts';

/**
 * Runs the points and writes their run files into the sweep's folder. Points that are done stay when a later one fails.
 *
 * @returns what was read and left out of each workload, by its name; of runs that read parts of one, the largest part
 * @throws InputError of a point that has one
 */
export async function runLocally(
  points: readonly SweepPoint[],
  { runs }: Sweep,
  folder: string,
  threads: number,
): Promise<ReadonlyMap<string, ReadRows>> {
  const rowsOf = new Map<string, ReadRows>();
  if (points.length === 0) return rowsOf;
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
  for (const { inputs, rows } of results) {
    const { name } = inputs.workload;
    const known = rowsOf.get(name);
    if (known === undefined || rows.vms + countOf(rows.leftOut) > known.vms + countOf(known.leftOut)) {
      rowsOf.set(name, rows);
    }
  }
  return rowsOf;
}
