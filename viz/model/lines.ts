/** The lines under the cluster map: means of each interval from afar, every single step from near. */
import type { Steps, TimelineStrip } from '../charts/timeline.ts';
import { RowList } from './history.ts';
import type { Placements, Run } from './run.ts';

/** From this many intervals on in view, means are shown. */
const nearIntervals = 60;
/** More changes than this in view are not drawn one by one. */
const mostChanges = 30_000;

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
  const endS = series.vms.length * series.intervalS;
  const atS = Float64Array.from({ length: Math.ceil(series.vms.length / width) }, (_, index) => index * spanS);
  const sums = (values: readonly number[]): Float64Array => sumsOf(values, width);
  const mean = (values: readonly number[]): Steps => ({ atS, values: sums(values).map((sum) => sum / width), endS });
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

/** Sums of so many values each; of those that are left at the end, as if they went on. */
function sumsOf(values: readonly number[], width: number): Float64Array {
  const sums = new Float64Array(Math.ceil(values.length / width));
  values.forEach((value, index) => {
    sums[Math.floor(index / width)]! += value;
  });
  const rest = values.length % width;
  if (rest > 0) sums[sums.length - 1]! *= width / rest;
  return sums;
}

function intervalText(intervalS: number): string {
  if (intervalS % 86_400 === 0) return intervalS === 86_400 ? 'day' : `${intervalS / 86_400} days`;
  if (intervalS % 3600 === 0) return intervalS === 3600 ? 'hour' : `${intervalS / 3600} hours`;
  return `${intervalS} s`;
}

/** Use and waiting at every change between two moments; null when there are too many. */
function exactLines(
  run: Run,
  placements: Placements,
  fromS: number,
  toS: number,
): Record<'vcpus' | 'ram' | 'cards' | 'waiting', Steps> | null {
  const { history, decidedS, submitS, endS, host, vcpus, ramMib, cardSets, decisions } = placements;
  const running = new RowList();
  history.runningAt(fromS, running);
  const first = history.decidedBy(fromS);
  const end = history.decidedBy(toS);
  if (running.length + end - first > mostChanges) return null;
  const changes: { atS: number; vcpus: number; ram: number; cards: number; waiting: number }[] = [];
  const base = { atS: fromS, vcpus: 0, ram: 0, cards: 0, waiting: 0 };
  changes.push({ ...base });
  const add = (row: number, sign: 1 | -1, atS: number): void => {
    const cards = cardSets[decisions.cardIndexes.rows[row]!]!.length;
    changes.push({ atS, vcpus: sign * vcpus[row]!, ram: sign * ramMib[row]!, cards: sign * cards, waiting: 0 });
  };
  for (let index = 0; index < running.length; index++) {
    const row = running.rows[index]!;
    add(row, 1, fromS);
    if (endS[row]! <= toS) add(row, -1, endS[row]!);
  }
  for (let row = first; row < end; row++) {
    if (host[row]! < 0) continue;
    add(row, 1, decidedS[row]!);
    if (endS[row]! <= toS) add(row, -1, endS[row]!);
  }
  // Who waits in between asked before it and is decided after it, perhaps long after: as far as any of them waited.
  for (let row = first; row < host.length && decidedS[row]! - toS < longestWaitS(placements); row++) {
    if (submitS[row]! > toS || decidedS[row]! === submitS[row]!) continue;
    changes.push({ ...base, atS: Math.max(fromS, submitS[row]!), waiting: 1 });
    if (decidedS[row]! <= toS) changes.push({ ...base, atS: decidedS[row]!, waiting: -1 });
  }
  changes.sort((a, b) => a.atS - b.atS);
  const atS: number[] = [];
  const lines = { vcpus: [] as number[], ram: [] as number[], cards: [] as number[], waiting: [] as number[] };
  const { cluster } = run;
  const totals = {
    vcpus: sum(cluster.vcpus),
    ram: sum(cluster.ramMib),
    cards: Math.max(1, cluster.cardHealthy.length),
    waiting: 1,
  };
  for (const change of changes) {
    for (const name of ['vcpus', 'ram', 'cards', 'waiting'] as const) base[name] += change[name];
    if (atS.at(-1) !== change.atS) atS.push(change.atS);
    for (const name of ['vcpus', 'ram', 'cards', 'waiting'] as const)
      lines[name][atS.length - 1] = base[name] / totals[name];
  }
  const steps = (values: number[]): Steps => ({ atS, values, endS: toS });
  return { vcpus: steps(lines.vcpus), ram: steps(lines.ram), cards: steps(lines.cards), waiting: steps(lines.waiting) };
}

const longestWaits = new WeakMap<Placements, number>();

function longestWaitS(placements: Placements): number {
  let longestS = longestWaits.get(placements);
  if (longestS === undefined) {
    longestS = 0;
    const { decidedS, submitS } = placements;
    for (let row = 0; row < decidedS.length; row++) longestS = Math.max(longestS, decidedS[row]! - submitS[row]!);
    longestWaits.set(placements, longestS);
  }
  return longestS;
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
