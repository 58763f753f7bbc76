/** VMs counted by kind and by flavor: how many arrived, were placed, were served as asked, were turned away. */
import { isGpuRequest } from '../../core/request.ts';
import type { KindSummary, RunSummary } from '../../core/runs/run-file.ts';
import type { TurnedAway } from '../cloud/cloud.ts';
import type { Vm } from '../cloud/vm.ts';

/** Counts of one kind of VM. */
class Kind {
  arrived = 0;
  placed = 0;
  served = 0;
  refused = 0;
  gaveUp = 0;
  unservable = 0;
  waitSumS = 0;

  place(waitS: number, hasRightCards: boolean): void {
    this.placed++;
    if (hasRightCards) this.served++;
    this.waitSumS += waitS;
  }

  summary(): KindSummary {
    const { arrived, placed, served, refused, gaveUp, unservable } = this;
    const meanWaitS = placed === 0 ? null : this.waitSumS / placed;
    return { arrived, placed, served, refused, gaveUp, unservable, meanWaitS };
  }
}

/** Every VM counts three times: among all, among CPU or GPU VMs, and for its flavor. */
export class KindCounts {
  readonly #all = new Kind();
  readonly #cpu = new Kind();
  readonly #gpu = new Kind();
  readonly #flavors = new Map<string, Kind>();
  /** Of the flavor of each VM that is there, by slot. */
  readonly #flavorOfSlot: Kind[] = [];

  arrived(vm: Vm): void {
    this.#all.arrived++;
    this.#kindOf(vm).arrived++;
    const flavor = this.#flavorOf(vm);
    this.#flavorOfSlot[vm.slot] = flavor;
    flavor.arrived++;
  }

  /** @param vm one that `arrived` was told of */
  placed(vm: Vm, waitS: number, hasRightCards: boolean): void {
    this.#all.place(waitS, hasRightCards);
    this.#kindOf(vm).place(waitS, hasRightCards);
    this.#flavorOfSlot[vm.slot]!.place(waitS, hasRightCards);
  }

  /** @param vm one that `arrived` was told of */
  turnedAway(vm: Vm, outcome: TurnedAway): void {
    const counter = outcome === 'gave-up' ? 'gaveUp' : outcome;
    this.#all[counter]++;
    this.#kindOf(vm)[counter]++;
    this.#flavorOfSlot[vm.slot]![counter]++;
  }

  /** Flavors in order of their names. */
  summary(): Pick<RunSummary, 'all' | 'cpu' | 'gpu' | 'byFlavor'> {
    const flavors = [...this.#flavors].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      all: this.#all.summary(),
      cpu: this.#cpu.summary(),
      gpu: this.#gpu.summary(),
      byFlavor: Object.fromEntries(flavors.map(([name, kind]) => [name, kind.summary()])),
    };
  }

  #kindOf({ request }: Vm): Kind {
    return isGpuRequest(request) ? this.#gpu : this.#cpu;
  }

  #flavorOf({ flavor }: Vm): Kind {
    const name = flavor === '' ? 'unnamed' : flavor;
    let kind = this.#flavors.get(name);
    if (kind === undefined) {
      kind = new Kind();
      this.#flavors.set(name, kind);
    }
    return kind;
  }
}
