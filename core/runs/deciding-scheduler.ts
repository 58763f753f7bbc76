/** Which of several schedulers decides about a VM. */
import { hashText } from '../hash.ts';
import type { CloudOptions } from './run-file.ts';

/** How many schedulers there were; 1 in run files that do not say. */
export function schedulersOf({ schedulers = 1 }: Pick<CloudOptions, 'schedulers'>): number {
  return schedulers;
}

/**
 * By a hash of the VM's id: each gets its share in no order, as behind a load balancer, a VM that waits or asks again stays with its own, and
 * the id alone says which it was.
 *
 * @returns from 0 to `schedulers - 1`
 */
export function decidingScheduler(id: string, schedulers: number): number {
  return schedulers === 1 ? 0 : hashText(id) % schedulers;
}
