/** Asks, each time a GPU VM is placed, which cards stock OpenStack would have given it: the failure that section 3.5 of the paper names. */
import type { Cluster } from '../core/cluster.ts';
import { countedCards } from '../core/filters.ts';
import type { GpuModel } from '../core/gpu-card.ts';
import type { VmRequest } from '../core/request.ts';
import type { CloudObserver } from './cloud.ts';
import { hasWrongCards, type Metrics } from './metrics.ts';
import { StockChoice } from './stock-choice.ts';
import type { Vm } from './vm.ts';

export class StockShadow implements CloudObserver {
  readonly #metrics: Metrics;
  readonly #stock: StockChoice;

  /** @param view what the scheduler sees */
  constructor(metrics: Metrics, view: Cluster) {
    this.#metrics = metrics;
    this.#stock = new StockChoice(view);
  }

  binds({ request }: Vm, view: Cluster): void {
    if (request.cards === 0 || view.models.every((model) => modelIsLarge(model, request))) return;
    const host = this.#stock.best(request);
    if (host < 0) return;
    const cards = countedCards(view.hosts[host]!, request).slice(0, request.cards);
    if (hasWrongCards(view, host, cards, request)) this.#metrics.stockWouldErr();
  }
}

/** Whether no card of the model can be too small for the request. */
function modelIsLarge({ memoryMib, cores }: GpuModel, { cardMemoryMib, cardCores }: VmRequest): boolean {
  return memoryMib >= cardMemoryMib && cores >= cardCores;
}
