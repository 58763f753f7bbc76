/** The simulator: runs, comparisons and sweeps, and the files they leave behind. */
export type { Bound, BoundMethod } from './bound/bound.ts';
export type { BoundShare } from './bound/shares.ts';
export { defaultCloud } from './cloud/cloud-options.ts';
export type { FigureInterval } from './measures/run-intervals.ts';
export type { WarmUp } from './measures/warm-up.ts';
export { readRunFile } from './records/run-file-io.ts';
export type { ArrivalSource } from './runs/arrivals.ts';
export {
  type ComparedMeasure,
  type CompareOptions,
  type CompareProgress,
  type Comparison,
  compare,
  type UntilCi,
} from './runs/compare.ts';
export type { ExperimentOptions, PolicyInput, WorkloadFile, WorkloadInput } from './runs/experiment.ts';
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
