/** Plays many plans on several cores. */
import { InputError } from '../../core/input-error.ts';
import { inLanes } from '../runs/lanes.ts';
import { type Reproduction, type ReproductionPlan, reproduce } from './fgd.ts';
import type { ReproductionAnswer } from './worker.ts';

/**
 * @param threads 1 plays here, one plan after the other
 * @param onFinished told how many plans are done
 * @returns results in the order of the plans, whatever the number of threads
 * @throws InputError of a plan that has one
 */
export async function reproduceAll(
  plans: readonly ReproductionPlan[],
  threads: number,
  onFinished: (finished: number) => void,
): Promise<Reproduction[]> {
  let finished = 0;
  if (threads === 1) {
    const results: Reproduction[] = [];
    for (const plan of plans) {
      results.push(await reproduce(plan));
      onFinished(++finished);
    }
    return results;
  }
  const { Piscina } = await import('piscina');
  const pool = new Piscina<ReproductionPlan, ReproductionAnswer>({
    filename: new URL('./worker.js', import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
  });
  const reproduceOne = async (plan: ReproductionPlan): Promise<Reproduction> => {
    const answer = await pool.run(plan);
    if (answer.kind === 'wrong-input') throw InputError.saying(answer.message);
    onFinished(++finished);
    return answer.result;
  };
  return inLanes(plans, threads, reproduceOne).finally(() => pool.destroy());
}
