/** What the command line says of a sweep: means with intervals over the seeds, a line a group. */
import { estimateOf } from '../../core/runs/comparison.ts';
import { formatEstimate } from '../../core/runs/figure-text.ts';
import { type Measure, measures, titleOf } from '../../core/runs/measures.ts';
import { narrowTables } from '../terminal/report.ts';
import type { SweepGroup } from './results.ts';
import { measureColumn } from './sweep-table.ts';

/** Measures by their columns in the table. */
export const measuresByColumn: ReadonlyMap<string, Measure> = new Map(
  measures.map((measure) => [measureColumn(measure), measure]),
);

/** Those shown unless others are asked for. */
export const shownColumns: readonly string[] = [
  'served_as_asked_percent',
  'gpu_vms_served_as_asked_percent',
  'gpu_vms_on_a_card_too_small',
  'wait_mean_h',
];

const mostGroups = 40;

/**
 * @param varied options that tell groups apart; each experiment shows those that vary in it
 * @param columns measures by their columns
 */
export function reportSweep(
  groups: readonly SweepGroup[],
  varied: readonly string[],
  columns: readonly string[],
): string {
  const shown = columns.map((column) => measuresByColumn.get(column)!);
  const isReplicated = groups.some(({ seeds }) => seeds.length > 1);
  const rows = groups
    .slice(0, mostGroups)
    .map((group) => [
      nameOf(group, groups, varied),
      ...shown.map((measure) => formatEstimate(measure, estimateOf(group.summaries, measure))),
    ]);
  const header = [isReplicated ? 'mean ± 95 % interval' : 'one run each', ...shown.map(titleOf)];
  const more = groups.length > mostGroups ? [`… and ${groups.length - mostGroups} more in the table`] : [];
  return [...narrowTables([header, ...rows]), ...more].join('\n\n');
}

/** `ageing: hybrid, srm-interval-s 60`. */
function nameOf({ experiment, policy, options }: SweepGroup, groups: readonly SweepGroup[], varied: readonly string[]) {
  const ofExperiment = groups.filter((group) => group.experiment === experiment);
  const settings = varied
    .filter((name) => ofExperiment.some((group) => group.options[name] !== options[name]))
    .map((name) => `${name} ${options[name] ?? 'default'}`);
  return `${experiment === null ? '' : `${experiment}: `}${[policy, ...settings].join(', ')}`;
}
