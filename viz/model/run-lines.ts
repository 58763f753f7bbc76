/** The lines of several runs over each other, one quantity at a time. */

import type { Run } from './run.ts';
import type { Steps, TimelineStrip } from './timeline-strips.ts';

/** A quantity that runs are compared by over time. */
export interface LineChoice {
  readonly name: string;
  readonly title: string;
  readonly isShare: boolean;
  /** One value per interval of the run's series. */
  read(run: Run): ArrayLike<number>;
}

export const lineChoices: readonly LineChoice[] = [
  {
    name: 'turned-away',
    title: 'VMs turned away, so far',
    isShare: false,
    read: ({ file }) => cumulative(file.series.turnedAway),
  },
  {
    name: 'accepted',
    title: 'VMs accepted, so far',
    isShare: false,
    read: ({ file }) => cumulative(file.series.placed),
  },
  { name: 'waiting', title: 'VMs waiting', isShare: false, read: ({ file }) => file.series.waiting },
  { name: 'running', title: 'VMs running', isShare: false, read: ({ file }) => file.series.vms },
  { name: 'cards', title: 'cards in use', isShare: true, read: ({ file }) => file.series.cardShare },
  {
    name: 'card-memory',
    title: 'card memory asked for',
    isShare: true,
    read: ({ file }) => file.series.cardMemoryAskedShare,
  },
  { name: 'vcpus', title: 'vCPUs in use', isShare: true, read: ({ file }) => file.series.vcpuShare },
  { name: 'ram', title: 'RAM in use', isShare: true, read: ({ file }) => file.series.ramShare },
  { name: 'stranded', title: 'cards stranded', isShare: false, read: ({ file }) => file.series.strandedCards },
];

/** One strip with a labelled line per run. @param styles CSS class of each run's line */
export function comparedStrip(choice: LineChoice, runs: readonly Run[], styles: readonly string[]): TimelineStrip {
  return {
    title: choice.title,
    isShare: choice.isShare,
    isArea: false,
    hasLegend: true,
    lines: runs.map((run, index) => ({
      label: run.title,
      style: styles[index]!,
      steps: stepsOf(run, choice.read(run)),
    })),
  };
}

function stepsOf({ file, beginS }: Run, values: ArrayLike<number>): Steps {
  const { intervalS } = file.series;
  return {
    atS: Float64Array.from(values, (_, index) => beginS + index * intervalS),
    values,
    endS: beginS + intervalS * values.length,
  };
}

function cumulative(counts: readonly number[]): Float64Array {
  let sum = 0;
  return Float64Array.from(counts, (count) => {
    sum += count;
    return sum;
  });
}
