/** Carries out many plans on all cores; the results do not depend on how many. */
import { existsSync } from 'node:fs';
import { MessageChannel } from 'node:worker_threads';
import { InputError } from '../../core/input-error.ts';
import { pipedFile } from '../../traces/piped-files.ts';
import { inLanes } from './lanes.ts';
import { carryOut, type RunPlan, type RunResult } from './run.ts';
import type { WorkerAnswer } from './worker.ts';

/**
 * @param threads 1 runs here, one plan after the other
 * @param onProgress told the share of all work that is done, in [0, 1], and how many plans are
 * @returns results in the order of the plans
 * @throws InputError of a plan that has one; plans that have not begun are then left
 */
export async function carryOutAll(
  plans: readonly RunPlan[],
  threads: number,
  onProgress: (share: number, finished: number) => void,
): Promise<RunResult[]> {
  const shares = new Float64Array(plans.length);
  let finished = 0;
  const report = (index: number, share: number): void => {
    shares[index] = share;
    onProgress(shares.reduce((sum, each) => sum + each, 0) / plans.length, finished);
  };
  const finish = (index: number): void => {
    finished++;
    report(index, 1);
  };
  if (threads === 1) {
    const results: RunResult[] = [];
    for (const [index, plan] of plans.entries()) {
      results.push(await carryOut(plan, (share) => report(index, share ?? 0)));
      finish(index);
    }
    return results;
  }
  // Before there are threads, each of which would take a part of what comes through a pipe.
  const inputs = new Set(plans.flatMap(({ cluster, workload }) => [cluster, workload.trace ?? workload.preset ?? '']));
  await Promise.all([...inputs].filter((path) => existsSync(path)).map(pipedFile));
  // Only where there are threads: it takes 8 MB.
  const { Piscina } = await import('piscina');
  const pool = new Piscina<unknown, WorkerAnswer>({
    filename: new URL('./worker.js', import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
  });
  const carryOutOne = async (plan: RunPlan, index: number): Promise<RunResult> => {
    const { port1: ours, port2: progress } = new MessageChannel();
    ours.on('message', (share: number) => report(index, share));
    const answer = await pool.run({ plan, progress }, { transferList: [progress] }).finally(() => ours.close());
    if (answer.kind === 'wrong-input') throw InputError.saying(answer.message);
    finish(index);
    return answer.result;
  };
  return inLanes(plans, threads, carryOutOne).finally(() => pool.destroy());
}
