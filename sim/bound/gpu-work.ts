/** What a workload asks of the cards: its GPU VMs, and when each may run. CPU VMs are left out, which can only raise a bound. */
import { instantS } from '../../core/instant.ts';
import { isGpuRequest, type VmRequest } from '../../core/request.ts';
import type { CloudOptions } from '../../core/runs/run-file.ts';
import type { ArrivalStream } from '../../traces/arrival.ts';

const secondsPerHour = 3600;

/** GPU VMs in order of arrival; columns with one row per VM. Times are in seconds from where the run's time begins. */
export interface GpuWork {
  /** What is asked for, each size once; ids mean nothing. */
  readonly kinds: readonly VmRequest[];
  /** Place of the VM's request in `kinds`. */
  readonly kind: readonly number[];
  readonly atS: readonly number[];
  readonly lifetimeS: readonly number[];
  /** Work counts up to here; Infinity if all VMs arrive at 0, where a run is measured until the last has left. */
  readonly horizonS: number;
}

/**
 * Reads a workload to its end.
 *
 * @param untilS from where the run's time begins; arrivals at or after it are left out; null = measured until the last arrival
 * @param beginS instant of the workload at which that is
 */
export async function readGpuWork(arrivals: ArrivalStream, untilS: number | null, beginS = 0): Promise<GpuWork> {
  const kinds: VmRequest[] = [];
  const numbers = new Map<string, number>();
  const kind: number[] = [];
  const atS: number[] = [];
  const lifetimeS: number[] = [];
  let lastS = 0;
  reading: for await (const batch of arrivals) {
    for (const arrival of batch) {
      const arrivesS = instantS(arrival.atS - beginS);
      if (untilS !== null && arrivesS >= untilS) break reading;
      lastS = arrivesS;
      if (!isGpuRequest(arrival.request)) continue;
      // A reader may refill the request for the next row.
      const request = { ...arrival.request, id: '', cardModels: [...arrival.request.cardModels] };
      const size = sizeOf(request);
      let number = numbers.get(size);
      if (number === undefined) {
        number = kinds.push(request) - 1;
        numbers.set(size, number);
      }
      kind.push(number);
      atS.push(arrivesS);
      lifetimeS.push(arrival.lifetimeS);
    }
  }
  const measuredS = untilS ?? lastS;
  return { kinds, kind, atS, lifetimeS, horizonS: measuredS === 0 ? Infinity : measuredS };
}

function sizeOf({ vcpus, ramMib, diskGib, cards, cardMemoryMib, cardCores, cardModels }: VmRequest): string {
  return JSON.stringify([vcpus, ramMib, diskGib, cards, cardMemoryMib, cardCores, [...cardModels].sort()]);
}

/**
 * How long after its arrival a VM can be bound for the run that counts, seconds; Infinity without a limit.
 *
 * It waits for `patienceS` at most. If it is lost to a failure it asks again, at most `resubmit` times, each time after at most a
 * wait, a boot and a lifetime.
 */
export function mostDelayS(cloud: CloudOptions, lifetimeS: number): number {
  const { onFull, patienceS, bootS, mtbfH, cardMtbfH, resubmit } = cloud;
  const waitS = onFull === 'reject' ? 0 : (patienceS ?? Infinity);
  const losses = mtbfH === null && cardMtbfH === null ? 0 : resubmit;
  return losses === 0 ? waitS : waitS + losses * (waitS + bootS + lifetimeS);
}

/** A VM that counts if it is accepted as it arrives. */
export interface AcceptableVm {
  readonly kind: number;
  /** When it is bound, and when it leaves. */
  readonly fromS: number;
  readonly untilS: number;
  /** What it is worth: cards × the part of its lifetime that lies before the horizon. */
  readonly cardHours: number;
}

/** The VMs that are bound as they arrive and have started before the horizon. */
export function acceptableVms({ kinds, kind, atS, lifetimeS, horizonS }: GpuWork, bootS: number): AcceptableVm[] {
  const vms = kind.map((number, vm) => {
    const fromS = atS[vm]!;
    const untilS = instantS(fromS + bootS + lifetimeS[vm]!);
    const workS = Math.min(untilS, horizonS) - fromS - bootS;
    return { kind: number, fromS, untilS, cardHours: (kinds[number]!.cards * workS) / secondsPerHour };
  });
  return vms.filter(({ cardHours }) => cardHours > 0);
}

/** Whether every VM that runs starts as it arrives. */
export function startsAreFixed({ lifetimeS }: GpuWork, cloud: CloudOptions): boolean {
  return lifetimeS.every((each) => mostDelayS(cloud, each) === 0);
}
