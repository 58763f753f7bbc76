/** The lines under the cluster map: means of each interval from afar, every single step from near. */

import { exactLines } from './exact-lines.ts';
import type { Run } from './run.ts';
import type { Steps, TimelineStrip } from './timeline-strips.ts';

/** From this many intervals on in view, means are shown. */
const nearIntervals = 60;

/** Points of a line that are told apart on a page. */
const mostPoints = 1000;

/** Strips for a part of a run, seconds. */
export function stripsOf(run: Run, fromS: number, toS: number): TimelineStrip[] {
  const { series } = run.file;
  const intervals = (toS - fromS) / series.intervalS;
  const isNear = intervals < nearIntervals;
  const exact = isNear && run.placements !== null ? exactLines(run, run.placements, fromS, toS) : null;
  const width = Math.max(1, Math.ceil(intervals / mostPoints));
  const spanS = width * series.intervalS;
  const endS = run.beginS + series.vms.length * series.intervalS;
  const atS = Float64Array.from(
    { length: Math.ceil(series.vms.length / width) },
    (_, index) => run.beginS + index * spanS,
  );
  const sums = (values: readonly number[]): Float64Array => sumsOf(values, width);
  const countIn = (index: number): number => Math.min(width, series.vms.length - index * width);
  const mean = (values: readonly number[]): Steps => {
    return { atS, values: sums(values).map((sum, index) => sum / countIn(index)), endS };
  };
  const hasCards = run.cluster.cardHealthy.length > 0;
  const means = `mean of each ${intervalText(spanS)}`;
  return [
    {
      title: exact === null ? `in use, ${means}` : 'in use, every change',
      isShare: true,
      isArea: false,
      lines: [
        { label: 'RAM', style: 'ram', steps: exact?.ram ?? mean(series.ramShare) },
        { label: 'vCPUs', style: 'vcpu', steps: exact?.vcpus ?? mean(series.vcpuShare) },
        ...(hasCards ? [{ label: 'cards', style: 'card', steps: exact?.cards ?? mean(series.cardShare) }] : []),
      ],
    },
    {
      title: exact === null ? `VMs waiting, ${means}` : 'VMs waiting',
      isShare: false,
      isArea: true,
      lines: [{ label: 'VMs waiting', style: 'waiting', steps: exact?.waiting ?? mean(series.waiting) }],
    },
    {
      title: `turned away per ${intervalText(spanS)}`,
      isShare: false,
      isArea: true,
      lines: [{ label: 'turned away', style: 'turned-away', steps: { atS, values: sums(series.turnedAway), endS } }],
    },
  ];
}

/** Sums of groups of that many values; the last group holds what is left. */
function sumsOf(values: readonly number[], width: number): Float64Array {
  const sums = new Float64Array(Math.ceil(values.length / width));
  values.forEach((value, index) => {
    sums[Math.floor(index / width)]! += value;
  });
  return sums;
}

function intervalText(intervalS: number): string {
  if (intervalS % 86_400 === 0) return intervalS === 86_400 ? 'day' : `${intervalS / 86_400} days`;
  if (intervalS % 3600 === 0) return intervalS === 3600 ? 'hour' : `${intervalS / 3600} hours`;
  return `${intervalS} s`;
}
