/** SRM reports in the simulator: every interval each changed host tells the schedulers' views what is true of it. */
import type { Cluster } from '../../core/cluster.ts';
import { nextReportS, reportAfterS } from '../../core/runs/report-times.ts';
import { applySrmTo, type SrmRecord, srmOf } from '../../core/srm.ts';
import type { EventKind, Simulator } from '../engine/engine.ts';
import { priorities } from './priorities.ts';

/**
 * Reports come at whole multiples of the interval, all hosts at once. A host that has not changed would only repeat itself, so only
 * changed ones are carried over; that is the same and keeps month-long runs with ten-second reports fast.
 */
export class SrmReports {
  readonly #simulator: Simulator;
  readonly #truth: Cluster;
  readonly #views: readonly Cluster[];
  readonly #intervalS: number;
  readonly #onRecord: (host: number, record: SrmRecord | undefined) => void;
  readonly #onReport: () => void;
  readonly #tick: EventKind;
  readonly #changed = new Set<number>();

  /**
   * @param onRecord told of each record; undefined for a host that is down and so reports nothing
   * @param onReport told when all are there
   */
  constructor(
    simulator: Simulator,
    truth: Cluster,
    views: readonly Cluster[],
    intervalS: number,
    onRecord: (host: number, record: SrmRecord | undefined) => void,
    onReport: () => void,
  ) {
    this.#simulator = simulator;
    this.#truth = truth;
    this.#views = views;
    this.#intervalS = intervalS;
    this.#onRecord = onRecord;
    this.#onReport = onReport;
    this.#tick = simulator.kind(priorities.report, () => this.#report());
  }

  /** Something ended, failed or came back on the host; the next report will say so. */
  changed(host: number): void {
    this.#note(host, nextReportS);
  }

  /** A VM was bound on the host, which all schedulers but one learn from the next report. */
  bound(host: number): void {
    this.#note(host, reportAfterS);
  }

  #note(host: number, reportS: (timeS: number, intervalS: number) => number): void {
    if (this.#changed.size === 0) {
      this.#simulator.at(reportS(this.#simulator.nowS, this.#intervalS), this.#tick, 0);
    }
    this.#changed.add(host);
  }

  #report(): void {
    const { nowS } = this.#simulator;
    const sequence = Math.round(nowS / this.#intervalS);
    for (const host of this.#changed) {
      const record = this.#truth.up[host] === 1 ? srmOf(this.#truth.hosts[host]!, nowS, sequence) : undefined;
      // A real record names the servers on each card; these do without ids.
      const { gpuVms, cardCounts } = this.#truth;
      const ofHost = gpuVms.subarray(host * cardCounts, (host + 1) * cardCounts);
      for (const view of this.#views) {
        if (record === undefined)
          view.setUp(host, false); // a host that is down reports nothing, and is missed
        else applySrmTo(view.hosts[host]!, record, ofHost);
      }
      this.#onRecord(host, record);
    }
    this.#changed.clear();
    this.#onReport();
  }
}
