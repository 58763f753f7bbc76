/** One list under one seed: every policy on the same arrivals. */
import { typicalRequestsOf } from '../../core/fragmentation/typical-requests.ts';
import { createPolicy } from '../../core/policy.ts';
import type { Engine } from '../../core/scheduler.ts';
import type { PolicyModule } from '../../policy-modules/loaded-policy.ts';
import { factoryOf } from '../runs/policy-of-plan.ts';
import { type AllocationCurve, allocationCurve } from './allocation-curve.ts';
import { type ArrivalOrder, drawOrder, readOrder } from './arrival-order.ts';
import { playArrivals } from './arrivals-only.ts';
import { cardsOf, milliGpuOf, readOpenbData } from './openb-data.ts';

/** What to play; plain data. */
export interface ReproductionPlan {
  /** Folder of the node list and the task lists. */
  readonly data: string;
  readonly list: string;
  readonly seed: number;
  readonly policies: readonly string[];
  /** Where those come from that do not come with heps, by name. */
  readonly policyModules?: Readonly<Record<string, PolicyModule>>;
  /** Order file; null = drawn from the seed. */
  readonly order: string | null;
  readonly engine: Engine;
  /** Whether placements are wanted. */
  readonly placements: boolean;
}

/** What came of one policy. */
export interface PolicyReproduction {
  /** Name. */
  readonly policy: string;
  /** Tasks that got a node. */
  readonly placed: number;
  /** How much GPU was allocated as tasks arrived. */
  readonly curve: AllocationCurve;
  /** Lines of the placements file, without its header; null unless wanted. */
  readonly placements: readonly string[] | null;
}

/** What came of one list under one seed. */
export interface Reproduction {
  /** Nodes of the cluster. */
  readonly nodes: number;
  /** Cards of the cluster. */
  readonly cards: number;
  /** Tasks of the list, and thousandths of cards for which they ask. */
  readonly listed: number;
  /** Thousandths of cards for which those ask. */
  readonly listedMilliGpu: number;
  /** Tasks that arrived. */
  readonly arrived: number;
  /** In the order of the plan's policies. */
  readonly policies: readonly PolicyReproduction[];
}

export const placementsHeader = 'seq,task,node,cards';

/** @throws InputError */
export async function reproduce(plan: ReproductionPlan): Promise<Reproduction> {
  const data = await readOpenbData(plan.data, plan.list);
  const order = plan.order === null ? drawOrder(data, plan.seed) : await readOrder(plan.order, data);
  const cards = cardsOf(order.hosts);
  const typicalRequests = typicalRequestsOf(data.tasks);
  const policies: PolicyReproduction[] = [];
  for (const name of plan.policies) {
    const factory = await factoryOf(name, plan.policyModules?.[name]);
    const policy = createPolicy(factory, { seed: plan.seed, typicalRequests });
    const { decisions, placed, events } = playArrivals(order, policy, typicalRequests, plan.engine);
    const placements = plan.placements ? placementLines(order, decisions) : null;
    policies.push({ policy: name, placed, curve: allocationCurve(events, cards), placements });
  }
  return {
    nodes: order.hosts.length,
    cards,
    listed: data.tasks.length,
    listedMilliGpu: data.tasks.reduce((sum, task) => sum + milliGpuOf(task), 0),
    arrived: order.tasks.length,
    policies,
  };
}

/** `0,openb-pod-0255,0037-openb-node-1080,0-1`; node and cards are empty for a task that was dropped. */
function placementLines(
  { tasks, hosts }: ArrivalOrder,
  decisions: ReturnType<typeof playArrivals>['decisions'],
): string[] {
  return decisions.map((decision, index) => {
    const place = decision.kind === 'placed' ? `${hosts[decision.host]!.name},${decision.cards.join('-')}` : ',';
    return `${index},${tasks[index]!.id},${place}`;
  });
}
