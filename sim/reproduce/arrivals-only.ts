/** Tasks that only arrive, one after the other: each is placed or dropped, nobody leaves. */
import { Cluster } from '../../core/cluster.ts';
import type { Decision } from '../../core/decision.ts';
import { Fragments } from '../../core/fragmentation/fragments.ts';
import type { Policy } from '../../core/policy.ts';
import { type Engine, Scheduler } from '../../core/scheduler.ts';
import type { TypicalRequest } from '../../core/typical-request.ts';
import type { AllocationEvents } from './allocation-curve.ts';
import type { ArrivalOrder } from './arrival-order.ts';
import { milliGpuOf } from './openb-data.ts';

/** What came of each task. */
export interface ArrivalsPlayed {
  readonly decisions: readonly Decision[];
  readonly placed: number;
  readonly events: AllocationEvents;
}

/** The lists have no times: for policies that learn what came lately, tasks come a minute apart. */
const secondsBetweenTasks = 60;

export function playArrivals(
  { tasks, hosts }: ArrivalOrder,
  policy: Policy,
  typicalRequests: readonly TypicalRequest[],
  engine: Engine = 'auto',
): ArrivalsPlayed {
  const cluster = new Cluster(hosts);
  const scheduler = new Scheduler(cluster, policy, engine);
  const fragments = new Fragments(cluster, typicalRequests);
  const column = (): Float64Array => new Float64Array(tasks.length);
  const events = { arrived: column(), allocated: column(), idle: column(), fragment: column() };
  const fragmentOf = Float64Array.from(hosts, (_, host) => fragments.of(host));
  const idleOf = Float64Array.from(hosts, (_, host) => fragments.free(host));
  let [arrived, allocated, placed] = [0, 0, 0];
  let idle = idleOf.reduce((sum, each) => sum + each, 0);
  let fragment = fragmentOf.reduce((sum, each) => sum + each, 0);
  const decisions = tasks.map((request, index): Decision => {
    if (policy.learns === true) cluster.asked.note(request, index * secondsBetweenTasks);
    const decision = scheduler.schedule(request);
    arrived += milliGpuOf(request);
    if (decision.kind === 'placed') {
      const { host, cards } = decision;
      cluster.bind({ request, host, cards, wholeCards: policy.wholeCards });
      allocated += milliGpuOf(request);
      placed++;
      idle += fragments.free(host) - idleOf[host]!;
      fragment += fragments.of(host) - fragmentOf[host]!;
      idleOf[host] = fragments.free(host);
      fragmentOf[host] = fragments.of(host);
    }
    events.arrived[index] = arrived;
    events.allocated[index] = allocated;
    events.idle[index] = idle;
    events.fragment[index] = fragment;
    return decision;
  });
  return { decisions, placed, events };
}
