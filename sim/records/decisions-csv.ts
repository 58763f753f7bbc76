/** Streams what became of every VM as CSV, a row when its fate is settled: when it is turned away, ends, or is lost. */
import type { Cluster } from '../../core/cluster.ts';
import { instantAfterS } from '../../core/instant.ts';
import type { OutputFile } from '../../files/output-file.ts';
import { csvCell } from '../../traces/csv.ts';
import type { CloudObserver, TurnedAway } from '../cloud/cloud.ts';
import type { Vm } from '../cloud/vm.ts';
import { ByteWriter } from './byte-writer.ts';

/** `host` is empty when it was never placed; `cards` are indexes on the host joined by `-`; `score` as the policy gave it; times in seconds. */
export const decisionsHeader = 'id,host,cards,score,start_s,end_s,outcome,reason\n';

export class DecisionsCsv implements CloudObserver {
  /** Rows of VMs that ran, and of those the lost ones; rows of VMs that were turned away. */
  placed = 0;
  lost = 0;
  turned = 0;
  /** Cells with the names of the hosts, one after the other; that of host `h` ends where the next one starts. */
  readonly #names: Uint8Array;
  readonly #nameStarts: Int32Array;
  readonly #csv: ByteWriter;
  readonly #beginS: number;

  /** @param beginS instant of the workload at which the simulated time begins */
  constructor(cluster: Cluster, file: OutputFile, beginS = 0) {
    this.#beginS = beginS;
    const names = cluster.specs.map(({ name }) => Buffer.from(csvCell(name)));
    this.#names = Buffer.concat(names);
    this.#nameStarts = new Int32Array(names.length + 1);
    for (const [host, { length }] of names.entries()) this.#nameStarts[host + 1] = this.#nameStarts[host]! + length;
    file.write(decisionsHeader);
    this.#csv = new ByteWriter(file);
  }

  ended(vm: Vm, nowS: number, outcome: 'completed' | 'lost', reason: string): void {
    const csv = this.#csv;
    this.#id(vm);
    csv.comma();
    csv.bytes(this.#names, this.#nameStarts[vm.host]!, this.#nameStarts[vm.host + 1]!);
    csv.comma();
    csv.list(vm.cards);
    csv.comma();
    csv.number(vm.score);
    csv.comma();
    csv.number(instantAfterS(this.#beginS, vm.startS));
    csv.comma();
    csv.number(instantAfterS(this.#beginS, nowS));
    csv.comma();
    csv.plain(outcome);
    csv.comma();
    csv.plain(reason);
    csv.endRow();
    this.placed++;
    if (outcome === 'lost') this.lost++;
  }

  turnedAway(vm: Vm, _nowS: number, outcome: TurnedAway): void {
    const csv = this.#csv;
    this.#id(vm);
    for (let cell = 0; cell < 6; cell++) csv.comma();
    csv.plain(outcome);
    csv.comma();
    csv.plain(vm.reason);
    csv.endRow();
    this.turned++;
  }

  /** Nothing more will come. */
  finish(): void {
    this.#csv.flush();
  }

  #id(vm: Vm): void {
    const { ids, slot } = vm;
    const [start, end] = [ids.startOf(slot), ids.endOf(slot)];
    if (start === end || !this.#csv.utf8(ids.bytes, start, end)) this.#csv.text(vm.id);
  }
}
