/** Runs one plan in a thread of its own. */
import type { MessagePort } from 'node:worker_threads';
import { InputError } from '../../core/input-error.ts';
import { carryOut, type RunPlan, type RunResult } from './run.ts';

/** What a thread is given: a plan, and where to say how far it is. */
export interface WorkerTask {
  readonly plan: RunPlan;
  readonly progress: MessagePort;
}

/** An error loses its class between threads, so one about input travels as a value. */
export type WorkerAnswer =
  | { readonly kind: 'done'; readonly result: RunResult }
  | { readonly kind: 'wrong-input'; readonly message: string };

const msBetweenReports = 100;

export default async function work({ plan, progress }: WorkerTask): Promise<WorkerAnswer> {
  let reportedMs = 0;
  try {
    const result = await carryOut(plan, (share) => {
      if (share === null || performance.now() - reportedMs < msBetweenReports) return;
      reportedMs = performance.now();
      progress.postMessage(share);
    });
    return { kind: 'done', result };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { kind: 'wrong-input', message: error.message };
  } finally {
    progress.close();
  }
}
