/** The simulator: runs, comparisons and sweeps, and the files they leave behind. */
export type * from '../core/index.ts';
export type { Arrival } from '../traces/arrival.ts';
export type { LeftOut, LeftOutReason } from '../traces/left-out.ts';
export type { Bound, BoundMethod } from './bound/bound.ts';
export type { BoundShare } from './bound/shares.ts';
export { defaultCloud } from './cloud/cloud-options.ts';
export type { QuietTime } from './measures/quiet-time.ts';
export type { FigureInterval } from './measures/run-intervals.ts';
export type { TraceKind, TraceSummary } from './measures/trace-digest.ts';
export type { WarmUp } from './measures/warm-up.ts';
export { readRunFile } from './records/run-file-io.ts';
export type { AllocationCurve } from './reproduce/allocation-curve.ts';
export type { PolicyReproduction, Reproduction } from './reproduce/fgd.ts';
export type { PolicyFigures } from './reproduce/report.ts';
export { type FgdReproduction, type FgdRun, type ReproduceOptions, reproduceFgd } from './reproduce/reproduce-fgd.ts';
export type { ArrivalSource } from './runs/arrivals.ts';
export type { Beginning, From } from './runs/beginning.ts';
export type { PolicyInput } from './runs/chosen-policy.ts';
export {
  type ComparedMeasure,
  type CompareOptions,
  type CompareProgress,
  type Comparison,
  compare,
  type UntilCi,
} from './runs/compare.ts';
export { type DescribeOptions, describeWorkload, type WorkloadDescription } from './runs/describe-workload.ts';
export type { ExperimentOptions, WorkloadFile, WorkloadInput } from './runs/experiment.ts';
export { type ClusterInput, type LoadedCluster, readCluster } from './runs/inputs.ts';
export type { DecisionCounts } from './runs/play.ts';
export { presetNames } from './runs/presets.ts';
export type { DecisionResult } from './runs/run.ts';
export type { RunHandle } from './runs/run-handle.ts';
export {
  type DecisionOptions,
  type SimulateOptions,
  type SimulateProgress,
  type Simulation,
  simulate,
  simulateDecisions,
} from './runs/simulate.ts';
export type { WidthGoal, WidthReached } from './runs/until-ci.ts';
export type { ReadRows } from './runs/workload.ts';
export { type EventOptions, events$ } from './streams/events.ts';
export { compare$, simulate$, type Update } from './streams/progress.ts';
export type { PlanValue, PlanValues } from './sweep/plan-options.ts';
export { groupResults, readSweep, type SweepGroup, type SweepResult } from './sweep/results.ts';
