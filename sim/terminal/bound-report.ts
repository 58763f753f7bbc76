/** The bound of a comparison as a table and a sentence. */
import { type Estimate, estimate } from '../../core/statistics/estimate.ts';
import type { Bound, BoundMethod } from '../bound/bound.ts';
import type { BoundShare } from '../bound/shares.ts';
import { formatTable, wrapText } from './table.ts';

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
      `No policy can serve more than ${bound} of the ${asked} card-hours asked for; ${[...new Set(bounds.map(methodText))].join('; ')}.`,
    ),
  ].join('\n');
}

const methods: Readonly<Record<BoundMethod, string>> = {
  'offline-optimum': 'the optimum with perfect foresight (MILP)',
  'by-vm': 'a linear relaxation with the VMs one by one',
  'by-kind': 'a linear relaxation with the VMs by kind',
  all: 'everything that fits on some host, since each VM can run eventually',
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
