/** Runs one plan in a thread of its own. */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { InputError } from '../../core/input-error.ts';
import { OutputError } from '../../files/output-error.ts';
import { carryOut, type GivenInputs, type RunPlan, type RunResult } from './run.ts';

/** What a thread is given: a plan, and where to say how far it is and to hear that it should stop. */
export interface WorkerTask {
  readonly plan: RunPlan;
  readonly given?: GivenInputs | undefined;
  readonly port: MessagePort;
}

/** An error loses its class between threads, so one about input or output travels as a value. */
export type WorkerAnswer =
  | { readonly kind: 'done'; readonly result: RunResult }
  | { readonly kind: 'wrong-input'; readonly message: string }
  | { readonly kind: 'not-written'; readonly message: string }
  | { readonly kind: 'stopped' };

/** The run was told to stop. */
class Stopped extends Error {}

const msBetweenReports = 100;

export default async function work({ plan, given, port }: WorkerTask): Promise<WorkerAnswer> {
  let reportedMs = 0;
  try {
    const result = await carryOut(plan, {
      given,
      onProgress: (share) => {
        if (share === null || performance.now() - reportedMs < msBetweenReports) return;
        reportedMs = performance.now();
        port.postMessage(share);
      },
      checkpoint: () => {
        if (receiveMessageOnPort(port) !== undefined) throw new Stopped();
      },
    });
    return { kind: 'done', result };
  } catch (error) {
    if (error instanceof Stopped) return { kind: 'stopped' };
    if (error instanceof InputError) return { kind: 'wrong-input', message: error.message };
    if (error instanceof OutputError) return { kind: 'not-written', message: error.message };
    throw error;
  } finally {
    port.close();
  }
}
