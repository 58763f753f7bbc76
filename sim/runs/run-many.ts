/** Carries out many plans on all cores; the results do not depend on how many. */
import { MessageChannel } from 'node:worker_threads';
import { InputError } from '../../core/input-error.ts';
import { isThere } from '../../files/is-there.ts';
import { OutputError } from '../../files/output-error.ts';
import { guardTemporaries } from '../../files/temporary-files.ts';
import { pipedFile } from '../../traces/piped-files.ts';
import { checkpointOf } from './checkpoint.ts';
import { inLanes } from './lanes.ts';
import { carryOut, type GivenInputs, type RunPlan, type RunResult } from './run.ts';
import type { WorkerAnswer, WorkerTask } from './worker.ts';

/** A plan and what it is given in memory. */
export interface RunTask {
  readonly plan: RunPlan;
  readonly given?: GivenInputs | undefined;
}

/** How many tasks are carried out. */
export interface ManyRunsOptions {
  /** Runs at a time; 1 runs here, one after the other. */
  readonly threads: number;
  /** Told the share of all work that is done, in [0, 1], and how many runs are. */
  readonly onProgress: (share: number, finished: number) => void;
  /** Ends the runs under way at their next batch of arrivals, and begins no others. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * @returns results in the order of the tasks
 * @throws InputError of a plan that has one, or the signal's reason; runs that have not begun are then left
 */
export async function carryOutAll(
  tasks: readonly RunTask[],
  { threads, onProgress, signal }: ManyRunsOptions,
): Promise<RunResult[]> {
  const shares = new Float64Array(tasks.length);
  let finished = 0;
  const report = (index: number, share: number): void => {
    shares[index] = share;
    onProgress(shares.reduce((sum, each) => sum + each, 0) / tasks.length, finished);
  };
  const finish = (index: number): void => {
    finished++;
    report(index, 1);
  };
  const carryOutHere = async ({ plan, given }: RunTask, index: number): Promise<RunResult> => {
    signal?.throwIfAborted();
    const onShare = (share: number | null): void => report(index, share ?? 0);
    const result = await carryOut(plan, { given, onProgress: onShare, checkpoint: checkpointOf(signal) });
    finish(index);
    return result;
  };
  if (threads === 1) {
    const results: RunResult[] = [];
    for (const [index, task] of tasks.entries()) results.push(await carryOutHere(task, index));
    return results;
  }
  // Before there are threads, since each would take a part of what comes through a pipe.
  const paths = tasks.flatMap(({ plan: { cluster, workload } }) => [cluster, workload.trace ?? workload.preset ?? '']);
  await Promise.all([...new Set(paths)].filter(isThere).map(pipedFile));
  // Only where there are threads: it takes 8 MB.
  const { Piscina } = await import('piscina');
  const pool = new Piscina<WorkerTask, WorkerAnswer>({
    filename: new URL('./worker.js', import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
  });
  const carryOutThere = async ({ plan, given }: RunTask, index: number): Promise<RunResult> => {
    signal?.throwIfAborted();
    const { port1: ours, port2: theirs } = new MessageChannel();
    ours.on('message', (share: number) => report(index, share));
    const stop = (): void => ours.postMessage('stop');
    signal?.addEventListener('abort', stop);
    const answer = await pool.run({ plan, given, port: theirs }, { transferList: [theirs] }).finally(() => {
      signal?.removeEventListener('abort', stop);
      ours.close();
    });
    if (answer.kind === 'wrong-input') throw InputError.saying(answer.message);
    if (answer.kind === 'not-written') throw OutputError.saying(answer.message);
    if (answer.kind === 'stopped') throw signal!.reason;
    finish(index);
    return answer.result;
  };
  const carryOutOne = (task: RunTask, index: number): Promise<RunResult> =>
    task.given?.policy === undefined ? carryOutThere(task, index) : carryOutHere(task, index);
  const letGo = guardTemporaries(
    tasks.flatMap(({ plan: { out, decisions } }) => [out, decisions].filter((path) => path !== null)),
  );
  return inLanes(tasks, threads, carryOutOne).finally(() => {
    letGo();
    return pool.destroy();
  });
}
