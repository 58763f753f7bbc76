/** What happens in a cloud, one object each: the same for a simulated cloud and for a live one. Times are seconds on the cloud's clock. */
import type { VmRequest } from './request.ts';
import type { SrmRecord } from './srm.ts';

/** A VM asks for a host, for the first time or again. A live cloud does not report it. */
export interface VmArrived {
  /** Tells the events apart. */
  readonly kind: 'arrived';
  /** Simulated: seconds from the start of the workload. Live: Unix seconds. So in every event. */
  readonly atS: number;
  /** Id of the VM. */
  readonly vm: string;
  /** What it asks for. */
  readonly request: VmRequest;
  /** Submissions of this VM so far: 1, 2, … */
  readonly attempt: number;
}

/** The first try failed, and the VM waits. */
export interface VmWaits {
  /** Tells the events apart. */
  readonly kind: 'waits';
  /** When, s on the cloud's clock. */
  readonly atS: number;
  /** Id of the VM. */
  readonly vm: string;
  /** Hosts by what removed them, `vcpus:12|no-cards:190`, or in words. */
  readonly reason: string;
}

/** A VM was given a host. */
export interface VmBound {
  /** Tells the events apart. */
  readonly kind: 'bound';
  /** When, s on the cloud's clock. */
  readonly atS: number;
  /** Id of the VM. */
  readonly vm: string;
  /** Name of the host. */
  readonly host: string;
  /** Card indexes on the host, ascending; empty for a CPU VM. */
  readonly cards: readonly number[];
  /** What it asked for; a live cloud gives an equal part of what its host has in use. */
  readonly vcpus: number;
  /** The same of RAM, MiB. */
  readonly ramMib: number;
  /** The host that it was on until now; null for a VM that was on none. Only live VMs move. */
  readonly from: string | null;
}

/** A VM has left its host. */
export interface VmEnded {
  /** Tells the events apart. */
  readonly kind: 'ended';
  /** When, s on the cloud's clock. */
  readonly atS: number;
  /** Id of the VM. */
  readonly vm: string;
  /** Name of the host. */
  readonly host: string;
  /** `completed`: its time was over; `lost`: to a failure; `gone`: a live cloud does not say why. */
  readonly outcome: 'completed' | 'lost' | 'gone';
  /** What failed: `host-failed`, `card-failed`; else empty. */
  readonly reason: string;
}

/** A VM will not get a host. */
export interface VmTurnedAway {
  /** Tells the events apart. */
  readonly kind: 'turned-away';
  /** When, s on the cloud's clock. */
  readonly atS: number;
  /** Id of the VM. */
  readonly vm: string;
  /** `gave-up`: it waited too long; `unservable`: it fits on no empty host; `withdrawn`: the requester cancelled it. */
  readonly outcome: 'refused' | 'gave-up' | 'unservable' | 'withdrawn';
  /** Hosts by what removed them, `vcpus:12|no-cards:190`, or in words; empty where nothing is known. */
  readonly reason: string;
}

/** A host refused a binding that was decided on old reports; the next best is tried. A live cloud does not report it. */
export interface BindingRefused {
  /** Tells the events apart. */
  readonly kind: 'conflict';
  /** When, s on the cloud's clock. */
  readonly atS: number;
  /** Id of the VM. */
  readonly vm: string;
  /** Name of the host. */
  readonly host: string;
}

/** A host or a card failed or came back. */
export interface HostFault {
  /** Tells the events apart. */
  readonly kind: 'fault';
  /** When, s on the cloud's clock. */
  readonly atS: number;
  /** Name of the host. */
  readonly host: string;
  /** Card index on the host; null for the whole host. */
  readonly card: number | null;
  /** The new state. */
  readonly isUp: boolean;
}

/** A host reported what it has in use. */
export interface SrmReported {
  /** Tells the events apart. */
  readonly kind: 'srm';
  /** When, s on the cloud's clock. */
  readonly atS: number;
  /** Name of the host. */
  readonly host: string;
  /** What the host reported. */
  readonly record: SrmRecord;
}

/** A host has not reported when it should have: no GPU VM should go there. */
export interface SrmMissed {
  /** Tells the events apart. */
  readonly kind: 'srm-missed';
  /** When, s on the cloud's clock. */
  readonly atS: number;
  /** Name of the host. */
  readonly host: string;
}

/** What `events$` and `watchCloud$` tell. */
export type CloudEvent =
  | VmArrived
  | VmWaits
  | VmBound
  | VmEnded
  | VmTurnedAway
  | BindingRefused
  | HostFault
  | SrmReported
  | SrmMissed;

/** What hosts report of themselves, as `watchSrm$` tells it; a simulation has the same events among its others. */
export type SrmEvent = SrmReported | SrmMissed;
