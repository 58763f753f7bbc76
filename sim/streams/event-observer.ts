/** Turns what a simulated cloud tells its observers into events. */
import type { CloudEvent } from '../../core/events.ts';
import type { HostSpec } from '../../core/host.ts';
import { instantAfterS } from '../../core/instant.ts';
import type { VmRequest } from '../../core/request.ts';
import type { CloudObserver } from '../cloud/cloud.ts';
import type { Vm } from '../cloud/vm.ts';

/**
 * An observer that calls back with each event, in the order in which they happen.
 *
 * @param beginS instant of the workload at which the simulated time begins
 */
export function eventObserver(
  hosts: readonly HostSpec[],
  beginS: number,
  listener: (event: CloudEvent) => void,
): CloudObserver {
  const nameOf = (host: number): string => hosts[host]!.name;
  const tell = (event: CloudEvent): void => listener({ ...event, atS: instantAfterS(beginS, event.atS) });
  return {
    submitted: (vm, atS) => tell({ kind: 'arrived', atS, vm: vm.id, request: requestOf(vm), attempt: vm.number }),
    waits: (vm, atS) => tell({ kind: 'waits', atS, vm: vm.id, reason: vm.waitReason }),
    bound(vm, atS) {
      const { vcpus, ramMib } = vm.request;
      tell({ kind: 'bound', atS, vm: vm.id, host: nameOf(vm.host), cards: [...vm.cards], vcpus, ramMib, from: null });
    },
    ended: (vm, atS, outcome, reason) =>
      tell({ kind: 'ended', atS, vm: vm.id, host: nameOf(vm.host), outcome, reason }),
    turnedAway: (vm, atS, outcome) => tell({ kind: 'turned-away', atS, vm: vm.id, outcome, reason: vm.reason }),
    conflicted: (vm, host, atS) => tell({ kind: 'conflict', atS, vm: vm.id, host: nameOf(host) }),
    faulted: (atS, host, card, isUp) =>
      tell({ kind: 'fault', atS, host: nameOf(host), card: card < 0 ? null : card, isUp }),
    reported(atS, host, record) {
      if (record === undefined) tell({ kind: 'srm-missed', atS, host: nameOf(host) });
      else {
        const observedAtS = instantAfterS(beginS, record.observedAtS);
        tell({ kind: 'srm', atS, host: nameOf(host), record: { ...record, observedAtS } });
      }
    },
  };
}

/** A copy: VMs of one size share an object that shows one of them at a time. */
function requestOf(vm: Vm): VmRequest {
  const { vcpus, ramMib, diskGib, cards, cardMemoryMib, cardCores, cardModels } = vm.request;
  return { id: vm.id, vcpus, ramMib, diskGib, cards, cardMemoryMib, cardCores, cardModels: [...cardModels] };
}
