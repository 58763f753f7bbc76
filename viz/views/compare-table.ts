/** The figures of runs or policies beside each other: means, intervals, differences to the first. */
import type { MeasureComparison } from '../../core/runs/comparison.ts';
import { formatEstimate, hasFigures, type Judgement, judgementOf } from '../../core/runs/figure-text.ts';
import { type Measure, titleOf } from '../../core/runs/measures.ts';
import type { Estimate } from '../../core/statistics/estimate.ts';
import { dotPlot, seriesKey } from '../charts/dot-plot.ts';
import { figuresSvg } from '../charts/figures-svg.ts';
import { type RunGroup, seriesCount } from '../model/run-groups.ts';
import { element } from '../page/element.ts';
import { saveButtons } from '../page/save.ts';
import { currentTheme } from '../page/theme.ts';

/** Pixels that the columns need; where there are fewer, each row becomes a block. */
const labelWidth = 170;
const columnWidth = 140;
const plotWidth = 225;

/** Measures that are 0 everywhere are left out. Roles are written out since narrow pages lay rows out as blocks, which takes them away. */
export function compareTable(groups: readonly RunGroup[], comparisons: readonly MeasureComparison[]): HTMLElement {
  const shown = comparisons.filter(hasFigures);
  const head = element(
    'tr',
    { role: 'row' },
    element('th', { scope: 'col', role: 'columnheader' }, 'measure'),
    ...groups.map((group, index) => columnHead(group, index)),
    element('th', { scope: 'col', role: 'columnheader', class: 'plot' }, 'at a glance'),
  );
  const box = element(
    'div',
    { class: 'compare-table' },
    element(
      'table',
      { class: 'figures', role: 'table' },
      element('caption', {}, captionOf(groups)),
      element('thead', { role: 'rowgroup' }, head),
      element('tbody', { role: 'rowgroup' }, ...shown.map((comparison) => rowOf(groups, comparison))),
    ),
  );
  box.append(saveButtons('figures', () => pictureOf(groups, shown, box)));
  const leastWidth = labelWidth + groups.length * columnWidth + plotWidth;
  new ResizeObserver(() => box.classList.toggle('is-stacked', box.clientWidth < leastWidth)).observe(box);
  return box;
}

function pictureOf(groups: readonly RunGroup[], comparisons: readonly MeasureComparison[], box: HTMLElement): string {
  const plots = [...box.querySelectorAll('tbody tr')].map((row) => row.querySelector<SVGSVGElement>('svg.dot-plot'));
  const rows = comparisons.map(({ measure, estimates }, index) => ({
    title: titleOf(measure),
    values: estimates.map((each) => formatEstimate(measure, each)),
    plot: plots[index] ?? null,
  }));
  const keys = box.querySelectorAll<SVGSVGElement>('thead svg');
  const columns = groups.map(({ title }, index) => ({ title, key: keys[index]! }));
  return figuresSvg(captionOf(groups), columns, rows, currentTheme());
}

function columnHead({ title, runs }: RunGroup, index: number): HTMLElement {
  const seeds = runs.length > 1 ? element('span', { class: 'muted seeds' }, `${runs.length} seeds`) : null;
  return element(
    'th',
    { scope: 'col', role: 'columnheader', class: 'number' },
    seriesKey(index % seriesCount),
    ' ',
    title,
    seeds,
  );
}

function rowOf(groups: readonly RunGroup[], { measure, estimates, differences }: MeasureComparison): HTMLElement {
  const plot = groups.length > 1 || estimates[0]?.halfWidth != null ? dotPlot(estimates) : null;
  return element(
    'tr',
    { role: 'row' },
    element('th', { scope: 'row', role: 'rowheader' }, titleOf(measure), goalOf(measure)),
    ...groups.map(({ title }, index) =>
      element(
        'td',
        { role: 'cell', class: 'number' },
        element('span', { class: 'column-name', 'aria-hidden': 'true' }, seriesKey(index % seriesCount), ' ', title),
        element('span', { class: 'value' }, formatEstimate(measure, estimates[index]!)),
        differenceOf(measure, differences[index]!),
      ),
    ),
    element('td', { role: 'cell', class: 'plot' }, plot),
  );
}

function goalOf({ better }: Measure): HTMLElement | null {
  return better === undefined ? null : element('span', { class: 'muted goal' }, `${better} is better`);
}

/** The difference in numbers, and in a word and a colour whether it is to the good. */
function differenceOf(measure: Measure, difference: Estimate | null): HTMLElement | null {
  if (difference === null) return null;
  const { mean, halfWidth } = difference;
  const kind = judgementOf(measure, difference);
  const judgement =
    kind === null ? null : element('span', { class: `judgement ${kind}` }, `${judgements[kind]} ${kind}`);
  if (kind === 'same') return element('span', { class: 'difference' }, judgement);
  const number = `${mean < 0 ? '−' : '+'}${formatEstimate(measure, { mean: Math.abs(mean), halfWidth })}`;
  return element('span', { class: 'difference' }, number, ' ', judgement);
}

const judgements: Readonly<Record<Judgement, string>> = { better: '▲', worse: '▼', open: '○', same: '=' };

/** What the numbers in the cells are. */
function captionOf(groups: readonly RunGroup[]): string {
  const seeds = Math.max(...groups.map(({ runs }) => runs.length));
  const cells = seeds > 1 ? `Mean ± 95 % interval over ${seeds} seeds` : 'One run each';
  const bases = new Set(groups.flatMap(({ base }, index) => (base === index ? [] : [base])));
  if (bases.size === 0) return `${cells}.`;
  const isOne = groups.every(({ base }) => base === 0);
  const below = `below, the difference from ${isOne ? groups[0]!.title : 'the first that saw the same requests'}`;
  return seeds > 1
    ? `${cells}; ${below}, seed by seed. “Better” and “worse” hold with 95 % confidence; “open” means these seeds cannot tell.`
    : `${cells}; ${below}. What looks better here may be chance: more seeds would tell.`;
}
