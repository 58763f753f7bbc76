/** What the open runs come to, in one or two sentences. */
import type { MeasureComparison } from '../../core/runs/comparison.ts';
import { servedMeasure } from '../../core/runs/measures.ts';
import { verdictOf } from '../../core/runs/verdict.ts';
import { count } from '../page/quantity-words.ts';
import type { Run } from './run.ts';
import { policyRunsOf, type RunGroup } from './run-groups.ts';

/** Of two groups, which serves more, and what cards it gives; of more, the best and the worst against their base. */
export function verdictsOn(
  groups: readonly RunGroup[],
  runs: readonly Run[],
  comparisons: readonly MeasureComparison[],
): string[] {
  if (groups.length === 1) {
    const { title, runs: seeds } = groups[0]!;
    return [`Only ${title} is open, with ${seeds.length} seeds: open a run of another policy to compare it with.`];
  }
  const served = comparisons.find(({ measure }) => measure === servedMeasure)!;
  const columns = groups.map((group) => policyRunsOf(group, runs));
  const paired = groups.flatMap(({ base }, index) => (base === index ? [] : [index]));
  const verdictAt = (index: number): string => {
    const { base } = groups[index]!;
    const estimates = [served.estimates[base]!, served.estimates[index]!];
    return verdictOf(
      [columns[base]!, columns[index]!],
      { estimates, differences: [null, served.differences[index]!] },
      1,
    );
  };
  if (paired.length === 0) return ['No two of the open runs saw the same requests, so none can be called better.'];
  if (paired.length === 1) {
    const group = groups[paired[0]!]!;
    return [verdictAt(paired[0]!), ...smallCards(groups[group.base]!, group, runs)];
  }
  const meanOf = (index: number): number => served.estimates[index]?.mean ?? -Infinity;
  const ordered = [...paired].sort((a, b) => meanOf(b) - meanOf(a));
  return [ordered[0]!, ordered.at(-1)!].map(verdictAt);
}

/** GPU VMs on cards too small for them: why a policy that accepts more may serve less. */
function smallCards(first: RunGroup, second: RunGroup, runs: readonly Run[]): string[] {
  const meanOf = (group: RunGroup): number =>
    group.runs.reduce((sum, run) => sum + runs[run]!.file.summary.wrongCards, 0) / group.runs.length;
  const [fewer, more] = meanOf(first) <= meanOf(second) ? [first, second] : [second, first];
  if (meanOf(more) === 0) return [];
  const vmsOf = (group: RunGroup): string => (meanOf(group) === 0 ? 'none' : count(meanOf(group)));
  const average = more.runs.length > 1 ? ' per run' : '';
  return [
    `${more.title} gives ${vmsOf(more)} GPU VMs${average} a card too small for them, ${fewer.title} ${vmsOf(fewer)}.`,
  ];
}
