/** What a workload asks for, in a few figures per kind of VM. Memory grows with the VMs at one time, not with the trace. */
import { instantS } from '../../core/instant.ts';
import type { Arrival } from '../../traces/arrival.ts';
import { copyOf } from '../../traces/arrival-row.ts';
import { Distribution } from './distribution.ts';

/** What runs on average if every VM starts when it asks: ∫ of each over the window, then divided by it. */
interface Use {
  vms: number;
  vcpus: number;
  ramGib: number;
  cards: number;
}

/** One kind of VM; sizes are means per VM. */
export interface TraceKind {
  /** Its flavor; `unnamed` where that is empty. */
  readonly name: string;
  /** VMs of this kind. */
  readonly vms: number;
  /** At one time, if every VM started when it asks. */
  readonly meanVms: number;
  /** vCPUs of a VM. */
  readonly vcpus: number;
  /** RAM of a VM, GiB. */
  readonly ramGib: number;
  /** Cards of a VM. */
  readonly cards: number;
  /** Memory asked of each card, MiB. */
  readonly cardMemoryMib: number;
  /** Hours. */
  readonly meanLifetimeH: number;
  /** Hours. */
  readonly medianLifetimeH: number;
}

/** A workload in figures. Means are over time, as if every VM started when it asks. */
export interface TraceSummary {
  /** VMs that arrive. */
  readonly vms: number;
  /** Those with cards. */
  readonly gpuVms: number;
  /** Instant of the workload at which the time begins, s. */
  readonly beginS: number;
  /** Length of the time, days. */
  readonly spanDays: number;
  /** VMs at one time. */
  readonly meanVms: number;
  /** vCPUs at one time. */
  readonly meanVcpus: number;
  /** RAM at one time, GiB. */
  readonly meanRamGib: number;
  /** Cards at one time. */
  readonly meanCards: number;
  /** In order of their names. */
  readonly kinds: readonly TraceKind[];
}

interface KindSums extends Use {
  cardMemoryMib: number;
  readonly lifetimesS: Distribution;
  /** VM-seconds within the window, of VMs that have ended. */
  vmS: number;
}

export class TraceDigest {
  readonly #beginS: number;
  readonly #kinds = new Map<string, KindSums>();
  readonly #use: Use = { vms: 0, vcpus: 0, ramGib: 0, cards: 0 };
  #gpuVms = 0;
  #nowS = 0;
  /** VMs that may still run, with times from where it begins, and how many did when they were last looked through. */
  #open: Arrival[] = [];
  #kept = 0;

  /** @param beginS instant of the workload at which the time begins */
  constructor(beginS = 0) {
    this.#beginS = beginS;
  }

  /** Arrivals come in order of time, none before it begins. */
  add(arrival: Arrival): void {
    const { request, lifetimeS } = arrival;
    const sums = this.#kindOf(arrival);
    sums.vms++;
    sums.vcpus += request.vcpus;
    sums.ramGib += request.ramMib / 1024;
    sums.cards += request.cards;
    sums.cardMemoryMib += request.cardMemoryMib;
    sums.lifetimesS.add(lifetimeS);
    if (request.cards > 0) this.#gpuVms++;
    this.#nowS = instantS(arrival.atS - this.#beginS);
    this.#open.push({ ...copyOf(arrival), atS: this.#nowS });
    if (this.#open.length > 2 * this.#kept + 1000) this.#settle();
  }

  /** @param days length of the window; null = until the last arrival */
  summary(days: number | null): TraceSummary {
    const windowS = days === null ? this.#nowS : days * 86400;
    this.#settle();
    for (const arrival of this.#open) this.#occupy(arrival, Math.min(arrival.lifetimeS, windowS - arrival.atS));
    this.#open = [];
    const mean = (area: number): number => (windowS === 0 ? 0 : area / windowS);
    const kinds = [...this.#kinds].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      vms: kinds.reduce((sum, [, { vms }]) => sum + vms, 0),
      gpuVms: this.#gpuVms,
      beginS: this.#beginS,
      spanDays: windowS / 86400,
      meanVms: mean(this.#use.vms),
      meanVcpus: mean(this.#use.vcpus),
      meanRamGib: mean(this.#use.ramGib),
      meanCards: mean(this.#use.cards),
      kinds: kinds.map(([name, sums]): TraceKind => {
        const { vms } = sums;
        const lifetimesS = sums.lifetimesS.summary();
        return {
          name,
          vms,
          meanVms: mean(sums.vmS),
          vcpus: sums.vcpus / vms,
          ramGib: sums.ramGib / vms,
          cards: sums.cards / vms,
          cardMemoryMib: sums.cardMemoryMib / vms,
          meanLifetimeH: lifetimesS.mean! / 3600,
          medianLifetimeH: lifetimesS.p50! / 3600,
        };
      }),
    };
  }

  /** Adds up the VMs that have ended. */
  #settle(): void {
    this.#open = this.#open.filter((arrival) => {
      if (arrival.atS + arrival.lifetimeS > this.#nowS) return true;
      this.#occupy(arrival, arrival.lifetimeS);
      return false;
    });
    this.#kept = this.#open.length;
  }

  #occupy(arrival: Arrival, durationS: number): void {
    const { request } = arrival;
    this.#kindOf(arrival).vmS += durationS;
    this.#use.vms += durationS;
    this.#use.vcpus += request.vcpus * durationS;
    this.#use.ramGib += (request.ramMib / 1024) * durationS;
    this.#use.cards += request.cards * durationS;
  }

  #kindOf({ flavor }: Arrival): KindSums {
    const name = flavor === '' ? 'unnamed' : flavor;
    let sums = this.#kinds.get(name);
    if (sums === undefined) {
      sums = { vms: 0, vcpus: 0, ramGib: 0, cards: 0, cardMemoryMib: 0, lifetimesS: new Distribution(), vmS: 0 };
      this.#kinds.set(name, sums);
    }
    return sums;
  }
}
