/** The best hosts with their scores as bars, and the terms that make up the scores. */
import { isGpuRequest } from '../../core/request.ts';
import type { ShownScores } from '../../core/shown-scores.ts';
import type { DecisionCase } from '../model/decision-case.ts';
import { type BarScale, barScale, describeTerm, explainTerm, type ScoreRow, scoreRows } from '../model/score-rows.ts';
import { listCards } from '../model/vm-words.ts';
import { button, element } from '../page/element.ts';
import { formatScore, plural, round } from '../page/quantity-words.ts';

/** Rows at most. */
const mostRows = 8;
/** Columns of terms that fit on a phone; more than that stand under the score there. */
const mostTermColumns = 2;

export function scoreTable(decision: DecisionCase, onHost: (name: string) => void): HTMLElement {
  const { ranking, policy, shown, request } = decision;
  const isGpu = isGpuRequest(request);
  const scale = barScale(ranking, shown, isGpu);
  const rows = scoreRows(ranking, mostRows);
  const terms = Object.keys(ranking[0]!.scored!.terms);
  const hasTier = policy.tier !== undefined && !isGpu;
  const heads = ['host', 'score'].map((head) => element('th', { scope: 'col' }, head));
  const termHeads = terms.map((term) =>
    element(
      'th',
      { scope: 'col', class: termClass(terms), title: explainTerm(shown, term) },
      describeTerm(shown, term),
    ),
  );
  const columns = heads.length + termHeads.length;
  const body = rows.flatMap((row, index) => [
    scoreRow(
      decision,
      row,
      index === 0 && decision.decision.kind === 'placed',
      scale,
      { terms, hasTier, isGpu },
      onHost,
    ),
    ...(row.more === 0
      ? []
      : [
          element(
            'tr',
            { class: 'more-hosts' },
            element('td', { colspan: columns }, `and ${round(row.more, 0)} more with the same score`),
          ),
        ]),
  ]);
  const listed = rows.reduce((sum, { more }) => sum + 1 + more, 0);
  return element(
    'div',
    { class: 'wide-table' },
    element(
      'table',
      { class: 'figures scores' },
      element('thead', {}, element('tr', {}, ...heads, ...termHeads)),
      element('tbody', {}, ...body),
    ),
    ranking.length > listed &&
      element('p', { class: 'muted' }, `${plural(ranking.length - listed, 'more host')} with lower scores.`),
  );
}

function scoreRow(
  { cluster, isBehindOthers, shown }: DecisionCase,
  { verdict }: ScoreRow,
  isChosen: boolean,
  scale: BarScale,
  { terms, hasTier, isGpu }: { terms: readonly string[]; hasTier: boolean; isGpu: boolean },
  onHost: (name: string) => void,
): HTMLElement {
  const { name, cards } = cluster.specs[verdict.host]!;
  const scored = verdict.scored!;
  const tier = hasTier ? (cards.length === 0 ? 'CPU host' : 'GPU host') : '';
  const below = isGpu ? `${listCards(scored.cards)}, ${cards[scored.cards[0]!]!.model}` : tier;
  const cells = [
    element(
      'th',
      { scope: 'row' },
      button(name, `Show host ${name}`, () => onHost(name)),
      isChosen && element('span', { class: 'chip chosen-mark' }, isBehindOthers ? '✓ would win' : '✓ chosen'),
      below !== '' && element('span', { class: 'share muted' }, below),
    ),
    element(
      'td',
      {},
      scoreBar(verdict, scale, shown),
      element('span', { class: 'score-number' }, formatScore(scored.shownScore)),
      terms.length > mostTermColumns &&
        element(
          'span',
          { class: 'share muted narrow-only' },
          terms.map((term) => `${describeTerm(shown, term)} ${round(scored.terms[term]!, 3)}`).join(' · '),
        ),
    ),
    ...terms.map((term) => element('td', { class: termClass(terms) }, formatScore(scored.terms[term]!))),
  ];
  return element('tr', { class: isChosen ? 'chosen' : '' }, ...cells);
}

function termClass(terms: readonly string[]): string {
  return terms.length > mostTermColumns ? 'number wide-only' : 'number';
}

/** A bar of the score; of a product of two terms, a frame as wide as the first of which the second is filled. */
function scoreBar(
  { scored }: DecisionCase['ranking'][number],
  { full }: BarScale,
  { combined }: ShownScores,
): HTMLElement {
  const { score, terms } = scored!;
  const [first, second, ...others] = Object.values(terms);
  const percent = (share: number): string => `${(Math.min(1, Math.max(0, share)) * 100).toFixed(2)}%`;
  if (combined === 'product' && first !== undefined && second !== undefined && others.length === 0) {
    const filled = element('span', { class: 'bar-filled', style: `width:${percent(second)}` });
    return element(
      'span',
      { class: 'score-bar' },
      element('span', { class: 'bar-frame', style: `width:${percent(first)}` }, filled),
    );
  }
  return element(
    'span',
    { class: 'score-bar' },
    element('span', { class: 'bar-filled', style: `width:${percent(Math.abs(score) / full)}` }),
  );
}
