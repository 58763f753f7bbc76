/** How near each policy came to the upper bound, over the seeds, and that as text. */
import type { PolicyRuns } from '../../core/runs/comparison.ts';
import { type Estimate, estimate } from '../../core/statistics/estimate.ts';
import { formatTable, wrapText } from '../terminal/table.ts';
import type { Bound, BoundMethod } from './bound.ts';

/** One policy against the bounds of the same seeds. */
export interface BoundShare {
  readonly policy: string;
  readonly servedCardHours: Estimate;
  /** Served / bound, seed by seed; null where nothing could be served under some seed. */
  readonly share: Estimate | null;
  /** Bound − served, card-hours: at least this much is open, at most this much is lost. */
  readonly regretCardHours: Estimate;
}

/** @param bounds one per seed, in the order of the summaries */
export function boundShares(runs: readonly PolicyRuns[], bounds: readonly Bound[]): BoundShare[] {
  return runs.map(({ policy, summaries }) => {
    const served = summaries.map((summary) => summary.servedCardHours!);
    const hasBounds = bounds.every(({ cardHours }) => cardHours > 0);
    return {
      policy,
      servedCardHours: estimate(served),
      share: hasBounds ? estimate(served.map((hours, seed) => hours / bounds[seed]!.cardHours)) : null,
      regretCardHours: estimate(bounds.map(({ cardHours }, seed) => cardHours - served[seed]!)),
    };
  });
}

/** A table of the shares, and what the bound is. */
export function reportBound(shares: readonly BoundShare[], bounds: readonly Bound[]): string {
  const rows = shares.map(({ policy, servedCardHours, share, regretCardHours }) => [
    policy,
    formatEstimate(servedCardHours, 1, 0),
    share === null ? '–' : formatEstimate(share, 100, 2),
    formatEstimate(regretCardHours, 1, 0),
  ]);
  const header = ['GPU work against its bound', 'served, card-hours', 'of the bound, %', 'regret, card-hours'];
  const bound = formatEstimate(estimate(bounds.map(({ cardHours }) => cardHours)), 1, 0);
  const asked = formatEstimate(estimate(bounds.map(({ askedCardHours }) => askedCardHours)), 1, 0);
  return [
    formatTable([header, ...rows]),
    '',
    wrapText(
      `No policy can serve more than ${bound} card-hours, of ${asked} asked for; ${[...new Set(bounds.map(methodText))].join('; ')}.`,
    ),
  ].join('\n');
}

const methods: Readonly<Record<BoundMethod, string>> = {
  'offline-optimum': 'the optimum of whoever knows all that will come (MILP)',
  'by-vm': 'a linear relaxation with the VMs one by one',
  'by-kind': 'a linear relaxation with the VMs by kind',
  all: 'all that fits on some host, since each VM can run in the end',
};

function methodText({ method, bucketS, isOptimal }: Bound): string {
  const buckets = bucketS === null ? '' : `, in buckets of ${formatLength(bucketS)}`;
  const stopped = isOptimal ? '' : ', stopped by the time limit: what was proved until then';
  return `${methods[method]}${buckets}${stopped}`;
}

function formatLength(lengthS: number): string {
  if (lengthS % 3600 === 0) return `${lengthS / 3600} h`;
  return lengthS % 60 === 0 ? `${lengthS / 60} min` : `${lengthS} s`;
}

function formatEstimate({ mean, halfWidth }: Estimate, factor: number, digits: number): string {
  // Adding 0 turns a rounded −0 into 0.
  const text = (value: number): string => (Number((factor * value).toFixed(digits)) + 0).toFixed(digits);
  return halfWidth === null ? text(mean) : `${text(mean)} ± ${text(halfWidth)}`;
}
