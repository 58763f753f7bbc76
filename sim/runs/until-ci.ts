/** Adds seeds to a comparison until its intervals are narrow enough. */
import { estimateOf, type PolicyRuns } from '../../core/runs/comparison.ts';
import type { Measure } from '../../core/runs/measures.ts';
import { seedsNeeded } from '../../core/statistics/seeds-needed.ts';
import type { RunResult } from './run.ts';

/** Seeds added at a time, whatever the number of threads; also the fewest with which anything is judged. */
export const seedsPerStep = 5;

/** The requested precision. */
export interface WidthGoal {
  /** Whose interval. */
  readonly measure: Measure;
  /** In the measure's unit. */
  readonly halfWidth: number;
  /** No more seeds are run. */
  readonly mostSeeds: number;
}

/** The precision reached. */
export interface WidthReached {
  /** What was asked for. */
  readonly goal: WidthGoal;
  /** Whether every interval is narrow enough. */
  readonly isReached: boolean;
  /** The policy whose interval is widest; its half width, null where some run has nothing to measure. */
  readonly policy: string;
  /** In the measure's unit. */
  readonly halfWidth: number | null;
  /** What the goal would take, from that interval. */
  readonly seedsNeeded: number | null;
}

/** The results of each policy in order of the seeds, and how far they came; null without a goal. */
export interface SeededResults {
  readonly seeds: readonly number[];
  readonly results: readonly (readonly RunResult[])[];
  readonly reached: WidthReached | null;
}

/**
 * Runs policies with the seeds, and with more of them until each policy's interval of the goal's measure is narrow enough. Which seeds are
 * run depends on nothing but the figures.
 *
 * @param run one result per seed, in their order, for each policy
 */
export async function runUntilCi(
  policies: readonly string[],
  firstSeeds: readonly number[],
  goal: WidthGoal | null,
  run: (seeds: readonly number[]) => Promise<readonly (readonly RunResult[])[]>,
): Promise<SeededResults> {
  let seeds = goal === null ? firstSeeds : startingSeeds(firstSeeds);
  let results = await run(seeds);
  if (goal === null) return { seeds, results, reached: null };
  for (;;) {
    const reached = widthReached(runsOf(policies, results), goal);
    const more = nextSeeds(seeds, Math.min(seedsPerStep, goal.mostSeeds - seeds.length));
    if (reached.isReached || reached.halfWidth === null || more.length === 0) return { seeds, results, reached };
    const added = await run(more);
    seeds = [...seeds, ...more];
    results = results.map((each, index) => [...each, ...added[index]!]);
  }
}

/** The summaries of the policies. */
export function runsOf(policies: readonly string[], results: readonly (readonly RunResult[])[]): PolicyRuns[] {
  return policies.map((policy, index) => ({ policy, summaries: results[index]!.map(({ summary }) => summary) }));
}

/** The seeds, and as many more as make five. */
export function startingSeeds(seeds: readonly number[]): readonly number[] {
  return [...seeds, ...nextSeeds(seeds, seedsPerStep - seeds.length)];
}

/** `count` seeds that follow the largest. */
function nextSeeds(seeds: readonly number[], count: number): number[] {
  const largest = Math.max(...seeds);
  return Array.from({ length: Math.max(0, count) }, (_, index) => largest + 1 + index);
}

/** The widest interval of the policies against the goal. */
export function widthReached(runs: readonly PolicyRuns[], goal: WidthGoal): WidthReached {
  const { measure } = goal;
  let widest: { policy: string; halfWidth: number } | undefined;
  for (const { policy, summaries } of runs) {
    const halfWidth = estimateOf(summaries, measure)?.halfWidth ?? null;
    if (halfWidth === null) {
      return { goal, isReached: false, policy, halfWidth: null, seedsNeeded: null };
    }
    if (widest === undefined || halfWidth > widest.halfWidth) widest = { policy, halfWidth };
  }
  const { policy, halfWidth } = widest!;
  const needed = seedsNeeded({ mean: 0, halfWidth }, runs[0]!.summaries.length, goal.halfWidth);
  return { goal, isReached: halfWidth <= goal.halfWidth, policy, halfWidth, seedsNeeded: needed };
}
