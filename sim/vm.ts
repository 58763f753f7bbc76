/** A VM from its submission until its fate is settled: what it asks for, how it waits, where it runs. */
import type { Placement } from '../core/cluster.ts';
import { ArrivalRow } from '../traces/arrival-row.ts';

/** `settled`: nothing happens to it any more, but an event that was about it may still come. */
export type VmState = 'asks' | 'waits' | 'runs' | 'settled';

const nowhere: ReadonlySet<number> = new Set();
const noCards: readonly number[] = [];

/**
 * One place for a VM, which later ones take over when it is settled: with one object a VM, tens of thousands of them grew old at a
 * time and collecting them cost more than the simulation. The Cloud alone writes; observers may keep a VM until it is settled.
 */
export class Vm implements Placement {
  /** Number of this place; the subject of its events. */
  readonly slot: number;
  readonly arrival = new ArrivalRow();
  readonly request = this.arrival.request;
  state: VmState = 'settled';
  /** Submissions of this VM so far: 1, 2, … */
  number = 1;
  submitS = 0;
  /** Why its first try failed; empty if it did not. */
  waitReason = '';
  /** Why its last try failed. */
  reason = '';
  /** Hosts whose binding was refused in its last try, since the view was old. */
  refusedBy = nowhere;

  /** Where it runs; what follows holds from its binding on. */
  host = -1;
  cards = noCards;
  wholeCards = false;
  score = 0;
  startS = 0;
  /** When it is to end if nothing fails. */
  endS = 0;
  /** Rises with every binding. */
  binding = 0;
  /** Events about it that are still to come. */
  pendingEvents = 0;

  constructor(slot: number) {
    this.slot = slot;
  }
}

/** The places of the VMs that are there. */
export class Vms {
  /** By slot. */
  readonly all: Vm[] = [];
  readonly #free: Vm[] = [];
  /** VMs that are not settled. */
  unsettled = 0;

  /** A place for a VM that asks for the first time. */
  take(): Vm {
    let vm = this.#free.pop();
    if (vm === undefined) {
      vm = new Vm(this.all.length);
      this.all.push(vm);
    }
    vm.state = 'asks';
    vm.number = 1;
    vm.waitReason = '';
    vm.reason = '';
    vm.refusedBy = nowhere;
    this.unsettled++;
    return vm;
  }

  /** Nothing happens to the VM any more. */
  settle(vm: Vm): void {
    vm.state = 'settled';
    this.unsettled--;
    if (vm.pendingEvents === 0) this.#free.push(vm);
  }

  /** An event about the VM has done all it does. A place is free only when no event can come any more that means the VM before. */
  eventCame(vm: Vm): void {
    vm.pendingEvents--;
    if (vm.pendingEvents === 0 && vm.state === 'settled') this.#free.push(vm);
  }

  /** VMs that run on the host, in the order in which they were bound. */
  runningOn(host: number): Vm[] {
    return this.all.filter((vm) => vm.state === 'runs' && vm.host === host).sort((a, b) => a.binding - b.binding);
  }
}
