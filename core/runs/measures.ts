/** The figures by which runs are compared: what each is called, in what unit, and which way is better. */
import type { RunSummary, SeriesName } from './run-file.ts';

/** What is counted, or added up, of the VMs that arrived on one day. */
export type DayCount = 'arrived' | 'gpuArrived' | 'placed' | 'served' | 'gpuServed' | 'waitS';

/** A figure of a run: how it is read from a summary, and how it is shown and compared. */
export interface Measure {
  /** In words. */
  readonly label: string;
  /** Per cent, hours, or a plain number. */
  readonly unit: '%' | 'h' | '';
  /** Digits after the point. */
  readonly digits: number;
  /** Which way is better; undefined where neither is better as such. */
  readonly better?: 'more' | 'less';
  /** What batch means of one long run are taken of: a level, or a sum over another; undefined where they do not apply. */
  readonly batches?: SeriesName | { readonly part: DayCount; readonly whole: DayCount };
  /** In `unit`; null when there was nothing to measure. */
  read(summary: RunSummary): number | null;
}

const percent = (share: number | null): number | null => (share === null ? null : share * 100);
const hours = (seconds: number | null): number | null => (seconds === null ? null : seconds / 3600);

/** The one on which the verdict stands. */
export const servedMeasure: Measure = {
  label: 'served as asked',
  unit: '%',
  digits: 2,
  better: 'more',
  batches: { part: 'served', whole: 'arrived' },
  read: (summary) => percent(summary.servedShare),
};

/** All figures by which runs are compared, in the order in which they are shown. */
export const measures: readonly Measure[] = [
  servedMeasure,
  {
    label: 'GPU VMs served as asked',
    unit: '%',
    digits: 2,
    better: 'more',
    batches: { part: 'gpuServed', whole: 'gpuArrived' },
    read: (summary) => percent(summary.gpuServedShare),
  },
  {
    label: 'accepted (given some host)',
    unit: '%',
    digits: 2,
    better: 'more',
    batches: { part: 'placed', whole: 'arrived' },
    read: (summary) => percent(summary.acceptanceShare),
  },
  {
    label: 'GPU VMs on a card too small',
    unit: '',
    digits: 1,
    better: 'less',
    read: (summary) => summary.wrongCards,
  },
  {
    label: 'card-hours served as asked',
    unit: '',
    digits: 0,
    better: 'more',
    read: (summary) => summary.servedCardHours ?? null,
  },
  {
    label: 'wait, mean',
    unit: 'h',
    digits: 2,
    better: 'less',
    batches: { part: 'waitS', whole: 'placed' },
    read: (summary) => hours(summary.waitS.mean),
  },
  { label: 'wait, 95th percentile', unit: 'h', digits: 2, better: 'less', read: (summary) => hours(summary.waitS.p95) },
  { label: 'wait, 99th percentile', unit: 'h', digits: 2, better: 'less', read: (summary) => hours(summary.waitS.p99) },
  { label: 'vCPUs in use', unit: '%', digits: 2, batches: 'vcpuShare', read: (summary) => percent(summary.vcpuShare) },
  { label: 'RAM in use', unit: '%', digits: 2, batches: 'ramShare', read: (summary) => percent(summary.ramShare) },
  { label: 'cards in use', unit: '%', digits: 2, batches: 'cardShare', read: (summary) => percent(summary.cardShare) },
  {
    label: 'card memory asked for',
    unit: '%',
    digits: 2,
    batches: 'cardMemoryAskedShare',
    read: (summary) => percent(summary.cardMemoryAskedShare),
  },
  {
    label: 'S_card of the cards given, mean',
    unit: '',
    digits: 3,
    better: 'more',
    read: (summary) => summary.meanCardScore ?? null,
  },
  {
    label: 'cards stranded, mean',
    unit: '',
    digits: 2,
    better: 'less',
    // No batch means: they come in bursts of weeks, so that intervals of single runs held in four of five cases only.
    read: (summary) => summary.meanStrandedCards,
  },
  {
    label: 'idle GPU that is a fragment',
    unit: '%',
    digits: 2,
    better: 'less',
    read: (summary) => percent(summary.fragmentShare ?? null),
  },
  {
    label: 'CPU VMs on GPU hosts, mean',
    unit: '',
    digits: 2,
    batches: 'cpuVmsOnGpuHosts',
    read: (summary) => summary.meanCpuVmsOnGpuHosts,
  },
  { label: 'conflicts', unit: '', digits: 1, better: 'less', read: (summary) => summary.conflicts },
  { label: 'VMs lost to failures', unit: '', digits: 1, better: 'less', read: (summary) => summary.lostVms },
];

/** The label as an option's value: `wait-95th-percentile`. */
export function nameOf({ label }: Measure): string {
  return label
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/-$/, '');
}

/** Label with unit. */
export function titleOf({ label, unit }: Measure): string {
  return unit === '' ? label : `${label}, ${unit}`;
}
