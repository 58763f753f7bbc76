/** Plays a workload: hosts, arrivals and a policy in; figures, and if wanted every decision, out. */

import type { HostSpec } from '../../core/host.ts';
import { instantS } from '../../core/instant.ts';
import type { Policy } from '../../core/policy.ts';
import type {
  CloudOptions,
  ConflictColumns,
  FaultColumns,
  RunSummary,
  SeriesColumns,
} from '../../core/runs/run-file.ts';
import type { Engine } from '../../core/scheduler.ts';
import type { TypicalRequest } from '../../core/typical-request.ts';
import type { OutputFile } from '../../files/output-file.ts';
import type { ArrivalStream } from '../../traces/arrival.ts';
import { Cloud, type CloudObserver } from '../cloud/cloud.ts';
import { startFailures } from '../cloud/failures.ts';
import { priorities } from '../cloud/priorities.ts';
import { Simulator } from '../engine/engine.ts';
import { Metrics } from '../measures/metrics.ts';
import { type QuietTime, QuietTimes } from '../measures/quiet-time.ts';
import type { FigureInterval } from '../measures/run-intervals.ts';
import { StockShadow } from '../measures/stock-shadow.ts';
import { DecisionsCsv } from '../records/decisions-csv.ts';
import { type RecordedDecisions, Recorder } from '../records/recorder.ts';
import { beginAt, type From } from './beginning.ts';

/** How a workload is played. */
export interface PlayOptions {
  readonly cloud: CloudOptions;
  /** Seed of the failures. */
  readonly seed: number;
  /** Where time begins, as an instant of the workload; VMs that arrive before are left out. Defaults to 0. */
  readonly from?: From | undefined;
  /** Counted from there: arrivals at or after it are left out, and use is averaged until then; null = until the last arrival. */
  readonly untilS: number | null;
  /** How the best host is found; the decisions are the same. Defaults to `auto`. */
  readonly engine?: Engine | undefined;
  /** Told now and then how many VMs have arrived, and the simulated time, from where it begins. */
  readonly onProgress?: ((arrived: number, nowS: number) => void) | undefined;
  /** Called between batches of arrivals, and waited for; what it throws ends the run. */
  readonly checkpoint?: Checkpoint | undefined;
}

/** Where a run may be stopped, by throwing, or others may take their turn. */
export type Checkpoint = () => void | Promise<void>;

/** How a workload is played and measured. */
export interface MeasureOptions extends PlayOptions {
  /** Length of the series' intervals, s, to begin with; they double in long runs. Defaults to 3600. */
  readonly intervalS?: number;
  /** Of the workload, to measure fragments by; without them they are not measured. */
  readonly typicalRequests?: readonly TypicalRequest[] | undefined;
  /** Seconds at the start that the summary leaves out. Defaults to 0. */
  readonly warmUpS?: number;
  /** Keep every decision. */
  readonly record: boolean;
  /** Where to stream decisions. */
  readonly decisionsFile?: OutputFile | undefined;
}

/** What was measured. */
export interface Measured {
  readonly summary: RunSummary;
  /** 95 % intervals of the summary's figures, by batch means. */
  readonly intervals: readonly FigureInterval[];
  readonly series: SeriesColumns;
  /** Null unless recorded. */
  readonly decisions: RecordedDecisions | null;
  readonly faults: FaultColumns | null;
  readonly conflicts: ConflictColumns | null;
  readonly played: Played;
  /** Most of the time in which hardly any VM arrives, if there is such. */
  readonly quietTime: QuietTime | null;
}

/** What was played. */
export interface Played {
  /** VMs that arrived. */
  readonly arrived: number;
  /** Instant of the workload at which time began, s. */
  readonly beginS: number;
  /** VMs that arrive before, and were left out. */
  readonly vmsBefore: number;
}

/**
 * Runs the workload to its end: the last VM has left when it returns. The simulated time begins at 0 wherever that is in the workload, so
 * that a workload with other instants runs alike; observers that write instants are given `beginS` to add.
 */
export async function play(
  hosts: readonly HostSpec[],
  arrivals: ArrivalStream,
  policy: Policy,
  options: PlayOptions,
  hasNames: boolean,
  observersOf: (cloud: Cloud, beginS: number) => readonly CloudObserver[],
): Promise<Played> {
  const { beginS, vmsBefore, arrivals: counted } = await beginAt(arrivals, options.from ?? 0);
  const simulator = new Simulator();
  const observers: CloudObserver[] = [];
  const cloud = new Cloud(simulator, hosts, policy, options.cloud, observers, options.engine, hasNames);
  observers.push(...observersOf(cloud, beginS));
  startFailures(simulator, cloud, hosts, options.cloud, options.seed);

  const untilS = options.untilS ?? Infinity;
  let arrived = 0;
  reading: for await (const batch of counted) {
    for (const arrival of batch) {
      const atS = instantS(arrival.atS - beginS);
      if (atS >= untilS) break reading;
      simulator.advance(atS, priorities.arrival);
      cloud.arrive(arrival);
      arrived++;
    }
    options.onProgress?.(arrived, simulator.nowS);
    if (options.checkpoint !== undefined) await options.checkpoint();
  }
  if (untilS !== Infinity) simulator.advance(untilS, priorities.end);
  cloud.close();
  simulator.run();
  return { arrived, beginS, vmsBefore };
}

/** VMs, by what became of them; a VM that was lost and submitted again counts each time. */
export interface DecisionCounts {
  /** Submissions. */
  readonly arrived: number;
  /** Bindings. */
  readonly placed: number;
  /** Bindings that failures ended. */
  readonly lost: number;
  /** Submissions that got no host. */
  readonly turnedAway: number;
}

/** Runs the workload to its end, the last VM has left when it returns, and measures. */
export async function measure(
  hosts: readonly HostSpec[],
  arrivals: ArrivalStream,
  policy: Policy,
  options: MeasureOptions,
): Promise<Measured> {
  let recorder: Recorder | undefined;
  let metrics: Metrics | undefined;
  let decisionsCsv: DecisionsCsv | undefined;
  const quiet = new QuietTimes();
  const played = await play(hosts, arrivals, policy, options, true, ({ truth, views }, beginS) => {
    metrics = new Metrics(
      truth,
      policy.wholeCards,
      options.intervalS ?? 3600,
      options.typicalRequests,
      options.warmUpS,
    );
    const observers: CloudObserver[] = [metrics, new StockShadow(metrics, views), quiet];
    if (options.record) {
      recorder = new Recorder(beginS);
      observers.push(recorder);
    }
    if (options.decisionsFile !== undefined) {
      decisionsCsv = new DecisionsCsv(truth, options.decisionsFile, beginS);
      observers.push(decisionsCsv);
    }
    return observers;
  });
  decisionsCsv?.finish();
  const quietTime = quiet.within(options.untilS);
  return {
    summary: metrics!.summary(),
    intervals: metrics!.intervals(),
    series: metrics!.series(),
    decisions: recorder?.decisions ?? null,
    faults: recorder?.faults ?? null,
    conflicts: recorder?.conflicts ?? null,
    played,
    quietTime,
  };
}

/** What came of a workload whose decisions alone were wanted. */
export interface Decided {
  readonly counts: DecisionCounts;
  readonly played: Played;
}

/** Runs the workload to its end for its decisions alone: nothing is measured or kept. */
export async function decide(
  hosts: readonly HostSpec[],
  arrivals: ArrivalStream,
  policy: Policy,
  options: PlayOptions,
  decisionsFile: OutputFile,
): Promise<Decided> {
  let csv: DecisionsCsv | undefined;
  const played = await play(hosts, arrivals, policy, options, false, ({ truth }, beginS) => {
    csv = new DecisionsCsv(truth, decisionsFile, beginS);
    return [csv];
  });
  csv!.finish();
  const counts = { arrived: played.arrived, placed: csv!.placed, lost: csv!.lost, turnedAway: csv!.turned };
  return { counts, played };
}
