/** What each filter of a policy left over, those that removed nobody included. */

import type { HostVerdict } from '../../core/decision.ts';
import { type Rejection, rejections } from '../../core/filters.ts';
import type { Policy } from '../../core/policy.ts';
import { funnelOf } from '../../core/runs/explanation.ts';

export interface FilterStep {
  readonly filter: string;
  readonly removed: number;
  /** Hosts that are still in. */
  readonly left: number;
  /** In the order in which the filter looks. */
  readonly reasons: readonly { readonly reason: Rejection; readonly count: number }[];
}

/** @param hasExcluded hosts had refused the VM; that is checked before the filters */
export function filterSteps(verdicts: readonly HostVerdict[], policy: Policy, hasExcluded: boolean): FilterStep[] {
  const { steps } = funnelOf(verdicts);
  const names = [...(hasExcluded ? ['Excluded'] : []), ...policy.filters.map(({ name }) => name)];
  let left = verdicts.length;
  return names.map((filter) => {
    const { removed, reasons } = steps.find((step) => step.filter === filter) ?? { removed: 0, reasons: [] };
    left -= removed;
    const inOrder = [...reasons].sort((a, b) => rejections.indexOf(a.reason) - rejections.indexOf(b.reason));
    return { filter, removed, left, reasons: inOrder };
  });
}
