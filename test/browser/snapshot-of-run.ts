/** A live cloud as a run was at one moment: what the live view has to show in a real one. */

import { cardsAt, type RunFile, textAt } from '../../core/runs/run-file.ts';
import type { LiveSnapshot } from '../../core/wire/live-stream.ts';
import { MomentReader } from '../../viz/model/moment.ts';
import { runOf } from '../../viz/model/run.ts';

/** @param momentS of the run; it becomes `nowS`, Unix seconds */
export function snapshotOfRun(file: RunFile, momentS: number, nowS: number): LiveSnapshot {
  const run = runOf(file, 'run');
  const { decisions } = run.placements!;
  const reader = new MomentReader(run, run.placements!);
  reader.read(momentS);
  const { up, cardHealthy } = reader.moment;
  const { cardStart, specs } = run.cluster;
  const at = (runS: number): number => nowS + runS - momentS;
  return {
    format: 'heps-live/1',
    sequence: 1,
    atS: nowS,
    heartbeatS: 5,
    cluster: file.cluster,
    policy: file.inputs.policy.name,
    srmIntervalS: 10,
    hosts: specs.map(({ cards }, host) => ({
      up: up[host] === 1,
      srmObservedAtS: nowS - (host % 61 === 17 ? 95 : host % 10),
      failedCards: cards.flatMap((_, card) => (cardHealthy[cardStart[host]! + card] === 1 ? [] : [card])),
    })),
    vms: [...reader.running.rows.subarray(0, reader.running.length)].map((row) => ({
      id: decisions.id[row]!,
      host: decisions.host[row]!,
      cards: cardsAt(decisions, row),
      vcpus: decisions.vcpus[row]!,
      ramMib: decisions.ramMib[row]!,
      cardMemoryMib: decisions.cardMemoryMib[row]!,
      cardCores: decisions.cardCores[row]!,
      user: textAt(decisions.user, row),
      station: textAt(decisions.station, row),
      flavor: textAt(decisions.flavor, row),
      sinceS: at(decisions.decidedS[row]!),
    })),
    waiting: reader.waitingRows(momentS, 1000).map((row) => ({
      id: decisions.id[row]!,
      vcpus: decisions.vcpus[row]!,
      ramMib: decisions.ramMib[row]!,
      cards: decisions.cards[row]!,
      sinceS: at(decisions.submitS[row]!),
      reason: textAt(decisions.waitReason, row),
    })),
    turnedAway: [],
  };
}
