/** Keeps every decision, fault and conflict of a run as the columns of its run file. */
import { instantAfterS } from '../../core/instant.ts';
import type { ConflictColumns, DecisionColumns, FaultColumns } from '../../core/runs/run-file.ts';
import type { CloudObserver, TurnedAway } from '../cloud/cloud.ts';
import type { Vm } from '../cloud/vm.ts';
import { IdTexts } from './id-texts.ts';
import { NumberColumn } from './number-column.ts';
import { Texts } from './texts.ts';

/** A column as it is recorded; `toPlain` gives what the run file has of it. */
export type RecordedColumn = NumberColumn | Texts | IdTexts;

/** The decisions of a run as they are recorded. */
export type RecordedDecisions = Recorder['decisions'];

/** The same as a run file has them. */
export function plainDecisions(decisions: RecordedDecisions): DecisionColumns {
  const plain = Object.entries(decisions).map(([name, column]) => [name, column.toPlain()]);
  return Object.fromEntries(plain) as DecisionColumns;
}

export class Recorder implements CloudObserver {
  readonly #beginS: number;
  readonly decisions = {
    id: new IdTexts(),
    attempt: new NumberColumn(),
    submitS: new NumberColumn(),
    lifetimeS: new NumberColumn(),
    vcpus: new NumberColumn(),
    ramMib: new NumberColumn(),
    diskGib: new NumberColumn(),
    cards: new NumberColumn(),
    cardMemoryMib: new NumberColumn(),
    cardCores: new NumberColumn(),
    cardModels: new Texts(),
    station: new Texts(),
    flavor: new Texts(),
    image: new Texts(),
    user: new Texts(),
    decidedS: new NumberColumn(),
    host: new NumberColumn(),
    cardIndexes: new Texts(),
    score: new NumberColumn(),
    startS: new NumberColumn(),
    endS: new NumberColumn(),
    outcome: new Texts(),
    reason: new Texts(),
    waitReason: new Texts(),
    firstTriedAfter: new NumberColumn(),
  } satisfies Record<keyof DecisionColumns, RecordedColumn>;
  readonly faults = {
    atS: [] as number[],
    host: [] as number[],
    card: [] as number[],
    up: [] as number[],
  } satisfies FaultColumns;
  readonly conflicts = {
    decision: [] as number[],
    host: [] as number[],
    firstTry: [] as number[],
  } satisfies ConflictColumns;
  /** By slot. */
  readonly #rowOf: number[] = [];
  /** Of VMs that wait, by slot: rows before their first try, and hosts that refused them then. */
  readonly #firstTries = new Map<number, { rows: number; refusedBy: ReadonlySet<number> }>();

  /** @param beginS instant of the workload at which the simulated time begins: instants are recorded as the workload counts them */
  constructor(beginS = 0) {
    this.#beginS = beginS;
  }

  waits(vm: Vm): void {
    this.#firstTries.set(vm.slot, { rows: this.decisions.id.length, refusedBy: vm.refusedBy });
  }

  bound(vm: Vm, nowS: number): void {
    const { decisions } = this;
    this.#rowOf[vm.slot] = this.#add(vm, nowS);
    decisions.host.push(vm.host);
    decisions.cardIndexes.push(vm.cards.length === 0 ? '' : vm.cards.join('-'));
    decisions.score.push(vm.score);
    decisions.startS.push(this.#instantS(vm.startS));
    decisions.endS.push(this.#instantS(vm.endS));
    decisions.outcome.push('completed');
    decisions.reason.push('');
  }

  ended(vm: Vm, nowS: number, outcome: 'completed' | 'lost', reason: string): void {
    if (outcome === 'completed') return;
    const row = this.#rowOf[vm.slot]!;
    this.decisions.endS.set(row, this.#instantS(nowS));
    this.decisions.outcome.set(row, outcome);
    this.decisions.reason.set(row, reason);
  }

  turnedAway(vm: Vm, nowS: number, outcome: TurnedAway): void {
    const { decisions } = this;
    this.#add(vm, nowS);
    decisions.host.push(-1);
    decisions.cardIndexes.push('');
    decisions.score.push(Number.NaN);
    decisions.startS.push(Number.NaN);
    decisions.endS.push(Number.NaN);
    decisions.outcome.push(outcome);
    decisions.reason.push(vm.reason);
  }

  faulted(nowS: number, host: number, card: number, isUp: boolean): void {
    const { faults } = this;
    faults.atS.push(this.#instantS(nowS));
    faults.host.push(host);
    faults.card.push(card);
    faults.up.push(isUp ? 1 : 0);
  }

  /** The part of a row that does not depend on the outcome. @returns the row's number */
  #add(vm: Vm, nowS: number): number {
    const { decisions } = this;
    const { request, lifetimeS, station, flavor, image, user } = vm;
    const row = decisions.id.length;
    decisions.id.push(vm);
    decisions.attempt.push(vm.number);
    decisions.submitS.push(this.#instantS(vm.submitS));
    decisions.lifetimeS.push(lifetimeS);
    decisions.vcpus.push(request.vcpus);
    decisions.ramMib.push(request.ramMib);
    decisions.diskGib.push(request.diskGib);
    decisions.cards.push(request.cards);
    decisions.cardMemoryMib.push(request.cardMemoryMib);
    decisions.cardCores.push(request.cardCores);
    decisions.cardModels.push(request.cardModels.length === 0 ? '' : request.cardModels.join('|'));
    decisions.station.push(station);
    decisions.flavor.push(flavor);
    decisions.image.push(image);
    decisions.user.push(user);
    decisions.decidedS.push(this.#instantS(nowS));
    decisions.waitReason.push(vm.waitReason);
    const firstTry = this.#firstTries.get(vm.slot);
    this.#firstTries.delete(vm.slot);
    decisions.firstTriedAfter.push(firstTry?.rows ?? row);
    if (firstTry !== undefined) this.#addConflicts(row, firstTry.refusedBy, 1);
    this.#addConflicts(row, vm.refusedBy, 0);
    return row;
  }

  #instantS(simulatedS: number): number {
    return instantAfterS(this.#beginS, simulatedS);
  }

  #addConflicts(row: number, hosts: ReadonlySet<number>, firstTry: 0 | 1): void {
    for (const host of hosts) {
      this.conflicts.decision.push(row);
      this.conflicts.host.push(host);
      this.conflicts.firstTry.push(firstTry);
    }
  }
}
