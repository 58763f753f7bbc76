/** Streams what became of every VM as CSV, a row when its fate is settled: when it is turned away, ends, or is lost. */
import type { Cluster } from '../core/cluster.ts';
import { csvCell } from '../traces/csv.ts';
import type { Attempt, BoundVm, CloudObserver, TurnedAway } from './cloud.ts';
import type { OutputFile } from './output-file.ts';

/** `host` is empty when it was never placed; `cards` are indexes on the host joined by `-`; `score` as the policy gave it; times in seconds. */
export const decisionsHeader = 'id,host,cards,score,start_s,end_s,outcome,reason\n';

export class DecisionsCsv implements CloudObserver {
  readonly #cluster: Cluster;
  readonly #file: OutputFile;

  constructor(cluster: Cluster, file: OutputFile) {
    this.#cluster = cluster;
    this.#file = file;
    file.write(decisionsHeader);
  }

  ended(vm: BoundVm, nowS: number, outcome: 'completed' | 'lost', reason: string): void {
    const { request, host, cards } = vm.placement;
    const { name } = this.#cluster.specs[host]!;
    this.#file.write(
      `${csvCell(request.id)},${csvCell(name)},${cards.join('-')},${vm.score},${vm.startS},${nowS},${outcome},${reason}\n`,
    );
  }

  turnedAway(attempt: Attempt, _nowS: number, outcome: TurnedAway): void {
    this.#file.write(`${csvCell(attempt.arrival.request.id)},,,,,,${outcome},${attempt.reason}\n`);
  }
}
