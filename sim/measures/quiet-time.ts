/** Whether most of a run's time is one in which hardly any VM arrives: means over such a time say little. */
import type { CloudObserver } from '../cloud/cloud.ts';
import type { Vm } from '../cloud/vm.ts';

/** Most of the time, at its start or its end, in which hardly any VM arrives. Times are from where the run's time begins. */
export interface QuietTime {
  /** At which end of the time it is. */
  readonly where: 'start' | 'end';
  /** VMs that arrive in it. */
  readonly vms: number;
  /** Of all VMs. */
  readonly ofVms: number;
  /** At the start, when the first VM arrives after it; at the end, when the last VM before it has arrived, s. */
  readonly atS: number;
  /** Length of the whole time, s. */
  readonly ofS: number;
}

/** The part of the VMs that is hardly any; of some twenty, one. */
const fewShare = 0.01;
const someVms = 20;
/** The part of the time that is most. */
const mostShare = 0.5;

const mostIntervals = 4096;

/** VMs that arrive within one of equal lengths of time. */
interface Interval {
  vms: number;
  /** When the first and the last of them arrive. */
  firstS: number;
  lastS: number;
}

/** Counts arrivals by time, in bounded memory: intervals double in length when there are more than 4096. */
export class QuietTimes implements CloudObserver {
  #intervalS = 60;
  /** By their place in time. */
  #intervals = new Map<number, Interval>();
  #vms = 0;
  #lastS = 0;
  #current: Interval | undefined;
  #currentEndS = 0;

  submitted(vm: Vm, nowS: number): void {
    if (vm.number === 1) this.add(nowS);
  }

  /** A VM arrives. @param atS in order of time, from where the run's time begins */
  add(atS: number): void {
    this.#vms++;
    this.#lastS = atS;
    if (this.#current === undefined || atS >= this.#currentEndS) this.#current = this.#intervalOf(atS);
    this.#current.vms++;
    this.#current.lastS = atS;
  }

  /** @param untilS end of the time; null = the last arrival */
  within(untilS: number | null): QuietTime | null {
    const ofS = untilS ?? this.#lastS;
    const few = this.#vms < someVms ? 0 : Math.max(1, this.#vms * fewShare);
    const intervals = [...this.#intervals.values()];
    const [start, end] = [longest(intervals, few), longest([...intervals].reverse(), few)];
    const ofVms = this.#vms;
    if (start !== undefined && start.next.firstS > ofS * mostShare) {
      return { where: 'start', vms: start.vms, ofVms, atS: start.next.firstS, ofS };
    }
    if (end !== undefined && this.#lastS - end.next.lastS > ofS * mostShare) {
      return { where: 'end', vms: end.vms, ofVms, atS: end.next.lastS, ofS };
    }
    return null;
  }

  #intervalOf(atS: number): Interval {
    while (atS >= this.#intervalS * mostIntervals) this.#double();
    const place = Math.floor(atS / this.#intervalS);
    this.#currentEndS = (place + 1) * this.#intervalS;
    let interval = this.#intervals.get(place);
    if (interval === undefined) {
      interval = { vms: 0, firstS: atS, lastS: atS };
      this.#intervals.set(place, interval);
    }
    return interval;
  }

  #double(): void {
    this.#intervalS *= 2;
    const pairs = new Map<number, Interval>();
    for (const [place, interval] of this.#intervals) {
      const first = pairs.get(place >> 1);
      if (first === undefined) pairs.set(place >> 1, interval);
      else {
        first.vms += interval.vms;
        first.lastS = interval.lastS;
      }
    }
    this.#intervals = pairs;
  }
}

/** As many intervals as hold no more than a few VMs, and the one after them. */
function longest(intervals: readonly Interval[], few: number): { vms: number; next: Interval } | undefined {
  let vms = 0;
  for (const next of intervals) {
    if (vms + next.vms > few) return { vms, next };
    vms += next.vms;
  }
  return undefined;
}
