/** Plays one plan in a thread of its own. */
import { InputError } from '../../core/input-error.ts';
import { type Reproduction, type ReproductionPlan, reproduce } from './fgd.ts';

/** An error loses its class between threads, so one about input travels as a value. */
export type ReproductionAnswer =
  | { readonly kind: 'done'; readonly result: Reproduction }
  | { readonly kind: 'wrong-input'; readonly message: string };

export default async function work(plan: ReproductionPlan): Promise<ReproductionAnswer> {
  try {
    return { kind: 'done', result: await reproduce(plan) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { kind: 'wrong-input', message: error.message };
  }
}
