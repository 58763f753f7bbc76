/** What the command line says of runs, in words and tables. */

import type { MeasureComparison, PolicyRuns } from '../../core/runs/comparison.ts';
import { formatEstimate, formatFigure, hasFigures, type Judgement, judgementOf } from '../../core/runs/figure-text.ts';
import { type Measure, measures, servedMeasure, titleOf } from '../../core/runs/measures.ts';
import type { KindSummary, RunSummary } from '../../core/runs/run-file.ts';
import type { Estimate } from '../../core/statistics/estimate.ts';
import { seedsNeeded } from '../../core/statistics/seeds-needed.ts';
import type { FigureInterval } from '../measures/run-intervals.ts';
import type { WarmUp } from '../measures/warm-up.ts';
import type { Beginning } from '../runs/beginning.ts';
import type { DecisionCounts } from '../runs/play.ts';
import type { WidthReached } from '../runs/until-ci.ts';
import { formatTable, terminalColumns, wrapText } from './table.ts';

/** One run: its figures, with intervals where it has some, then how each kind of VM was served. */
export function reportRun(summary: RunSummary, intervals: readonly FigureInterval[] = []): string {
  const hasIntervals = intervals.length > 0;
  const figures = measures.map((measure) => {
    const interval = intervals.find(({ label }) => label === measure.label);
    const halfWidth = interval === undefined ? '' : `± ${formatFigure(measure, interval.halfWidth)}`;
    return [titleOf(measure), formatFigure(measure, measure.read(summary)), ...(hasIntervals ? [halfWidth] : [])];
  });
  const { stockWrongCards, all } = summary;
  return [
    wrapText(
      `${count(all.arrived)} VMs arrived in ${(summary.durationS / 86400).toFixed(1)} days: ${count(all.placed)} placed, ` +
        `${count(all.refused)} refused, ${count(all.gaveUp)} gave up, ${count(all.unservable)} fit on no host.`,
    ),
    `On average ${summary.meanVms.toFixed(1)} ran and ${summary.meanWaiting.toFixed(1)} waited.`,
    '',
    formatTable([['figure', 'value', ...(hasIntervals ? ['95 % interval'] : [])], ...figures]),
    ...(hasIntervals ? ['', wrapText(batchWords(intervals))] : []),
    '',
    reportKinds(summary),
    '',
    `Stock counting would have put ${count(stockWrongCards)} of the ${count(summary.gpu.placed)} placed GPU VMs on a card ` +
      'smaller than asked.',
  ].join('\n');
}

/** What the intervals of one run rest on. */
function batchWords(intervals: readonly FigureInterval[]): string {
  const days = intervals.map(({ batchDays }) => batchDays);
  const [least, most] = [Math.min(...days), Math.max(...days)];
  const length = least === most ? `${least}` : `${least} to ${most}`;
  return (
    `Intervals are by batch means, from batches of ${length} ${most === 1 ? 'day' : 'days'} of this one run; ` +
    'figures without one are counts or quantiles, or depend too long on what was before.'
  );
}

/** Where time begins in a trace; undefined where that is at its 0. */
export function beginWords({ atS, how, vmsBefore }: Beginning): string | undefined {
  if (atS === 0 && vmsBefore === 0) return undefined;
  const at = `Time begins at day ${Number((atS / 86400).toFixed(2))} of the trace (${atS} s)`;
  if (how === 'first') return `${at}, with its first VM.`;
  const before =
    vmsBefore === 1 ? 'the VM that arrives before is' : `the ${count(vmsBefore)} VMs that arrive before are`;
  return vmsBefore === 0 ? `${at}, as asked.` : `${at}, as asked: ${before} left out.`;
}

/** What was left out at the start, and why; undefined where nobody asked. */
export function warmUpWords({ untilS, how }: WarmUp): string | undefined {
  const days = Number((untilS / 86400).toFixed(2));
  const start = days === 1 ? 'the first day is' : `the first ${days} days are`;
  switch (how) {
    case 'none':
      return undefined;
    case 'given':
      return `Warm-up: ${start} left out, as asked.`;
    case 'found':
      return untilS === 0
        ? 'Warm-up: MSER-5 finds none to leave out.'
        : `Warm-up: ${start} left out, found by MSER-5 on the VMs that run or wait, day by day.`;
    case 'not-found':
      return (
        'Warm-up: no steady state found by MSER-5 on the VMs that run or wait, day by day, so nothing is left out: ' +
        'the best cut lies in the second half, or the run has fewer than 10 days.'
      );
  }
}

/** What became of the VMs of a run that was not measured. */
export function reportDecisions({ arrived, placed, lost, turnedAway }: DecisionCounts): string {
  const lostVms = lost === 0 ? '' : `, ${count(lost)} of them lost to failures`;
  return wrapText(
    `${count(arrived)} VMs arrived: ${count(placed)} placed${lostVms}, ${count(turnedAway)} turned away.`,
  );
}

function reportKinds({ byFlavor, all, cpu, gpu }: RunSummary): string {
  const row = (name: string, kind: KindSummary): string[] => [
    name,
    count(kind.arrived),
    share(kind.placed, kind.arrived),
    share(kind.served, kind.arrived),
    count(kind.refused + kind.gaveUp + kind.unservable),
    kind.meanWaitS === null ? '–' : (kind.meanWaitS / 3600).toFixed(3),
  ];
  const kinds = Object.entries(byFlavor);
  const shown = kinds.slice(0, 24).map(([name, kind]) => row(name, kind));
  const more = kinds.length > shown.length ? `\n(${kinds.length - shown.length} more kinds in the run file)` : '';
  const header = ['desktop kind', 'arrived', 'accepted', 'as asked', 'turned away', 'mean wait, h'];
  const totals = [row('all CPU VMs', cpu), row('all GPU VMs', gpu), row('all', all)];
  return formatTable([header, ...shown, ...totals]) + more;
}

/** Several policies: means with intervals, then differences to the first, then the verdict. Figures that are 0 everywhere are left out. */
export function reportComparison(
  runs: readonly PolicyRuns[],
  comparisons: readonly MeasureComparison[],
  verdicts: readonly string[],
): string {
  const seeds = runs[0]!.summaries.length;
  const names = runs.map(({ policy }) => policy);
  const shown = comparisons.filter(hasFigures);
  const means = shown.map(({ measure, estimates }) => [
    titleOf(measure),
    ...estimates.map((each) => formatEstimate(measure, each)),
  ]);
  const parts = narrowTables([[seeds > 1 ? 'mean ± 95 % interval' : 'one run each', ...names], ...means]);
  if (runs.length > 1) {
    const differences = shown.map(({ measure, differences: all }) => [
      titleOf(measure),
      ...all.slice(1).map((each) => formatDifference(measure, each)),
    ]);
    parts.push(...narrowTables([[`difference to ${names[0]}`, ...names.slice(1)], ...differences]));
    if (seeds > 1) {
      parts.push(
        wrapText(
          'Differences are paired by seed. (+) better and (-) worse than the first policy with 95 % confidence, (=) open.',
        ),
      );
    }
  }
  if (verdicts.length > 0) parts.push(verdicts.map((each) => wrapText(each)).join('\n'));
  return parts.join('\n\n');
}

/**
 * How wide the intervals are and how many seeds narrower ones take.
 *
 * @param reached null without `--until-ci`
 * @param runs of at least 2 seeds
 */
export function widthWords(
  reached: WidthReached | null,
  runs: readonly PolicyRuns[],
  comparisons: readonly MeasureComparison[],
): string {
  const seeds = runs[0]!.summaries.length;
  if (reached === null) {
    const needed = seedsNeeded({ mean: 0, halfWidth: 1 }, seeds, 0.5)!;
    const half = `Intervals half as wide, those of the differences too, would take about ${needed} seeds.`;
    return [half, ...openWords(runs, comparisons)].join(' ');
  }
  const { goal, isReached, policy, halfWidth } = reached;
  const { measure } = goal;
  const unit = measure.unit === '%' ? ' percentage points' : measure.unit === 'h' ? ' h' : '';
  const target = `± ${Number(goal.halfWidth.toPrecision(6))}${unit}`;
  if (halfWidth === null) {
    return `--until-ci: with policy ${policy} some run has nothing to measure of "${measure.label}", so no seeds were added.`;
  }
  const width = `± ${halfWidth.toPrecision(3)}${unit} with policy ${policy}`;
  return isReached
    ? `The 95 % intervals of "${measure.label}" are within ${target}, as requested, after ${seeds} seeds; the widest is ${width}.`
    : `The 95 % intervals of "${measure.label}" are NOT within ${target} after ${seeds} seeds, the most allowed: the widest is ${width}. ` +
        `About ${count(reached.seedsNeeded!)} seeds would be needed.`;
}

/** How many seeds would tell policies apart whose difference in VMs served as asked is open. */
function openWords(runs: readonly PolicyRuns[], comparisons: readonly MeasureComparison[]): string[] {
  const served = comparisons.find(({ measure }) => measure === servedMeasure)!;
  return runs.slice(1).flatMap(({ policy, summaries }, index) => {
    const difference = served.differences[index + 1];
    if (!difference || difference.mean === 0 || Math.abs(difference.mean) > (difference.halfWidth ?? 0)) return [];
    const [points, needed] = [
      Math.abs(difference.mean),
      seedsNeeded(difference, summaries.length, Math.abs(difference.mean))!,
    ];
    return `If ${policy} keeps its ${Number(points.toPrecision(2))} points in VMs served as asked, about ${count(needed)} seeds would show them.`;
  });
}

/** The rows as tables of at most 100 columns, each with the first column and some of the others. */
export function narrowTables(rows: readonly (readonly string[])[]): string[] {
  const tables: string[] = [];
  const columns = rows[0]!.length;
  for (let first = 1; first < columns; ) {
    let last = first + 1;
    let table = formatTable(rows.map((row) => [row[0]!, ...row.slice(first, last)]));
    for (; last < columns; last++) {
      const wider = formatTable(rows.map((row) => [row[0]!, ...row.slice(first, last + 1)]));
      if (wider.split('\n').some((line) => line.length > terminalColumns)) break;
      table = wider;
    }
    tables.push(table);
    first = last;
  }
  return tables;
}

const marks: Readonly<Record<Judgement, string>> = { better: '(+)', worse: '(-)', open: '(=)', same: '(=)' };

function formatDifference(measure: Measure, value: Estimate | null): string {
  if (value === null) return '–';
  const { mean, halfWidth } = value;
  const text = `${mean >= 0 ? '+' : ''}${formatEstimate(measure, value)}`;
  if (halfWidth === null) return text;
  const judgement = measure.better === undefined ? null : judgementOf(measure, value);
  return `${text} ${judgement === null ? '   ' : marks[judgement]}`;
}

function share(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(2)} %`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
