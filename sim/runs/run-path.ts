/** Where the run file of a plan goes unless it is told. */
import { basename, join } from 'node:path';
import type { DecisionPlan } from './run.ts';

/** `runs/heps-250_heps-30d_hybrid_seed1.run.json`. */
export function runPathOf(folder: string, { cluster, workload: plan, policy, seed }: DecisionPlan): string {
  const { preset, trace, days, load } = plan;
  const name = basename(trace ?? preset ?? 'arrivals').replace(/\.(csv|txt|swf|json)(\.gz)?$/i, '');
  const workload = `${name}${days === null ? '' : `-${days}d`}${load === 1 ? '' : `-load${load}`}`;
  const clusterName = basename(cluster).replace(/\.(json|csv)(\.gz)?$/i, '');
  return join(folder, `${clusterName}_${workload}_${policy.replaceAll('/', '-')}_seed${seed}.run.json`);
}
