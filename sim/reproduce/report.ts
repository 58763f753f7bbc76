/** What came of a reproduction, in sentences and tables. */
import { type Estimate, estimate } from '../../core/statistics/estimate.ts';
import { formatTable, wrapText } from '../terminal/table.ts';
import { mostPercent } from './allocation-curve.ts';
import type { Reproduction, ReproductionPlan } from './fgd.ts';
import { isPublished, publishedAt130 } from './published.ts';

/** One policy on one list, over the seeds: means with 95 % intervals. Per cent of all cards, and of idle GPU. */
export interface PolicyFigures {
  /** Task list. */
  readonly list: string;
  /** Name. */
  readonly policy: string;
  /** Tasks that got a node. */
  readonly placed: Estimate;
  /** GPU allocated when 100 % were asked for. */
  readonly allocatedAt100: Estimate | null;
  /** The same at 130 %. */
  readonly allocatedAt130: Estimate | null;
  /** The paper's figure; null where it has none. */
  readonly publishedAt130: number | null;
  /** Of the idle GPU, what is a fragment, when 100 % were asked for. */
  readonly fragmentOfIdleAt100: Estimate | null;
}

/** @param results in the order of `plans` */
export function figuresOf(plans: readonly ReproductionPlan[], results: readonly Reproduction[]): PolicyFigures[] {
  const lists = [...new Set(plans.map(({ list }) => list))];
  return lists.flatMap((list) => {
    const ofList = results.filter((_, index) => plans[index]!.list === list);
    const hasPublished = isPublished(list, ofList[0]!);
    return ofList[0]!.policies.map(({ policy }, place): PolicyFigures => {
      const runs = ofList.map(({ policies }) => policies[place]!);
      return {
        list,
        policy,
        placed: estimate(runs.map(({ placed }) => placed)),
        allocatedAt100: estimateOf(runs.map(({ curve }) => curve.allocated[100]!)),
        allocatedAt130: estimateOf(runs.map(({ curve }) => curve.allocated[mostPercent]!)),
        publishedAt130: hasPublished ? (publishedAt130[policy] ?? null) : null,
        fragmentOfIdleAt100: estimateOf(runs.map(({ curve }) => curve.fragmentOfIdle[100]!)),
      };
    });
  });
}

function estimateOf(values: readonly (number | null)[]): Estimate | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : estimate(known);
}

/** A table per list. */
export function reportFigures(figures: readonly PolicyFigures[]): string {
  const lists = [...new Set(figures.map(({ list }) => list))];
  return lists.map((list) => tableOf(figures.filter((each) => each.list === list))).join('\n\n');
}

function tableOf(figures: readonly PolicyFigures[]): string {
  const hasPublished = figures.some((each) => each.publishedAt130 !== null);
  const published = ({ publishedAt130: value }: PolicyFigures): string => (value === null ? '–' : value.toFixed(2));
  const rows = figures.map((each) => [
    each.policy,
    text(each.placed, each.placed.halfWidth === null ? 0 : 1),
    text(each.allocatedAt100, 2),
    text(each.allocatedAt130, 2),
    ...(hasPublished ? [published(each)] : []),
    text(each.fragmentOfIdleAt100, 2),
  ]);
  const header = ['tasks placed', 'at 100 %', 'at 130 %', ...(hasPublished ? ['published'] : []), 'fragment'];
  return formatTable([[`list ${figures[0]!.list}`, ...header], ...rows]);
}

function text(value: Estimate | null, digits: number): string {
  if (value === null) return '–';
  const half = value.halfWidth === null ? '' : ` ± ${value.halfWidth.toFixed(digits)}`;
  return `${value.mean.toFixed(digits)}${half}`;
}

/** What the columns mean, and where the order is from. */
export function reportMeaning(plans: readonly Pick<ReproductionPlan, 'order' | 'seed'>[]): string {
  const { order } = plans[0]!;
  const seeds = new Set(plans.map(({ seed }) => seed)).size;
  const source =
    order === null
      ? 'Order of arrival, repeated tasks and node numbers are our own draw under the rules of the artifact; its own need its order files (--order).'
      : `Order of arrival, repeated tasks and node numbers are those of ${order}.`;
  return [
    'At 100 % and 130 %: GPU allocated, in per cent of all cards, when the arrived tasks ask for that share of them. Fragment: of the idle GPU,',
    'what typical tasks could not use when 100 % were asked for, in per cent.',
    ...(seeds > 1 ? ['Means over the seeds, ± 95 % confidence.'] : []),
    source,
  ]
    .join(' ')
    .split('\n')
    .map(wrapText)
    .join('\n');
}
