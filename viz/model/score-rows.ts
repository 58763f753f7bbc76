/** The best hosts of a decision as a table shows them: hosts next to each other with one score are one row. */

import type { HostVerdict } from '../../core/decision.ts';
import type { ShownScores } from '../../core/shown-scores.ts';

export interface ScoreRow {
  readonly verdict: HostVerdict;
  /** Hosts after it with the same score, lower in rank only by their number. */
  readonly more: number;
}

/** @param ranking scored hosts, best first */
export function scoreRows(ranking: readonly HostVerdict[], most: number): ScoreRow[] {
  const rows: ScoreRow[] = [];
  for (let index = 0; index < ranking.length && rows.length < most; ) {
    let next = index + 1;
    while (next < ranking.length && isSameScore(ranking[index]!, ranking[next]!)) next++;
    rows.push({ verdict: ranking[index]!, more: next - index - 1 });
    index = next;
  }
  return rows;
}

export function isSameScore(a: HostVerdict, b: HostVerdict): boolean {
  return a.scored!.tier === b.scored!.tier && a.scored!.score === b.scored!.score;
}

/** How long bars are. */
export interface BarScale {
  /** The score that fills a bar. */
  readonly full: number;
  /** Scores below 0: the shortest bar is the best. */
  readonly isShorterBetter: boolean;
}

/** As long as the policy says that a bar may be, so that bars of different decisions compare; else the largest score fills one. */
export function barScale(ranking: readonly HostVerdict[], { fullBar }: ShownScores, isGpu: boolean): BarScale {
  const scores = ranking.map(({ scored }) => scored!.score);
  const largest = scores.reduce((most, score) => Math.max(most, Math.abs(score)), 0);
  const full = (isGpu ? fullBar?.gpu : fullBar?.cpu) ?? largest;
  return { full: full === 0 ? 1 : full, isShorterBetter: scores.some((score) => score < 0) };
}

export function describeTerm({ terms }: ShownScores, term: string): string {
  return terms?.[term]?.title ?? term;
}

/** What a term means, for a tooltip; empty where its title says it. */
export function explainTerm({ terms }: ShownScores, term: string): string {
  return terms?.[term]?.meaning ?? '';
}
