/** Asks, each time a GPU VM is placed, which cards stock OpenStack would have given it: the failure that section 3.5 of the paper names. */
import { hasWrongCards } from '../../core/card-fit.ts';
import type { Cluster } from '../../core/cluster.ts';
import type { GpuModel } from '../../core/gpu-card.ts';
import { nova } from '../../core/policies/nova.ts';
import { createPolicy } from '../../core/policy.ts';
import type { VmRequest } from '../../core/request.ts';
import { Scheduler } from '../../core/scheduler.ts';
import type { CloudObserver } from '../cloud/cloud.ts';
import type { Vm } from '../cloud/vm.ts';
import type { Metrics } from './metrics.ts';

export class StockShadow implements CloudObserver {
  readonly #metrics: Metrics;
  /** By what it sees. */
  readonly #stock: ReadonlyMap<Cluster, Scheduler>;

  /** @param views what each scheduler sees */
  constructor(metrics: Metrics, views: readonly Cluster[]) {
    this.#metrics = metrics;
    const policy = createPolicy(nova);
    this.#stock = new Map(views.map((view) => [view, new Scheduler(view, policy)]));
  }

  binds(vm: Vm, view: Cluster): void {
    const { request } = vm;
    if (request.cards === 0 || view.models.every((model) => modelIsLarge(model, request))) return;
    const decision = this.#stock.get(view)!.schedule(request);
    if (decision.kind === 'placed' && hasWrongCards(view, decision.host, decision.cards, request)) {
      this.#metrics.stockWouldErr(vm);
    }
  }
}

/** Whether no card of the model can be too small for the request. */
function modelIsLarge({ memoryMib, cores }: GpuModel, { cardMemoryMib, cardCores }: VmRequest): boolean {
  return memoryMib >= cardMemoryMib && cores >= cardCores;
}
