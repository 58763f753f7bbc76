/** What a comparison comes to, in one sentence. */
import type { MeasureComparison, PolicyRuns } from './comparison.ts';
import { judgementOf } from './figure-text.ts';
import { servedMeasure } from './measures.ts';

/**
 * Which of two policies serves more VMs as asked, by how much, and how sure that is.
 *
 * @param served the comparison of `servedMeasure`
 * @param index place in `runs` of the policy that is held against the first
 */
export function verdictOf(
  runs: readonly PolicyRuns[],
  { estimates, differences }: Pick<MeasureComparison, 'estimates' | 'differences'>,
  index: number,
): string {
  const [first, other] = [runs[0]!.policy, runs[index]!.policy];
  const seeds = runs[0]!.summaries.length;
  const [ofFirst, ofOther, difference] = [estimates[0]!, estimates[index]!, differences[index]!];
  if (ofFirst === null || ofOther === null || difference === null) return `${first} and ${other}: no VM arrived.`;
  const more = -difference.mean;
  const [winner, loser] = more >= 0 ? [first, other] : [other, first];
  const [of, than] = more >= 0 ? [ofFirst, ofOther] : [ofOther, ofFirst];
  const { halfWidth } = difference;
  const points = `${Math.abs(more).toFixed(2)}${halfWidth === null ? '' : ` ± ${halfWidth.toFixed(2)}`} points`;
  const figures = `${of.mean.toFixed(2)} % against ${than.mean.toFixed(2)} %`;
  const judgement = judgementOf(servedMeasure, difference);
  if (judgement === 'open' || judgement === 'same') {
    const reach = seeds > 1 ? `, as far as ${seeds} seeds can tell` : '';
    return `${first} and ${other} serve equally many VMs as asked${reach} (${figures}).`;
  }
  const ground = halfWidth === null ? 'one run each' : `95 % confidence, ${seeds} seeds`;
  return `${winner} serves more VMs as asked than ${loser}: ${figures}, ${points} more (${ground}).`;
}
