/** Rebuilds from a run file what the scheduler saw when it decided: what makes any decision explainable afterwards. */
import { Cluster } from '../cluster.ts';
import { parseCluster } from '../cluster-file.ts';
import { InputError } from '../input-error.ts';
import { policyNamed } from '../policies/index.ts';
import { createPolicy, type Policy, type PolicyFactory } from '../policy.ts';
import { decidingScheduler, schedulersOf } from './deciding-scheduler.ts';
import { lastReportS } from './report-times.ts';
import { beginOf, cardsAt, type DecisionColumns, type RunFile, requestAt } from './run-file.ts';

/** A moment of a run: after the first `rows` decisions, at `nowS`. */
export interface Moment {
  /** Simulated time, s. */
  readonly nowS: number;
  /** Decisions before it. */
  readonly rows: number;
  /** Which of several schedulers decided, from 0. */
  readonly scheduler: number;
  /** Hosts that refused a binding on the way to the decision. */
  readonly excluded: ReadonlySet<number>;
}

/** The decisions of a run file. @throws InputError when it was written with `--summary-only` */
export function decisionsOf(run: RunFile, file: string): DecisionColumns {
  if (run.decisions === null) throw new InputError(`${file}, decisions`, 'a run written without --summary-only', null);
  return run.decisions;
}

/**
 * The policy that decided.
 *
 * @param factory where it does not come with heps
 * @throws InputError when that is needed and missing
 */
export function policyOf({ inputs }: Pick<RunFile, 'inputs'>, factory?: PolicyFactory): Policy {
  const { name, options, module } = inputs.policy;
  if (factory === undefined && module !== undefined)
    throw new InputError(`policy ${name}`, `its file ${module.file}`, undefined);
  return createPolicy(factory ?? policyNamed(name), options);
}

/** The moment at which a row was decided. */
export function momentOf(run: RunFile, decisions: DecisionColumns, row: number): Moment {
  const scheduler = schedulerOfRow(run, decisions, row);
  return { nowS: decisions.decidedS[row]!, rows: row, scheduler, excluded: refusedOn(run, row, 0) };
}

/** The moment at which the VM of a row was tried first, and had to wait. */
export function firstTryOf(run: RunFile, decisions: DecisionColumns, row: number): Moment {
  const rows = decisions.firstTriedAfter[row]!;
  const scheduler = schedulerOfRow(run, decisions, row);
  return { nowS: decisions.submitS[row]!, rows, scheduler, excluded: refusedOn(run, row, 1) };
}

/** Which scheduler had the VM of a row. */
export function schedulerOfRow(run: RunFile, decisions: DecisionColumns, row: number): number {
  return decidingScheduler(decisions.id[row]!, schedulersOf(run.inputs.cloud));
}

/** Hosts that refused the VM of a row at its first (1) or last (0) try. */
function refusedOn({ conflicts }: RunFile, row: number, firstTry: 0 | 1): ReadonlySet<number> {
  if (conflicts === null) return new Set();
  const { decision, host } = conflicts;
  return new Set(host.filter((_, index) => decision[index] === row && conflicts.firstTry[index] === firstTry));
}

/** The time of the last reports before a moment; the moment itself where the scheduler always sees the truth. */
export function knownUntilS(run: RunFile, { nowS }: Pick<Moment, 'nowS'>): number {
  const { srmIntervalS } = run.inputs.cloud;
  return srmIntervalS === 0 ? nowS : lastReportS(nowS, srmIntervalS, beginOf(run.inputs));
}

/** Of the rows before a moment, those whose VMs the scheduler believed to run: its own until a report told of their end, others' once one told of them. */
export function believedToRun(run: RunFile, decisions: DecisionColumns, moment: Moment): (row: number) => boolean {
  const knownS = knownUntilS(run, moment);
  const { decidedS, endS, host } = decisions;
  const isOne = schedulersOf(run.inputs.cloud) === 1 || run.inputs.cloud.srmIntervalS === 0;
  if (isOne) return (row) => host[row]! >= 0 && endS[row]! > knownS;
  return (row) => {
    if (host[row]! < 0) return false;
    // What is bound at the instant of a report is bound after it, and its end is not in that report either.
    if (decidedS[row]! < knownS) return endS[row]! > knownS;
    return schedulerOfRow(run, decisions, row) === moment.scheduler;
  };
}

/**
 * What the scheduler saw then: bindings as it made them; those of other schedulers, ends, failures and repairs as far as reports had told
 * it. At one instant ends come before failures, those before reports, those before decisions; so whatever ended at `nowS` is free.
 *
 * @param policy the one that decided. Defaults to that of the run, which must come with heps
 */
export function viewAt(
  run: RunFile,
  decisions: DecisionColumns,
  moment: Moment,
  { wholeCards }: Pick<Policy, 'wholeCards'> = policyOf(run),
): Cluster {
  const cluster = new Cluster(parseCluster(run.cluster, 'cluster').hosts);
  const knownS = knownUntilS(run, moment);
  const runs = believedToRun(run, decisions, moment);
  const seesAll = run.inputs.cloud.srmIntervalS === 0;
  for (let row = 0; row < moment.rows; row++) {
    const host = decisions.host[row]!;
    if (host < 0) continue;
    if (runs(row)) {
      cluster.bind({ request: requestAt(decisions, row), host, cards: cardsAt(decisions, row), wholeCards });
    }
    const isBuilding = decisions.startS[row]! > moment.nowS && decisions.endS[row]! > moment.nowS;
    if (isBuilding && (seesAll || schedulerOfRow(run, decisions, row) === moment.scheduler)) {
      cluster.addBuilding(host, 1);
    }
  }
  for (const row of askedBefore(run, decisions, moment)) {
    cluster.asked.note(requestAt(decisions, row), decisions.submitS[row]!);
  }
  const { atS, host, card, up } = run.faults ?? { atS: [], host: [], card: [], up: [] };
  for (let index = 0; index < atS.length && atS[index]! <= knownS; index++) {
    if (card[index]! < 0) cluster.setUp(host[index]!, up[index] === 1);
    else cluster.setCardHealthy(host[index]!, card[index]!, up[index] === 1);
  }
  return cluster;
}

/** Rows of the VMs that had been submitted to the scheduler by then, the one that it decides about among them, in order of time. */
function askedBefore(run: RunFile, decisions: DecisionColumns, moment: Moment): number[] {
  const isOne = schedulersOf(run.inputs.cloud) === 1 || run.inputs.cloud.srmIntervalS === 0;
  const { firstTriedAfter, submitS } = decisions;
  const rows: number[] = [];
  for (let row = 0; row < firstTriedAfter.length; row++) {
    if (firstTriedAfter[row]! > moment.rows) continue;
    if (isOne || schedulerOfRow(run, decisions, row) === moment.scheduler) rows.push(row);
  }
  return rows.sort((a, b) => submitS[a]! - submitS[b]!);
}

/** The row that decided about a VM, the last one where several bear its id. @throws InputError when there is none */
export function rowOf(decisions: DecisionColumns, id: string, attempt: number | null, file: string): number {
  const rows = rowsWithId(decisions, id);
  if (rows.length === 0) {
    const some = new Set<string>();
    for (const each of decisions.id) if (some.add(each).size === 3) break;
    throw new InputError(`${file}, decisions.id`, `a request of this run, such as ${[...some].join(', ')}`, id);
  }
  const row = attempt === null ? rows.at(-1) : rows.findLast((each) => decisions.attempt[each] === attempt);
  if (row !== undefined) return row;
  const attempts = [...new Set(rows.map((each) => decisions.attempt[each]!))].sort((a, b) => a - b);
  const last = attempts.at(-1)!;
  throw new InputError('attempt', attempts.length === 1 ? `${last}` : `one of ${attempts.join(', ')}`, attempt);
}

/** How many requests of the run bear an id: 1 as it should be, since a VM submitted again is the same request. */
export function requestsWithId(decisions: DecisionColumns, id: string): number {
  return rowsWithId(decisions, id).filter((row) => decisions.attempt[row] === 1).length;
}

function rowsWithId(decisions: DecisionColumns, id: string): number[] {
  return decisions.id.flatMap((each, row) => (each === id ? [row] : []));
}
