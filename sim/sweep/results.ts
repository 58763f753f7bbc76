/** What a sweep's folder holds: which points are done, and their figures. */
import { join } from 'node:path';
import { InputError } from '../../core/input-error.ts';
import type { RunInputs, RunSummary } from '../../core/runs/run-file.ts';
import { isThere } from '../../files/is-there.ts';
import { readRunFile } from '../records/run-file-io.ts';
import type { PlanValues } from './plan-options.ts';
import { readSweepFile, type Sweep, type SweepPoint, sweepPath } from './sweep-file.ts';

/** A point with what came of it. */
export interface SweepResult {
  /** Null where the plan has no experiments. */
  readonly experiment: string | null;
  /** Name. */
  readonly policy: string;
  /** Its seed. */
  readonly seed: number;
  /** Every option that the plan names somewhere, besides `seeds`, as written there, or its default. */
  readonly options: PlanValues;
  /** Run file, from the working folder. */
  readonly file: string;
  /** What ran. */
  readonly inputs: RunInputs;
  /** Its figures. */
  readonly summary: RunSummary;
}

/** Replications of one point, in the order of the plan's seeds: equal in all but the seed. */
export interface SweepGroup {
  /** Null where the plan has no experiments. */
  readonly experiment: string | null;
  /** Name. */
  readonly policy: string;
  /** As in each `SweepResult`. */
  readonly options: PlanValues;
  /** In the plan's order. */
  readonly seeds: readonly number[];
  /** One per seed. */
  readonly summaries: readonly RunSummary[];
}

/** The run file of a point if it is whole and belongs to it; undefined otherwise. */
function resultOf(point: SweepPoint, sweep: Sweep, folder: string): SweepResult | undefined {
  const file = join(folder, point.file);
  if (!isThere(file)) return undefined;
  try {
    const { heps, inputs, summary, decisions } = readRunFile(file);
    const { policy, policyModule, seed } = point.plan;
    const isOfPoint =
      heps === sweep.heps &&
      inputs.cluster.sha256 === point.clusterSha256 &&
      inputs.workload.sha256 === point.workloadSha256 &&
      inputs.policy.name === policy &&
      inputs.policy.module?.sha256 === policyModule?.sha256 &&
      inputs.seed === seed &&
      (decisions !== null) === (sweep.runs === 'full');
    const { experiment, options } = point;
    return isOfPoint ? { experiment, policy, seed, options, file, inputs, summary } : undefined;
  } catch (error) {
    // A broken file is run again; one that cannot be read would be as unreadable afterwards.
    if (error instanceof InputError && error.cause === undefined) return undefined;
    throw error;
  }
}

/** One point for every run file that has to be made, in the plan's order. */
export function distinctPoints({ points }: Sweep): SweepPoint[] {
  return [...new Map(points.map((point) => [point.file, point])).values()];
}

/** Those of the points whose run file is missing, broken or another's. */
export function missingPoints(points: readonly SweepPoint[], sweep: Sweep, folder: string): SweepPoint[] {
  return points.filter((point) => resultOf(point, sweep, folder) === undefined);
}

/** All results, in the plan's order. @throws InputError when one is missing */
export function resultsOf(sweep: Sweep, folder: string): SweepResult[] {
  return sweep.points.map((point) => {
    const result = resultOf(point, sweep, folder);
    if (result === undefined) throw new InputError(join(folder, point.file), 'the run of a finished sweep', undefined);
    return result;
  });
}

/** The results of a finished sweep, in the plan's order, for those who build on them. @throws InputError */
export function readSweep(folder: string): SweepResult[] {
  return resultsOf(readSweepFile(sweepPath(folder)), folder);
}

/** Results by all but the seed, in the order in which each group comes first. */
export function groupResults(results: readonly SweepResult[]): SweepGroup[] {
  const groups = new Map<string, SweepResult[]>();
  for (const result of results) {
    const key = JSON.stringify([result.experiment, Object.entries(result.options)]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [result]);
    else group.push(result);
  }
  return [...groups.values()].map((members) => ({
    experiment: members[0]!.experiment,
    policy: members[0]!.policy,
    options: members[0]!.options,
    seeds: members.map(({ seed }) => seed),
    summaries: members.map(({ summary }) => summary),
  }));
}
