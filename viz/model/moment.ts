/** The state of all hosts at one moment of a run. */
import { schedulersOf } from '../../core/runs/deciding-scheduler.ts';
import { lastReportS } from '../../core/runs/report-times.ts';
import { requestAt } from '../../core/runs/run-file.ts';
import { RowList } from './history.ts';
import type { Placements, Run } from './run.ts';

/** Hosts and their cards as a picture needs them; the columns of a `Cluster` count cards in the same order. */
export interface ClusterMoment {
  readonly vcpusUsed: Float64Array;
  readonly ramUsedMib: Float64Array;
  readonly vms: Uint32Array;
  /** Part of the card that is held, in [0, 1]: the larger of memory and cores. */
  readonly cardUse: Float64Array;
  /** Who holds the card: a row of the list of VMs; -1 for nobody. Of a shared card, the one that came last. */
  readonly cardHolder: Int32Array;
  readonly up: Uint8Array;
  readonly cardHealthy: Uint8Array;
  /** 1 where the scheduler does not know yet what has happened on the host, since its last SRM record is older than that. */
  readonly stale: Uint8Array;
}

export function emptyMoment(hosts: number, cards: number): ClusterMoment {
  return {
    vcpusUsed: new Float64Array(hosts),
    ramUsedMib: new Float64Array(hosts),
    vms: new Uint32Array(hosts),
    cardUse: new Float64Array(cards),
    cardHolder: new Int32Array(cards).fill(-1),
    up: new Uint8Array(hosts).fill(1),
    cardHealthy: new Uint8Array(cards).fill(1),
    stale: new Uint8Array(hosts),
  };
}

/** Nothing on the hosts, everything up. */
export function clearMoment(moment: ClusterMoment): void {
  moment.vcpusUsed.fill(0);
  moment.ramUsedMib.fill(0);
  moment.vms.fill(0);
  moment.cardUse.fill(0);
  moment.cardHolder.fill(-1);
  moment.up.fill(1);
  moment.cardHealthy.fill(1);
  moment.stale.fill(0);
}

/** Shows the moments of one run, one at a time. */
export class MomentReader {
  readonly moment: ClusterMoment;
  /** The VMs that run at the moment, as rows of the decisions, ascending. */
  readonly running = new RowList();
  readonly #run: Run;
  readonly #placements: Placements;
  readonly #before = new RowList();

  constructor(run: Run, placements: Placements) {
    this.#run = run;
    this.#placements = placements;
    this.moment = emptyMoment(run.cluster.specs.length, run.cluster.cardHealthy.length);
  }

  /** Goes to that moment, forth or back: work grows with the VMs that run then, not with the time passed. */
  read(atS: number): void {
    const { moment, running } = this;
    const { history, host, vcpus, ramMib, cardSets, decisions } = this.#placements;
    const { cardStart } = this.#run.cluster;
    clearMoment(moment);
    history.runningAt(atS, running);
    for (let index = 0; index < running.length; index++) {
      const row = running.rows[index]!;
      const at = host[row]!;
      moment.vcpusUsed[at]! += vcpus[row]!;
      moment.ramUsedMib[at]! += ramMib[row]!;
      moment.vms[at]!++;
      const cards = cardSets[decisions.cardIndexes.rows[row]!]!;
      for (let place = 0; place < cards.length; place++) {
        const card = cardStart[at]! + cards[place]!;
        moment.cardUse[card] = Math.min(1, moment.cardUse[card]! + this.#cardUse(row, card));
        moment.cardHolder[card] = row;
      }
    }
    this.#readFaults(atS);
    this.#findStale(atS);
  }

  /** How many have asked and wait, at the moment. */
  waitingAt(atS: number): number {
    const { submissionsS, history } = this.#placements;
    let [low, high] = [0, submissionsS.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (submissionsS[middle]! <= atS) low = middle + 1;
      else high = middle;
    }
    return low - history.decidedBy(atS);
  }

  /** The VMs that wait, as rows of the decisions, in order of their decision; at most `most`. */
  waitingRows(atS: number, most: number): number[] {
    const { history, submitS } = this.#placements;
    let left = Math.min(most, this.waitingAt(atS));
    const rows: number[] = [];
    for (let row = history.decidedBy(atS); left > 0 && row < submitS.length; row++) {
      if (submitS[row]! > atS) continue;
      rows.push(row);
      left--;
    }
    return rows;
  }

  #cardUse(row: number, card: number): number {
    const { cluster, policy } = this.#run;
    if (policy.wholeCards || cluster.cardIsShared[card] === 0) return 1;
    const model = cluster.models[cluster.cardModel[card]!]!;
    const share = cluster.cardShare(card, requestAt(this.#placements.decisions, row), false);
    return Math.max(share.memoryMib / model.memoryMib, share.cores / model.cores);
  }

  #readFaults(atS: number): void {
    const { faults } = this.#run.file;
    if (faults === null) return;
    const { cardStart } = this.#run.cluster;
    const { moment } = this;
    for (let index = 0; index < faults.atS.length && faults.atS[index]! <= atS; index++) {
      const [host, card] = [faults.host[index]!, faults.card[index]!];
      if (card < 0) moment.up[host] = faults.up[index]!;
      else moment.cardHealthy[cardStart[host]! + card] = faults.up[index]!;
    }
  }

  /** Marks hosts on which something ended, failed or came back since the last reports. */
  #findStale(atS: number): void {
    const { srmIntervalS } = this.#run.file.inputs.cloud;
    if (srmIntervalS === 0) return;
    const { history, decidedS, endS, host } = this.#placements;
    const { moment } = this;
    const knownS = lastReportS(atS, srmIntervalS, this.#run.beginS);
    const before = this.#before;
    history.runningAt(knownS, before);
    for (let index = 0; index < before.length; index++) {
      const row = before.rows[index]!;
      if (endS[row]! <= atS) moment.stale[host[row]!] = 1;
    }
    if (schedulersOf(this.#run.file.inputs.cloud) > 1) {
      // What one scheduler bound since then, the others do not know.
      for (let row = history.decidedBy(atS) - 1; row >= 0 && decidedS[row]! >= knownS; row--) {
        if (host[row]! >= 0) moment.stale[host[row]!] = 1;
      }
    }
    const { faults } = this.#run.file;
    if (faults === null) return;
    for (let index = faults.atS.length - 1; index >= 0 && faults.atS[index]! > knownS; index--) {
      if (faults.atS[index]! <= atS) moment.stale[faults.host[index]!] = 1;
    }
  }
}
