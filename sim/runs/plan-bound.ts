/** The bound of a plan: its inputs opened, its GPU work read, bounded. */
import { InputError } from '../../core/input-error.ts';
import { type Bound, boundOf } from '../bound/bound.ts';
import { readGpuWork } from '../bound/gpu-work.ts';
import { beginAt } from './beginning.ts';
import { type DecisionPlan, type GivenInputs, openInputs } from './run.ts';

/** The bound of a plan's workload on its cluster, whatever its policy. @throws InputError where the workload is too large */
export async function boundOfPlan(plan: DecisionPlan, given?: GivenInputs): Promise<Bound> {
  const { cluster, workload } = await openInputs(plan, given, false);
  const { from = 0, days } = plan.workload;
  const { beginS, arrivals } = await beginAt(workload.arrivals, from);
  const work = await readGpuWork(arrivals, days === null ? null : days * 86_400, beginS);
  const bound = await boundOf(cluster.hosts, work, plan.cloud);
  if (bound !== undefined) return bound;
  throw InputError.saying(
    `--bound: expected a workload with fewer sizes of GPU VM, or a cluster with fewer kinds of host, got ${work.kinds.length} sizes on ${cluster.hosts.length} hosts`,
  );
}
