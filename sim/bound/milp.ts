/** The offline optimum, exactly: which GPU VMs to accept, on which host and cards, knowing all that will come. For small instances. */
import { modelSuits } from '../../core/card-fit.ts';
import { Cluster, type HostView } from '../../core/cluster.ts';
import type { HostSpec } from '../../core/host.ts';
import type { VmRequest } from '../../core/request.ts';
import { type AcceptableVm, acceptableVms, type GpuWork } from './gpu-work.ts';
import { canServe } from './host-pools.ts';
import { LinearModel } from './linear-model.ts';

/** Something that VMs hold parts of while they are there: entries are what one column takes of it, and for which VM. */
interface Resource {
  readonly capacity: number;
  readonly entries: { readonly vm: AcceptableVm; readonly column: number; readonly amount: number }[];
}

/**
 * The model, all of whose variables are whole numbers. VMs start as they arrive. For each VM and each host that could serve it, x says
 * whether it is there; where it could get cards of several groups, or shared cards, y says how many of each.
 *
 * Capacity is checked at the arrivals after which somebody leaves before the next one: at all other times some of the same VMs are
 * there. Whole cards of one model need only be counted: who arrives finds as many free as the count says, whichever they are.
 *
 * @param mostColumns returns undefined for a model of more variables
 */
export function offlineOptimum(
  hosts: readonly HostSpec[],
  work: GpuWork,
  bootS: number,
  mostColumns: number,
): LinearModel | undefined {
  const model = new LinearModel();
  const resources: Resource[] = [];
  const vms = acceptableVms(work, bootS);
  const columnsOf = new Map(vms.map((vm) => [vm, [] as number[]]));
  for (const host of new Cluster(hosts).hosts) {
    const add = (capacity: number): Resource => {
      const resource = { capacity, entries: [] };
      resources.push(resource);
      return resource;
    };
    const vcpus = add(host.vcpus);
    const ramMib = add(host.ramMib);
    const diskGib = add(host.diskGib);
    const takeCards = cardTaker(model, host, add);
    for (const vm of vms) {
      const kind = work.kinds[vm.kind]!;
      if (!canServe(host, kind)) continue;
      const column = model.addColumn(vm.cardHours, 1);
      columnsOf.get(vm)!.push(column);
      vcpus.entries.push({ vm, column, amount: kind.vcpus });
      ramMib.entries.push({ vm, column, amount: kind.ramMib });
      diskGib.entries.push({ vm, column, amount: kind.diskGib });
      takeCards(vm, kind, column);
      if (model.cost.length > mostColumns) return undefined;
    }
  }
  for (const columns of columnsOf.values()) {
    model.addCapacity(
      columns,
      columns.map(() => 1),
      1,
    );
  }
  for (const atS of fullestTimesS(vms)) {
    for (const { capacity, entries } of resources) {
      const there = entries.filter(({ vm, amount }) => amount > 0 && vm.fromS <= atS && atS < vm.untilS);
      model.addCapacity(
        there.map(({ column }) => column),
        there.map(({ amount }) => amount),
        capacity,
      );
    }
  }
  return model;
}

/** Adds what a VM on the host, by its column, takes of the host's cards. */
function cardTaker(
  model: LinearModel,
  host: HostView,
  add: (capacity: number) => Resource,
): (vm: AcceptableVm, kind: VmRequest, column: number) => void {
  const groups = host.cardGroups.map(({ model: card, sharing, cards }) =>
    sharing === 'passthrough'
      ? { card, cards, whole: add(cards.length), shared: [] }
      : { card, cards, whole: undefined, shared: cards.map(() => [add(card.memoryMib), add(card.cores)] as const) },
  );
  return (vm, kind, column) => {
    const suiting = groups.filter(({ card }) => modelSuits(kind, card));
    const [only] = suiting;
    if (suiting.length === 1 && only!.whole !== undefined) {
      only!.whole.entries.push({ vm, column, amount: kind.cards });
      return;
    }
    const parts: number[] = [];
    for (const { cards, whole, shared } of suiting) {
      if (whole !== undefined) {
        const taken = model.addColumn(0, Math.min(kind.cards, cards.length));
        whole.entries.push({ vm, column: taken, amount: 1 });
        parts.push(taken);
        continue;
      }
      const share = host.cardShare(cards[0]!, kind);
      for (const [memory, cores] of shared) {
        const taken = model.addColumn(0, 1);
        memory.entries.push({ vm, column: taken, amount: share.memoryMib });
        cores.entries.push({ vm, column: taken, amount: share.cores });
        parts.push(taken);
      }
    }
    model.addRow([column, ...parts], [kind.cards, ...parts.map(() => -1)], 0);
  };
}

/** Arrivals after which somebody leaves before the next arrival. */
function fullestTimesS(vms: readonly AcceptableVm[]): number[] {
  const timesS = [...new Set(vms.map(({ fromS }) => fromS))].sort((a, b) => a - b);
  return timesS.filter((atS, index) => {
    const nextS = timesS[index + 1] ?? Infinity;
    return vms.some(({ fromS, untilS }) => fromS <= atS && untilS > atS && untilS <= nextS);
  });
}
