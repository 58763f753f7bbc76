/** The chosen host and the runner-up side by side: every number from which their scores come. */
import { dimensions, type ResourceVector } from '../../core/resources.ts';
import type { LrsTerms, SimilarityTerms } from '../../core/shown-scores.ts';
import type { DecisionCase } from '../model/decision-case.ts';
import { type FreeRow, freeRows, type Rival } from '../model/rival.ts';
import { describeTerm } from '../model/score-rows.ts';
import { element } from '../page/element.ts';
import { formatMib, formatScore, round } from '../page/quantity-words.ts';
import { dimensionWords, similarityBars } from './similarity-bars.ts';

/** @param rival undefined where no other host fits, or all are alike: then the chosen one stands alone */
export function rivalTable(decision: DecisionCase, rival: Rival | undefined): HTMLElement {
  const chosen = decision.ranking[0]!;
  const verdicts = rival === undefined ? [chosen] : [chosen, rival.verdict];
  const names = verdicts.map(({ host }) => decision.cluster.specs[host]!.name);
  const { cluster, request, shown } = decision;
  const equations = verdicts.map(({ host }) => shown.equation?.(cluster.hosts[host]!, request));
  const isSimilarity = (each: (typeof equations)[number]): each is SimilarityTerms => each?.kind === 'similarity';
  const isLrs = (each: (typeof equations)[number]): each is LrsTerms => each?.kind === 'lrs';
  if (equations.every(isSimilarity)) return similarityTable(decision, verdicts, names, equations);
  if (equations.every(isLrs)) return lrsTable(decision, verdicts, names, equations);
  return generalTable(decision, verdicts, names);
}

const cardScoreWords = { factor: '× S_card', alone: 'S_card, which counts alone' } as const;

/** What the last line calls the score. */
const combinedWords = { sum: '= score, the sum', product: '= score, the product' } as const;

function similarityTable(
  { request }: DecisionCase,
  verdicts: DecisionCase['ranking'],
  names: readonly string[],
  parts: readonly SimilarityTerms[],
): HTMLElement {
  const { isRaw, cardScoreCounts, asked: vector, freeCards } = parts[0]!;
  const asked = parts[0]!.parts;
  /** R has something for what is not asked for. */
  const standsIn = (dimension: keyof ResourceVector): boolean => request[dimension] === 0 && vector[dimension] > 0;
  const isCounted = (dimension: keyof ResourceVector): boolean =>
    asked.asked[dimension] > 0 || parts.some(({ parts: each }) => each.idle[dimension] > 0);
  const askedFor = (dimension: keyof ResourceVector): HTMLElement => {
    if (standsIn(dimension)) {
      return amount(dimension, vector, asked.asked, '', `any: least, ${formatDimension(dimension, vector[dimension])}`);
    }
    if (request[dimension] > 0) return amount(dimension, vector, asked.asked);
    return isCounted(dimension) ? amount(dimension, vector, asked.asked, '', 'any') : number('any: left out');
  };
  const amount = (
    dimension: keyof ResourceVector,
    vector: ResourceVector,
    quotient: ResourceVector,
    product = '',
    words = formatDimension(dimension, vector[dimension]),
  ): HTMLElement =>
    element(
      'td',
      { class: 'number' },
      words,
      !isRaw && element('span', { class: 'share muted' }, `${round(quotient[dimension] * 100, 1)} %`),
      product !== '' && element('span', { class: 'share narrow-only' }, `n·r ${product}`),
    );
  const componentRows = dimensions.map((dimension) =>
    row(
      dimension === 'cards' && freeCards === 'node' ? 'cards idle on the node' : dimensionWords[dimension],
      askedFor(dimension),
      ...parts.flatMap(({ idle, parts: each }) => {
        const product = formatProduct(each.products[dimension]);
        return [amount(dimension, idle, each.idle, product), wideOnly(number(product))];
      }),
    ),
  );
  const pairs = (value: (each: SimilarityTerms) => string): HTMLElement[] =>
    parts.flatMap((each) => [wideOnly(number('')), number(value(each))]);
  const box = element(
    'div',
    {},
    similarityBars([
      { name: 'asked for', kind: 'asked', vector: asked.asked, norm: asked.askedNorm },
      ...parts.map(({ parts: { idle, idleNorm } }, index) => {
        const kind = index === 0 ? ('chosen' as const) : ('rival' as const);
        return { name: `idle on ${names[index]}`, kind, vector: idle, norm: idleNorm };
      }),
    ]),
    note(
      'Each bar is one component divided by its vector’s length, so only the direction counts: the closer a host’s bars are to those of the request, the higher its similarity.',
    ),
    table(
      [
        head('quantity', ''),
        head('asked for', 'r'),
        ...names.flatMap((name) => [head(`idle on ${name}`, 'n'), wideOnly(head('product', 'n·r'))]),
      ],
      [
        ...componentRows,
        row('N·R, sum', number(''), ...pairs(({ parts: { dot } }) => formatProduct(dot))),
        row(
          'length: ‖R‖, ‖N‖',
          number(formatProduct(asked.askedNorm)),
          ...parts.flatMap(({ parts: { idleNorm } }) => [number(formatProduct(idleNorm)), wideOnly(number(''))]),
        ),
        row('similarity: N·R / (‖N‖ ‖R‖)', number(''), ...pairs(({ parts: each }) => formatScore(each.similarity))),
        ...(cardScoreCounts === 'not'
          ? []
          : [row(cardScoreWords[cardScoreCounts], number(''), ...pairs(({ cardScore }) => formatScore(cardScore)))]),
        strong(
          row(
            '= score',
            number(''),
            ...verdicts.flatMap(({ scored }) => [wideOnly(number('')), number(formatScore(scored!.shownScore))]),
          ),
        ),
      ],
    ),
    note(
      isRaw
        ? 'Eq. (3) in raw units, as configured for this run: the dimensions with the largest numbers dominate.'
        : 'Percentages are shares of the largest in the cluster; n and r are these shares. Card memory and cores are those of one card.',
    ),
  );
  return box;
}

function lrsTable(
  decision: DecisionCase,
  verdicts: DecisionCase['ranking'],
  names: readonly string[],
  parts: readonly LrsTerms[],
): HTMLElement {
  const { request, cluster } = decision;
  const cells = (value: (index: number) => string): HTMLElement[] => verdicts.map((_, index) => number(value(index)));
  const percent = (share: number): string => `${round(share * 100, 2)} %`;
  const view = (index: number) => cluster.hosts[verdicts[index]!.host]!;
  return element(
    'div',
    {},
    table(
      [head('quantity', ''), ...names.map((name) => head(name, ''))],
      [
        row(
          'vCPUs: free / capacity',
          ...cells((index) => `${round(view(index).vcpusFree, 3)} / ${round(view(index).vcpus, 3)}`),
        ),
        row(
          `free after taking ${round(request.vcpus, 3)}`,
          ...cells((index) => percent(parts[index]!.parts.vcpusLeftShare)),
        ),
        row('× ½ × 100: points', ...cells((index) => formatScore(parts[index]!.parts.vcpuPoints))),
        row(
          'RAM: free / capacity',
          ...cells((index) => `${formatMib(view(index).ramFreeMib)} / ${formatMib(view(index).ramMib)}`),
        ),
        row(
          `free after taking ${formatMib(request.ramMib)}`,
          ...cells((index) => percent(parts[index]!.parts.ramLeftShare)),
        ),
        row('× ½ × 100: points', ...cells((index) => formatScore(parts[index]!.parts.ramPoints))),
        row('LRS, the sum, Eq. (1)', ...cells((index) => formatScore(verdicts[index]!.scored!.score))),
        row(
          'for being a CPU host',
          ...cells((index) => `+${round(verdicts[index]!.scored!.tier * decision.policy.tierPoints!, 0)}`),
        ),
        strong(row('= score', ...cells((index) => formatScore(verdicts[index]!.scored!.shownScore)))),
      ],
    ),
  );
}

function generalTable(
  decision: DecisionCase,
  verdicts: DecisionCase['ranking'],
  names: readonly string[],
): HTMLElement {
  const terms = Object.keys(verdicts[0]!.scored!.terms);
  const { combined } = decision.shown;
  const formatted = ({ unit }: FreeRow, value: number): string =>
    Number.isNaN(value) ? '' : unit === 'mib' ? formatMib(value) : `${round(value, 3)}${unit === 'gib' ? ' GiB' : ''}`;
  return element(
    'div',
    {},
    table(
      [head('quantity', ''), head('asked for', ''), ...names.map((name) => head(name, ''))],
      [
        ...freeRows(decision).map((each) =>
          row(
            each.label,
            number(formatted(each, each.asked)),
            ...verdicts.map(({ host }) => number(formatted(each, each.freeOf(decision.cluster.hosts[host]!)))),
          ),
        ),
        ...terms.map((term) =>
          row(
            `score for ${describeTerm(decision.shown, term)}`,
            number(''),
            ...verdicts.map(({ scored }) => number(formatScore(scored!.terms[term]!))),
          ),
        ),
        strong(
          row(
            combined === undefined || terms.length < 2 ? 'score' : combinedWords[combined],
            number(''),
            ...verdicts.map(({ scored }) => number(formatScore(scored!.shownScore))),
          ),
        ),
      ],
    ),
  );
}

function formatDimension(dimension: keyof ResourceVector, value: number): string {
  return dimension === 'cardMemoryMib' || dimension === 'ramMib' ? formatMib(value) : round(value, 3);
}

/** Raw products reach 10^10. */
function formatProduct(value: number): string {
  return Math.abs(value) >= 10_000 ? value.toExponential(4) : value.toFixed(4);
}

function head(text: string, symbol: string): HTMLElement {
  return element(
    'th',
    { scope: 'col', class: 'number' },
    text,
    symbol !== '' && element('span', { class: 'share muted' }, symbol),
  );
}

function number(text: string): HTMLElement {
  return element('td', { class: 'number' }, text);
}

/** A phone has no room for columns of products; they stand in the cells then. */
function wideOnly(cell: HTMLElement): HTMLElement {
  cell.classList.add('wide-only');
  return cell;
}

function row(label: string, ...cells: HTMLElement[]): HTMLElement {
  return element('tr', {}, element('th', { scope: 'row' }, label), ...cells);
}

function strong(result: HTMLElement): HTMLElement {
  result.className = 'result';
  return result;
}

function note(text: string): HTMLElement {
  return element('p', { class: 'muted note' }, text);
}

function table(heads: HTMLElement[], rows: HTMLElement[]): HTMLElement {
  return element(
    'div',
    { class: 'wide-table' },
    element(
      'table',
      { class: 'figures rival' },
      element('thead', {}, element('tr', {}, ...heads)),
      element('tbody', {}, ...rows),
    ),
  );
}
